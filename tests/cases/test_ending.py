"""Ending, adjusting, handing over, rating: heard first, confirmed by another, never silently."""

from datetime import date
from decimal import Decimal

import pytest

from tests.cases.town import NOON, accepted, decision_of, declare, given, make_town, noon, proposed, visited
from tests.make import make_staff
from yimen.benefits.models import Grant
from yimen.cases import actions, queries, tapering
from yimen.cases.models import CaseEvent, Rating, Task
from yimen.office.access import System, scope
from yimen.policies.queries import Parameter
from yimen.registry.models import Standing
from yimen.screening.queries import current_rules

pytestmark = pytest.mark.django_db
LOW, POOREST = "subsistence_allowance", "extreme_poverty_support"
NURSING = "disability_nursing_subsidy"


@pytest.fixture
def town():
    return make_town()


@pytest.fixture
def wrong(town):
    """A warning of wrong aid that became a case; the household receives since January."""
    declare(town, {"月收入": "3000.00", "金融资产": "0.00"}, source="核对")
    declare(town, {}, household={"机动车数": 1, "住房套数": 1})
    with town.at_desk(town.window):
        case = actions.open_case(household=town.home.pk, kind="finding", channel="screening", by=town.window, at=NOON)
        return actions.accept(case=case.pk, asked=(), by=town.window, at=NOON)


def _end(town, case, grant, day=2):
    with town.at_desk(town.window):
        return actions.end_aid(case=case.pk, grant=grant.pk, opinion="有一辆车", by=town.window, at=noon(day))


def _heard(town, case):
    with town.at_desk(town.window):
        actions.hear(case=case.pk, words="车是儿子的", by=town.window, at=noon(1))


def test_nothing_is_ended_before_the_person_was_heard(town, wrong):
    grant = given(town, LOW)
    with pytest.raises(actions.NotDecided, match="先听取本人意见"):
        _end(town, wrong, grant)


def test_nothing_is_lowered_before_the_person_was_heard_but_may_be_raised(town, wrong):
    grant = given(town, LOW)
    with town.at_desk(town.window):
        with pytest.raises(actions.NotDecided, match="先听取本人意见"):
            actions.adjust_aid(case=wrong.pk, grant=grant.pk, yuan=Decimal(300), opinion="收入高了", by=town.window, at=noon(2))
        raised = actions.adjust_aid(
            case=wrong.pk, grant=grant.pk, yuan=Decimal("460.50"), opinion="调标", by=town.window, at=noon(2)
        )

        assert (raised.effect, raised.amount_fen, raised.state) == ("adjust", 46050, "proposed")


def test_a_warning_heard_and_confirmed_ends_grant_and_standing_with_the_month(town, wrong):
    grant = given(town, LOW)
    _heard(town, wrong)
    decision = _end(town, wrong, grant)
    with town.at_desk(town.window):
        grant.refresh_from_db()
        assert grant.ends_on is None
    with town.at_desk(town.approver):
        done = actions.confirm(decision=decision.pk, by=town.approver, at=noon(3))
        grant.refresh_from_db()

        assert (grant.ends_on, Standing.objects.get().ends_on) == (date(2026, 11, 30), date(2026, 11, 30))
        # The warning stays with its owner, who says how it was handled; only then the result goes to the person.
        assert (done.state, done.case.state) == ("confirmed", "accepted")
    with town.at_desk(town.window):
        settled, _ = actions.settle_check(case=wrong.pk, way="check_out", words="次月停发", by=town.window, at=noon(4))
        assert (settled.state, settled.way) == ("concluded", "check_out")
        assert Task.objects.get(kind="deliver").owner == town.window
        assert list(CaseEvent.objects.filter(case=wrong).order_by("pk").values_list("step", flat=True)) == [
            "open", "accept", "hear", "propose", "confirm", "settle_check",
        ]  # fmt: skip


