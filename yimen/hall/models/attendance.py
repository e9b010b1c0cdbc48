"""Who came and what became of it: ticket, states, calls, and why somebody had priority. Logs are only added to."""

import uuid

from django.db import models
from django.db.models import F, Q

from yimen.hall.codes import new_code
from yimen.hall.models.venue import Matter, Series, Venue, Window
from yimen.hall.words import AT_A_WINDOW, SERVED, Ground, Method, RequestState, Source, State
from yimen.office.access import Scoped

STAFF = "office.Staff"


class Attendance(Scoped):
    """
    One person's stay in a hall on a day (到访). Who it is need not be known; `person` is set where it was recognised.

    `person_tag` recognises the same ID number on the same day for the limit of tickets, without naming anybody.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="attendances")
    day = models.DateField()
    person = models.ForeignKey("registry.Person", null=True, on_delete=models.PROTECT, related_name="attendances")
    person_tag = models.CharField(max_length=32, blank=True)
    source = models.CharField(max_length=12, choices=Source)
    came_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta(Scoped.Meta):
        indexes = [models.Index(fields=["venue", "day", "person_tag"], name="attendance_of_the_day")]


class Recognition(Scoped):
    """
    Why somebody has priority (优先识别): the ground, how it was recognised, by whom or by which list. Once an attendance.

    `mark` is the number of a leased roster and the entry it was found by: it tells the centre alone whether that still holds.
    """

    attendance = models.OneToOneField(Attendance, on_delete=models.PROTECT, related_name="recognition")
    ground = models.CharField(max_length=10, choices=Ground)
    method = models.CharField(max_length=8, choices=Method)
    evidence = models.CharField(max_length=80, blank=True)
    mark = models.CharField(max_length=20, blank=True)
    by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()


class Ticket(Scoped):
    """
    A number in a line (号). Its number is unique in series and day, and no window has two at once: the database keeps both.

    `counts_from` is since when the waiting counts: when it was taken, or for an appointment the time agreed. `only_window` is
    where somebody goes back to. `code` opens its page to whoever holds it. Who took it from afar `is_here` only once they have
    shown so, and is not called before. `version` counts the changes, so that the second of two windows is told.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    attendance = models.ForeignKey(Attendance, on_delete=models.PROTECT, related_name="tickets")
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="tickets")
    day = models.DateField()
    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="tickets")
    number = models.PositiveIntegerField()
    # The ordinary series it waits in now; a priority or appointment ticket has its number from another.
    line = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="waiting")
    has_priority = models.BooleanField(default=False)
    taken_at = models.DateTimeField()
    counts_from = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State, default=State.WAITING)
    window = models.ForeignKey(Window, null=True, on_delete=models.PROTECT, related_name="tickets")
    only_window = models.ForeignKey(Window, null=True, on_delete=models.PROTECT, related_name="expected")
    calls = models.PositiveSmallIntegerField(default=0)
    code = models.CharField(max_length=16, unique=True, default=new_code)
    is_here = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField()

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(fields=["series", "day", "number"], name="ticket_number_once"),
            models.UniqueConstraint(fields=["window"], condition=Q(state__in=AT_A_WINDOW), name="window_with_one_ticket"),
            models.CheckConstraint(
                condition=~Q(state__in=AT_A_WINDOW) | Q(window__isnull=False), name="ticket_called_to_a_window"
            ),
        ]
        indexes = [
            models.Index(
                fields=["venue", "day", "line", "has_priority", "counts_from"], condition=Q(state="waiting"), name="ticket_line"
            ),
            models.Index(fields=["venue", "day", "state"], name="ticket_of_the_day"),
            models.Index(fields=["line", "changed_at"], condition=Q(state__in=SERVED), name="ticket_served"),
        ]

    def __str__(self) -> str:
        return f"{self.series.letter}{self.number:03d}"


class Period(Scoped):
    """From when until when a ticket was in a state, at which window, with whom (时段). Every duration comes from here."""

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="periods")
    state = models.CharField(max_length=12, choices=State)
    step = models.CharField(max_length=12)
    window = models.ForeignKey(Window, null=True, on_delete=models.PROTECT, related_name="+")
    staff = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=80, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta(Scoped.Meta):
        constraints = [
            models.UniqueConstraint(fields=["ticket"], condition=Q(ends_at=None), name="period_one_open"),
            models.CheckConstraint(condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")), name="period_ends_after_start"),
        ]
        indexes = [models.Index(fields=["ticket", "starts_at"], name="period_of_ticket")]


class Call(models.Model):
    """One call of a number to a window (叫号), in the order the screens show and speak them. Only added. Unscoped: no citizen."""

    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="calls")
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="+")
    line = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=8)
    window_number = models.PositiveSmallIntegerField()
    nth = models.PositiveSmallIntegerField()
    has_priority = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "nth"], name="call_once")]
        indexes = [models.Index(fields=["venue", "id"], name="calls_of_a_venue")]


class ServiceRequest(Scoped):
    """One matter of an attendance (办理事项), in the order they are done."""

    attendance = models.ForeignKey(Attendance, on_delete=models.PROTECT, related_name="requests")
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT)
    place = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=6, choices=RequestState, default=RequestState.OPEN)

    class Meta(Scoped.Meta):
        constraints = [models.UniqueConstraint(fields=["attendance", "matter"], name="matter_once_an_attendance")]


class Appointment(Scoped):
    """
    An hour agreed beforehand (预约), without a name: whoever holds its code takes a ticket by it on that day.

    Whether it was kept, late or missed is reckoned from the ticket, never stored.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="appointments")
    code = models.CharField(max_length=16, unique=True, default=new_code)
    starts_at = models.DateTimeField()
    matters = models.ManyToManyField(Matter, related_name="appointments", blank=True)
    made_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)
    ticket = models.OneToOneField(Ticket, null=True, on_delete=models.PROTECT, related_name="appointment")

    class Meta(Scoped.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(cancelled_at=None) | Q(ticket=None), name="appointment_kept_or_cancelled")
        ]
        indexes = [models.Index(fields=["venue", "starts_at"], name="appointments_of_a_venue")]
