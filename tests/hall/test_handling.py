"""Somebody is at one's side until the end: sent, come, done step by step, ended or in a named person's hands."""

from datetime import date, time, timedelta

import pytest

from tests.cases.town import NURSING, accepted, opened
from tests.hall.house import at
from tests.hall.side import make_side, trained
from tests.make import TODAY, make_household, make_person, make_staff
from yimen.cases.actions import Asked, choose
from yimen.cases.models import Case, Task
from yimen.hall import actions, queries
from yimen.hall.models import AttendanceCase, Handling, Matter, Opening, Training
from yimen.hall.words import Fetcher, Help, Result
from yimen.office.access import NotAllowed, System, scope
from yimen.office.models import Post
from yimen.registry.queries import household_card

pytestmark = pytest.mark.django_db


@pytest.fixture
def side():
    return make_side()


def seen(side, who, **named):
    """Return whether somebody accompanies, and may see the household by it."""
    with side.as_(who), queries.accompanying(staff=who, on=TODAY, **named) as one:
        return household_card(household_id=one.household_id, on=TODAY).members[0].name


def test_the_reception_sees_what_the_person_before_it_has_open_and_of_no_other_household(side):
    case = accepted(side.town, Asked(NURSING, side.town.person.pk))
    ticket = side.known()
    with side.as_(side.reception):
        with queries.receiving(attendance=ticket.attendance_id, on=TODAY) as (_, home):
            shown = queries.open_matters(household_id=home, on=TODAY)
            assert [one.case.pk for one in shown.cases] == [case.pk]
            assert shown.held.card.members[0].name == "沈小满"
            assert queries.open_findings(household_id=home) == []
        with pytest.raises(NotAllowed):
            household_card(household_id=home, on=TODAY)


def test_it_is_not_seen_who_came_yesterday(side):
    ticket = side.known()
    tomorrow = {"attendance": ticket.attendance_id, "on": TODAY + timedelta(days=1)}
    with side.as_(side.reception), pytest.raises(queries.Attendance.DoesNotExist), queries.receiving(**tomorrow):
        pass


def test_a_number_once_recognised_is_nobody_elses(side):
    ticket = side.known()
    with scope(System("test"), "测试"):
        other = make_person(make_household(side.town.village, number="2"), name="周霜降", number=2)
    with side.as_(side.reception) as by, pytest.raises(actions.NotHandled, match="另一个人"):
        actions.know_person(attendance=ticket.attendance_id, person=other.pk, by=by, at=at(1))


def test_the_free_one_is_proposed_then_who_knows_the_matter_and_first_of_all_who_speaks_the_language(side):
    leader = make_staff(kind="county_clerk", area=side.town.village, username="leader")
    with side.as_(leader) as by:
        actions.set_skills(staff=side.second, languages=["sign"], matters=[side.house.matter], by=by, at=at(0))
    ticket = side.known(matters=[side.house.matter])

    def order(**more):
        with side.as_(side.reception):
            attendance = queries.Attendance.objects.get(pk=ticket.attendance_id)
            return [one.staff.username for one in queries.proposals(attendance=attendance, on=TODAY, **more)]

    assert order() == ["escort2", "escort1"]
    busy = side.house.take(1)
    side.sent(busy, to=side.second)
    assert order() == ["escort1", "escort2"]
    assert order(language="sign") == ["escort2", "escort1"]
    Training.objects.filter(staff=side.second).delete()
    assert order(language="sign") == ["escort1", "escort2"]
    trained(side.second, side.reception, until=TODAY - timedelta(days=1))
    assert order(language="sign") == ["escort1", "escort2"]
    with side.as_(side.second) as by:
        actions.go_off_duty(by=by, at=at(5))
    assert order() == ["escort1"]


def test_somebody_is_accompanied_by_one_and_only_by_who_is_on_duty(side):
    ticket = side.known()
    side.sent(ticket)
    with pytest.raises(actions.NotHandled, match="已经派了"):
        side.sent(ticket, to=side.second)
    with side.as_(side.second) as by:
        actions.go_off_duty(by=by, at=at(3))
    with pytest.raises(actions.NotHandled, match="不在岗"):
        side.sent(side.house.take(4), to=side.second)


