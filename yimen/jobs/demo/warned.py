"""The demonstration's warnings in hand (演示的线索、报告、举报): one at each stage, from what was said to the answer."""

import uuid
from collections.abc import Collection

from django.utils.timezone import localdate

from yimen.cases import actions
from yimen.jobs.demo.hands import Hands, Home
from yimen.office.models import Area
from yimen.registry.queries import household_card
from yimen.screening.queries import Finding, FindingFilter, findings

TOWN, VILLAGE = "990101002", "990101002001"


def _of_town(hands: Hands, kind: str, untouched: Collection[str]) -> Finding | None:
    """Return an open finding of the town, of no story: the first by policy and number, whatever the keys of this installation."""
    found = []
    for one in findings(narrowed=FindingFilter(kind=kind, area=TOWN)):
        card = household_card(household_id=one.home_id, on=localdate(hands.now))
        numbers = [member.id_number for member in card.members]
        if numbers and not set(numbers) & set(untouched):
            found.append((one.policy, numbers[0], one))
    return min(found, key=lambda held: held[:2])[2] if found else None


def taken_up(hands: Hands, untouched: Collection[str]) -> None:
    """A warning of missed aid, taken up and in hand."""
    with hands.desk("demo_town") as staff:
        finding = _of_town(hands, "missed", untouched)
        if finding is not None:
            actions.take_up_finding(finding_id=finding.pk, by=staff, at=hands.now)


def hearing(hands: Hands, untouched: Collection[str]) -> None:
    """A warning of wrong aid, taken up; the person has been heard."""
    with hands.desk("demo_town") as staff:
        finding = _of_town(hands, "wrong", untouched)
        if finding is not None:
            case = actions.take_up_finding(finding_id=finding.pk, by=staff, at=hands.now)
            words = "本人说儿子在外打工寄了几个月钱，现在没有了。"
            actions.record_hearing(case=case.pk, words=words, on=localdate(hands.now), by=staff, at=hands.now)


def reported(hands: Hands, home: Home) -> None:
    """A village officer reports somebody who came home ill; the town has not taken it up yet."""
    name = next(one.name for one in home.card.members if one.person_id == home.applicant)
    with hands.desk("demo_village") as staff:
        actions.record_report(
            kind="report",
            channel="village",
            about=name,
            area=Area.objects.get(code=VILLAGE),
            place="村口小卖部旁",
            words="上个月从外地回来，病了干不了活，家里没人照看。",
            consents=True,
            by=staff,
            at=hands.ago(1),
        )


def _complaint(hands: Hands, home: Home, days: int) -> uuid.UUID:
    name = next(one.name for one in home.card.members if one.person_id == home.applicant)
    with hands.desk("demo_town") as staff:
        held = actions.record_report(
            kind="complaint",
            channel="phone",
            about=name,
            area=Area.objects.get(path=home.card.area_path),
            words="听说这一家有车有房，也在领救助，请查一查。",
            informant=actions.Named("演示·举报人", "0999-1234567"),
            by=staff,
            at=hands.ago(days),
        )
    return held.pk


def complained(hands: Hands, home: Home) -> None:
    """A complaint under a name, not taken up yet."""
    _complaint(hands, home, 2)


def answered(hands: Hands, home: Home) -> None:
    """A complaint verified and settled; the answer without the household's details is still owed."""
    held = _complaint(hands, home, 9)
    with hands.desk("demo_town") as staff:
        case = actions.take_up_report(report=held, household=home.key, by=staff, at=hands.ago(8))
        words = "入户核实，这一户没有领救助，也没有汽车。"
        actions.settle_check(case=case.pk, way="check_out", words=words, by=staff, at=hands.ago(2))
