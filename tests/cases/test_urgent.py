"""急难型: aid first, checks and papers within the local term, one decision, paid in stages; above the most a council decides."""

from datetime import date
from decimal import Decimal

import pytest

from tests.cases.test_lanes import couple, town  # noqa: F401
from tests.cases.town import DAY, NOON, noon
from tests.make import make_staff
from tests.office.test_pictures import jpeg
from yimen.benefits.models import Grant, Reserve
from yimen.benefits.queries import received_once, totals_by_fund
from yimen.cases import actions, queries
from yimen.cases.models import Decision, Task, UrgentStage
from yimen.office.access import scope
from yimen.office.models import Area
from yimen.screening import queries as screening

pytestmark = pytest.mark.django_db
FIRST, LATER, MOST = Decimal("2000"), Decimal("1500"), Decimal("3840")


@pytest.fixture
def home(town, couple):  # noqa: F811
    from yimen.benefits.actions import fund_reserve

    with scope(town.county, "测试"):
        area = Area.objects.get(code="990101001")
        fund_reserve(area=area, yuan=Decimal("20000"), words="花财社〔2026〕2号", by=town.county, at=NOON)
    return couple


def give(town, home, yuan=FIRST, **more):  # noqa: F811
    place, (he, _) = home
    wanted = {"cause": "fire", "words": "昨夜失火，房子烧了，一家没有住处。", "by": town.window, "at": NOON} | more
    with town.at_desk(town.window):
        return actions.give_urgent_aid(household=place.pk, hands=[actions.Hand(he, yuan)], **wanted)


def later(day, yuan, home):
    return actions.Later(noon(day).date(), [actions.Hand(home[1][0], Decimal(yuan))])


def check(town, case, plan=(), *, holds=True, at=None, by=None):  # noqa: F811
    who = by or town.window
    with town.at_desk(who):
        return actions.check_urgent_aid(
            case=case.pk, holds=holds, words="入户看过，房屋烧毁，村里出具证明。", plan=plan, by=who, at=at or noon(2)
        )


def confirm(town, case, *, by=None, at=None):  # noqa: F811
    who = by or town.approver
    with town.at_desk(who):
        for one in Decision.objects.filter(case=case):
            actions.confirm(decision=one.pk, by=who, at=at or noon(3))


def minute(town, case, total="9000", **more):  # noqa: F811
    wanted = {
        "held_on": noon(2).date(),
        "present": "陆知夏、顾清风、丁香",
        "yuan": Decimal(total),
        "reason": "房屋全毁，要过冬，三个月内没有别的办法。",
        "paper": jpeg(),
        "by": town.window,
        "at": noon(2),
    } | more
    with town.at_desk(town.window):
        return actions.record_minute(case=case.pk, **wanted)


@pytest.fixture
def without(monkeypatch):
    """Let some local parameters be not entered."""
    found, whole = screening.yuan_parameter, screening.whole_parameter

    def leave_out(*names):
        for module in ("urgent", "lanes"):
            monkeypatch.setattr(
                f"yimen.cases.{module}.yuan_parameter", lambda name, **at: None if name in names else found(name, **at)
            )
        monkeypatch.setattr("yimen.cases.urgent.whole_parameter", lambda name, **at: None if name in names else whole(name, **at))

    return leave_out


def test_aid_goes_out_before_any_check_and_the_papers_follow_within_the_local_days(town, home):  # noqa: F811
    case = give(town, home)

    with town.at_desk(town.window):
        aid = queries.urgent_of(case=case.pk)
        task = Task.objects.get(case=case)
        # Monday the 23rd and five working days: the day itself does not count, the weekend lies between.
        assert aid.papers_by == task.due_on == date(2026, 11, 30)
        assert Reserve.objects.get().balance_fen == 1_900_000
        assert Decision.objects.get(case=case).state == "open"
        assert not Grant.objects.exists()


def test_what_was_given_first_is_checked_on_its_own_page_never_ended_with_a_sentence(town, home):  # noqa: F811
    case = give(town, home)
    with town.at_desk(town.window), pytest.raises(actions.NotEnded, match="它自己的页面"):
        actions.end_task(task=Task.objects.get(case=case).pk, words="办了", by=town.window, at=noon(1))


