"""What a hall is made of: the venue with its rule, its hours, matters, series, windows and machines. None holds a citizen."""

from django.db import models
from django.db.models import F, Q

from yimen.hall.ordering import RULE_WORDS, Rule
from yimen.hall.words import Ground, Level, SeriesKind, WindowState

STAFF = "office.Staff"


def all_grounds() -> list[str]:
    """Return every ground of priority a venue may choose: what a list alone tells is no choice."""
    return [ground.value for ground in Ground if ground is not Ground.LISTED]


class Venue(models.Model):
    """
    A service point where people are called (场所), with its rule of calling and its limits. Unscoped.

    `notice` is what the big screen says in its last line. `priority_is_visible` says whether priority tickets have a series of
    their own; otherwise they take ordinary numbers and only their place in the line differs. `tickets_a_day` is how many one
    person may take a day, 0 as many as they like. `grounds` are those that have priority here; old is who is `old_from_age` or
    more. `inquiries_an_hour` is how many ID numbers one machine, or one member of staff, may have looked up in an hour.
    `appointments_an_hour` is 0 where none are made. `printer` is where tickets are printed: "tcp://address:port", "file" (below
    the program's folder), or nothing.
    """

    service_point = models.OneToOneField("office.ServicePoint", on_delete=models.PROTECT, related_name="venue")
    code = models.SlugField(max_length=16, unique=True)
    level = models.CharField(max_length=8, choices=Level)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    notice = models.CharField(max_length=60, blank=True)
    follows_calendar = models.BooleanField(default=True)
    priority_is_visible = models.BooleanField(default=True)
    rule = models.CharField(max_length=12, choices=list(RULE_WORDS.items()), default="head_start")
    head_start_minutes = models.PositiveSmallIntegerField(default=30)
    ratio = models.PositiveSmallIntegerField(default=2)
    pace_percent = models.PositiveSmallIntegerField(default=50)
    tickets_a_day = models.PositiveSmallIntegerField(default=3)
    calls_before_missed = models.PositiveSmallIntegerField(default=3)
    wait_alarm_minutes = models.PositiveSmallIntegerField(default=30)
    appointments_an_hour = models.PositiveSmallIntegerField(default=0)
    appointment_days = models.PositiveSmallIntegerField(default=7)
    printer = models.CharField(max_length=60, blank=True)
    grounds = models.JSONField(default=all_grounds)
    old_from_age = models.PositiveSmallIntegerField(default=60)
    inquiries_an_hour = models.PositiveSmallIntegerField(default=120)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ratio__gte=1), name="venue_ratio_of_one_at_least"),
            models.CheckConstraint(condition=Q(pace_percent__lte=100), name="venue_pace_of_one_at_most"),
        ]

    def __str__(self) -> str:
        return str(self.service_point)

    @property
    def calling_rule(self) -> Rule:
        """Return the rule with its measures."""
        return Rule(self.rule, self.head_start_minutes, self.ratio, self.pace_percent / 100)  # type: ignore[arg-type]


class RuleChange(models.Model):
    """
    A change of the rule of calling (规则变更): who, when, why, and the words before and after; anybody may read it. Only added.

    Unscoped: no citizen.
    """

    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="rule_changes")
    before = models.CharField(max_length=120)
    after = models.CharField(max_length=120)
    reason = models.CharField(max_length=120)
    by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["venue", "at"], name="rule_changes_of_a_venue")]
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="rule_changed_for_a_reason")]


class LimitChange(models.Model):
    """
    A change of the wait that raises the alarm (等候提醒变更): minutes before and after, by whom, when. Only added. Unscoped.

    A past day is told by the limit that held on it.
    """

    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="limit_changes")
    before = models.PositiveSmallIntegerField()
    after = models.PositiveSmallIntegerField()
    by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["venue", "at"], name="limit_changes_of_a_venue")]


class Opening(models.Model):
    """One stretch of opening hours on one day of the week, Monday 1 (开放时段). Unscoped."""

    venue = models.ForeignKey(Venue, on_delete=models.CASCADE, related_name="openings")
    weekday = models.PositiveSmallIntegerField()
    opens_at = models.TimeField()
    closes_at = models.TimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["venue", "weekday", "opens_at"], name="opening_once"),
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="opening_closes_later"),
            models.CheckConstraint(condition=Q(weekday__gte=1, weekday__lte=7), name="opening_of_a_weekday"),
        ]


