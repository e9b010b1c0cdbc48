"""
The truth table (真值表): what a civil servant would find, reckoned by plain Python from the lives of the fictional people.

It shares nothing with the rules' engine: the policies are told here once more, as somebody would who reads the regulations
and the county's own amounts, so that the two can disagree. None stands for what nobody has stated.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from yimen.jobs.demo.lives import ORPHAN_STATES, RURAL_EDGE, RURAL_STANDARD, URBAN_EDGE, URBAN_STANDARD
from yimen.jobs.demo.people import Household, Person

Truth = bool | None
HARDSHIP = ("subsistence_allowance", "borderline_household", "rigid_expenditure_household")
CANNOT_RAISE = ("死亡", "宣告失踪", "重残", "重病", "服刑戒毒满六个月", "失联满六个月")


def all_of(*parts: Truth) -> Truth:
    """Return whether everything holds."""
    return False if False in parts else None if None in parts else True


def any_of(*parts: Truth) -> Truth:
    """Return whether anything holds."""
    return True if True in parts else None if None in parts else False


def none(part: Truth) -> Truth:
    """Return whether it does not hold."""
    return None if part is None else not part


def total(values: list[Decimal | None]) -> Decimal | None:
    """Return the sum, unknown if any part is."""
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if len(known) == len(values) else None


def of_household(home: Household, on: date) -> Iterator[tuple[str, Truth]]:
    """Yield what is true of a household, policy by policy."""
    people = home.family
    count = len(people)
    standard, edge = (URBAN_STANDARD, URBAN_EDGE) if home.urban else (RURAL_STANDARD, RURAL_EDGE)
    income, assets = total([p.income for p in people]), total([p.assets for p in people])
    resident = any_of(*(p.here for p in people))
    is_poor = "subsistence_allowance" in home.kinds
    is_edge = "borderline_household" in home.kinds
    is_rigid = "rigid_expenditure_household" in home.kinds
    known = is_poor or is_edge or is_rigid
    yield (
        "subsistence_allowance",
        all_of(
            resident,
            None if income is None else income < standard * count,
            None if assets is None else assets <= 18000 * count,
            None if home.cars is None else home.cars == 0,
            None if home.houses is None else home.houses <= 1,
        ),
    )
    yield (
        "borderline_household",
        all_of(
            resident,
            None if income is None else standard * count <= income < edge * count,
            None if assets is None else assets <= 27000 * count,
        ),
    )
    spare = 38000 if home.urban else 21000
    yield (
        "rigid_expenditure_household",
        all_of(
            not (is_poor or is_edge),
            None if income is None else income * 12 < spare * count,
            None if assets is None else assets <= 40000 * count,
            None if home.rigid is None or income is None else home.rigid > income * 12 * Decimal("0.6"),
        ),
    )
    yield "expenditure_temporary_aid", all_of(known, None if home.needed is None else home.needed > 2000 * count)
    yield "public_rental", all_of(home.urban, known, None if home.square is None else home.square < 15 * count)
    yield (
        "dilapidated_housing",
        all_of(
            not home.urban,
            known or "poverty_return_monitoring" in home.kinds,
            None if home.danger is None else home.danger in ("C", "D", "无房"),
        ),
    )


def of_person(person: Person, home: Household, on: date) -> Iterator[tuple[str, Truth]]:
    """Yield what is true of a person, policy by policy."""
    age, dead = person.age(on), person.died_on is not None
    grade, kind = person.grade, person.disability
    standard = URBAN_STANDARD if home.urban else RURAL_STANDARD
    heavy = None if grade is None else grade <= 2 or (grade == 3 and kind in ("智力", "精神"))
    unable = None if grade is None else _unable(grade, kind)
    kinds = {} if person.away else home.kinds
    poor, extreme = "subsistence_allowance" in kinds, person.kind == "特困"
    edge, rigid = "borderline_household" in kinds, "rigid_expenditure_household" in kinds
    monitored = "poverty_return_monitoring" in kinds
    listed = poor or extreme or edge or rigid
    yield "single_person_subsistence", all_of(edge, any_of(heavy, person.ill))
    yield (
        "extreme_poverty_support",
        all_of(
            any_of(age >= 60, age < 16, unable),
            None if person.income is None else person.income < standard,
            None if person.assets is None else person.assets <= 20000,
            None if person.obligors is None else True if person.obligors == 0 else None,
        ),
    )
    yield "orphan_allowance", all_of(age < 18, _in(person.father, ORPHAN_STATES), _in(person.mother, ORPHAN_STATES))
    gone = ("死亡", "宣告失踪")
    yield (
        "unattended_child_allowance",
        all_of(
            age < 18,
            _in(person.father, CANNOT_RAISE),
            _in(person.mother, CANNOT_RAISE),
            none(all_of(_in(person.father, gone), _in(person.mother, gone))),
        ),
    )
    yield "disability_living_subsidy", all_of(None if grade is None else grade <= 4, poor)
    yield "disability_nursing_subsidy", all_of(None if grade is None else grade <= 2, person.care, none(person.injury_pay))
    yield "elderly_allowance", all_of(age >= 80, person.here, not dead)
    yield "orphan_study_aid", all_of(person.was_orphan, age >= 18, _in(person.school, ("中职", "高职", "专科", "本科", "研究生")))
    yield "small_emergency_aid", all_of(person.emergency, not dead)
    # Whether the small aid was not enough stands in no department's data: somebody must ask.
    yield "urgent_temporary_aid", all_of(person.emergency, None, not dead)
    yield "student_grant", all_of(_in(person.school, ("高职", "专科", "本科")), listed)
    yield "school_aid", all_of(_in(person.school, ("学前", "小学", "初中", "普通高中", "中职")), listed)
    yield "rain_dew_plan", all_of(monitored, _in(person.school, ("中职", "高职")))
    yield "insurance_premium_aid", all_of(person.insured, extreme or poor or edge or monitored)
    bills = total([person.hospital, person.clinic])
    yield "medical_aid", all_of(listed, None if bills is None else bills > 2000)
    rehabilitable = any_of(_in(kind, ("视力", "听力", "言语", "肢体", "智力", "多重")), person.autism)
    yield "child_rehabilitation", all_of(age <= 6, rehabilitable, person.rehabilitation)
    yield "wheelchair_fuel_subsidy", all_of(_in(kind, ("肢体",)), person.legs, person.wheelchair)
    helpless = None if person.ability is None else person.ability != "自理"
    yield "elderly_care_subsidy", all_of(age >= 60, listed, any_of(age >= 80, helpless, heavy), not dead)


def _unable(grade: int, kind: str | None) -> bool:
    minds = kind in ("智力", "精神")
    return (grade <= 2 and (minds or kind == "肢体")) or (grade == 3 and minds) or (grade == 1 and kind == "视力")


def _in(value: str | None, options: tuple[str, ...]) -> Truth:
    return None if value is None else value in options


EXCLUDES = {
    frozenset(pair)
    for pair in (
        ("extreme_poverty_support", "subsistence_allowance"),
        ("extreme_poverty_support", "single_person_subsistence"),
        ("subsistence_allowance", "single_person_subsistence"),
        ("extreme_poverty_support", "disability_living_subsidy"),
        ("extreme_poverty_support", "disability_nursing_subsidy"),
        ("extreme_poverty_support", "orphan_allowance"),
        ("extreme_poverty_support", "unattended_child_allowance"),
        ("extreme_poverty_support", "rigid_expenditure_household"),
        ("orphan_allowance", "unattended_child_allowance"),
        ("orphan_allowance", "disability_living_subsidy"),
        ("unattended_child_allowance", "disability_living_subsidy"),
        ("borderline_household", "subsistence_allowance"),
        ("rigid_expenditure_household", "subsistence_allowance"),
        ("rigid_expenditure_household", "borderline_household"),
    )
}


def excluded(policy: str, received: set[str]) -> bool:
    """Say whether something received stands in the way, or the same is received already."""
    return policy in received or any(frozenset((policy, other)) in EXCLUDES for other in received)
