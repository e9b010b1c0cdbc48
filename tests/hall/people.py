"""People who come to the hall with an ID card: real numbers, of nobody (area 99)."""

from datetime import date

from tests.make import NOON, make_household, make_village
from yimen.office.access import System, scope
from yimen.office.vault import blind_index
from yimen.registry.models import Household, Membership, Person, Standing
from yimen.registry.queries import check_digit

COUNTY = System("tests", "99.9901.990101.")


def number_of(serial: int, *, born: str = "19800615", area: str = "990101") -> str:
    """Return a whole ID number: of somebody born on a day, the serial tells the sex."""
    first = f"{area}{born}{serial:03d}"
    return first + check_digit(first)


def resident(serial: int, *, born: str = "19800615", village: int = 1, name: str = "沈小满") -> Person:
    """Register somebody who lives alone in a village."""
    number = number_of(serial, born=born)
    with scope(COUNTY, "测试"):
        home = make_household(make_village(village), number=f"{village}-{serial}")
        person = Person.objects.create(
            name=name,
            id_number=number,
            id_index=blind_index("id_number", number),
            born_on=date(int(born[:4]), int(born[4:6]), int(born[6:])),
            sex="男" if serial % 2 else "女",
            area_path=home.area_path,
            changed_at=NOON,
        )
        Membership.objects.create(
            person=person, household=home, relation="户主", starts_on=date(2020, 1, 1), area_path=home.area_path
        )
    return person


def home_of(person: Person) -> Household:
    with scope(COUNTY, "测试"):
        return Membership.objects.select_related("household").get(person=person).household


def decided(person: Person, kind: str = "subsistence_allowance", *, until: date | None = None) -> Standing:
    """Let the county have decided the person's household to be in need."""
    home = home_of(person)
    with scope(COUNTY, "测试"):
        return Standing.objects.create(
            household=home,
            kind=kind,
            starts_on=date(2026, 1, 1),
            ends_on=until,
            decided_by="民政",
            area_path=home.area_path,
        )