@pytest.mark.parametrize(("yuan", "given"), [("2000", True), ("2000.01", False)])
def test_the_first_sum_is_the_local_one_to_the_cent(town, home, yuan, given):  # noqa: F811
    if given:
        assert give(town, home, Decimal(yuan)).number
        return
    with pytest.raises(actions.NotGiven, match=r"一人最高 2,000\.00 元"):
        give(town, home, Decimal(yuan))
    with town.at_desk(town.window):
        assert not UrgentStage.objects.exists()


@pytest.mark.parametrize(("yuan", "given"), [("500", True), ("500.01", False)])
def test_where_no_first_sum_is_entered_the_small_cap_stands_and_is_named(town, home, without, yuan, given):  # noqa: F811
    without("急难型先行救助金额")
    if given:
        assert give(town, home, Decimal(yuan)).number
        return
    with pytest.raises(actions.NotGiven, match="没有录入，按小额快救的最高额"):
        give(town, home, Decimal(yuan))


def test_where_no_term_is_entered_the_clerk_says_the_day_and_else_no_later_than_the_term(town, home, without):  # noqa: F811
    with pytest.raises(actions.NotGiven, match="不能再晚"):
        give(town, home, papers_by=date(2026, 12, 1))
    without("急难型补办手续工作日")
    with pytest.raises(actions.NotGiven, match="没有录入"):
        give(town, home)
    case = give(town, home, papers_by=date(2026, 12, 15))
    with town.at_desk(town.window):
        assert queries.urgent_of(case=case.pk).papers_by == date(2026, 12, 15)


def test_one_decision_pays_three_stages_each_on_its_day_and_each_is_counted_once(town, home):  # noqa: F811
    case = give(town, home)
    check(town, case, [later(30, "1000", home), later(60, "840", home)])
    with town.at_desk(town.window):
        decision = Decision.objects.get(case=case)
        assert (decision.state, decision.amount_fen) == ("proposed", 384_000)
        with pytest.raises(actions.NotGiven, match="还没有确认"):
            actions.pay_stage(case=case.pk, nth=2, from_reserve=True, by=town.window, at=noon(30))
    confirm(town, case)

    with town.at_desk(town.window):
        assert list(Grant.objects.values_list("amount_fen", flat=True)) == [200_000]
        open_tasks = Task.objects.filter(case=case, kind="urgent", done_at=None).order_by("due_on")
        assert [one.due_on for one in open_tasks] == [noon(30).date(), noon(60).date()]
        with pytest.raises(actions.NotGiven, match="起才能给"):
            actions.pay_stage(case=case.pk, nth=2, from_reserve=True, by=town.window, at=noon(29))
        with pytest.raises(actions.NotGiven, match="前一期还没有给"):
            actions.pay_stage(case=case.pk, nth=3, from_reserve=True, by=town.window, at=noon(60))
        actions.pay_stage(case=case.pk, nth=2, from_reserve=True, by=town.window, at=noon(30))
        actions.pay_stage(case=case.pk, nth=3, from_reserve=False, by=town.window, at=noon(60))
        assert not open_tasks.all().exists()
        received = received_once(household=home[0].pk, people=[home[1][0]])
        assert totals_by_fund(received) == [("乡镇备用金", Decimal(3000)), ("财政资金", Decimal(840))]
        with pytest.raises(actions.NotGiven, match="已经给过"):
            actions.pay_stage(case=case.pk, nth=3, from_reserve=False, by=town.window, at=noon(61))


@pytest.mark.parametrize(("second", "given"), [("1000", True), ("1000.01", False)])
def test_all_stages_together_stay_within_the_multiple_of_the_standard(town, home, second, given):  # noqa: F811
    # 640 yuan of the country standard, six times.
    case = give(town, home)
    plan = [later(30, "840", home), later(60, second, home)]
    if given:
        check(town, case, plan)
        return
    with pytest.raises(actions.NotGiven, match=r"一人最高 3,840\.00 元"):
        check(town, case, plan)
    with town.at_desk(town.window):
        assert Decision.objects.get(case=case).state == "open"
        assert UrgentStage.objects.count() == 1


@pytest.mark.parametrize(("yuan", "given"), [("1500", True), ("1500.01", False)])
def test_a_later_stage_is_the_local_sum_to_the_cent(town, home, yuan, given):  # noqa: F811
    case = give(town, home)
    if given:
        check(town, case, [later(30, yuan, home)])
        return
    with pytest.raises(actions.NotGiven, match=r"第 2 期一人最高 1,500\.00 元"):
        check(town, case, [later(30, yuan, home)])