class Matter(models.Model):
    """Something that can be done in a hall (事项), of one department; `policy` is the rule behind it, if any. Unscoped."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    department = models.ForeignKey("office.Department", on_delete=models.PROTECT, related_name="matters")
    policy = models.CharField(max_length=40, blank=True)
    venues = models.ManyToManyField(Venue, related_name="matters")

    def __str__(self) -> str:
        return self.name


class Series(models.Model):
    """
    A series of numbers of a venue (号段), such as A001 … or L001 …. Unscoped.

    An ordinary series is also a line: with matters it is theirs, without it takes all that no other takes. Priority and
    appointment series only give numbers; their tickets wait in the ordinary lines.
    """

    venue = models.ForeignKey(Venue, on_delete=models.CASCADE, related_name="series")
    letter = models.CharField(max_length=2)
    name = models.CharField(max_length=20)
    kind = models.CharField(max_length=12, choices=SeriesKind, default=SeriesKind.ORDINARY)
    matters = models.ManyToManyField(Matter, related_name="series", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["venue", "letter"], name="series_letter_once"),
            models.UniqueConstraint(fields=["venue", "kind"], condition=~Q(kind="ordinary"), name="series_one_of_a_special_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.letter} {self.name}"


class Counter(models.Model):
    """The last number given out of a series on a day, and when: a clock set back gives nobody an earlier time. Unscoped."""

    series = models.ForeignKey(Series, on_delete=models.PROTECT)
    day = models.DateField()
    last = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "day"], name="counter_once")]


class Profile(models.Model):
    """Which series a window calls, in which order (办理范围). Unscoped."""

    venue = models.ForeignKey(Venue, on_delete=models.CASCADE, related_name="profiles")
    name = models.CharField(max_length=30)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["venue", "name"], name="profile_once")]

    def __str__(self) -> str:
        return self.name


class ProfileLine(models.Model):
    """One line of a profile; of a later rank somebody is called only when the earlier ones are empty. Unscoped."""

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="lines")
    series = models.ForeignKey(Series, on_delete=models.CASCADE)
    rank = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["profile", "series"], name="profile_series_once")]
        ordering = ("rank",)


class Window(models.Model):
    """A window (窗口): its number, what it calls, whether it is open and who sits there; paused, until when. Unscoped."""

    venue = models.ForeignKey(Venue, on_delete=models.CASCADE, related_name="windows")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=20, blank=True)
    profile = models.ForeignKey(Profile, on_delete=models.PROTECT)
    state = models.CharField(max_length=6, choices=WindowState, default=WindowState.CLOSED)
    staff = models.ForeignKey(STAFF, null=True, on_delete=models.SET_NULL, related_name="windows")
    changed_at = models.DateTimeField(null=True)
    back_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["venue", "number"], name="window_number_once"),
            models.UniqueConstraint(fields=["staff"], condition=Q(state="open"), name="window_of_one_clerk"),
            models.CheckConstraint(condition=Q(state="closed") | Q(staff__isnull=False), name="window_open_with_somebody"),
        ]

    def __str__(self) -> str:
        return f"{self.number} 号窗口"


class WindowShift(models.Model):
    """
    From when until when a window was open or paused, with whom, and why (窗口时段). Only added and ended. Unscoped.

    `set_by` is who began it and `ended_by` who ended it and why: the clerk, or whoever manages the hall in their stead.
    """

    window = models.ForeignKey(Window, on_delete=models.PROTECT, related_name="shifts")
    staff = models.ForeignKey(STAFF, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=6, choices=WindowState)
    reason = models.CharField(max_length=40, blank=True)
    set_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")
    end_reason = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["window"], condition=Q(ends_at=None), name="window_shift_one_open")]


class Ring(models.Model):
    """Somebody at a machine asked for help (求助): which machine, when, and who went. Unscoped: no citizen."""

    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="rings")
    place = models.CharField(max_length=30)
    at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(STAFF, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["venue", "place"], condition=Q(answered_at=None), name="ring_once_until_answered")
        ]
