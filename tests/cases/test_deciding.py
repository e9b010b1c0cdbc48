"""Identity first, four eyes, frozen facts: what a decision may and may not do."""

import uuid
from dataclasses import replace
from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from tests.cases.town import (
    DAY,
    NOON,
    accepted,
    decision_of,
    declare,
    department_desk,
    given,
    make_town,
    noon,
    opened,
    poor,
    proposed,
    visited,
)
from tests.make import make_staff
from yimen.benefits.models import Grant
from yimen.cases import actions, queries
from yimen.cases.models import Case, CaseEvent, Decision, Task, Visit
from yimen.cases.posting import posting_asked
from yimen.office.access import NotAllowed
from yimen.office.guards import TRAIL, guard, unguard
from yimen.office.models import Post
from yimen.policies.model import Posting
from yimen.screening.queries import current_rules

pytestmark = pytest.mark.django_db
NURSING = "disability_nursing_subsidy"


@pytest.fixture
def town():
    town = make_town()
    declare(town, {"残疾等级": 1, "需长期照护": True}, source="残联")
    declare(town, {"领取工伤护理费": False}, source="人社")
    return town


def test_a_nursing_subsidy_goes_from_acceptance_to_a_grant_from_the_month_of_application(town):
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    with town.at_desk(town.window):
        decision = decision_of(case, NURSING)
        actions.propose(decision=decision.pk, agrees=True, opinion="符合，建议同意。", by=town.window, at=noon(1))
    with town.at_desk(town.approver):
        done = actions.confirm(decision=decision.pk, by=town.approver, at=noon(2))

        grant = Grant.objects.get()
        assert (grant.starts_on.isoformat(), grant.policy) == ("2026-11-01", NURSING)
        assert grant.amount_fen
        assert grant.facts["rows"]
        assert done.case.state == "concluded"
        steps = list(CaseEvent.objects.filter(case=case).order_by("pk").values_list("step", flat=True))
        assert steps == ["open", "consent", "accept", "propose", "confirm", "conclude"]


def test_nobody_confirms_their_own_opinion(town):
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    with town.at_desk(town.approver):
        decision = decision_of(case, NURSING)
    with town.at_desk(town.window):
        actions.propose(decision=decision.pk, agrees=True, opinion="符合", by=town.window, at=NOON)

        with pytest.raises(actions.NotDecided, match="不能是同一个人"):
            actions.confirm(decision=decision.pk, by=town.window, at=NOON)
        assert not Grant.objects.exists()


def test_a_decision_on_facts_that_changed_since_the_opinion_is_refused_with_what_changed(town):
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    with town.at_desk(town.window):
        decision = decision_of(case, NURSING)
        actions.propose(decision=decision.pk, agrees=True, opinion="符合", by=town.window, at=NOON)
    declare(town, {"残疾等级": 2}, source="残联", on=noon(1).date())

    with town.at_desk(town.approver), pytest.raises(actions.StaleFacts, match="残疾等级由 1 变为 2"):
        actions.confirm(decision=decision.pk, by=town.approver, at=noon(2))


@pytest.fixture
def both(town):
    """Somebody of the county who works at the window as well."""
    Post.objects.create(
        staff=town.approver, kind="county_clerk", area=town.approver.posts.first().area, starts_on=date(2020, 1, 1)
    )
    return town.approver


def _nursing(town, agrees=True, opinion="符合", by=None):
    with town.at_desk(by or town.window):
        held = Decision.objects.get(policy=NURSING)
        return actions.propose(decision=held.pk, agrees=agrees, opinion=opinion, by=by or town.window, at=noon(1))


def test_nobody_confirms_or_refuses_in_a_case_they_worked_on(town, both):
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    with town.at_desk(both):
        actions.investigate(case=case.pk, by=both, at=NOON)
    decision = _nursing(town)
    with town.at_desk(both):
        with pytest.raises(actions.NotDecided, match="经手过（启动调查）"):
            actions.confirm(decision=decision.pk, by=both, at=noon(2))
        with pytest.raises(actions.NotDecided, match="收办分离"):
            actions.refuse(decision=decision.pk, words="不符合", article="第19条", by=both, at=noon(2))


