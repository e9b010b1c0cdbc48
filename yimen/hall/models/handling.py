"""Who stays at somebody's side until the end (全程协办): what a co-organizer can, whom they accompany, what was done."""

import uuid

from django.db import models
from django.db.models import F, Q

from yimen.hall.models.attendance import Attendance
from yimen.hall.models.venue import Matter, Venue
from yimen.hall.words import Fetcher, Help, Language, Result
from yimen.office.access import Scoped

STAFF = "office.Staff"


class CoOrganizer(models.Model):
    """What a co-organizer can (协办员): `languages` beside Mandarin; without `matters` all of them. Unscoped: no citizen."""

    staff = models.OneToOneField(STAFF, on_delete=models.PROTECT, related_name="co_organizer")
    languages = models.JSONField(default=list)
    matters = models.ManyToManyField(Matter, related_name="co_organizers", blank=True)

    def __str__(self) -> str:
        return "、".join(Language(one).label for one in self.languages)


class Training(models.Model):
    """One training of a co-organizer (培训记录), valid until a day; who was trained today follows from these. Unscoped."""

    staff = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="trainings")
    subject = models.CharField(max_length=60)
    held_on = models.DateField()
    valid_until = models.DateField()
    recorded_by = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["staff", "subject", "held_on"], name="training_once"),
            models.CheckConstraint(condition=Q(valid_until__gte=F("held_on")), name="training_valid_after_it_is_held"),
        ]


class Duty(models.Model):
    """From when until when a co-organizer was there to be called, in which hall (在岗). Unscoped."""

    staff = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="duties")
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="duties")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["staff"], condition=Q(ends_at=None), name="duty_in_one_hall"),
            models.CheckConstraint(condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")), name="duty_ends_after_start"),
        ]


class Handling(Scoped):
    """
    Somebody accompanied by one co-organizer (全程协办), assigned by whom and why, until the end or to a named owner.

    Of one attendance at most one is open; what was returned or handed over stays as it was.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    attendance = models.ForeignKey(Attendance, on_delete=models.PROTECT, related_name="handlings")
    co_organizer = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="handlings")
    assigned_by = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=120)
    language = models.CharField(max_length=10, choices=Language, blank=True)
    assigned_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=12, choices=Result, blank=True)
    handed_to = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    words = models.CharField(max_length=200, blank=True)

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(fields=["attendance"], condition=Q(ended_at=None), name="handling_one_open"),
            models.CheckConstraint(
                condition=Q(ended_at=None, result="") | Q(ended_at__isnull=False) & ~Q(result=""),
                name="handling_ends_with_a_result",
            ),
            models.CheckConstraint(
                condition=~Q(result="handed_over") | Q(handed_to__isnull=False), name="handling_handed_to_somebody"
            ),
        ]
        indexes = [models.Index(fields=["co_organizer", "ended_at"], name="handling_in_hand")]


class HandlingStep(Scoped):
    """One thing done for somebody who is accompanied (协办经过), about which case, with the rating asked for. Only added."""

    handling = models.ForeignKey(Handling, on_delete=models.PROTECT, related_name="steps")
    help = models.CharField(max_length=10, choices=Help)
    case = models.ForeignKey("cases.Case", null=True, on_delete=models.PROTECT, related_name="+")
    task = models.ForeignKey("cases.Task", null=True, on_delete=models.PROTECT, related_name="+")
    visit = models.ForeignKey("cases.HallVisit", null=True, on_delete=models.PROTECT, related_name="+")
    words = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(Scoped.Meta):
        indexes = [models.Index(fields=["by", "at"], name="handling_steps_counted")]


class Errand(Scoped):
    """
    A paper that is missing, and who fetches it (补材料); owner, due day and outcome are those of its task.
    """

    handling = models.ForeignKey(Handling, on_delete=models.PROTECT, related_name="errands")
    task = models.OneToOneField("cases.Task", on_delete=models.PROTECT, related_name="errand")
    paper = models.CharField(max_length=60)
    fetcher = models.CharField(max_length=8, choices=Fetcher)
    at_home = models.BooleanField(default=False)


class AttendanceCase(Scoped):
    """Which case somebody's stay in the hall was about (到访关联办件). Only added."""

    attendance = models.ForeignKey(Attendance, on_delete=models.PROTECT, related_name="cases")
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="attendances")
    by = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["attendance", "case"], name="attendance_of_a_case_once")]


class LateService(Scoped):
    """Who came so near to closing that the hall stays for them (延时服务): until when it was open, who said so, when."""

    attendance = models.OneToOneField(Attendance, on_delete=models.PROTECT, related_name="late_service")
    closes_at = models.DateTimeField()
    marked_by = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    marked_at = models.DateTimeField()