def test_what_is_not_entered_is_for_the_council_and_the_sentence_names_the_parameter(town, home, without):  # noqa: F811
    case = give(town, home)
    without("急难型每期金额")
    with pytest.raises(actions.NotGiven, match="急难型每期金额”没有录入"):
        check(town, case, [later(30, "1", home)])
    without("急难型最高倍数")
    with pytest.raises(actions.NotGiven, match=r"急难型最高倍数.*没有录入"):
        check(town, case)


def test_above_the_most_the_council_decides_with_a_minute_and_the_county_confirms(town, home, monkeypatch):  # noqa: F811
    case = give(town, home)
    minute(town, case)
    with pytest.raises(actions.NotGiven, match=r"一共 9,000\.00 元"):
        check(town, case, [later(30, "6999.99", home)])
    check(town, case, [later(30, "7000", home)])
    head = make_staff(kind="town_approver", area=Area.objects.get(code="990101001"), username="head")
    monkeypatch.setattr("yimen.cases.apart.true_parameters", lambda names, **_: frozenset(names))
    with pytest.raises(actions.NotDecided, match="由县级确认"):
        confirm(town, case, by=head)
    confirm(town, case)
    with town.at_desk(town.approver):
        assert Decision.objects.get(case=case).state == "confirmed"
        assert queries.minute_of(case=case.pk).present == "陆知夏、顾清风、丁香"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"present": "陆知夏"}, "集体研究"),
        ({"reason": " "}, "为什么"),
        ({"yuan": Decimal(0)}, "多少元"),
        ({"held_on": noon(3).date()}, "会议的日子"),
        ({"held_on": noon(-1).date()}, "会议的日子"),
        ({"paper": b"no picture"}, "会议记录的照片"),
    ],
)
def test_a_minute_names_who_met_when_how_much_and_why_and_is_paper(town, home, more, words):  # noqa: F811
    case = give(town, home)
    with pytest.raises(actions.NotGiven, match=words):
        minute(town, case, **more)


def test_an_emergency_that_does_not_hold_is_refused_by_a_second_person_and_the_first_sum_stays_on_record(town, home):  # noqa: F811
    case = give(town, home)
    check(town, case, holds=False)
    with town.at_desk(town.approver):
        decision = Decision.objects.get(case=case)
        assert decision.agrees is False
        actions.refuse(
            decision=decision.pk, words="与规则不同的理由：没有失火", article="社会救助法第二十九条", by=town.approver, at=noon(3)
        )
        assert not Grant.objects.exists()
        received = received_once(household=home[0].pk, people=[home[1][0]])
        assert totals_by_fund(received) == [("乡镇备用金", FIRST)]


def test_what_is_sent_back_is_planned_anew(town, home):  # noqa: F811
    case = give(town, home)
    check(town, case, [later(30, "1000", home)])
    with pytest.raises(actions.WrongStep, match="已经写过"):
        check(town, case)
    with town.at_desk(town.approver):
        actions.send_back(decision=Decision.objects.get(case=case).pk, words="分期太晚", by=town.approver, at=noon(3))
    check(town, case, [later(20, "1200", home)], at=noon(3))
    with town.at_desk(town.window):
        assert Decision.objects.get(case=case).amount_fen == 320_000
        assert [one.planned_on for one in queries.stages_of(case=case.pk, on=DAY)] == [DAY, noon(20).date()]


def test_once_the_emergency_is_over_the_rest_is_stopped_with_words(town, home):  # noqa: F811
    case = give(town, home)
    check(town, case, [later(30, "1000", home)])
    confirm(town, case)
    with town.at_desk(town.window):
        with pytest.raises(actions.NotGiven, match="写明"):
            actions.stop_stages(case=case.pk, words=" ", by=town.window, at=noon(10))
        actions.stop_stages(case=case.pk, words="保险赔付到账，住进安置房。", by=town.window, at=noon(10))
        assert [one.state for one in queries.stages_of(case=case.pk, on=DAY)] == ["已给", "已停"]
        assert not Task.objects.filter(case=case, kind="urgent", done_at=None).exists()
        with pytest.raises(actions.NotGiven):
            actions.pay_stage(case=case.pk, nth=2, from_reserve=True, by=town.window, at=noon(30))


def test_whoever_checked_does_not_confirm(town, home):  # noqa: F811
    case = give(town, home)
    check(town, case, by=town.county)
    with town.at_desk(town.county), pytest.raises(actions.NotDecided, match="不能是同一个人"):
        actions.confirm(decision=Decision.objects.get(case=case).pk, by=town.county, at=noon(3))