def test_an_opinion_sent_back_and_given_by_another_does_not_let_the_first_confirm(town, both):
    accepted(town, actions.Asked(NURSING, town.person.pk))
    decision = _nursing(town, by=both)
    with town.at_desk(town.window):
        held = Decision.objects.get(pk=decision.pk)
    other = make_staff(kind="approver", area=both.posts.first().area, username="second_approver")
    with town.at_desk(other):
        actions.send_back(decision=held.pk, words="请再核", by=other, at=noon(1))
    _nursing(town)
    with town.at_desk(both), pytest.raises(actions.NotDecided, match="经手过（初审）"):
        actions.confirm(decision=decision.pk, by=both, at=noon(2))
    with town.at_desk(other):
        assert actions.confirm(decision=decision.pk, by=other, at=noon(2)).state == "confirmed"


def test_who_prepared_a_case_is_told_who_may_decide_it_instead(town, both):
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    decision = _nursing(town, by=both)
    with town.at_desk(both), pytest.raises(actions.NotDecided, match="相邻乡镇的同事加上这里的审核岗位"):
        actions.confirm(decision=decision.pk, by=both, at=noon(2))

    county = both.posts.first().area
    for username, name in (("relative", "许近亲"), ("third", "柳知秋")):
        staff = make_staff(kind="approver", area=county, username=username)
        staff.name = name
        staff.save()
    with town.at_desk(town.window):
        kin = {"person": town.person.pk, "relation": "外甥", "relative_name": "许近亲"}
        actions.record_kinship(case=case.pk, by=town.window, at=noon(1), **kin)
    with town.at_desk(both), pytest.raises(actions.NotDecided, match="可以是柳知秋。"):
        actions.refuse(decision=decision.pk, words="不符合", article="第19条", by=both, at=noon(2))


def test_one_person_with_every_post_of_a_township_confirms_nothing_of_their_own_and_the_county_does(town, monkeypatch):
    monkeypatch.setattr("yimen.cases.apart.true_parameters", lambda names, **_: frozenset(names))
    Post.objects.create(staff=town.window, kind="town_approver", area=town.window.posts.first().area, starts_on=date(2020, 1, 1))
    accepted(town, actions.Asked(NURSING, town.person.pk))
    decision = _nursing(town)
    with town.at_desk(town.window), pytest.raises(actions.NotDecided, match=f"经手过（初审、受理）.*可以是{town.approver.name}"):
        actions.confirm(decision=decision.pk, by=town.window, at=noon(2))
    with town.at_desk(town.approver):
        assert actions.confirm(decision=decision.pk, by=town.approver, at=noon(2)).state == "confirmed"


def test_who_prepared_a_case_does_not_answer_the_appeal_against_it(town, both):
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    other = make_staff(kind="approver", area=both.posts.first().area, username="second_approver")
    with town.at_desk(both):
        actions.investigate(case=case.pk, by=both, at=NOON)
    decision = _nursing(town)
    with town.at_desk(other):
        about = {"decision": decision.pk, "article": "国发〔2015〕52号", "by": other, "at": noon(2)}
        actions.refuse(words="与规则不同的理由：本人已书面放弃", **about)
    with town.at_desk(town.window):
        task = actions.appeal(decision=decision.pk, words="没有放弃", by=town.window, at=noon(3))
        assert task.owner not in (both, other)
    with town.at_desk(both), pytest.raises(actions.NotDecided, match="没有经手"):
        actions.answer_appeal(decision=decision.pk, upheld=True, words="维持", by=both, at=noon(4))


def test_a_refusal_on_facts_that_changed_since_the_opinion_is_refused_too(town):
    accepted(town, actions.Asked(NURSING, town.person.pk))
    declare(town, {"残疾等级": 4}, source="残联", on=noon(1).date())
    decision = _nursing(town, agrees=False, opinion="等级不够")
    declare(town, {"残疾等级": 1}, source="残联", on=noon(2).date())
    with town.at_desk(town.approver), pytest.raises(actions.StaleFacts, match="残疾等级由 4 变为 1"):
        actions.refuse(decision=decision.pk, words="残疾等级不够", article="国发〔2015〕52号", by=town.approver, at=noon(2))


