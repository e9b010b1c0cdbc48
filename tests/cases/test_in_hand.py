"""Whose application is being handled is not missed (正在办): no list counts them, no end of a case hides them for good."""

import uuid
from datetime import date

import pytest

from tests.cases.town import (
    DAY,
    NOON,
    NURSING,
    accepted,
    decision_of,
    make_town,
    noon,
    nursing_decided,
    opened,
    poor,
    proposed,
    visited,
)
from tests.make import make_area, make_person, make_staff
from yimen.cases import actions
from yimen.cases.actions import Asked
from yimen.office.access import System, scope
from yimen.screening.models import Finding, InHand, ScreeningRun
from yimen.screening.queries import (
    IN_HAND,
    FindingFilter,
    counts_by_kind,
    figures,
    finding_rows,
    findings,
    findings_of,
    is_waiting,
    today_three,
    waiting_by_household,
)

pytestmark = pytest.mark.django_db
LOW = "subsistence_allowance"


@pytest.fixture
def town():
    return make_town()


def missed(town, policy=NURSING, *, person=None, kind="missed"):
    """Let a screening have noticed it, about a person or, for a benefit of households, the household."""
    with town.at_desk(town.window):
        run = ScreeningRun.objects.create(on=DAY, started_at=NOON, finished_at=NOON)
        person = person or (None if policy == LOW else town.person)
        return Finding.objects.create(
            policy=policy,
            kind=kind,
            subject_id=person.pk if person else town.home.pk,
            person=person,
            household=None if person else town.home,
            home=town.home,
            version="1",
            facts_hash="1",
            opened_run=run,
            area_path=town.village.path,
        )


def seen(town, staff=None) -> dict[str, int]:
    """How many missed each page counts at a desk; they may never differ."""
    with town.at_desk(staff or town.window):
        found = {
            "counts": counts_by_kind()["missed"],
            "figures": figures().kinds["missed"],
            "areas": sum(counts.get("missed", 0) for _, counts in figures().areas),
            "list": findings(narrowed=FindingFilter(kind="missed")).count(),
            "three": sum(one.number for one in today_three() if one.kind == "missed"),
            "village": waiting_by_household([town.home.pk]).get(town.home.pk, {}).get("missed", 0),
            "household": sum(is_waiting(one) for one in findings_of(household_id=town.home.pk) if one.kind == "missed"),
        }
        found["in_hand"] = findings(narrowed=FindingFilter(state=IN_HAND)).count()
        assert figures().in_hand == found["in_hand"]
    return found


def assert_missed(town, number: int, *, in_hand: int, staff=None) -> None:
    counts = seen(town, staff)
    assert counts.pop("in_hand") == in_hand
    assert set(counts.values()) == {number}, counts


def test_whose_application_was_accepted_is_missed_on_no_page_and_stands_with_the_number_of_the_case(town):
    missed(town)
    assert_missed(town, 1, in_hand=0)

    case = accepted(town, Asked(NURSING, town.person.pk))

    assert_missed(town, 0, in_hand=1)
    with town.at_desk(town.window):
        (row,) = finding_rows(findings(narrowed=FindingFilter(state=IN_HAND)), on=DAY)
        (every,) = finding_rows(findings(narrowed=FindingFilter(state="")), on=DAY)
    assert row.state == every.state == f"正在办 {case.number}"


def test_only_whom_and_what_it_is_about_is_in_hand(town):
    with town.at_desk(town.window):
        other = make_person(town.home, name="沈大满", number=2, relation="配偶")
    missed(town)
    missed(town, person=other)
    missed(town, "elderly_care_subsidy")
    missed(town, kind="soon")

    accepted(town, Asked(NURSING, town.person.pk))

    assert_missed(town, 2, in_hand=1)
    with town.at_desk(town.window):
        assert counts_by_kind()["soon"] == 1


def test_a_draft_is_no_application_until_something_is_told_to_be_missing_or_it_is_submitted(town):
    missed(town)
    for step in ("tell", "submit"):
        case = opened(town)
        with town.at_desk(town.window):
            actions.choose(case=case.pk, asked=[Asked(NURSING, town.person.pk)], by=town.window, at=NOON)
            assert_missed(town, 1, in_hand=0)
            if step == "tell":
                actions.record_paper(case=case.pk, name="诊断证明", state="missing", by=town.window, at=NOON)
                actions.tell_papers(case=case.pk, by=town.window, at=NOON)
            else:
                actions.submit(case=case.pk, by=town.window, at=NOON)
            assert_missed(town, 0, in_hand=1)
            # What is no longer asked for is nobody's any more.
            actions.choose(case=case.pk, asked=[Asked(LOW)], by=town.window, at=NOON)
        assert_missed(town, 1, in_hand=0)


