"""Due dates kept for lists: always what the clock says, whatever happened to the case, and anew with a year's notice."""

import json
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

import yimen.jobs.work  # noqa: F401  (declares the reckoning)
from tests.cases.town import DAY, NOON, accepted, decision_of, declare, make_town, noon, opened, poor, proposed, visited
from yimen.cases import actions, queries
from yimen.cases.deciding import causes_to_extend
from yimen.cases.dues import EVENTS_OF, deadlines_of, events_of, policy_of
from yimen.cases.flow import CASE_STEPS, DECISION_STEPS, Note, move_case, move_decision
from yimen.cases.models import Case, CaseEvent, Decision
from yimen.office import work
from yimen.office.access import NotAllowed, System, scope
from yimen.office.calendar import Calendar, after_workdays, calendar
from yimen.policies.model import EVENTS, Policy
from yimen.policies.parameters import Parameter, Parameters
from yimen.screening.actions import release_rules
from yimen.screening.queries import current_rules

pytestmark = pytest.mark.django_db
NURSING, LOW, RIGID = "disability_nursing_subsidy", "subsistence_allowance", "rigid_expenditure_household"


@dataclass
class Compiled:
    policy: Policy


@pytest.fixture
def town():
    town = make_town()
    declare(town, {"残疾等级": 1, "需长期照护": True}, source="残联")
    declare(town, {"领取工伤护理费": False}, source="人社")
    return town


def dues(town, policy: str = "") -> tuple[date | None, date | None]:
    """Return the date kept for the case, and for its decision."""
    with town.at_desk(town.window):
        case = Case.objects.get()
        decision = Decision.objects.get(policy=policy) if policy else Decision.objects.get()
        return case.due_on, decision.due_on


def stages(town, case: Case, policy: str):
    with town.at_desk(town.window):
        page = queries.case_page(case_id=case.pk)
        return {one.stage: one for one in page.deadlines[decision_of(case, policy).pk]}


def trail(*steps: tuple[str, int]) -> list[CaseEvent]:
    return [CaseEvent(step=step, on=noon(day).date()) for step, day in steps]


def test_every_event_of_the_rules_comes_from_a_step_of_the_flow():
    assert set(EVENTS_OF) <= {*CASE_STEPS, *DECISION_STEPS}
    told = {event for events in EVENTS_OF.values() for event in events}
    assert told | {"报送", "公示异议", "重提初审"} == set(EVENTS)


def test_a_subsidy_of_somebody_registered_here_has_ten_days_from_acceptance(town):
    case = accepted(town, actions.Asked(NURSING, town.person.pk))

    assert dues(town) == (date(2026, 12, 7), date(2026, 12, 7))
    assert stages(town, case, NURSING)["受理地推送"].done_on == DAY


def test_a_subsidy_of_somebody_from_elsewhere_is_pushed_on_within_three_days(town):
    with town.at_desk(town.window):
        town.person.registered_here = False
        town.person.save()
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    assert dues(town) == (date(2026, 11, 26), date(2026, 11, 26))

    with town.at_desk(town.window):
        decision = decision_of(case, NURSING)
        actions.refer(decision=decision.pk, words="推送户籍地", by=town.window, at=noon(1))

    assert dues(town) == (None, None)
    assert stages(town, case, NURSING)["受理地推送"].done_on == noon(1).date()


def test_after_a_refusal_the_written_notice_is_still_due(town):
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    with town.at_desk(town.window):
        decision = decision_of(case, NURSING)
        actions.propose(decision=decision.pk, agrees=False, opinion="与规则不同的理由：不符合", by=town.window, at=noon(1))
    with town.at_desk(town.approver):
        actions.refuse(decision=decision.pk, words="不符合", article="国发〔2015〕52号", by=town.approver, at=noon(2))
    assert dues(town) == (date(2026, 11, 30), date(2026, 11, 30))

    with town.at_desk(town.window):
        move_decision("tell", decision.pk, by=town.window, at=noon(3))
    assert dues(town) == (None, None)


