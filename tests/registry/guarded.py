"""A guardian as the window records one: what stands on the paper, entered by one and seen by another."""

from datetime import date

from tests.cases.town import NOON
from tests.journeys.seat import number_of, picture
from yimen.registry import actions

AUNT = number_of("19680504", 7)


def paper_of(ward, tmp_path, **more):
    """Return what stands on a court's judgment that makes an aunt the guardian of an adult."""
    given = {
        "ward": ward.pk,
        "capacity": "none",
        "name": "沈大姑",
        "id_number": AUNT,
        "relation": "姑姑",
        "paper": "法院判决书",
        "reason": "判决认定无民事行为能力，指定监护人",
        "starts_on": date(2025, 3, 1),
        "ends_on": None,
        "photo": picture(tmp_path).read_bytes(),
    }
    return actions.GuardianGiven(**given | more)


def recorded(town, tmp_path, *, ward=None, confirmed=True, **more):
    """Let the window record a guardian, and a colleague see the paper."""
    with town.at_desk(town.window):
        row = actions.record_guardian(
            household=town.home.pk,
            given=paper_of(ward or town.person, tmp_path, **more),
            allow_fictional=True,
            by=town.window,
            at=NOON,
        )
    if confirmed:
        with town.at_desk(town.colleague):
            row = actions.confirm_guardian(guardianship=row.pk, by=town.colleague, at=NOON)
    return row