def test_a_warning_is_not_settled_while_what_it_would_end_waits_for_its_confirmation(town, wrong):
    grant = given(town, LOW)
    _heard(town, wrong)
    _end(town, wrong, grant)
    with town.at_desk(town.window), pytest.raises(actions.NotChecked, match="还没有审核确认"):
        actions.settle_check(case=wrong.pk, way="check_out", words="次月停发", by=town.window, at=noon(4))


def test_the_extremely_poor_are_ended_only_after_seven_days_on_the_board_and_then_other_aid_is_checked(town, wrong):
    grant = given(town, POOREST, household=False)
    _heard(town, wrong)
    decision = _end(town, wrong, grant)
    with town.at_desk(town.approver), pytest.raises(actions.NotDecided, match="须先公示 7 天"):
        actions.confirm(decision=decision.pk, by=town.approver, at=noon(3))
    with town.at_desk(town.window):
        posting = actions.post(decision=decision.pk, place="公开栏", photo=wrong.pk, by=town.window, at=noon(3))
        assert posting.ends_on == date(2026, 12, 3)
        actions.photograph(decision=decision.pk, photo=wrong.pk, by=town.window, at=noon(10))
        actions.clear(decision=decision.pk, by=town.window, at=noon(11))
    with town.at_desk(town.approver):
        actions.confirm(decision=decision.pk, by=town.approver, at=noon(12))
        grant.refresh_from_db()

        assert grant.ends_on == date(2026, 12, 31)
        assert "低保、临时救助" in Task.objects.get(kind="check").words


def test_an_adjustment_leaves_what_was_paid_and_begins_with_the_next_month(town, wrong):
    grant = given(town, LOW)
    _heard(town, wrong)
    with town.at_desk(town.window):
        decision = actions.adjust_aid(
            case=wrong.pk, grant=grant.pk, yuan=Decimal(300), opinion="收入高了", by=town.window, at=noon(2)
        )
    with town.at_desk(town.approver):
        actions.confirm(decision=decision.pk, by=town.approver, at=noon(3))

        rows = Grant.objects.order_by("starts_on").values_list("starts_on", "ends_on", "amount_fen")
        assert list(rows) == [
            (date(2026, 1, 1), date(2026, 11, 30), 40_000),
            (date(2026, 12, 1), None, 30_000),
        ]


def test_an_ending_that_is_not_confirmed_ends_nothing(town, wrong):
    grant = given(town, LOW)
    _heard(town, wrong)
    decision = _end(town, wrong, grant)
    with town.at_desk(town.approver):
        actions.refuse(decision=decision.pk, words="车已过户", article="第48条", by=town.approver, at=noon(3))
        grant.refresh_from_db()

    assert grant.ends_on is None


def test_an_ending_on_facts_that_changed_is_refused(town, wrong):
    grant = given(town, LOW)
    _heard(town, wrong)
    decision = _end(town, wrong, grant)
    declare(town, {}, household={"机动车数": 0}, on=noon(2).date())

    with town.at_desk(town.approver), pytest.raises(actions.StaleFacts, match="机动车数由 1 变为 0"):
        actions.confirm(decision=decision.pk, by=town.approver, at=noon(3))


def _end_by_work(town, case, grant):
    with town.at_desk(town.window):
        return actions.end_aid(case=case.pk, grant=grant.pk, opinion="儿子进厂上班", by=town.window, at=noon(2), by_work=True)


def entered(monkeypatch, **values):
    """Enter local parameters of the tapering otherwise than the demonstration's; None takes one away."""

    def find(name, **where):
        return values[name] and Parameter(name, "990101", "", NOON.date(), None, None, values[name], "", "虚构", "", 1)

    monkeypatch.setattr(tapering, "parameter_at", find)


def test_an_ending_without_the_word_work_does_not_taper_and_says_what_would(town, wrong):
    grant = given(town, LOW)
    _heard(town, wrong)
    decision = _end(town, wrong, grant)
    with town.at_desk(town.approver):
        taper = queries.taper_of(decision, on=noon(3).date())

    assert taper is not None
    assert taper.words.startswith("没有写明是因就业收入超标，次月停，不渐退")