def test_who_meets_every_condition_is_not_refused_without_saying_what_is_against_the_rules(town):
    accepted(town, actions.Asked(NURSING, town.person.pk))
    with pytest.raises(actions.NotDecided, match="各项条件都符合"):
        _nursing(town, agrees=False, opinion="不行")
    decision = _nursing(town)
    with town.at_desk(town.approver):
        about = {"decision": decision.pk, "article": "国发〔2015〕52号", "by": town.approver, "at": noon(2)}
        with pytest.raises(actions.NotDecided, match="与规则不同的理由"):
            actions.refuse(words="不行", **about)
        assert actions.refuse(words="与规则不同的理由：本人已书面放弃", **about).state == "refused"


LOW = "subsistence_allowance"
RIGID = "rigid_expenditure_household"


def _confirmed(town, case, policy, day):
    """Post an opinion for its days without an objection and confirm it."""
    decision = proposed(town, case, policy, day=day)
    with town.at_desk(town.window):
        actions.post(decision=decision.pk, place="公开栏", photo=uuid.uuid4(), by=town.window, at=noon(day))
        actions.photograph(decision=decision.pk, photo=uuid.uuid4(), by=town.window, at=noon(day + 7))
        actions.clear(decision=decision.pk, by=town.window, at=noon(day + 8))
    with town.at_desk(town.approver):
        return actions.confirm(decision=decision.pk, by=town.approver, at=noon(day + 9))


@pytest.fixture
def health():
    """The desk of another department of the county."""
    return department_desk("yb", "医保")


def test_one_verification_ends_in_the_results_of_four_departments(town, health):
    poor(town)
    declare(town, {"医疗自付": "30000.00"}, source="医保")
    declare(town, {"在读学段": "普通高中"}, source="教育")
    wanted = (LOW, None), ("disability_living_subsidy", 1), ("medical_aid", 1), ("school_aid", 1)
    case = accepted(town, *(actions.Asked(policy, town.person.pk if of else None) for policy, of in wanted))
    visited(town, case)
    with town.at_desk(town.window):
        states = {one.policy: one.state for one in Decision.objects.filter(case=case)}
    assert states == {LOW: "open", "disability_living_subsidy": "waiting", "medical_aid": "waiting", "school_aid": "waiting"}

    low = _confirmed(town, case, LOW, 1)
    # What the conditions compare is frozen as it was reckoned, in fen, with the place's own amounts.
    assert (low.facts["known"]["家庭月收入"], low.facts["known"]["低保标准"]) == (20_000, 64_000)
    living, medical = (proposed(town, case, policy, day=11) for policy in ("disability_living_subsidy", "medical_aid"))
    with town.at_desk(town.window):
        school = decision_of(case, "school_aid")
        actions.refer(decision=school.pk, words="花城县第一中学", by=town.window, at=noon(11))
    with town.at_desk(town.approver):
        actions.confirm(decision=living.pk, by=town.approver, at=noon(12))
    with town.at_desk(health):
        actions.confirm(decision=medical.pk, by=health, at=noon(12))

    with town.at_desk(town.window):
        states = {one.policy: (one.department, one.state) for one in Decision.objects.filter(case=case)}
        assert states == {
            LOW: ("民政", "confirmed"),
            "disability_living_subsidy": ("民政", "confirmed"),
            "medical_aid": ("医保", "confirmed"),
            "school_aid": ("教育", "referred"),
        }
        assert "已确认最低生活保障" in decision_of(case, "school_aid").words
        assert Grant.objects.count() == 3
        assert Visit.objects.filter(case=case).count() == 1
        task = Task.objects.get(kind="deliver")
        assert (task.owner, Case.objects.get().state) == (town.window, "concluded")


def test_education_is_never_decided_here(town):
    declare(town, {"在读学段": "普通高中"}, source="教育")
    case = accepted(town, actions.Asked("school_aid", town.person.pk))
    with town.at_desk(town.window), pytest.raises(actions.NotDecided, match="转介"):
        actions.propose(decision=decision_of(case, "school_aid").pk, agrees=True, opinion="符合", by=town.window, at=NOON)


def test_only_education_is_referred(town):
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    with town.at_desk(town.window), pytest.raises(actions.NotDecided, match="在这里决定"):
        actions.refer(decision=decision_of(case, NURSING).pk, words="别处", by=town.window, at=NOON)