def test_a_case_taken_back_is_not_due_any_more(town):
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    with town.at_desk(town.window):
        actions.withdraw(case=case.pk, words="本人撤回", by=town.window, at=noon(1))

    assert dues(town) == (None, None)


def test_a_case_falls_due_with_the_first_of_its_decisions(town):
    accepted(town, actions.Asked(LOW), actions.Asked(NURSING, town.person.pk))
    assert dues(town, LOW) == (date(2026, 11, 26), date(2026, 11, 26))
    assert dues(town, NURSING) == (date(2026, 11, 26), date(2026, 12, 7))


def test_an_extension_is_of_one_decision_and_only_for_a_listed_cause(town):
    case = accepted(town, actions.Asked(LOW), actions.Asked(RIGID))
    with town.at_desk(town.approver):
        low = decision_of(case, LOW)
        with pytest.raises(actions.NotExtended, match="可以延长的只有：公示有异议、人户分离、异地申办"):
            actions.extend(case=case.pk, decision=low.pk, cause="工作忙", by=town.approver, at=noon(1))
        actions.extend(case=case.pk, decision=low.pk, cause="人户分离", by=town.approver, at=noon(1))

    assert "受理到确认（特殊情况）" in stages(town, case, LOW)
    assert "受理到认定" in stages(town, case, RIGID)
    with town.at_desk(town.window):
        event = CaseEvent.objects.get(step="extend")
        assert event.article.startswith("民发〔2021〕57号第22条")


def test_a_visit_begins_the_investigation(town):
    case = accepted(town, actions.Asked(LOW))
    with town.at_desk(town.window):
        move_case("visit", case.pk, by=town.window, at=noon(1))

    assert stages(town, case, LOW)["启动家庭经济状况调查"].done_on == noon(1).date()
    assert dues(town) == (date(2027, 1, 4), date(2027, 1, 4))


def test_the_county_has_it_when_the_posting_is_over_and_not_while_it_is_sent_back():
    posted = trail(("accept", 0), ("propose", 5), ("post", 5), ("clear", 13))
    assert [one.on for one in events_of(posted, posted=True, delegated=False) if one.event == "报送"] == [noon(13).date()]
    for more in (trail(("send_back", 14)), trail(("send_back", 13), ("propose", 13), ("post", 13))):
        assert not [one for one in events_of([*posted, *more], posted=True, delegated=False) if one.event == "报送"]
    assert not [one for one in events_of(posted, posted=True, delegated=True) if one.event == "报送"]


def test_without_a_posting_the_county_has_it_with_the_opinion():
    plain = trail(("accept", 0), ("propose", 5))
    assert [one.on for one in events_of(plain, posted=False, delegated=False) if one.event == "报送"] == [noon(5).date()]
    assert not [one for one in events_of(plain, posted=True, delegated=False) if one.event == "报送"]


@pytest.mark.parametrize(("agrees", "begun"), [(False, True), (True, False), (None, False)])
def test_only_an_opinion_against_goes_to_the_county_without_a_posting(town, agrees, begun):
    decision = Decision(policy=LOW, agrees=agrees, area_path=town.village.path)
    told = trail(("accept", 0), ("propose", 5))

    found = deadlines_of(decision, held=Calendar({}), rules=current_rules(), events=told)

    assert ("审核确认" in [one.stage for one in found]) is begun


def test_the_limits_of_a_place_go_before_the_national_ones(town):
    national = current_rules().policy(LOW)
    local = replace(national, place="990101", limits=national.limits[:1])
    rules = replace(current_rules(), compiled=tuple(Compiled(one) for one in (national, local)))
    decision = Decision(policy=LOW, area_path=town.village.path)
    assert policy_of(decision, rules=rules, on=DAY) is local
    assert policy_of(Decision(policy=LOW, area_path="99.9902.990201."), rules=rules, on=DAY) is national


def test_an_opinion_of_the_day_of_the_objection_counts_only_if_it_was_given_after_it():
    objected = trail(("accept", 0), ("propose", 5), ("post", 5), ("object", 5))
    told = [one.event for one in events_of(objected, posted=True, delegated=False)]
    assert "公示异议" in told
    assert "重提初审" not in told
    again = events_of([*objected, *trail(("propose", 5))], posted=True, delegated=False)
    assert "重提初审" in [one.event for one in again]


