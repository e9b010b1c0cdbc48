"""The case itself: what is asked, by whom answered for, its trail, decisions, tasks; what was done is only ever added."""

import uuid

from django.db import models
from django.db.models import F, Q

from yimen.cases.words import Channel, DecisionState, Effect, EndCause, Kind, State, TaskKind, Way
from yimen.office.access import Scoped
from yimen.office.vault import EncryptedField

STAFF = "office.Staff"


class CaseCounter(models.Model):
    """The last case number given out in a county in a year (办件号). Unscoped."""

    county = models.CharField(max_length=6)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "year"], name="case_counter_once")]


class Case(Scoped):
    """
    One matter of one household (办件), from the first word to delivery; `first_assignee` (首派责任人) is exactly one.

    `received_on` is the true day of receipt, which a case entered after a power cut keeps; `said` holds what was declared
    and is not yet a statement, `asked` what is asked for and is not yet a decision; `version` counts the changes, so that the
    second of two clerks is told and overwrites nothing. `reference` is the provincial portal's own number, `authority` the
    paper (委托书) by which another applied, `paper_number` the form of a power cut, each entered once.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    number = models.CharField(max_length=24, unique=True, null=True)
    receipt_code = models.CharField(max_length=16, unique=True)
    reference = models.CharField(max_length=40, blank=True)
    paper_number = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=12, choices=Kind)
    channel = models.CharField(max_length=10, choices=Channel)
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    household = models.ForeignKey("registry.Household", on_delete=models.PROTECT, related_name="cases")
    applicant = models.ForeignKey("registry.Person", null=True, on_delete=models.PROTECT, related_name="cases")
    helper_name = EncryptedField(null=True)
    helper_relation = models.CharField(max_length=20, blank=True)
    authority = models.ForeignKey("cases.Authority", null=True, on_delete=models.PROTECT, related_name="cases")
    matter = models.CharField(max_length=200, blank=True)
    said = models.JSONField(default=list)
    asked = models.JSONField(default=list)
    service_point = models.ForeignKey("office.ServicePoint", null=True, on_delete=models.PROTECT)
    first_assignee = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="cases_answered_for")
    finding = models.ForeignKey("screening.Finding", null=True, on_delete=models.PROTECT, related_name="cases")
    way = models.CharField(max_length=12, choices=Way, blank=True)
    received_on = models.DateField()
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    papers_told_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    due_on = models.DateField(null=True)
    due_is_provisional = models.BooleanField(default=False)
    concluded_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta(Scoped.Meta):
        constraints = [
            models.CheckConstraint(
                # Not every policy has a limit: where no text gives one, there is none.
                name="case_has_a_number_once_accepted",
                condition=Q(accepted_at__isnull=True, due_on__isnull=True) | Q(accepted_at__isnull=False, number__isnull=False),
            ),
            models.UniqueConstraint(fields=["reference"], condition=~Q(reference=""), name="portal_reference_once"),
            models.UniqueConstraint(
                fields=["paper_number"], condition=~Q(paper_number="") & ~Q(state="withdrawn"), name="paper_form_entered_once"
            ),
            models.UniqueConstraint(
                fields=["finding"], condition=Q(state__in=("draft", "submitted", "accepted")), name="finding_in_one_open_case"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "due_on", "area_path"], name="case_list"),
            models.Index(fields=["changed_at"], condition=~Q(reference=""), name="portal_changes"),
        ]

    def __str__(self) -> str:
        return self.number or "未编号"


class CaseEvent(Scoped):
    """One thing that happened to a case (经过): the step, the day it counts from, who, when, in which words. Only added."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    decision = models.ForeignKey("Decision", null=True, on_delete=models.PROTECT, related_name="events")
    step = models.CharField(max_length=24)
    on = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    before = models.CharField(max_length=12, blank=True)
    after = models.CharField(max_length=12, blank=True)
    words = models.CharField(max_length=500, blank=True)
    cause = models.CharField(max_length=80, blank=True)
    article = models.CharField(max_length=120, blank=True)

    class Meta(Scoped.Meta):
        indexes = [models.Index(fields=["case", "at"], name="case_event_trail")]


