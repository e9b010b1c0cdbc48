"""
Taking in and deciding apart (收办分离): whoever prepared a case decides nothing of it, and who decides it instead.

Also where one person holds every post of a township: then the county decides, or a neighbour who is given the post here.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from django.db.models import Q

from yimen.cases.dues import DELEGATED
from yimen.cases.flow import CIVIL_AFFAIRS, step_words
from yimen.cases.grounds import NotDecided
from yimen.cases.models import Case, CaseEvent, CouncilMinute, Visit
from yimen.cases.verifying import COUNTY_DEPTH, relatives_among
from yimen.office.models import Staff
from yimen.office.queries import colleagues, place_of
from yimen.screening.queries import current_rules, true_parameters

# Whoever takes one of these steps prepares the case: takes it in, investigates, settles a fact, gives an opinion.
PREPARING = (
    "accept",
    "take_up",
    "give_first",
    "investigate",
    "settle",
    "check_urgent",
    "propose",
    "hear_recovery",
    "propose_recovery",
)
# Given on the spot out of the township's own reserve (社会救助法第50条): a second person there confirms it.
CONFIRMED_ON_THE_SPOT = frozenset({"small_emergency_aid"})
MOST_NAMED = 3


def prepared_by(by: Staff, cases: Iterable[uuid.UUID]) -> dict[uuid.UUID, set[str]]:
    """Return which of these cases somebody has prepared, and by which steps, in words."""
    return {case: done[by.pk] for case, done in _preparers(cases, by=by).items()}


def preparers_of(case: Case) -> set[int]:
    """Return who has prepared a case."""
    return set(_preparers([case.pk]).get(case.pk, ()))


def _preparers(cases: Iterable[uuid.UUID], *, by: Staff | None = None) -> dict[uuid.UUID, dict[int, set[str]]]:
    """
    Return by case who has prepared it, and by which steps, in words; of one person only, if `by` is given.

    A visit counts as well, save the county's own, by which whoever confirms makes sure for themselves (民发〔2021〕57号第20条).
    """
    wanted = list(cases)
    found: dict[uuid.UUID, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    steps = CaseEvent.objects.filter(case__in=wanted, step__in=PREPARING, by__isnull=False)
    visits = Visit.objects.filter(case__in=wanted, by_county=False)
    if by is not None:
        steps, visits = steps.filter(by=by), visits.filter(Q(first=by) | Q(second=by))
    for case, staff, step in steps.values_list("case_id", "by_id", "step"):
        found[case][staff].add(step_words(step))
    for case, *two in visits.values_list("case_id", "first_id", "second_id"):
        for staff in two:
            if by is None or staff == by.pk:
                found[case][staff].add("入户调查")
    return found


def no_preparer(case: Case, by: Staff, on: date, *, department: str = CIVIL_AFFAIRS, policy: str = "") -> None:
    """Raise NotDecided for somebody who has prepared this case (收办分离): what they did, and who decides instead."""
    done = prepared_by(by, [case.pk]).get(case.pk)
    if not done:
        return
    words = "、".join(sorted(done))
    others = _instead(case, on, department=department, policy=policy)
    raise NotDecided(f"这个办件您经手过（{words}），初审和确认不能是同一个人（收办分离）。{_said(others, department)}")


def _said(others: list[Staff], department: str) -> str:
    if others:
        names = "、".join(one.name for one in others[:MOST_NAMED])
        return f"请由没有经手的人决定，可以是{names}{'等' if len(others) > MOST_NAMED else ''}。"
    if department != CIVIL_AFFAIRS:
        return f"{department}部门没有别人能决定：请安全管理员给本部门的另一位同事加上岗位。"
    return "这里没有别人能决定：由县级审核确认，或请安全管理员给相邻乡镇的同事加上这里的审核岗位。"


def _instead(case: Case, on: date, *, department: str, policy: str) -> list[Staff]:
    able = deciders(case, on, department=department, policy=policy)
    apart = preparers_of(case) | relatives_among(case, able)
    return [one for one in able if one.pk not in apart]


def deciders(case: Case, on: date, *, department: str = CIVIL_AFFAIRS, policy: str = "") -> list[Staff]:
    """Return who else decides here by a post of today, the nearest desk first: of civil affairs, or of another department."""
    path = case.area_path
    if department != CIVIL_AFFAIRS:
        able = colleagues(permission="decision.department", area_path=path)
        return [one for one in able if one.department is not None and one.department.name == department]
    here = policy in CONFIRMED_ON_THE_SPOT or (is_delegated(path, on) and not is_councils(case))
    return [one for one in colleagues(permission="decision.confirm", area_path=path) if here or is_of_county(one, path)]


def is_delegated(area_path: str, on: date) -> bool:
    """Say whether the province has given confirming to the townships here (社会救助法第44条), a local parameter."""
    return DELEGATED in true_parameters([DELEGATED], area_path=area_path, on=on, rules=current_rules())


def is_councils(case: Case) -> bool:
    """Say whether the county's council has decided on this case (一事一议)."""
    return bool(CouncilMinute.objects.filter(case=case).exists())


def is_of_county(staff: Staff, area_path: str, *, permission: str = "decision.confirm") -> bool:
    """Say whether somebody holds a permission by a post of the county, not of a township."""
    place = place_of(staff, permission=permission, area_path=area_path)
    return place is not None and place.path.count(".") <= COUNTY_DEPTH
