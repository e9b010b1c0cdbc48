"""Claiming back: heard first, an opinion by one, a decision by another, at the desk of whose money it was; it moves none."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from tests.cases.town import (
    LOW,
    MEDICAL,
    NOON,
    department_desk,
    given,
    make_town,
    medical_proposed,
    noon,
)
from tests.make import make_household, make_staff
from yimen.benefits.models import Grant
from yimen.cases import actions, queries
from yimen.cases.models import CaseEvent, Recovery
from yimen.office.access import NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def town():
    return make_town()


@pytest.fixture
def wrong(town):
    """A warning of wrong aid that became a case."""
    with town.at_desk(town.window):
        case = actions.open_case(household=town.home.pk, kind="finding", channel="screening", by=town.window, at=NOON)
        return actions.accept(case=case.pk, asked=(), by=town.window, at=NOON)


@pytest.fixture
def medical(town):
    """The two desks of the medical insurance, and what the second of them has granted to the person."""
    first, second, decision = medical_proposed(town, agrees=True)
    with town.at_desk(second):
        return first, second, actions.confirm(decision=decision.pk, by=second, at=noon(2))


def paid(town, policy):
    """Let the person have received a benefit since January, of whatever department."""
    with town.at_desk(town.window):
        about = {"person": town.person, "policy": policy, "amount_fen": 40_000, "area_path": town.home.area_path}
        return Grant.objects.create(**about, starts_on=date(2026, 1, 1), recorded_at=NOON)


def _heard(town, case, grant, *, by=None, day=1, words="车是儿子的"):
    by = by or town.window
    with town.at_desk(by):
        return actions.hear_recovery(case=case.pk, grant=grant.pk, words=words, by=by, at=noon(day))


def _propose(town, held, *, by=None, day=2, **more):
    by = by or town.window
    wanted = {"yuan": Decimal(800), "months": "2026年9月至10月", "words": "隐瞒车辆", "article": "社会救助法第73条"} | more
    with town.at_desk(by):
        return actions.propose_recovery(recovery=held.pk, by=by, at=noon(day), **wanted)


def _recover(town, held, *, by=None, day=3, **more):
    by = by or town.approver
    with town.at_desk(by):
        return actions.recover(recovery=held.pk, by=by, at=noon(day), **more)


def test_claiming_back_is_a_decision_of_its_own_by_two_people_and_moves_no_money(town, wrong):
    grant = given(town, LOW)
    held = _propose(town, _heard(town, wrong, grant))
    with town.at_desk(town.approver):
        assert [one.pk for one in queries.waiting_recoveries()] == [held.pk]
    _recover(town, held)
    with town.at_desk(town.approver):
        grant.refresh_from_db()
        made = CaseEvent.objects.get(step="recover")

        assert made.words == "追缴 800.00 元（最低生活保障，2026年9月至10月）：隐瞒车辆"
        assert (made.article, made.by, queries.waiting_recoveries()) == ("社会救助法第73条", town.approver, [])
        assert (grant.amount_fen, grant.ends_on) == (40_000, None)


def test_nothing_is_claimed_back_before_the_person_was_heard_nor_without_amount_months_reason_and_article(town, wrong):
    grant = paid(town, MEDICAL)
    desk = department_desk("yb", "医保")
    with town.at_desk(town.window):
        asked = actions.ask_recovery(case=wrong.pk, grant=grant.pk, words="重复报销", by=town.window, at=noon(1))
    with pytest.raises(actions.NotDecided, match="先听取本人意见"):
        _propose(town, asked, by=desk)
    with pytest.raises(actions.NotDecided, match="照本人"):
        _heard(town, wrong, grant, by=desk, words=" ")
    held = _heard(town, wrong, grant, by=desk)
    for missing in ({"yuan": Decimal(0)}, {"yuan": Decimal("1.005")}, {"months": " "}, {"words": ""}, {"article": ""}):
        with pytest.raises(actions.NotDecided, match="要写明金额"):
            _propose(town, held, by=desk, **missing)


def test_a_grant_is_claimed_back_once_at_a_time_and_several_grants_side_by_side(town, wrong):
    low, nursing = given(town, LOW), paid(town, "disability_nursing_subsidy")
    first = _propose(town, _heard(town, wrong, low))
    second = _propose(town, _heard(town, wrong, nursing, day=2), words="已住养老院")
    with pytest.raises(actions.NotDecided, match="已经在追缴"):
        _heard(town, wrong, low)
    with town.at_desk(town.approver):
        assert [one.pk for one in queries.waiting_recoveries()] == [first.pk, second.pk]
    _recover(town, second)
    _recover(town, first)

    again = _heard(town, wrong, low, day=4)
    with town.at_desk(town.window):
        assert [one.state for one in queries.recoveries_of(wrong)] == ["decided", "decided", "heard"]
        assert again.pk not in (first.pk, second.pk)


def test_of_two_cases_the_second_is_told_that_the_grant_is_claimed_back_already(town, wrong):
    grant = given(town, LOW)
    _heard(town, wrong, grant)
    with town.at_desk(town.window):
        other = actions.open_case(household=town.home.pk, kind="finding", channel="screening", by=town.window, at=NOON)
        other = actions.accept(case=other.pk, asked=(), by=town.window, at=NOON)
    with pytest.raises(actions.NotDecided, match=f"已经在追缴（办件 {wrong}"):
        _heard(town, other, grant)


def test_every_opinion_lies_in_the_file_with_whose_money_it_is_and_what_came_of_it(town, wrong):
    grant, other = given(town, LOW), paid(town, "disability_nursing_subsidy")
    held = _propose(town, _heard(town, wrong, grant))
    with town.at_desk(town.approver):
        actions.return_recovery(recovery=held.pk, words="金额算错", by=town.approver, at=noon(3))
    _recover(town, _propose(town, held, day=4, yuan=Decimal(600)), day=5)
    _propose(town, _heard(town, wrong, other, day=6), day=7, yuan=Decimal(90))
    with town.at_desk(town.window):
        leaves = queries.leaves_of(household_id=town.home.pk)
    assert [(one.title, one.remark) for one in leaves if "追缴" in one.title] == [
        ("听取意见记录（追缴）", ""),
        ("追缴意见", "拟追缴 800.00 元（最低生活保障，2026年9月至10月）"),
        ("追缴意见退回记录", ""),
        ("追缴意见", "拟追缴 600.00 元（最低生活保障，2026年9月至10月）"),
        ("追缴决定", "追缴 600.00 元（最低生活保障，2026年9月至10月）"),
        ("听取意见记录（追缴）", ""),
        ("追缴意见", "拟追缴 90.00 元（重度残疾人护理补贴，2026年9月至10月）"),
    ]


def test_one_township_approver_alone_claims_nothing_back(town, wrong, monkeypatch):
    grant = given(town, LOW)
    boss = make_staff(kind="town_approver", area=town.window.posts.get().area, username="boss")
    held = _propose(town, _heard(town, wrong, grant, by=boss), by=boss)
    monkeypatch.setattr("yimen.cases.apart.true_parameters", lambda names, **_: frozenset(names))
    with pytest.raises(actions.NotDecided, match=r"经手过（.*拟追缴"):
        _recover(town, held, by=boss)
    with town.at_desk(town.window):
        assert not CaseEvent.objects.filter(step="recover").exists()


def test_the_database_itself_keeps_who_wrote_the_opinion_from_confirming_it(town, wrong):
    held = _propose(town, _heard(town, wrong, given(town, LOW)))
    with town.at_desk(town.window), pytest.raises(IntegrityError), transaction.atomic():
        Recovery.objects.filter(pk=held.pk).update(decided_by=town.window, decided_at=NOON)
    with town.at_desk(town.window), pytest.raises(IntegrityError), transaction.atomic():
        Recovery.objects.filter(pk=held.pk).update(heard_on=None)


def test_where_the_township_may_not_confirm_it_claims_nothing_back_either(town, wrong):
    held = _propose(town, _heard(town, wrong, given(town, LOW)))
    boss = make_staff(kind="town_approver", area=town.window.posts.get().area, username="boss")
    with pytest.raises(actions.NotDecided, match="须由县级确认"):
        _recover(town, held, by=boss)


def test_a_relative_takes_no_part_in_claiming_back(town, wrong):
    grant, other = given(town, LOW), paid(town, "disability_nursing_subsidy")
    held = _propose(town, _heard(town, wrong, grant))
    with town.at_desk(town.colleague):
        for one in (town.window, town.approver):
            kin = {"person": town.person.pk, "relation": "姐弟", "staff": one}
            actions.record_kinship(case=wrong.pk, by=town.colleague, at=noon(2), **kin)
    with pytest.raises(actions.NotDecided, match="须回避"):
        _recover(town, held)
    with pytest.raises(actions.NotDecided, match="须回避"):
        _heard(town, wrong, other)


def test_an_opinion_that_another_has_taken_the_place_of_is_not_confirmed(town, wrong):
    held = _propose(town, _heard(town, wrong, given(town, LOW)))
    seen = held.proposed_at
    with town.at_desk(town.approver):
        with pytest.raises(actions.NotDecided, match="退回要写明"):
            actions.return_recovery(recovery=held.pk, words=" ", by=town.approver, at=noon(3))
        actions.return_recovery(recovery=held.pk, words="月份写错", by=town.approver, at=noon(3))
    with pytest.raises(actions.NotDecided, match="没有等确认的追缴意见"):
        _recover(town, held, seen=seen)
    held = _propose(town, held, day=4, months="2026年10月")
    with pytest.raises(actions.Changed, match="换了一份"):
        _recover(town, held, day=5, seen=seen)
    assert _recover(town, held, day=5, seen=held.proposed_at).state == "decided"


def test_a_department_hears_writes_and_confirms_at_its_own_desk_out_of_its_own_fund(town, medical):
    first, second, decision = medical
    held = _heard(town, decision.case, decision.grant, by=first, day=3, words="药费报过两次")
    assert (held.department, held.fund, held.state) == ("医保", "医保资金", "heard")
    held = _propose(town, held, by=first, day=4, words="同一张发票报过两次", article="国办发〔2021〕42号")
    with pytest.raises(actions.NotDecided, match=r"经手过（.*拟追缴.*可以是"):
        _recover(town, held, by=first, day=5)
    with town.at_desk(second):
        assert [one.pk for one in queries.waiting_recoveries()] == [held.pk]
    done = _recover(town, held, by=second, day=5)
    assert (done.state, done.decided_by, done.case.state) == ("decided", second, decision.case.state)
    with town.at_desk(first):
        told = actions.tell_recovery(recovery=held.pk, words="送到家里，本人签收", by=first, at=noon(6))
        assert told.told_on == noon(6).date()
        with pytest.raises(actions.NotDecided, match="已经告知过"):
            actions.tell_recovery(recovery=held.pk, words="再送一次", by=first, at=noon(7))


def test_no_desk_claims_back_what_is_not_its_own(town, wrong, medical):
    first, _, decision = medical
    grant = decision.grant
    with pytest.raises(NotAllowed, match="由医保部门决定"):
        _heard(town, decision.case, grant, by=town.window)
    with pytest.raises(NotAllowed):
        _heard(town, wrong, paid(town, "disability_nursing_subsidy"), by=first)
    held = _propose(town, _heard(town, decision.case, grant, by=first, day=3), by=first, day=4)
    with pytest.raises(NotAllowed, match="由医保部门决定"):
        _recover(town, held, day=5)
    with town.at_desk(department_desk("zj", "住建")) as _:
        assert queries.waiting_recoveries() == []
        with pytest.raises(Recovery.DoesNotExist):
            queries.recovery_page(recovery_id=held.pk, staff=first, on=date(2026, 12, 1))
    with town.at_desk(town.approver):
        assert queries.waiting_recoveries() == []


def test_a_check_passes_on_what_another_department_paid_and_that_department_takes_it_up(town, wrong):
    aid, own = paid(town, "school_aid"), given(town, LOW)
    school = department_desk("jy", "教育")
    with town.at_desk(town.window):
        with pytest.raises(actions.NotDecided, match="请写明核查出什么"):
            actions.ask_recovery(case=wrong.pk, grant=aid.pk, words=" ", by=town.window, at=noon(1))
        with pytest.raises(actions.NotDecided, match="由本单位追缴"):
            actions.ask_recovery(case=wrong.pk, grant=own.pk, words="有车", by=town.window, at=noon(1))
        asked = actions.ask_recovery(case=wrong.pk, grant=aid.pk, words="3月已退学", by=town.window, at=noon(1))
    with town.at_desk(school):
        assert [(one.pk, one.department) for one in queries.waiting_recoveries()] == [(asked.pk, "教育")]
    held = _heard(town, wrong, aid, by=school, day=2, words="转学了，没有退学")
    assert (held.pk, held.asked) == (asked.pk, "3月已退学")
    with town.at_desk(school):
        dropped = actions.drop_recovery(recovery=held.pk, words="学籍在外县，仍在读", by=school, at=noon(3))
        assert (dropped.state, queries.waiting_recoveries()) == ("dropped", [])
        with pytest.raises(actions.NotDecided, match="不追缴"):
            actions.drop_recovery(recovery=held.pk, words="再来", by=school, at=noon(4))
    with town.at_desk(town.window):
        assert CaseEvent.objects.get(step="drop_recovery").words.endswith("学籍在外县，仍在读")


def test_another_households_grant_is_not_claimed_back_in_this_case(town, wrong):
    with town.at_desk(town.window):
        home = make_household(town.village, number="2")
        grant = Grant.objects.create(
            household=home, policy=LOW, amount_fen=1, starts_on=date(2026, 1, 1), recorded_at=NOON, area_path=home.area_path
        )
    with pytest.raises(actions.NotDecided, match="这一户的哪一笔"):
        _heard(town, wrong, grant)
