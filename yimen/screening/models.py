"""Tables of screening: rule releases, runs, findings."""

import uuid

from django.db import models
from django.db.models import Q

from yimen.office.access import Scoped


class RuleRelease(models.Model):
    """The rules in force (启用的政策版本): their hash, who activated them, people matched before and after. Unscoped."""

    hash = models.CharField(max_length=64)
    activated_at = models.DateTimeField()
    activated_by = models.ForeignKey("office.Staff", null=True, on_delete=models.PROTECT)
    matched_before = models.PositiveIntegerField(null=True)
    matched_after = models.PositiveIntegerField(null=True)


class ScreeningRun(models.Model):
    """
    One screening (一次筛查). It becomes visible by its final row, `finished_at`. Unscoped: it holds counts only.

    What was recorded before `seen_until` it has seen; the next run may build on that and look at the rest. `people` and
    `households` are those looked at, `people_in_all` and `households_in_all` those its findings stand for: of a run that only
    looked where something had changed, all below its area.
    """

    on = models.DateField()
    area = models.ForeignKey("office.Area", null=True, on_delete=models.PROTECT)
    full = models.BooleanField(default=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    seen_until = models.DateTimeField(null=True)
    release = models.ForeignKey(RuleRelease, null=True, on_delete=models.PROTECT)
    snapshot = models.CharField(max_length=80, blank=True)
    people = models.PositiveIntegerField(default=0)
    households = models.PositiveIntegerField(default=0)
    people_in_all = models.PositiveIntegerField(default=0)
    households_in_all = models.PositiveIntegerField(default=0)
    policies = models.PositiveIntegerField(default=0)
    opened = models.PositiveIntegerField(default=0)
    closed = models.PositiveIntegerField(default=0)
    seconds = models.JSONField(default=dict)


class Finding(Scoped):
    """
    What a screening noticed about one person or household and one policy (预警, 线索).

    Its identity (policy, subject, kind) is stable over runs. Data open it and close it; a person's closing with a
    reason stands until what it rests on changes (`basis_hash`); an open one is written anew when anything it shows does
    (`facts_hash`).
    """

    class Kind(models.TextChoices):
        MISSED = "missed", "漏救"
        WRONG = "wrong", "错救"
        RECHECK = "recheck", "待核实"
        SOON = "soon", "即将符合"

    class State(models.TextChoices):
        OPEN = "open", "待处理"
        CLOSED_BY_DATA = "closed_by_data", "数据已更正"
        CLOSED_BY_PERSON = "closed_by_person", "已写明理由"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    policy = models.CharField(max_length=40)
    kind = models.CharField(max_length=8, choices=Kind)
    subject_id = models.UUIDField()
    person = models.ForeignKey("registry.Person", null=True, on_delete=models.CASCADE, related_name="findings")
    household = models.ForeignKey("registry.Household", null=True, on_delete=models.CASCADE, related_name="findings")
    home = models.ForeignKey("registry.Household", on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=16, choices=State, default=State.OPEN)
    version = models.CharField(max_length=80)
    facts_hash = models.CharField(max_length=32)
    basis_hash = models.CharField(max_length=32, blank=True)
    conditions = models.JSONField(default=list)
    facts = models.JSONField(default=list)
    amount_fen = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    due_on = models.DateField(null=True)
    opened_run = models.ForeignKey(ScreeningRun, on_delete=models.PROTECT, related_name="opened_findings")
    closed_run = models.ForeignKey(ScreeningRun, null=True, on_delete=models.PROTECT, related_name="closed_findings")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey("office.Staff", null=True, on_delete=models.PROTECT, related_name="+")
    closing_words = models.CharField(max_length=300, blank=True)
    handed_to = models.ForeignKey("office.Staff", null=True, on_delete=models.PROTECT, related_name="findings_handed")
    handed_words = models.CharField(max_length=300, blank=True)
    handed_at = models.DateTimeField(null=True)

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(fields=["policy", "subject_id", "kind"], name="finding_identity"),
            models.CheckConstraint(
                condition=Q(household=None, person__isnull=False) | Q(household__isnull=False, person=None),
                name="finding_about_one_subject",
            ),
        ]
        indexes = [models.Index(fields=["state", "kind", "area_path"], name="finding_list")]


class InHand(models.Model):
    """
    What a case is handling of a policy for a person or household (正在办): told by the cases, read where findings are counted.

    `until` is the first day of what was confirmed and is received later; without a number it waits for acceptance. Unscoped: it
    holds keys and case numbers only, and a finding that has moved with its household is in hand wherever the case lies.
    """

    policy = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    case_id = models.UUIDField()
    number = models.CharField(max_length=24, blank=True)
    until = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case_id", "policy", "subject_id"], name="in_hand_once_per_case")]
        indexes = [models.Index(fields=["subject_id", "policy"], name="in_hand_of_subject")]