def test_one_who_moved_away_is_in_hand_though_the_case_lies_elsewhere(town):
    finding = missed(town)
    accepted(town, Asked(NURSING, town.person.pk))
    elsewhere = make_area("990101999", path="99.9901.990101.990101999.", level=4, name="别处镇")
    with scope(System("test"), "测试"):
        Finding.objects.filter(pk=finding.pk).update(area_path=elsewhere.path)
    clerk = make_staff(kind="town_clerk", area=elsewhere, username="elsewhere")

    with town.at_desk(clerk):
        assert counts_by_kind()["missed"] == 0
        assert findings(narrowed=FindingFilter(state=IN_HAND)).count() == 1


def test_a_warning_in_hand_is_no_longer_counted_and_an_application_needs_no_case_of_its_own(town):
    finding = missed(town)
    with town.at_desk(town.window):
        actions.take_up_finding(finding_id=finding.pk, by=town.window, at=NOON)
    assert_missed(town, 0, in_hand=1)

    other = missed(town, LOW)
    case = accepted(town, Asked(LOW))
    with town.at_desk(town.window), pytest.raises(actions.NotChecked, match=f"正在办（办件 {case.number}）"):
        actions.take_up_finding(finding_id=other.pk, by=town.window, at=NOON)


def test_a_warning_of_something_else_taken_up_hides_nothing(town):
    missed(town)
    wrong = missed(town, kind="wrong")
    with town.at_desk(town.window):
        actions.take_up_finding(finding_id=wrong.pk, by=town.window, at=NOON)
    assert_missed(town, 1, in_hand=0)


def test_a_refusal_closes_the_warning_with_its_words_and_hides_it_no_longer_than_the_facts_stand(town):
    finding = missed(town)
    decision = nursing_decided(town, agrees=False)

    with town.at_desk(town.window):
        finding.refresh_from_db()
        assert (finding.state, finding.closed_by) == ("closed_by_person", town.approver)
        assert finding.closing_words == f"不予确认（办件 {decision.case}）"
        assert not InHand.objects.exists()
        # What a later screening finds on other facts is open again, and nothing stands before it.
        Finding.objects.filter(pk=finding.pk).update(state="open")
    assert_missed(town, 1, in_hand=0)


def test_a_refusal_leaves_the_warning_alone_while_another_case_handles_the_same(town):
    missed(town)
    accepted(town, Asked(NURSING, town.person.pk))
    nursing_decided(town, agrees=False)

    assert_missed(town, 0, in_hand=1)


def test_who_takes_an_application_back_is_not_missed_again_on_the_same_facts(town):
    finding = missed(town)
    case = accepted(town, Asked(NURSING, town.person.pk))
    with town.at_desk(town.window):
        actions.withdraw(case=case.pk, words="本人说暂时不办。", by=town.window, at=noon(1))
        finding.refresh_from_db()
        assert (finding.state, finding.closing_words) == ("closed_by_person", f"不再办理（办件 {case}）")
    assert_missed(town, 0, in_hand=0)


def test_an_application_turned_away_closes_its_warning_too(town):
    finding = missed(town)
    case = opened(town)
    with town.at_desk(town.window):
        actions.choose(case=case.pk, asked=[Asked(NURSING, town.person.pk)], by=town.window, at=NOON)
        actions.turn_away(case=case.pk, words="不是本县的事项", article="社会救助法第四十条", by=town.window, at=NOON)
        finding.refresh_from_db()
        assert (finding.state, finding.closing_words) == ("closed_by_person", "申请不予受理")


def test_who_was_confirmed_and_is_paid_from_next_month_is_not_missed_until_then(town, monkeypatch):
    finding = missed(town, LOW)
    poor(town)
    case = accepted(town, Asked(LOW))
    visited(town, case)
    proposed(town, case, LOW)
    with town.at_desk(town.window):
        decision = decision_of(case, LOW)
        actions.post(decision=decision.pk, place="村公告栏", photo=uuid.uuid4(), by=town.window, at=noon(2))
        actions.photograph(decision=decision.pk, photo=uuid.uuid4(), by=town.window, at=noon(9))
        actions.clear(decision=decision.pk, by=town.window, at=noon(14))
    with town.at_desk(town.approver):
        actions.confirm(decision=decision.pk, by=town.approver, at=noon(14))
        finding.refresh_from_db()
        assert finding.closing_words == f"确认同意（办件 {case}）"
        (hand,) = InHand.objects.all()
        assert hand.until == date(2027, 1, 1)
        # A screening in between reports it anew.
        Finding.objects.filter(pk=finding.pk).update(state="open")
    for day, number in ((date(2026, 12, 31), 0), (date(2027, 1, 1), 1)):
        monkeypatch.setattr("yimen.screening.in_hand.localdate", lambda day=day: day)
        assert_missed(town, number, in_hand=1 - number)