def test_a_year_s_notice_moves_the_dates_of_open_cases_and_they_are_provisional_no_longer(town, tmp_path, capsys):
    case = accepted(town, actions.Asked(LOW))
    with town.at_desk(town.window):
        move_case("investigate", case.pk, by=town.window, at=noon(1), note=Note())
        assert Case.objects.get().due_is_provisional
    notice = tmp_path / "2027.csv"
    notice.write_text("日期,上班,名称\n2027-01-01,否,元旦\n2027-01-04,否,元旦\n", encoding="utf-8")

    call_command("calendar", 2027, notice, document="虚构〔2026〕1号")

    assert dues(town) == (date(2027, 1, 6), date(2027, 1, 6))
    with town.at_desk(town.window):
        assert not Case.objects.get().due_is_provisional
    call_command("dues", check=True)
    assert "一致" in capsys.readouterr().out


def test_a_date_written_by_another_hand_is_found_and_mended(town, capsys):
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    with scope(System("test"), "测试"):
        Case.objects.update(due_on=date(2030, 1, 1))

    with pytest.raises(CommandError, match=f"不一致：{case.number}"):
        call_command("dues", check=True, json=True)
    assert json.loads(capsys.readouterr().out)["wrong"] == [case.number]
    call_command("dues", json=True)
    assert json.loads(capsys.readouterr().out) == {"checked": False, "changed": 1, "wrong": []}
    call_command("dues", check=True)
    assert dues(town) == (date(2026, 12, 7), date(2026, 12, 7))


def test_a_clerk_may_not_reckon_everybody_s_dates_anew(town):
    with town.at_desk(town.window), pytest.raises(NotAllowed):
        actions.recompute_dues(at=NOON)


def test_a_paper_form_counts_from_the_day_it_was_received(town):
    received = date(2026, 11, 20)
    with town.at_desk(town.window):
        case = actions.open_case(
            household=town.home.pk, by=town.window, at=NOON, channel="paper", applicant=town.person.pk, received_on=received
        )
        actions.give_consent(case=case.pk, person=town.person.pk, given=True, signed_on=received, by=town.window, at=NOON)
        asked = [actions.Asked(NURSING, town.person.pk)]
        actions.accept(case=case.pk, asked=asked, by=town.window, at=datetime(2026, 11, 23, 4, tzinfo=UTC))

    assert dues(town) == (date(2026, 12, 4), date(2026, 12, 4))


def test_papers_told_to_be_missing_lie_before_acceptance_and_the_clock_begins_when_all_are_there(town):
    case = opened(town)
    with town.at_desk(town.window):
        actions.record_paper(case=case.pk, name="住院发票", state="missing", by=town.window, at=NOON)
        actions.tell_papers(case=case.pk, by=town.window, at=NOON)
        actions.record_paper(case=case.pk, name="住院发票", state="brought", by=town.window, at=noon(60))
        actions.give_consent(case=case.pk, person=town.person.pk, given=True, signed_on=DAY, by=town.window, at=noon(60))
        asked = [actions.Asked(NURSING, town.person.pk)]
        held = actions.accept(case=case.pk, asked=asked, by=town.window, at=noon(60))
        page = queries.case_page(case_id=case.pk)
    assert (held.received_on, page.accepted_on) == (DAY, noon(60).date())
    assert dues(town)[0] > noon(60).date()


def draft_with_a_paper_missing(town, **more):
    case = opened(town, **more)
    with town.at_desk(town.window):
        actions.record_paper(case=case.pk, name="住院发票", state="missing", by=town.window, at=NOON)
    return case


