"""The co-organizers (协办员队伍): who is on duty, what each can, who was trained until when, and whom to send now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, Max, OuterRef
from django.utils.timezone import localdate

from yimen.hall.handling import GONE, NotHandled
from yimen.hall.models import Attendance, CoOrganizer, Duty, Handling, Matter, Ticket, Training, Venue
from yimen.hall.words import Language
from yimen.office import audit
from yimen.office.access import current, require
from yimen.office.models import Staff
from yimen.office.queries import holds, staff_below


@transaction.atomic
def go_on_duty(*, venue: Venue, by: Staff, at: datetime) -> Duty:
    """Say that one can be sent in a hall from now on (上岗). Raises NotHandled if one is on duty elsewhere, NotAllowed."""
    require("hall.accompany", area_path=venue.service_point.area.path)
    held = on_duty(by)
    if held is not None:
        if held.venue_id == venue.pk:
            return held
        raise NotHandled(f"您还在{held.venue}的岗上，请先下岗。")
    try:
        with transaction.atomic():
            made: Duty = Duty.objects.create(staff=by, venue=venue, starts_at=at)
    except IntegrityError:
        raise NotHandled("您已经在岗了，请刷新页面。") from None
    return made


@transaction.atomic
def go_off_duty(*, by: Staff, at: datetime) -> None:
    """Say that one is not to be sent any more (下岗); whom one accompanies one keeps. Nothing happens off duty."""
    require("hall.accompany")
    held = on_duty(by)
    if held is not None:
        held.ends_at = max(at, held.starts_at)
        held.save(update_fields=["ends_at"])


def on_duty(staff: Staff) -> Duty | None:
    """Return where somebody is on duty now, or None."""
    return Duty.objects.filter(staff=staff, ends_at=None).select_related("venue__service_point").first()


@transaction.atomic
def set_skills(*, staff: Staff, languages: Iterable[str], matters: Iterable[Matter], by: Staff, at: datetime) -> CoOrganizer:
    """Note what a co-organizer can (登记能力); without matters all of them. Raises NotHandled for somebody else, NotAllowed."""
    _refuse_others(staff)
    held, _ = CoOrganizer.objects.get_or_create(staff=staff)
    held.languages = [one for one in Language.values if one in set(languages)]
    held.save(update_fields=["languages"])
    held.matters.set(matters)
    audit.write(action="hall.skills", at=at, staff_changed=staff.username)
    return held


@transaction.atomic
def record_training(*, staff: Staff, subject: str, held_on: date, valid_until: date, by: Staff, at: datetime) -> Training:
    """Note a training (登记培训), valid until a day. Raises NotHandled for what cannot be, or twice; NotAllowed."""
    _refuse_others(staff)
    if not subject.strip():
        raise NotHandled("请写明培训了什么。")
    if held_on > localdate(at) or valid_until < held_on:
        raise NotHandled("培训的日子不能在以后，有效期不能在培训以前。")
    try:
        with transaction.atomic():
            made: Training = Training.objects.create(
                staff=staff,
                subject=subject.strip()[:60],
                held_on=held_on,
                valid_until=valid_until,
                recorded_by=by,
                recorded_at=at,
            )
    except IntegrityError:
        raise NotHandled("这一天的这次培训已经登记过了。") from None
    audit.write(action="hall.training", at=at, staff_changed=staff.username)
    return made


def _refuse_others(staff: Staff) -> None:
    require("hall.team")
    if staff not in co_organizers():
        raise NotHandled(f"{staff.name}不是您这里的协办员。")


def co_organizers() -> list[Staff]:
    """Return the co-organizers below the open scope, by user name."""
    found = {one.pk: one for path in current().paths for one in staff_below(permission="hall.accompany", area_path=path)}
    return sorted(found.values(), key=lambda one: one.username)


@dataclass(frozen=True)
class Member:
    """One co-organizer as the team's page shows them: languages, matters, trained until (None: never), their trainings, where."""

    staff: Staff
    languages: tuple[str, ...]
    matters: tuple[str, ...]
    trained_until: date | None
    trainings: tuple[Training, ...]
    duty: Duty | None

    def is_trained(self, on: date) -> bool:
        """Say whether a training is valid on a day."""
        return self.trained_until is not None and self.trained_until >= on


