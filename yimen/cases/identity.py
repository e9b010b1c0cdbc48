"""Who a paper or a service names (按姓名和证件号码对人): both must fit, so that a number alone finds nobody."""

from datetime import date

from django.conf import settings

from yimen.office.tables import ValueProblem
from yimen.registry.queries import Found, match_numbers, name_of, read_id_number


def identified(*, name: str, number: str, on: date) -> Found | None:
    """Return who in a household of today has this ID number and this name, or None; needs an open reading."""
    try:
        wanted = read_id_number(number, allow_fictional=settings.YIMEN_DEMO)
    except ValueProblem:
        return None
    found = match_numbers(numbers=[wanted], on=on).get(wanted)
    if found is None or found.household_id is None or name_of(person_id=found.person_id) != name.strip():
        return None
    return found