def taken_in(town, case, *, day, signed_day=0, paper_day=None):
    """Accept a case on a day, its paper brought and its authorisation signed on others; return the day it counts from."""
    with town.at_desk(town.window):
        if paper_day is not None:
            actions.record_paper(case=case.pk, name="住院发票", state="brought", by=town.window, at=noon(paper_day))
        signed_on = noon(signed_day).date()
        actions.give_consent(case=case.pk, person=town.person.pk, given=True, signed_on=signed_on, by=town.window, at=noon(day))
        actions.accept(case=case.pk, asked=[actions.Asked(NURSING, town.person.pk)], by=town.window, at=noon(day))
        return queries.case_page(case_id=case.pk).accepted_on


@pytest.mark.parametrize(
    ("came", "day"),
    [({"paper_day": 2}, 2), ({"paper_day": 0, "signed_day": 3}, 3), ({"paper_day": 0, "signed_day": 0}, 0)],
)
def test_what_came_later_untold_is_before_acceptance_and_a_clerk_who_is_slow_moves_nothing(town, came, day):
    case = draft_with_a_paper_missing(town)
    assert taken_in(town, case, day=5, **came) == noon(day).date()


def test_a_place_may_have_it_that_what_nobody_told_counts_from_its_receipt(town, monkeypatch):
    name = "未一次性告知的收件日即受理日"
    row = Parameter(name, "990101", "", DAY, None, True, "true", "", "虚构条例", "", 1)
    rules = replace(current_rules(), parameters=Parameters({**current_rules().parameters.rows, name: [row]}))
    monkeypatch.setattr("yimen.cases.applying.current_rules", lambda: rules)

    assert taken_in(town, draft_with_a_paper_missing(town), day=5, paper_day=5, signed_day=4) == DAY


def test_received_in_the_old_year_and_complete_in_the_new_it_has_a_number_of_the_new(town):
    case = draft_with_a_paper_missing(town)
    assert taken_in(town, case, day=50, paper_day=50) == date(2027, 1, 12)
    with town.at_desk(town.window):
        assert queries.case_page(case_id=case.pk).case.number == "990101-2027-000001"


def a_version_from(monkeypatch, day, **changed):
    """Let a new version of the allowance be in force from a day."""
    rules = current_rules()
    old = rules.policy_at(LOW, on=DAY, areas=())
    new = replace(old, starts_on=day, **changed)
    others = [one for one in rules.compiled if one.policy is not old]
    before = replace(old, ends_on=day - timedelta(days=1))
    changed_rules = replace(rules, compiled=(*others, Compiled(before), Compiled(new)))
    for room in ("deciding", "dues", "applying"):
        monkeypatch.setattr(f"yimen.cases.{room}.current_rules", lambda: changed_rules)
    return new


def test_the_limits_that_bind_and_may_be_extended_are_those_of_the_day_of_acceptance(town, monkeypatch):
    case = opened(town)
    limits = tuple(replace(one, causes=("洪水",)) if one.causes else one for one in current_rules().policy(LOW).limits)
    new = a_version_from(monkeypatch, noon(3).date(), limits=limits, hash="0" * 12)
    with town.at_desk(town.window):
        on = noon(5).date()
        actions.give_consent(case=case.pk, person=town.person.pk, given=True, signed_on=on, by=town.window, at=noon(5))
        actions.accept(case=case.pk, asked=[actions.Asked(LOW)], by=town.window, at=noon(5))
        decision = decision_of(case, LOW)

        assert decision.policy_version == new.version
        assert causes_to_extend(decision) == ("洪水",)
        actions.extend(case=case.pk, decision=decision.pk, cause="洪水", by=town.window, at=noon(6))


def test_the_rigid_household_counts_from_the_day_the_allowance_was_turned_into_it(town, monkeypatch):
    poor(town)
    case = accepted(town, actions.Asked(LOW))
    visited(town, case)
    decision = proposed(town, case, LOW)
    with town.at_desk(town.approver):
        words = "与规则不同的理由：超了"
        actions.refuse(decision=decision.pk, words=words, article="第十八条", by=town.approver, at=noon(40))
    with town.at_desk(town.window):
        made = actions.transfer_to_rigid(decision=decision.pk, consent="当面同意", by=town.window, at=noon(41))
        [deadline] = queries.case_page(case_id=case.pk).deadlines[made.pk]
    assert deadline.starts_on == noon(41).date()
    rigid = promised(town, monkeypatch, case, 刚性支出困难家庭认定="10")[made.pk]
    assert rigid.line.endswith("（10 个工作日，虚构承诺）")
    assert rigid.due.on == after_workdays(calendar(), noon(41).date(), 10).on