def test_whoever_cannot_come_says_why_and_another_is_sent(side):
    ticket = side.known()
    handling = side.sent(ticket)
    with pytest.raises(actions.NotHandled, match="为什么"):
        side.do(actions.give_back, handling, 2, why="")
    side.do(actions.give_back, handling, 2, why="送人去医院")
    assert side.sent(ticket, to=side.second).co_organizer == side.second


def test_a_household_is_seen_from_the_coming_to_the_end_and_by_nobody_else(side):
    ticket = side.known()
    handling = side.sent(ticket)
    person = side.town.person.pk
    with pytest.raises(Handling.DoesNotExist):
        seen(side, side.first, person=person)
    with pytest.raises(NotAllowed):
        seen(side, side.first, handling=handling.pk)
    side.do(actions.take_up, handling, 3)
    assert seen(side, side.first, person=person) == "沈小满"
    assert seen(side, side.first, handling=handling.pk) == "沈小满"
    with pytest.raises(Handling.DoesNotExist):
        seen(side, side.second, person=person)
    with pytest.raises(NotAllowed, match="别的协办员"):
        side.do(actions.note_step, handling, 4, who=side.second, help_=Help.LED)
    with scope(System("test"), "测试"):
        other = make_person(make_household(side.town.village, number="2"), name="周霜降", number=2)
    with pytest.raises(Handling.DoesNotExist):
        seen(side, side.first, person=other.pk)
    side.do(actions.end, handling, 9, result=Result.LEFT, words="女儿来了")
    for named in ({"person": person}, {"handling": handling.pk}):
        with pytest.raises(Handling.DoesNotExist):
            seen(side, side.first, **named)


def test_the_form_is_filled_together_a_window_answers_for_it_and_the_visit_leads_to_the_case(side):
    handling = side.come(side.known())
    case = side.do(actions.begin_form, handling, 5)
    again = side.do(actions.begin_form, handling, 6)

    assert again.pk == case.pk
    with scope(System("test"), "测试"):
        assert (case.channel, case.opened_by, case.applicant) == ("window", side.first, side.town.person)
        assert case.first_assignee.username in ("window", "colleague", "clerk0", "clerk1")
        assert AttendanceCase.objects.get().case_id == case.pk
        assert [one.help for one in handling.steps.all()] == [Help.FORM]
    with side.as_(side.first) as by, queries.accompanying(staff=by, on=TODAY, case=case.pk):
        choose(case=case.pk, asked=[Asked(NURSING, side.town.person.pk)], by=by, at=at(7))


def test_nobody_fills_a_form_for_somebody_unknown(side):
    handling = side.come(side.house.take(0))
    with pytest.raises(actions.NotHandled, match="还不知道他是谁"):
        side.do(actions.begin_form, handling, 5)


def test_a_missing_paper_has_an_owner_and_a_day_and_nothing_ends_before_it_is_there(side):
    ticket = side.known()
    handling = side.come(ticket)
    wanted = {"paper": "残疾人证", "fetcher": Fetcher.STAFF, "at_home": True, "due_on": TODAY}
    errand = side.do(actions.ask_errand, handling, 5, **wanted)
    with pytest.raises(actions.NotHandled, match="已经有人在取"):
        side.do(actions.ask_errand, handling, 6, **wanted)

    with scope(System("test"), "测试"):
        task = errand.task
        assert (task.owner, task.due_on, task.household_id) == (side.first, TODAY, side.town.home.pk)
        assert task.words == "补材料：残疾人证（我们去取，上门）"
    with side.as_(side.house.clerks[0]) as by:
        actions.leave(ticket_id=ticket.pk, by=by, at=at(7))
    with pytest.raises(actions.NotHandled, match="1 份材料"):
        side.do(actions.end, handling, 8, result=Result.DONE, words="")
    side.do(actions.finish_errand, handling, 9, errand=errand.pk, words="上门取到了")
    side.do(actions.end, handling, 10, result=Result.DONE, words="")