def test_a_school_is_told_when_the_identity_is_decided_and_not_before(town):
    poor(town)
    case = accepted(town, actions.Asked(LOW), actions.Asked("school_aid", town.person.pk))
    with town.at_desk(town.window), pytest.raises(actions.NotDecided, match="身份认定还没有结果"):
        actions.refer(decision=decision_of(case, "school_aid").pk, words="第一中学", by=town.window, at=NOON)


def test_who_is_registered_elsewhere_is_pushed_on_without_waiting_for_the_identity(town):
    with town.at_desk(town.window):
        town.person.registered_here = False
        town.person.save()
    case = accepted(town, actions.Asked(LOW), actions.Asked(NURSING, town.person.pk))
    with town.at_desk(town.window):
        held = decision_of(case, NURSING)
        assert held.state == "waiting"
        assert actions.refer(decision=held.pk, words="虚构县民政局", by=town.window, at=noon(1)).state == "referred"


def local_rules(monkeypatch, *modules: str, **changes):
    """Let the county have its own version of the subsistence allowance."""
    held = next(one for one in current_rules().compiled_in_force(DAY) if one.policy.id == LOW)
    local = replace(held, policy=replace(held.policy, place="990101", **changes))
    rules = replace(current_rules(), compiled=(*current_rules().compiled, local))
    for module in modules:
        monkeypatch.setattr(f"yimen.cases.{module}.current_rules", lambda: rules)


def test_a_county_s_own_version_decides_who_decides_and_whether_it_is_posted(town, monkeypatch):
    local_rules(monkeypatch, "deciding", "posting", department="乡镇", posting=Posting("否"))
    case = accepted(town, actions.Asked(LOW))

    with town.at_desk(town.window):
        held = decision_of(case, LOW)
        assert held.department == "乡镇"
        assert not posting_asked(held, DAY).needed


def test_a_county_that_asks_for_no_authorisation_accepts_without_one(town, monkeypatch):
    local_rules(monkeypatch, "applying", papers=())
    case = opened(town)
    with town.at_desk(town.window):
        assert actions.accept(case=case.pk, asked=[actions.Asked(LOW)], by=town.window, at=NOON).number


def test_what_is_still_a_draft_at_the_window_can_be_turned_away_with_the_article(town):
    case = opened(town)
    with town.at_desk(town.window):
        done = actions.turn_away(case=case.pk, words="不是这里的事", article="某办法第8条", by=town.window, at=NOON)
    assert done.state == "turned_away"


def test_a_report_is_not_turned_away(town):
    case = opened(town, kind="report")
    with town.at_desk(town.window), pytest.raises(actions.NotAccepted, match="只有申请"):
        actions.turn_away(case=case.pk, words="不是这里的事", article="某办法第8条", by=town.window, at=NOON)


def test_the_database_itself_keeps_the_trail(town):
    case = opened(town)
    guard(connection, TRAIL)
    try:
        with town.at_desk(town.window), pytest.raises(DatabaseError, match="只能增加"), transaction.atomic():
            CaseEvent.objects.filter(case=case).update(words="改")
        with town.at_desk(town.window):
            actions.withdraw(case=case.pk, words="本人不办了", by=town.window, at=NOON)
    finally:
        unguard(connection, TRAIL)


def test_a_department_decides_only_its_own_and_civil_affairs_not_for_it(town, health):
    declare(town, {"医疗自付": "30000.00"}, source="医保")
    given(town, LOW)
    case = accepted(town, actions.Asked("medical_aid", town.person.pk), actions.Asked(NURSING, town.person.pk))
    medical, nursing = (proposed(town, case, policy) for policy in ("medical_aid", NURSING))

    with town.at_desk(town.approver), pytest.raises(NotAllowed):
        actions.confirm(decision=medical.pk, by=town.approver, at=noon(2))
    with town.at_desk(health):
        with pytest.raises((NotAllowed, actions.NotDecided)):
            actions.confirm(decision=nursing.pk, by=health, at=noon(2))
        with pytest.raises(Decision.DoesNotExist):
            queries.decision_page(decision_id=nursing.pk, on=noon(2).date())


