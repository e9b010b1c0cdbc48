"""A household and the people at the desks who take its application to the end; all fictional (area 99)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from tests.make import make_area, make_household, make_person, make_staff, make_village
from yimen.benefits.models import Grant
from yimen.cases import actions
from yimen.cases.models import Case, Decision, Visit
from yimen.evidence.models import Statement
from yimen.office.access import scope
from yimen.office.audit import reading
from yimen.office.models import Area, Department, Staff
from yimen.registry.models import Household, Person, Standing
from yimen.registry.queries import members_key

DAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
POOR = {"月收入": "500.00", "金融资产": "0.00"}


def noon(day: int) -> datetime:
    """Return noon so many days after the first."""
    return NOON + timedelta(days=day)


@dataclass
class Town:
    """The village, the county above it, one household of one person, and staff by post."""

    village: Area
    home: Household
    person: Person
    window: Staff
    colleague: Staff
    approver: Staff

    def at_desk(self, staff: Staff):
        """Open the scope of somebody's desk with a reading, as a page does."""
        return _Desk(staff)


class _Desk:
    def __init__(self, staff: Staff) -> None:
        self.staff = staff

    def __enter__(self):
        self.scope, self.reading = scope(self.staff, "测试"), reading("测试")
        self.scope.__enter__()
        return self.reading.__enter__()

    def __exit__(self, *problem):
        self.reading.__exit__(*problem)
        self.scope.__exit__(*problem)


def make_town() -> Town:
    """Make it all; the county approves, the town takes in."""
    village = make_village()
    county = make_area("990101", path="99.9901.990101.", level=3, name="花城县")
    town = make_area("990101001", path="99.9901.990101.990101001.", level=4, name="城关镇")
    village.parent = town
    village.save()
    window = make_staff(kind="town_clerk", area=town, username="window")
    with scope(window, "测试"):
        home = make_household(village)
        person = make_person(home)
        person.registered_here = True
        person.save()
    return Town(
        village=village,
        home=home,
        person=person,
        window=window,
        colleague=make_staff(kind="town_clerk", area=town, username="colleague"),
        approver=make_staff(kind="approver", area=county, username="approver"),
    )


def declare(town: Town, facts: dict, *, source: str = "入户", on: date = DAY, household: dict | None = None) -> None:
    """Let a source say facts about the person and the household."""
    with town.at_desk(town.window):
        key = members_key([town.person.pk])
        for about, said in ({"person": town.person}, facts), ({"household": town.home, "members_key": key}, household or {}):
            if said:
                Statement.objects.create(
                    **about, source=source, stated_on=on, facts=said, recorded_at=NOON, area_path=town.village.path
                )


def opened(town: Town, **more) -> Case:
    """Open a draft at the window."""
    wanted = {"channel": "window", "applicant": town.person.pk} | more
    with town.at_desk(town.window):
        return actions.open_case(household=town.home.pk, by=town.window, at=NOON, **wanted)


def accepted(town: Town, *policies: actions.Asked, guardian_name: str | None = None) -> Case:
    """Take an application in, with the authorisation signed."""
    case = opened(town)
    with town.at_desk(town.window):
        actions.give_consent(
            case=case.pk,
            person=town.person.pk,
            given=True,
            guardian_name=guardian_name,
            signed_on=DAY,
            by=town.window,
            at=NOON,
        )
        return actions.accept(case=case.pk, asked=policies, by=town.window, at=NOON)


def decision_of(case: Case, policy: str) -> Decision:
    """Return a case's decision on a policy."""
    return Decision.objects.get(case=case, policy=policy)


def poor(town: Town) -> None:
    """Let the household be as poor as the subsistence allowance asks."""
    declare(town, {"月收入": "200.00", "金融资产": "0.00"}, source="核对")
    declare(town, {}, household={"机动车数": 0, "住房套数": 1})


def visited(town: Town, case: Case) -> None:
    """Let two people of ours have visited, both signed."""
    with town.at_desk(town.window):
        Visit.objects.create(
            case=case,
            visited_on=DAY,
            first=town.window,
            second=town.colleague,
            second_signed_at=NOON,
            recorded_at=NOON,
            area_path=case.area_path,
        )


def proposed(town: Town, case: Case, policy: str, *, day: int = 1) -> Decision:
    """Give the first opinion at the window."""
    with town.at_desk(town.window):
        decision = decision_of(case, policy)
        return actions.propose(decision=decision.pk, agrees=True, opinion="符合，建议同意。", by=town.window, at=noon(day))


def given(town: Town, policy: str, *, household: bool = True, fen: int = 40_000) -> Grant:
    """Let the household have received a benefit since January."""
    with town.at_desk(town.window):
        about = {"household": town.home} if household else {"person": town.person}
        Standing.objects.create(
            household=town.home, kind=policy, starts_on=date(2026, 1, 1), decided_by="民政", area_path=town.home.area_path
        )
        return Grant.objects.create(
            **about,
            policy=policy,
            amount_fen=fen,
            starts_on=date(2026, 1, 1),
            recorded_at=NOON,
            area_path=town.home.area_path,
        )


def department_desk(code: str, name: str) -> Staff:
    """Make a desk of another department of the county, a second one too."""
    staff = make_staff(kind="department_desk", area=Area.objects.get(code="990101"), username=code)
    found = Department.objects.filter(name=name).first()
    staff.department = found or Department.objects.create(code=code, name=name)
    staff.save()
    return staff


LOW, MEDICAL = "subsistence_allowance", "medical_aid"


def medical_proposed(town: Town, *, agrees: bool) -> tuple[Staff, Staff, Decision]:
    """Return the two desks of the medical insurance and what is proposed to them about the person's bills."""
    first, second = department_desk("yb", "医保"), department_desk("yb2", "医保")
    given(town, LOW)
    declare(town, {"医疗自付": "30000.00"}, source="医保")
    case = accepted(town, actions.Asked(MEDICAL, town.person.pk))
    opinion = "符合" if agrees else "与规则不同的理由：不符合"
    with town.at_desk(town.window):
        decision = decision_of(case, MEDICAL)
        actions.propose(decision=decision.pk, agrees=agrees, opinion=opinion, by=town.window, at=noon(1))
    return first, second, decision


NURSING = "disability_nursing_subsidy"


def nursing_decided(town: Town, *, agrees: bool) -> Decision:
    """Decide on a nursing subsidy for the person, who meets every condition; told when refused is another step."""
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    with town.at_desk(town.window):
        decision = decision_of(case, NURSING)
        opinion = "符合" if agrees else "与规则不同的理由：见下"
        actions.propose(decision=decision.pk, agrees=agrees, opinion=opinion, by=town.window, at=noon(1))
    with town.at_desk(town.approver):
        common = {"decision": decision.pk, "by": town.approver, "at": noon(2)}
        if agrees:
            actions.confirm(**common)
        else:
            actions.refuse(words="没有照护需要", article="国发〔2015〕52号", **common)
    return decision