def test_what_is_handed_over_is_in_a_named_colleagues_hands_with_its_papers(side):
    handling = side.come(side.known())
    side.do(actions.ask_errand, handling, 5, paper="户口簿", fetcher=Fetcher.FAMILY, due_on=TODAY)
    for given, why in (({"to": None}, "哪一位"), ({"to": side.first}, "哪一位"), ({"to": side.second, "words": " "}, "还有什么")):
        with pytest.raises(actions.NotHandled, match=why):
            side.do(actions.end, handling, 6, result=Result.HANDED_OVER, **{"words": "下午接着陪", **given})
    side.do(actions.end, handling, 7, result=Result.HANDED_OVER, to=side.second, words="下午接着陪")

    with side.as_(side.second) as by:
        (mine,) = queries.in_hand(staff=by, on=TODAY)
        assert [one.paper for one in queries.errands_of(mine.handling)] == ["户口簿"]
        assert queries.errands_owned(by)[0].task.owner == side.second


def test_for_one_who_falls_ill_another_is_sent_and_the_papers_go_along(side):
    handling = side.come(side.known())
    side.do(actions.ask_errand, handling, 5, paper="户口簿", fetcher=Fetcher.FAMILY, due_on=TODAY)
    with side.as_(side.second) as by, pytest.raises(NotAllowed):
        actions.send_another(handling=handling.pk, to=side.second, why="我来", by=by, at=at(6))
    with side.as_(side.reception) as by:
        for to, why in ((side.first, "请另选"), (side.second, "为什么换")):
            with pytest.raises(actions.NotHandled, match=why):
                actions.send_another(handling=handling.pk, to=to, why="", by=by, at=at(6))
        new = actions.send_another(handling=handling.pk, to=side.second, why="请病假", by=by, at=at(7))
        with pytest.raises(actions.NotHandled, match="结束了"):
            actions.send_another(handling=handling.pk, to=side.second, why="再换", by=by, at=at(8))
    assert (new.co_organizer, new.accepted_at) == (side.second, None)
    with side.as_(side.second) as by:
        assert [one.paper for one in queries.errands_owned(by)] == ["户口簿"]
    with pytest.raises(Handling.DoesNotExist):
        seen(side, side.first, handling=handling.pk)


def test_handed_over_to_a_window_it_is_a_task_with_a_day(side):
    handling = side.come(side.known())
    case = side.do(actions.begin_form, handling, 5)
    side.do(actions.end, handling, 6, result=Result.HANDED_OVER, to=side.town.window, words="等复核结果告诉他")
    with scope(System("test"), "测试"):
        task = Task.objects.get(kind="help")
        assert (task.owner, task.case_id, task.due_on) == (side.town.window, case.pk, date(2026, 11, 24))


def test_it_is_not_done_while_the_result_has_not_reached_the_person(side):
    ticket = side.known()
    handling = side.come(ticket)
    case = side.do(actions.begin_form, handling, 5)
    with pytest.raises(actions.NotHandled, match="还没有办结"):
        side.do(actions.end, handling, 6, result=Result.DONE, words="")
    with side.as_(side.house.clerks[0]) as by:
        actions.leave(ticket_id=ticket.pk, by=by, at=at(7))
    with pytest.raises(actions.NotHandled, match="填写中"):
        side.do(actions.end, handling, 8, result=Result.DONE, words="")
    with pytest.raises(actions.NotHandled, match="还没有结果"):
        side.do(actions.note_step, handling, 9, help_=Help.RESULT, case=case, words="批了")
    with scope(System("test"), "测试"):
        Case.objects.filter(pk=case.pk).update(state="delivered")
    side.do(actions.end, handling, 10, result=Result.DONE, words="")


def test_the_back_office_is_asked_once_to_go_first_and_whoever_answers_for_the_case_has_it(side):
    case = opened(side.town)
    handling = side.come(side.known())
    with pytest.raises(actions.NotHandled, match="为什么"):
        side.do(actions.ask_first, handling, 5, case=case, why="")
    side.do(actions.ask_first, handling, 5, case=case, why="住得远，明天还要来")
    with pytest.raises(actions.NotHandled, match="已经请过"):
        side.do(actions.ask_first, handling, 6, case=case, why="再请一次")
    with scope(System("test"), "测试"):
        task = Task.objects.get(kind="first")
        assert (task.owner, task.due_on) == (case.first_assignee, date(2026, 11, 24))