def test_a_department_sees_its_own_decisions_and_only_the_facts_its_policy_uses(town, health):
    declare(town, {"医疗自付": "30000.00"}, source="医保")
    poor(town)
    given(town, LOW)
    case = accepted(town, actions.Asked("medical_aid", town.person.pk), actions.Asked(NURSING, town.person.pk))
    medical = proposed(town, case, "medical_aid")
    proposed(town, case, NURSING)

    with town.at_desk(health):
        rows = queries.with_names(queries.waiting_decisions(on=noon(2).date()), on=noon(2).date())
        page = queries.decision_page(decision_id=medical.pk, on=noon(2).date())
        assert [(one.decision.pk, one.name) for one in rows] == [(medical.pk, "沈**")]
        assert {one["fact"] for one in page.facts} <= {
            "医疗自付", "住院自付", "门诊慢特病自付", "低保对象", "特困人员", "低保边缘家庭成员", "刚性支出困难家庭成员",
        }  # fmt: skip
        assert (page.household, page.receipts, page.others, page.visits) == (None, [], [], [])
        with pytest.raises(NotAllowed):
            queries.case_page(case_id=case.pk)


def test_the_database_too_refuses_that_one_person_proposes_and_confirms(town):
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    decision = proposed(town, case, NURSING)
    with town.at_desk(town.window), pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.filter(pk=decision.pk).update(decided_by=town.window)


def test_no_step_can_be_skipped(town):
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    with town.at_desk(town.approver):
        decision = decision_of(case, NURSING)
        for act in (
            lambda: actions.confirm(decision=decision.pk, by=town.approver, at=NOON),
            lambda: actions.refuse(
                decision=decision.pk, words="与规则不同的理由：不行", article="第1条", by=town.approver, at=NOON
            ),
            lambda: actions.send_back(decision=decision.pk, words="重办", by=town.approver, at=NOON),
        ):
            with pytest.raises(actions.WrongStep):
                act()
    with town.at_desk(town.window):
        for act in (
            lambda: actions.publish(decision=decision.pk, place="栏", by=town.window, at=NOON),
            lambda: actions.tell(decision=decision.pk, words="说了", by=town.window, at=NOON),
            lambda: actions.deliver(case=case.pk, way="window", said_aloud=True, by=town.window, at=NOON),
        ):
            with pytest.raises((actions.WrongStep, actions.NotPosted)):
                act()
        assert not Grant.objects.exists()


def test_without_a_visit_signed_by_two_no_identity_is_proposed(town):
    poor(town)
    case = accepted(town, actions.Asked(LOW))
    with pytest.raises(actions.NotDecided, match="两人签字的入户调查"):
        proposed(town, case, LOW)


def test_a_township_confirms_only_where_the_province_has_said_so(town, monkeypatch):
    boss = make_staff(kind="town_approver", area=town.window.posts.get().area, username="boss")
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    decision = proposed(town, case, NURSING)
    with town.at_desk(boss), pytest.raises(actions.NotDecided, match="须由县级确认"):
        actions.confirm(decision=decision.pk, by=boss, at=noon(2))
    with town.at_desk(boss), pytest.raises(actions.NotDecided, match="须由县级确认"):
        actions.refuse(decision=decision.pk, words="与规则不同的理由：不行", article="第1条", by=boss, at=noon(2))

    monkeypatch.setattr("yimen.cases.apart.true_parameters", lambda names, **_: frozenset(names))
    with town.at_desk(boss):
        assert actions.confirm(decision=decision.pk, by=boss, at=noon(2)).state == "confirmed"


def test_a_refusal_without_reason_or_article_is_refused(town):
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    decision = proposed(town, case, NURSING)
    with town.at_desk(town.approver):
        for words, article in (("", "第1条"), ("不行", " ")):
            with pytest.raises(actions.NotDecided, match="理由和依据"):
                actions.refuse(decision=decision.pk, words=words, article=article, by=town.approver, at=noon(2))


