"""Opinions given in the hall (现场评价, 一次一评): a visit and its code, what was said of it, the pad at a window."""

import uuid

from django.db import models
from django.db.models import F, Q

from yimen.cases.models.matter import Case, Task
from yimen.office.access import Scoped

STAFF = "office.Staff"


class HallVisit(Scoped):
    """
    One service at a window that may be rated (现场一次服务): who served, where, when; of which case or household, or of nobody.

    Its code is what the person holds; it can be rated once until it expires, and whoever has rated may add more.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    code = models.CharField(max_length=16, unique=True)
    served_by = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    service_point = models.ForeignKey("office.ServicePoint", null=True, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="hall_visits")
    household = models.ForeignKey("registry.Household", null=True, on_delete=models.PROTECT, related_name="+")
    served_at = models.DateTimeField(db_index=True)
    expires_at = models.DateTimeField()
    handling = models.OneToOneField(Task, null=True, on_delete=models.PROTECT, related_name="hall_visit")

    class Meta(Scoped.Meta):
        constraints = [
            models.CheckConstraint(name="hall_visit_expires_later", condition=Q(expires_at__gt=F("served_at"))),
        ]
        indexes = [models.Index(fields=["served_by", "served_at"], name="hall_visit_newest")]


class HallOpinion(Scoped):
    """One opinion on a service in the hall: the first counts, later ones are added and change nothing."""

    class Device(models.TextChoices):
        PHONE = "phone", "手机"
        PAD = "pad", "窗口平板"

    visit = models.ForeignKey(HallVisit, on_delete=models.PROTECT, related_name="opinions")
    device = models.CharField(max_length=6, choices=Device)
    grade = models.PositiveSmallIntegerField()
    words = models.CharField(max_length=300, blank=True)
    first = models.BooleanField(default=True)
    given_at = models.DateTimeField()

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(fields=["visit"], condition=Q(first=True), name="one_first_opinion_per_visit"),
            models.CheckConstraint(name="opinion_of_five_grades", condition=Q(grade__gte=1, grade__lte=5)),
        ]


class RatingPad(Scoped):
    """A tablet put before the people at one clerk's window for a day; its code opens nothing but the question."""

    code = models.CharField(max_length=16, unique=True)
    staff = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["staff", "day"], name="one_pad_a_day")]