def open_until(side, hour: int) -> None:
    for weekday in range(1, 6):
        Opening.objects.create(venue=side.house.venue, weekday=weekday, opens_at=time(8, 30), closes_at=time(hour))


def asked(side, ticket, minutes):
    with side.as_(side.reception):
        return queries.today_or_not(ticket=ticket, at=at(minutes))


def test_whoever_comes_near_closing_is_told_whether_it_can_be_finished_today(side):
    open_until(side, 13)  # It is noon.
    for number in range(6):
        side.house.take(number)
        ticket = side.house.call(10 * number)
        side.house.step(ticket, "finish", 10 * number + 10)
    matter = Matter.objects.create(
        code="ls", name="低保申请", department=side.house.matter.department, policy="subsistence_allowance"
    )

    quick, slow = side.house.take(1), side.house.take(2, matters=[matter])
    assert asked(side, quick, 2).verdict == "yes"
    told = asked(side, slow, 3)
    assert told.verdict == "days"
    assert any("个工作日有结果" in one for one in told.why)
    matter.policy = "public_rental"
    matter.save()
    assert asked(side, slow, 3).verdict == "days"
    assert any("没有写明" in one for one in asked(side, slow, 3).why)
    late = asked(side, slow, 50)
    assert (late.verdict, late.is_near) == ("late", True)
    assert "13:00 下班，还有 10 分钟" in late.why
    assert asked(side, quick, 61).verdict == "late"


def test_for_the_last_to_come_the_hall_stays_and_a_co_organizer_comes_at_once(side):
    open_until(side, 15)
    ticket = side.known(10)
    with side.as_(side.reception) as by:
        with pytest.raises(actions.NotHandled, match="还早"):
            actions.stay_for(attendance=ticket.attendance_id, by=by, at=at(20))
        _, handling = actions.stay_for(attendance=ticket.attendance_id, by=by, at=at(170))
        with pytest.raises(actions.NotHandled, match="已经记了"):
            actions.stay_for(attendance=ticket.attendance_id, by=by, at=at(171))
    assert (handling.co_organizer, handling.why) == (side.first, "临近下班，延时服务")


def test_the_ledger_counts_what_was_done_and_nothing_else(side):
    open_until(side, 13)
    ticket = side.known()
    with side.as_(side.reception) as by:
        _, handling = actions.stay_for(attendance=ticket.attendance_id, by=by, at=at(30))
    side.do(actions.take_up, handling, 31)
    for minute, help_ in enumerate((Help.LED, Help.SHEET, Help.LED)):
        side.do(actions.note_step, handling, 32 + minute, help_=help_)
    side.do(actions.begin_form, handling, 40)
    errand = side.do(actions.ask_errand, handling, 41, paper="身份证", fetcher=Fetcher.STAFF, at_home=True, due_on=TODAY)
    side.do(actions.finish_errand, handling, 42, errand=errand.pk, words="")
    first, second = (side.do(actions.ask_rating, handling, 43) for _ in "ab")
    assert first.pk == second.pk
    side.do(actions.end, handling, 44, result=Result.HANDED_OVER, to=side.second, words="等结果")

    month = queries.month_of(TODAY)
    with side.as_(side.first) as by:
        (line,) = queries.ledger_of(staff=by, since=month[0], until=month[1])
        with pytest.raises(NotAllowed):
            queries.ledger_of(staff=side.second, since=month[0], until=month[1])
    told = {words: number for words, number in line.cells if number}
    once = ("陪办", "延时服务", "带到窗口", "政策单", "一起填表", "补材料", "其中上门", "材料到了", "请评价", "移交")
    assert (line.on, told) == (TODAY, dict.fromkeys(once, 1))
    Post.objects.create(staff=side.town.colleague, kind="county_clerk", area=side.town.village, starts_on=date(2020, 1, 1))
    with side.as_(side.town.colleague):
        lines = queries.ledger_of_team(since=month[0], until=month[1])
    assert [(one.staff.username, one.counts["accompanied"]) for one in lines] == [("escort1", 1), ("escort2", 0)]
