"""
The demonstration's co-organizers (演示协办员): what they can, their trainings, on duty; somebody of the stories accompanied.

Made by the real doors, once; it goes on from where the halls stand.
"""

from datetime import datetime, timedelta

from django.utils.timezone import localdate

from yimen.hall import actions
from yimen.hall.models import Handling, Matter, Ticket, Venue
from yimen.hall.queries import proposals
from yimen.hall.words import Help, Language, State
from yimen.office.access import System, scope
from yimen.office.audit import reading
from yimen.office.models import Area, Staff
from yimen.office.once import once
from yimen.registry.queries import search

COUNTY = "990101"
# Of the stories, who has come to the hall.
IN_THE_HALL = "沈小满"
# Languages beside Mandarin, matters by the start of their code, and in how many days the training runs out.
ESCORTS = {
    "demo_escort": ((Language.DIALECT,), "mz", 200),
    "demo_escort2": ((Language.DIALECT, Language.SIGN), "cl", 20),
}
QUESTIONS = (("以后来办事，还要我们陪吗？", ("要", "不要", "看情况")), ("今天最不方便的是什么？", ()))


def make_escorts(*, at: datetime) -> None:
    """Make the team of the county hall, and let one of them be at somebody's side. Done twice, made once."""
    path = Area.objects.get(code=COUNTY).path
    with scope(System("demo", path), "演示大厅"):
        once(key="demo-escorts", action="demo.escorts", content={}, at=at, do=lambda: {"people": _made(at)})


def _made(at: datetime) -> int:
    leader = Staff.objects.get(username="demo_county")
    venue = Venue.objects.select_related("service_point__area").get(code="county")
    for username, (languages, matter, days) in ESCORTS.items():
        staff, held_on = Staff.objects.get(username=username), localdate(at) - timedelta(days=365 - days)
        matters = Matter.objects.filter(code__startswith=f"{matter}-")
        with scope(leader, "登记协办员"):
            actions.set_skills(staff=staff, languages=languages, matters=matters, by=leader, at=at)
            actions.record_training(
                staff=staff,
                subject="协办员上岗培训",
                held_on=held_on,
                valid_until=held_on + timedelta(days=365),
                by=leader,
                at=at,
            )
        with scope(staff, "上岗"):
            actions.go_on_duty(venue=venue, by=staff, at=at - timedelta(minutes=50))
    with scope(leader, "问卷"):
        for words, options in QUESTIONS:
            actions.add_question(words=words, options=options, by=leader, at=at)
    _accompanied(venue, at)
    return len(ESCORTS)


def _accompanied(venue: Venue, at: datetime) -> Handling | None:
    """Let the person of a story stand in the hall with somebody at their side; without anybody waiting nobody does."""
    ticket = Ticket.objects.filter(venue=venue, day=localdate(at), state=State.WAITING).order_by("taken_at").first()
    reception = Staff.objects.get(username="demo_reception")
    if ticket is None:
        return None
    with scope(reception, "导办"), reading("导办"):
        for hit in search(text=IN_THE_HALL)[:1]:
            actions.know_person(attendance=ticket.attendance_id, person=hit.person_id, by=reception, at=at)
        first = proposals(attendance=ticket.attendance, on=localdate(at))[0].staff
        handling = actions.assign(attendance=ticket.attendance_id, to=first, why="腿脚不便，第一次来办", by=reception, at=at)
    with scope(first, "协办"):
        actions.note_step(handling=handling.pk, help_=Help.LED, by=first, at=at)
    return handling