class Decision(Scoped):
    """
    One department's decision on one policy in a case (决定), by its own authority and from its own fund.

    Identity (低保 特困 边缘 刚性) is decided first, the others in parallel. `facts` are frozen when it is proposed; nobody
    proposes and confirms the same decision (收办分离), which the database keeps too. One with the effect END or ADJUST
    ends or changes the running `grant` it names; an ending `by_work` (因就业收入超标) tapers (渐退), one with an `end_cause` goes
    by its day.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="decisions")
    policy = models.CharField(max_length=40)
    policy_version = models.CharField(max_length=80)
    department = models.CharField(max_length=20)
    fund = models.CharField(max_length=40, blank=True)
    person = models.ForeignKey("registry.Person", null=True, on_delete=models.PROTECT, related_name="decisions")
    household = models.ForeignKey("registry.Household", null=True, on_delete=models.PROTECT, related_name="decisions")
    is_identity = models.BooleanField()
    effect = models.CharField(max_length=6, choices=Effect, default=Effect.GIVE)
    state = models.CharField(max_length=10, choices=DecisionState)
    agrees = models.BooleanField(null=True)
    opinion = models.CharField(max_length=500, blank=True)
    proposed_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    words = models.CharField(max_length=500, blank=True)
    article = models.CharField(max_length=200, blank=True)
    amount_fen = models.BigIntegerField(null=True)
    unit = models.CharField(max_length=40, blank=True)
    facts = models.JSONField(default=dict)
    conditions = models.JSONField(default=list)
    facts_hash = models.CharField(max_length=32, blank=True)
    due_on = models.DateField(null=True)
    due_is_provisional = models.BooleanField(default=False)
    grant = models.ForeignKey("benefits.Grant", null=True, on_delete=models.PROTECT, related_name="decisions")
    by_work = models.BooleanField(default=False)
    end_cause = models.CharField(max_length=8, choices=EndCause, blank=True)

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(fields=["case", "policy", "person"], name="decision_once_per_person"),
            models.UniqueConstraint(
                fields=["case", "policy"], condition=Q(person__isnull=True), name="decision_once_per_household"
            ),
            models.CheckConstraint(
                name="decision_about_one_subject",
                condition=Q(household=None, person__isnull=False) | Q(household__isnull=False, person=None),
            ),
            models.CheckConstraint(
                name="nobody_proposes_and_confirms",
                condition=Q(decided_by=None) | Q(proposed_by=None) | ~Q(proposed_by=F("decided_by")),
            ),
            models.CheckConstraint(
                name="decision_names_who_decided",
                condition=~Q(state__in=("confirmed", "refused")) | Q(decided_by__isnull=False, decided_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["state", "department", "area_path"], name="decision_list")]


class Handover(Scoped):
    """The offer to take a case over, or a supervisor's reassignment (移交): from whom, to whom, why, and the answer."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="handovers")
    giver = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    taker = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="handovers_offered")
    reason = models.CharField(max_length=200)
    offered_by = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    offered_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    accepted = models.BooleanField(null=True)

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(answered_at=None), name="one_open_handover_per_case"),
            models.CheckConstraint(name="handover_to_another", condition=~Q(giver=F("taker"))),
        ]


class Task(Scoped):
    """
    One thing to be done by one person by a day (任务): a visit, an errand, a call; `outreach` and the hall make them too.

    `facts` names what a third party has to verify ([person or "", fact]); it is shown nothing else.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="tasks")
    household = models.ForeignKey("registry.Household", null=True, on_delete=models.PROTECT, related_name="tasks")
    kind = models.CharField(max_length=12, choices=TaskKind)
    words = models.CharField(max_length=300)
    owner = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="tasks")
    due_on = models.DateField(null=True)
    made_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    facts = models.JSONField(default=list)
    outcome = models.CharField(max_length=500, blank=True)

    class Meta(Scoped.Meta):
        indexes = [models.Index(fields=["owner", "done_at", "due_on"], name="task_list")]