def promised(town, monkeypatch, case, **rows):
    """Let the county have entered these numbers of working days, and return what is then promised."""
    entered = {
        f"{name}承诺工作日": [Parameter(f"{name}承诺工作日", "990101", "", DAY, None, None, text, "个工作日", "虚构承诺", "", 1)]
        for name, text in rows.items()
    }
    rules = replace(current_rules(), parameters=Parameters({**current_rules().parameters.rows, **entered}))
    monkeypatch.setattr("yimen.cases.queries.current_rules", lambda: rules)
    with town.at_desk(town.window):
        return queries.case_page(case_id=case.pk).promises


def test_a_promise_shorter_than_the_law_stands_beside_the_law_s_day_and_moves_no_due_date(town, monkeypatch):
    case = accepted(town, actions.Asked(LOW))
    due_on = dues(town)

    (one,) = promised(town, monkeypatch, case, 最低生活保障="10").values()

    assert (one.due.on, one.lawful.on) == (date(2026, 12, 7), date(2027, 1, 4))
    assert one.line.startswith("法定 2027-01-04（")
    assert "承诺 2026-12-07（10 个工作日，虚构承诺）" in one.line
    assert dues(town) == due_on


@pytest.mark.parametrize("days", ["30", "45", "十"])
def test_what_is_not_shorter_than_the_law_or_no_number_is_no_promise(town, monkeypatch, days):
    case = accepted(town, actions.Asked(LOW))
    assert promised(town, monkeypatch, case, 最低生活保障=days) == {}


def test_where_nothing_is_entered_nothing_is_promised(town, monkeypatch):
    assert promised(town, monkeypatch, accepted(town, actions.Asked(LOW))) == {}


def test_how_to_appeal_names_the_terms_that_are_entered_and_no_others(town, monkeypatch):
    said = queries.how_to_appeal(area_path=town.village.path, on=DAY)
    assert "60 日内申请行政复议（《中华人民共和国行政复议法》第二十条）" in said
    assert "6 个月内向人民法院提起行政诉讼（《中华人民共和国行政诉讼法》第四十六条）" in said

    rules = replace(current_rules(), parameters=Parameters())
    monkeypatch.setattr("yimen.cases.telling.current_rules", lambda: rules)
    said = queries.how_to_appeal(area_path=town.village.path, on=DAY)
    assert said.startswith("不服的，可以申请行政复议，也可以向人民法院提起行政诉讼（社会救助法第76条）")


def test_rules_with_another_limit_move_the_dates_of_running_cases_as_soon_as_they_are_used(town, settings, tmp_path):
    with scope(System("test"), "测试"):
        release_rules(rules=current_rules(), by=None, at=timezone.now())
    accepted(town, actions.Asked(NURSING, town.person.pk))
    before, _ = dues(town)
    settings.YIMEN_RULES = tmp_path / "rules"
    shutil.copytree(settings.BASE / "rules", settings.YIMEN_RULES)
    path = settings.YIMEN_RULES / "national" / f"{NURSING}.yaml"
    path.write_text(path.read_text("utf-8").replace("工作日: 10", "工作日: 5"), encoding="utf-8")
    assert not work.run_one("test")

    with scope(System("test"), "测试"):
        release_rules(rules=current_rules(), by=None, at=timezone.now())
        release_rules(rules=current_rules(), by=None, at=timezone.now())

    assert work.run_one("test")
    assert not work.run_one("test")
    after, decision = dues(town)
    assert after == decision == before - timedelta(days=7)

    settings.YIMEN_RULES = settings.BASE / "rules"
    with scope(System("test"), "测试"):
        release_rules(rules=current_rules(), by=None, at=timezone.now())
    assert work.run_one("test")
    assert dues(town) == (before, before)