def test_an_ending_by_work_goes_on_for_the_months_entered_in_the_share_entered(town, wrong):
    grant = given(town, LOW)
    _heard(town, wrong)
    decision = _end_by_work(town, wrong, grant)
    with town.at_desk(town.approver):
        taper = queries.taper_of(decision, on=noon(3).date())
        done = actions.confirm(decision=decision.pk, by=town.approver, at=noon(3))

        rows = Grant.objects.order_by("starts_on").values_list("starts_on", "ends_on", "amount_fen")
        assert list(rows) == [
            (date(2026, 1, 1), date(2026, 11, 30), 40_000),
            (date(2026, 12, 1), date(2027, 5, 31), 20_000),
        ]
        assert (done.grant.ends_on, Standing.objects.get().ends_on) == (date(2027, 5, 31), date(2027, 5, 31))
        assert queries.taper_of(done, on=noon(20).date()) == taper
    assert taper.words == (
        "因就业收入超标，渐退 6 个月（本地参数“渐退月数”，虚构）：2026年12月至2027年5月每月 200.00 元"
        "（原来 400.00 元的 0.5 倍，本地参数“渐退发放比例”，虚构），2027年6月起停发"
    )


def test_who_moves_away_while_it_tapers_is_ended_sooner_and_neither_tapered_nor_adjusted_again(town, wrong):
    grant = given(town, LOW)
    _heard(town, wrong)
    decision = _end_by_work(town, wrong, grant)
    with town.at_desk(town.approver):
        actions.confirm(decision=decision.pk, by=town.approver, at=noon(3))
        tapering = Grant.objects.get(starts_on=date(2026, 12, 1))
    with town.at_desk(town.window):
        moved = actions.open_case(household=town.home.pk, kind="finding", channel="screening", by=town.window, at=noon(20))
        moved = actions.accept(case=moved.pk, asked=(), by=town.window, at=noon(20))
        actions.hear(case=moved.pk, words="搬去外省了", by=town.window, at=noon(20))
        about = {"case": moved.pk, "grant": tapering.pk, "opinion": "已迁出", "by": town.window, "at": noon(20)}
        with pytest.raises(actions.NotDecided, match="不再渐退"):
            actions.end_aid(**about, by_work=True)
        with pytest.raises(actions.NotDecided, match="不再调整"):
            actions.adjust_aid(**about, yuan=Decimal(300))
        sooner = actions.end_aid(**about)
    with town.at_desk(town.approver):
        actions.confirm(decision=sooner.pk, by=town.approver, at=noon(22))
        assert Grant.objects.get(pk=tapering.pk).ends_on == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("yuan", "months", "share", "confirmed_on", "until", "paid"),
    [
        ("400.00", "6", "0.5", date(2026, 12, 1), date(2027, 6, 30), "200.00"),
        ("400.00", "6", "1", date(2026, 12, 31), date(2027, 6, 30), "400.00"),
        ("401.00", "3", "0.5", date(2026, 9, 15), date(2026, 12, 31), "201.00"),  # 进一到元
        ("400.00", "1", "0.3", date(2027, 1, 31), date(2027, 2, 28), "120.00"),
        ("100.00", "2", "0.7", date(2027, 12, 1), date(2028, 2, 29), "70.00"),
    ],
)
def test_the_worked_examples_of_tapering(monkeypatch, yuan, months, share, confirmed_on, until, paid):
    entered(monkeypatch, 渐退月数=months, 渐退发放比例=share)

    taper = tapering.reckon_taper(
        current_rules().policy(LOW), amount_fen=int(Decimal(yuan) * 100), area_path="99.9901.990101.", confirmed_on=confirmed_on
    )

    assert (taper.last_day, Decimal(taper.fen) / 100) == (until, Decimal(paid))
    assert taper.starts_on.day == 1
    assert taper.starts_on > confirmed_on


