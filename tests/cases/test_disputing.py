"""A decision contested before the government or a court: our own days to answer, and what a ruling orders begins once."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.cases.test_once import at_once
from tests.cases.town import declare, department_desk, make_town, noon, nursing_decided
from tests.make import make_staff
from yimen.cases import actions, queries
from yimen.cases.models import Case, CaseEvent, Decision, Dispute, Task
from yimen.office.access import NotAllowed
from yimen.office.actions import enter_calendar_year
from yimen.office.models import Area

pytestmark = pytest.mark.django_db
REFUSED_ON = noon(2).date()


@pytest.fixture
def town():
    town = make_town()
    town.other = make_staff(kind="approver", area=Area.objects.get(code="990101"), username="other")
    declare(town, {"残疾等级": 1, "需长期照护": True}, source="残联")
    declare(town, {"领取工伤护理费": False}, source="人社")
    return town


def decided(town, *, agrees=False):
    """Decide and tell it in writing."""
    decision = nursing_decided(town, agrees=agrees)
    with town.at_desk(town.approver):
        actions.tell(decision=decision.pk, words="当面交告知书", by=town.approver, at=noon(2))
    return decision


def contested(town, decision, *, forum="review", day=10, owner=None):
    with town.at_desk(town.approver):
        return actions.contest(
            decision=decision.pk,
            forum=forum,
            body="花城县人民政府" if forum == "review" else "花城县人民法院",
            on=noon(day).date(),
            words="请求撤销，重新办理",
            owner=owner,
            by=town.approver,
            at=noon(day),
        )


def step(town, act, held, *, day, staff=None, **more):
    staff = staff or town.approver
    with town.at_desk(staff):
        return act(dispute=held.pk, on=noon(day).date(), by=staff, at=noon(day), **more)


def fresh(town, held):
    with town.at_desk(town.approver):
        return Dispute.objects.get(pk=held.pk)


def test_who_goes_to_court_at_once_has_six_months_from_being_told_and_after_a_review_another_term(town):
    decision = decided(town)
    contested(town, decision, forum="suit")
    with town.at_desk(town.approver):
        terms = {one.stage: one for one in queries.dispute_page(decision_id=decision.pk).disputes[0][1]}
    # 11 月 25 日告知，六个月到 2027 年 5 月 25 日，星期二。
    assert (terms["直接起诉"].due.on, terms["直接起诉"].done_on) == (date(2027, 5, 25), noon(10).date())
    assert "第四十六条" in terms["直接起诉"].basis
    assert not terms["直接起诉"].is_ours


def state(town, decision):
    with town.at_desk(town.approver):
        return Decision.objects.get(pk=decision.pk).state


def test_a_review_is_answered_within_ten_working_days_of_the_copy_and_stands_on_the_owner_s_desk(town):
    decision = decided(town)
    held = contested(town, decision, owner=town.other)
    with town.at_desk(town.other):
        task = Task.objects.get(kind="dispute")
        assert (task.owner, task.due_on) == (town.other, None)
        assert queries.agenda_of(staff=town.other, on=noon(11).date()).to_answer == 0

    step(town, actions.take_on, held, day=11, number="花政复〔2026〕9号", procedure="ordinary", staff=town.other)
    held = step(town, actions.receive_copy, held, day=11, staff=town.other)

    # 12 月 4 日（周五）收到，次日起算，第 10 个工作日是 12 月 18 日。
    assert (noon(11).date(), held.answer_due_on) == (date(2026, 12, 4), date(2026, 12, 18))
    with town.at_desk(town.other):
        task = Task.objects.get(kind="dispute")
        assert (task.due_on, "第四十八条" in task.words) == (date(2026, 12, 18), True)
        assert queries.agenda_of(staff=town.other, on=noon(26).date()).late_to_answer == 1
        assert list(queries.disputes(is_open=True)) == [held]
        terms = {one.stage: one for one in queries.dispute_page(decision_id=decision.pk).disputes[0][1]}
    # 11 月 25 日告知，60 天是 2027 年 1 月 24 日，星期日，顺延到 25 日。
    assert (terms["申请复议"].due.on, terms["申请复议"].done_on) == (date(2027, 1, 25), noon(10).date())
    assert terms["复议机关审查受理"].due.on == date(2026, 12, 10)
    # 12 月 4 日起 60 天。
    assert terms["作出复议决定"].due.on == date(2027, 2, 2)
    assert "第六十二条" in terms["作出复议决定"].basis

    with pytest.raises(actions.NotDecided, match="视为没有证据"):
        step(town, actions.answer_contest, held, day=20, evidence=" ", staff=town.other)
    step(town, actions.answer_contest, held, day=20, evidence="答复书；入户调查表；核对报告", staff=town.other)
    with town.at_desk(town.other):
        assert Task.objects.get(kind="dispute").done_by == town.other
        assert queries.agenda_of(staff=town.other, on=noon(40).date()).to_answer == 0
    with pytest.raises(actions.NotDecided, match="已经答复过"):
        step(town, actions.answer_contest, held, day=21, evidence="再交", staff=town.other)


def test_the_short_procedure_has_five_working_days_and_a_court_fifteen_natural_ones(town):
    held = contested(town, decided(town))
    step(town, actions.receive_copy, held, day=11)
    held = step(town, actions.take_on, held, day=11, number="", procedure="simple")
    assert held.answer_due_on == date(2026, 12, 11)
    step(town, actions.rule, held, day=12, outcome="withdrawn", words="准予撤回")

    held = contested(town, Decision(pk=held.decision_id), forum="suit", day=13)
    held = step(town, actions.receive_copy, held, day=14)
    assert held.answer_due_on == noon(14).date() + timedelta(days=15)


def test_where_the_law_names_no_days_there_is_no_date_and_the_page_says_so(town):
    decision = decided(town)
    first = contested(town, decision, forum="suit")
    step(town, actions.rule, first, day=20, outcome="dismissed", words="驳回诉讼请求")
    held = contested(town, decision, forum="appeal", day=25)
    held = step(town, actions.receive_copy, held, day=26)

    assert held.answer_due_on is None
    with town.at_desk(town.approver):
        words = [one.words for one in queries.dispute_page(decision_id=decision.pk).disputes[0][1]]
    assert "参数“行政诉讼二审答辩天数”没有录入，没有期限" in words


def test_one_review_or_lawsuit_at_a_time(town):
    decision = decided(town)
    held = contested(town, decision)
    with pytest.raises(actions.NotDecided, match="第二十九条"):
        contested(town, decision, forum="suit", day=11)
    with pytest.raises(actions.NotDecided, match="一审判决"):
        contested(town, decision, forum="appeal", day=11)
    copy = fresh(town, held)
    copy.pk = Dispute().pk
    with town.at_desk(town.approver), pytest.raises(IntegrityError), transaction.atomic():
        copy.save(force_insert=True)


def test_what_is_quashed_is_done_again_by_the_day_named_and_never_twice(town):
    decision = decided(town)
    held = contested(town, decision)
    until = noon(50).date()

    step(town, actions.rule, held, day=30, outcome="redo", words="撤销，重新作出决定", redo_by=until)

    assert state(town, decision) == "open"
    with town.at_desk(town.approver):
        again = Decision.objects.get(pk=decision.pk)
        case = Case.objects.get(pk=decision.case_id)
        assert (again.due_on, case.due_on, case.state) == (until, until, "accepted")
        assert (again.decided_by, again.proposed_by, again.agrees) == (None, None, None)
        assert "不得以同一事实和理由" in CaseEvent.objects.get(step="redo").words
    with pytest.raises(actions.NotDecided, match="已经结束"):
        step(town, actions.rule, held, day=31, outcome="redo", words="再记一次", redo_by=until)
    with town.at_desk(town.approver):
        assert CaseEvent.objects.filter(step="redo").count() == 1


def test_on_the_same_facts_and_for_the_same_reason_it_is_not_refused_again(town):
    decision = decided(town)
    held = contested(town, decision)
    step(town, actions.rule, held, day=30, outcome="redo", words="撤销", redo_by=noon(50).date())
    with town.at_desk(town.window):
        actions.propose(decision=decision.pk, agrees=False, opinion="与规则不同的理由：意见", by=town.window, at=noon(31))
    with town.at_desk(town.approver):
        common = {"decision": decision.pk, "article": "国发〔2015〕52号", "by": town.approver, "at": noon(32)}
        with pytest.raises(actions.NotDecided, match="同一事实和理由"):
            actions.refuse(words=" 没有照护需要 ", **common)
        actions.refuse(words="残联 12 月重新评定，不需要长期照护", **common)
        assert Decision.objects.get(pk=decision.pk).due_on != noon(50).date()


def test_quashed_for_its_procedure_it_may_be_decided_the_same_again(town):
    decision = decided(town)
    held = contested(town, decision)
    step(town, actions.rule, held, day=30, outcome="quashed", words="撤销", is_procedural=True)
    with town.at_desk(town.window):
        actions.propose(decision=decision.pk, agrees=False, opinion="与规则不同的理由：意见", by=town.window, at=noon(31))
    with town.at_desk(town.approver):
        actions.refuse(decision=decision.pk, words="没有照护需要", article="国发〔2015〕52号", by=town.approver, at=noon(32))
    assert state(town, decision) == "refused"


def test_what_was_confirmed_and_is_turned_round_becomes_work_with_the_ruling_s_day(town):
    decision = decided(town, agrees=True)
    held = contested(town, decision)
    step(town, actions.rule, held, day=30, outcome="altered", words="变更为每月 110 元", redo_by=noon(45).date())

    assert state(town, decision) == "confirmed"
    with town.at_desk(town.window):
        task = Task.objects.get(kind="ruling")
        assert (task.owner, task.due_on) == (town.window, noon(45).date())
        actions.end_task(task=task.pk, words="已另办调整", by=town.window, at=noon(40))


def test_a_first_judgment_is_carried_out_when_nobody_has_appealed_in_time(town):
    decision = decided(town)
    held = contested(town, decision, forum="suit")
    held = step(town, actions.rule, held, day=30, outcome="redo", words="撤销，判令重作", redo_by=noon(80).date())
    assert (held.closed_at, state(town, decision)) == (None, "refused")
    # 12 月 23 日收到，15 天是 2027 年 1 月 7 日。
    with pytest.raises(actions.NotDecided, match="上诉期到 2027-01-07"):
        step(town, actions.take_effect, held, day=45)

    step(town, actions.take_effect, held, day=46)

    assert state(town, decision) == "open"


def test_a_judgment_appealed_against_never_takes_effect_itself(town):
    decision = decided(town)
    first = contested(town, decision, forum="suit")
    step(town, actions.rule, first, day=30, outcome="redo", words="撤销，判令重作", redo_by=noon(80).date())
    second = contested(town, decision, forum="appeal", day=40)

    with pytest.raises(actions.NotDecided, match="已经结束"):
        step(town, actions.take_effect, first, day=60)
    step(town, actions.rule, second, day=60, outcome="dismissed", words="改判驳回诉讼请求")

    assert state(town, decision) == "refused"
    assert fresh(town, first).carried_out_at is None


def test_a_stay_and_its_end_are_work_of_who_answers_for_the_case(town):
    decision = decided(town, agrees=True)
    held = contested(town, decision)
    step(town, actions.stay, held, day=11, is_stayed=True, words="县政府通知停止执行")
    with pytest.raises(actions.NotDecided, match="已经是这样"):
        step(town, actions.stay, held, day=11, is_stayed=True, words="又一次")
    step(town, actions.rule, held, day=30, outcome="upheld", words="维持")
    with town.at_desk(town.window):
        said = list(Task.objects.filter(kind="ruling").order_by("made_at").values_list("words", flat=True))
    assert ["停止执行：县政府" in said[0], "恢复执行" in said[1], len(said)] == [True, True, 2]


def test_only_the_department_that_decided_answers_and_a_window_sees_nothing_to_note(town):
    decision = decided(town)
    health = department_desk("yb", "医保")
    with town.at_desk(health), pytest.raises(NotAllowed, match="民政决定"):
        queries.dispute_page(decision_id=decision.pk)
    with town.at_desk(health):
        assert list(queries.disputes(is_open=True)) == []
    with town.at_desk(town.window), pytest.raises(NotAllowed):
        queries.dispute_page(decision_id=decision.pk)
    with town.at_desk(town.approver), pytest.raises(actions.NotDecided, match="不在作出决定的部门"):
        actions.contest(
            decision=decision.pk,
            forum="review",
            body="县政府",
            on=noon(9).date(),
            words="不服",
            owner=health,
            by=town.approver,
            at=noon(10),
        )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"forum": "letter"}, "请选行政复议"),
        ({"body": " "}, "哪个复议机关"),
        ({"words": ""}, "要求什么"),
        ({"on": noon(1).date()}, "作出决定"),
        ({"on": noon(11).date()}, "今天以前"),
    ],
)
def test_what_cannot_be_is_refused_in_words(town, wrong, said):
    decision = decided(town)
    right = {"forum": "review", "body": "县政府", "words": "不服", "on": noon(10).date()}
    with town.at_desk(town.approver):
        with pytest.raises(actions.NotDecided, match=said):
            actions.contest(decision=decision.pk, by=town.approver, at=noon(10), **(right | wrong))
        assert not CaseEvent.objects.filter(step="contest").exists()


def test_an_outcome_belongs_to_its_forum_and_is_noted_in_full(town):
    held = contested(town, decided(town), forum="suit")
    with pytest.raises(actions.NotDecided, match="结果"):
        step(town, actions.rule, held, day=30, outcome="upheld", words="维持")
    with pytest.raises(actions.NotDecided, match="字号"):
        step(town, actions.rule, held, day=30, outcome="dismissed", words=" ")
    with pytest.raises(actions.NotDecided, match="早于"):
        step(town, actions.rule, held, day=30, outcome="redo", words="撤销", redo_by=noon(29).date())


def test_the_day_to_answer_moves_with_the_notice_of_days_off(town):
    held = contested(town, decided(town), day=29)
    held = step(town, actions.receive_copy, held, day=30)
    assert held.answer_due_is_provisional
    officer = make_staff(kind="rules_officer", area=Area.objects.get(code="990101"), username="officer")
    before = held.answer_due_on
    with town.at_desk(officer):
        days = {date(2027, 1, 1): (False, "元旦"), date(2027, 1, 4): (False, "元旦"), date(2027, 1, 5): (False, "元旦")}
        enter_calendar_year(year=2027, document="国办发明电〔2026〕9号", days=days, by=officer, at=noon(31))
        actions.recompute_dues(at=noon(31))

    held = fresh(town, held)
    assert (held.answer_due_on > before, held.answer_due_is_provisional) == (True, False)
    with town.at_desk(town.approver):
        assert Task.objects.get(kind="dispute").due_on == held.answer_due_on


@pytest.mark.store
@pytest.mark.django_db(transaction=True)
def test_a_ruling_sent_several_times_at_once_opens_the_decision_again_once(town):
    decision = decided(town)
    held = contested(town, decision)

    def send():
        with town.at_desk(town.approver):
            common = {"on": noon(30).date(), "redo_by": noon(50).date(), "by": town.approver, "at": noon(30)}
            return actions.rule(dispute=held.pk, outcome="redo", words="撤销", **common)

    said = at_once(*[send] * 4)

    assert sum(isinstance(one, Dispute) for one in said) == 1
    assert {type(one) for one in said if not isinstance(one, Dispute)} == {actions.NotDecided}
    with town.at_desk(town.approver):
        assert CaseEvent.objects.filter(step="redo").count() == 1