def team() -> list[Member]:
    """Return the co-organizers with what they can and their trainings. Raises NotAllowed."""
    require("hall.team")
    return [member_of(one) for one in co_organizers()]


def member_of(staff: Staff) -> Member:
    """Return one co-organizer with what they can."""
    skills = CoOrganizer.objects.filter(staff=staff).first()
    trainings = tuple(Training.objects.filter(staff=staff).order_by("-held_on", "pk"))
    return Member(
        staff=staff,
        languages=tuple(skills.languages) if skills else (),
        matters=tuple(skills.matters.order_by("name").values_list("code", flat=True)) if skills else (),
        trained_until=max((one.valid_until for one in trainings), default=None),
        trainings=trainings,
        duty=on_duty(staff),
    )


def follows(staff: Staff) -> list[Handling]:
    """Return whom somebody still accompanies, the longest first, for who manages the team; no household is shown."""
    require("hall.team")
    rows = Handling.objects.filter(co_organizer=staff, ended_at=None).select_related("attendance__venue__service_point")
    return list(rows.order_by("assigned_at"))


@dataclass(frozen=True)
class Proposal:
    """One co-organizer who could be sent: whom they are with in the hall, how many they still follow, and what fits."""

    staff: Staff
    with_now: int
    follows: int
    speaks: bool
    knows: bool
    is_trained: bool

    @property
    def why(self) -> str:
        """Say in words why this one."""
        said = ["现在空着" if not self.with_now else f"正陪 {self.with_now} 人", f"手上 {self.follows} 人"]
        said += ["会这种语言"] if self.speaks else []
        said += ["熟悉这类事"] if self.knows else []
        said += [] if self.is_trained else ["培训过期或没有登记"]
        return "，".join(said)


def proposals(*, attendance: Attendance, language: str = "", on: date) -> list[Proposal]:
    """
    Return who is on duty in the hall of an attendance, best first (推荐协办员).

    Whoever was trained and speaks the language comes first, then whoever is with the fewest now, knows the matter, and follows
    the fewest.
    """
    require("hall.receive", area_path=attendance.area_path)
    wanted = set(attendance.requests.values_list("matter_id", flat=True))
    people = [duty.staff for duty in Duty.objects.filter(venue_id=attendance.venue_id, ends_at=None).select_related("staff")]
    able = [one for one in people if holds(one, "hall.accompany", area_path=attendance.area_path)]
    return sorted(_proposals(able, wanted, language, on), key=lambda one: _order(one, bool(language)))


def _order(one: Proposal, asks_language: bool) -> tuple[bool, bool, int, bool, int, str]:
    return (not one.is_trained, asks_language and not one.speaks, one.with_now, not one.knows, one.follows, one.staff.username)


def _proposals(people: Sequence[Staff], wanted: set[int], language: str, on: date) -> Iterable[Proposal]:
    skills = {one.staff_id: one for one in CoOrganizer.objects.filter(staff__in=people).prefetch_related("matters")}
    trained = dict(Training.objects.filter(staff__in=people).order_by().values_list("staff").annotate(until=Max("valid_until")))
    rows = Handling.objects.filter(co_organizer__in=people, ended_at=None).order_by()
    here = Exists(Ticket.objects.filter(attendance=OuterRef("attendance"), day=on).exclude(state__in=GONE))
    follows = dict(rows.values_list("co_organizer").annotate(n=Count("pk")))
    with_now = dict(rows.filter(here).values_list("co_organizer").annotate(n=Count("pk")))
    for one in people:
        held = skills.get(one.pk)
        matters = {matter.pk for matter in held.matters.all()} if held else set()
        yield Proposal(
            staff=one,
            with_now=with_now.get(one.pk, 0),
            follows=follows.get(one.pk, 0),
            speaks=bool(language) and held is not None and language in held.languages,
            knows=bool(wanted & matters),
            is_trained=trained.get(one.pk, date.min) >= on,
        )


def here_now(*, venue: Venue, on: date) -> list[Proposal]:
    """Return who is on duty in a hall now (在岗), the free ones first, with how many they are with and follow."""
    require("hall.watch", area_path=venue.service_point.area.path)
    people = [duty.staff for duty in Duty.objects.filter(venue=venue, ends_at=None).select_related("staff")]
    return sorted(_proposals(people, set(), "", on), key=lambda one: (one.with_now, one.staff.username))