def test_refused_then_told_in_three_working_days_then_appealed_and_opened_again_by_another(town):
    other = make_staff(kind="approver", area=town.approver.posts.get().area, username="other")
    poor(town)
    case = accepted(town, actions.Asked(LOW))
    visited(town, case)
    decision = proposed(town, case, LOW)
    with town.at_desk(town.window):
        actions.hear(case=case.pk, words="说自己没有存款", by=town.window, at=noon(1))
    with town.at_desk(town.approver):
        done = actions.refuse(
            decision=decision.pk, words="与规则不同的理由：存款超限", article="第十四条", by=town.approver, at=noon(2)
        )
        assert decision_of(case, LOW).due_on == date(2026, 11, 30)
    with town.at_desk(town.window):
        actions.tell(decision=decision.pk, words="告知书", by=town.window, at=noon(3))
        with pytest.raises(actions.NotDecided, match="已经书面告知"):
            actions.tell(decision=decision.pk, words="告知书", by=town.window, at=noon(3))
        task = actions.appeal(decision=decision.pk, words="存款是借的", by=town.window, at=noon(4))
        assert (task.owner, done.case.state) == (other, "concluded")
    with town.at_desk(town.approver), pytest.raises(actions.NotDecided, match="没有经手"):
        actions.answer_appeal(decision=decision.pk, upheld=True, words="维持", by=town.approver, at=noon(5))
    with town.at_desk(other):
        moved = actions.answer_appeal(decision=decision.pk, upheld=False, words="再核", by=other, at=noon(5))
        assert (moved.state, moved.case.__class__.objects.get(pk=case.pk).state) == ("open", "accepted")


def test_a_refused_allowance_goes_on_to_rigid_expenditure_with_consent_and_no_new_papers(town):
    poor(town)
    case = accepted(town, actions.Asked(LOW))
    visited(town, case)
    decision = proposed(town, case, LOW)
    with town.at_desk(town.window), pytest.raises(actions.NotDecided, match="不予确认的，才能转入"):
        actions.transfer_to_rigid(decision=decision.pk, consent="同意", by=town.window, at=noon(2))
    with town.at_desk(town.approver):
        actions.refuse(decision=decision.pk, words="与规则不同的理由：超了", article="第十八条", by=town.approver, at=noon(2))
    with town.at_desk(town.window):
        with pytest.raises(actions.NotDecided, match="本人同意"):
            actions.transfer_to_rigid(decision=decision.pk, consent=" ", by=town.window, at=noon(3))
        made = actions.transfer_to_rigid(decision=decision.pk, consent="当面同意并签字", by=town.window, at=noon(3))

        assert (made.policy, made.state, made.case_id) == (RIGID, "open", case.pk)
        assert Case.objects.get(pk=case.pk).state == "accepted"
        assert not Task.objects.filter(kind="deliver", done_at=None).exists()


def test_nothing_is_told_handed_over_or_appealed_against_on_a_day_before_it_was_decided(town):
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    decision = _nursing(town)
    with town.at_desk(town.approver):
        actions.confirm(decision=decision.pk, by=town.approver, at=noon(10))
    early, its_day = noon(9).date(), noon(10).date()
    common = {"by": town.window, "at": noon(11)}
    with town.at_desk(town.window):
        for step in (actions.tell, actions.appeal):
            with pytest.raises(actions.NotDecided, match=f"在作出决定（{its_day}）以前"):
                step(decision=decision.pk, words="说了", on=early, **common)
        with pytest.raises(actions.NotDelivered, match=f"在作出决定（{its_day}）以前"):
            actions.deliver(case=case.pk, way="home", said_aloud=True, handed_on=early, **common)
        assert not CaseEvent.objects.filter(step__in=("tell", "appeal", "deliver")).exists()

        handed = actions.deliver(case=case.pk, way="home", said_aloud=True, handed_on=its_day, **common)

        assert handed.handed_on == its_day


def test_the_urgent_the_disabled_and_the_old_come_first(town):
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    proposed(town, case, NURSING)
    with town.at_desk(town.approver):
        (row,) = queries.waiting_decisions(on=noon(2).date())

    assert (row.first, row.ready) == (("残疾", "老人"), True)
    assert "老年人权益保障法第2条" in queries.priority_rule()


def test_a_relative_sends_no_opinion_back(town):
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    decision = proposed(town, case, NURSING)
    with town.at_desk(town.window):
        kin = {"person": town.person.pk, "relation": "外甥", "staff": town.approver}
        actions.record_kinship(case=case.pk, by=town.window, at=noon(1), **kin)
    with town.at_desk(town.approver), pytest.raises(actions.NotDecided, match="您须回避"):
        actions.send_back(decision=decision.pk, words="再看看", by=town.approver, at=noon(2))