@pytest.mark.parametrize(
    ("months", "share", "words"),
    [
        (None, "0.5", "本地参数“渐退月数”没有录入"),
        ("6", None, "本地参数“渐退发放比例”没有录入"),
        ("7", "0.5", "规定渐退不超过 6 个月"),
        ("6", "1.2", "应大于 0、不超过 1"),
    ],
)
def test_what_is_not_entered_or_cannot_be_is_not_reckoned_but_said(town, wrong, monkeypatch, months, share, words):
    entered(monkeypatch, 渐退月数=months, 渐退发放比例=share)
    grant = given(town, LOW)
    _heard(town, wrong)

    with pytest.raises(actions.NotDecided, match=words):
        _end_by_work(town, wrong, grant)
    with town.at_desk(town.approver):
        grant.refresh_from_db()
        assert grant.ends_on is None


def test_a_policy_that_knows_no_tapering_has_none(town, wrong):
    grant = given(town, POOREST, household=False)
    _heard(town, wrong)
    with pytest.raises(actions.NotDecided, match="没有渐退的规定"):
        _end_by_work(town, wrong, grant)


@pytest.fixture
def concluded(town):
    """A refused application, ready to be handed over."""
    declare(town, {"残疾等级": 1, "需长期照护": True}, source="残联")
    declare(town, {"领取工伤护理费": False}, source="人社")
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    decision = proposed(town, case, NURSING)
    with town.at_desk(town.approver):
        actions.refuse(
            decision=decision.pk,
            words="与规则不同的理由：已领工伤护理费",
            article="国发〔2015〕52号",
            by=town.approver,
            at=noon(2),
        )
    return case


def test_a_refusal_is_not_sent_as_a_message_alone(town, concluded):
    with town.at_desk(town.window), pytest.raises(actions.NotDelivered, match="书面送达"):
        actions.deliver(case=concluded.pk, way="message", said_aloud=False, by=town.window, at=noon(3))


def test_handing_the_result_over_tells_it_in_writing_and_closes_the_window_s_task(town, concluded):
    with town.at_desk(town.window):
        assert Task.objects.get(kind="deliver").owner == town.window
        actions.deliver(case=concluded.pk, way="home", said_aloud=True, by=town.window, at=noon(3))

        assert queries.was_told(decision_of(concluded, NURSING).pk)
        assert not Task.objects.filter(kind="deliver", done_at=None).exists()
        with pytest.raises(actions.WrongStep):
            actions.deliver(case=concluded.pk, way="home", said_aloud=True, by=town.window, at=noon(3))


def test_a_bad_opinion_becomes_a_task_of_a_supervisor_and_says_that_no_limit_is_entered(town, concluded, monkeypatch):
    monkeypatch.setattr("yimen.cases.delivering.parameter_at", lambda name, **_: None)
    boss = make_staff(kind="town_approver", area=town.window.posts.get().area, username="boss")
    with scope(System("portal"), "评价"):
        actions.rate(case=concluded.pk, grade=1, channel="online", words="跑了三趟", at=noon(4))
        task = Task.objects.get(kind="rating")

    assert (task.owner, task.due_on) == (boss, None)
    assert "没有录入，没有期限" in task.words


def test_a_later_opinion_is_added_and_overwrites_nothing(town, concluded):
    with scope(System("portal"), "评价"):
        actions.rate(case=concluded.pk, grade=2, channel="online", at=noon(4))
        actions.rate(case=concluded.pk, grade=5, channel="online", at=noon(5))

        assert list(Rating.objects.order_by("pk").values_list("grade", "first")) == [(2, True), (5, False)]
        with pytest.raises(actions.NotRated):
            actions.rate(case=concluded.pk, grade=6, channel="online", at=noon(5))


def test_a_case_that_is_being_handled_is_not_rated(town):
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    visited(town, case)
    with town.at_desk(town.window), pytest.raises(actions.WrongStep):
        actions.rate(case=case.pk, grade=5, channel="window", by=town.window, at=noon(4))
