"""What comes before a case or is given within it: reports and who complained, urgent aid, its stages and the council's minute."""

import uuid

from django.db import models
from django.db.models import Q

from yimen.cases.models.matter import Case
from yimen.cases.words import Cause, Channel, Kind, Lane
from yimen.office.access import Scoped
from yimen.office.vault import EncryptedField

STAFF = "office.Staff"


class Report(Scoped):
    """
    What was reported (主动发现) or complained of (投诉举报): who and where are compulsory, the rest is words, also spoken ones.

    Whom it is about may be in no roster yet; once they are found it becomes a case. It has one owner and, where a local text
    gives a limit, a day. The answer goes to whoever reported, or to whoever shows its code; who that was lies apart.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=12, choices=Kind)
    channel = models.CharField(max_length=10, choices=Channel)
    code = models.CharField(max_length=16, unique=True)
    about = EncryptedField()
    area = models.ForeignKey("office.Area", on_delete=models.PROTECT)
    place = EncryptedField(null=True)
    words = EncryptedField(null=True)
    voice = models.UUIDField(null=True)
    photo = models.UUIDField(null=True)
    consents = models.BooleanField(null=True)
    owner = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="reports")
    due_on = models.DateField(null=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    case = models.OneToOneField(Case, null=True, on_delete=models.PROTECT, related_name="report")
    ended_at = models.DateTimeField(null=True)
    ending_words = models.CharField(max_length=300, blank=True)
    answer = models.CharField(max_length=300, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta(Scoped.Meta):
        constraints = [
            models.CheckConstraint(
                name="report_without_consent_has_no_photo", condition=Q(photo=None) | Q(consents=True, photo__isnull=False)
            ),
            models.CheckConstraint(name="report_is_no_application", condition=Q(kind__in=("report", "complaint"))),
        ]
        indexes = [models.Index(fields=["ended_at", "due_on", "area_path"], name="report_list")]


class Informant(Scoped):
    """Who complained, if they gave their name (举报人): sealed, apart from report and case; opened only by its own permission."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    report = models.OneToOneField(Report, on_delete=models.PROTECT, related_name="informant")
    name = EncryptedField()
    phone = EncryptedField(null=True)


class UrgentAid(Scoped):
    """
    Temporary aid given in an emergency (急难救助): what happened where, what was given first, by when papers must follow.

    `given_fen` went out before any decision (社会救助法第50条); the decision follows it, by a second person.
    """

    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="urgent")
    lane = models.CharField(max_length=8, choices=Lane)
    cause = models.CharField(max_length=12, choices=Cause)
    words = models.CharField(max_length=200, blank=True)
    given_on = models.DateField()
    given_fen = models.BigIntegerField()
    from_reserve = models.BooleanField()
    papers_by = models.DateField(null=True)
    given_by = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(null=True)
    checked_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    check_words = models.CharField(max_length=300, blank=True)

    class Meta(Scoped.Meta):
        constraints = [models.CheckConstraint(name="urgent_aid_is_an_amount", condition=Q(given_fen__gt=0))]


class UrgentStage(Scoped):
    """
    One person's part of one stage of urgent aid (急难型分期): the first went out before the checks, the others are planned.

    A later one is paid after the second person's yes, each with a grant of its own, or stopped with a reason when the
    emergency is over.
    """

    aid = models.ForeignKey(UrgentAid, on_delete=models.PROTECT, related_name="stages")
    nth = models.PositiveSmallIntegerField()
    person = models.ForeignKey("registry.Person", on_delete=models.PROTECT, related_name="+")
    fen = models.BigIntegerField()
    planned_on = models.DateField()
    paid_on = models.DateField(null=True)
    paid_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    reserve_entry = models.UUIDField(null=True)
    stopped_on = models.DateField(null=True)

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(fields=["aid", "nth", "person"], name="urgent_stage_once"),
            models.CheckConstraint(name="urgent_stage_is_an_amount", condition=Q(fen__gt=0)),
            models.CheckConstraint(name="urgent_stage_paid_or_stopped", condition=Q(paid_on=None) | Q(stopped_on=None)),
        ]


class CouncilMinute(Scoped):
    """What the county's council decided on one case (一事一议): who met when, how much in all and why; the paper as a photo."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="minute")
    held_on = models.DateField()
    present = EncryptedField()
    fen = models.BigIntegerField()
    reason = models.CharField(max_length=300)
    paper = models.UUIDField()
    by = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(Scoped.Meta):
        constraints = [models.CheckConstraint(name="minute_names_an_amount", condition=Q(fen__gt=0))]
