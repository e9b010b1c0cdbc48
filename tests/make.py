"""One small place that makes what tests need; all people are fictional (area 99)."""

from datetime import UTC, date, datetime

from yimen.office.models import Area, Department, Post, Staff
from yimen.registry.models import Household, Membership, Person

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)


def make_area(code: str, *, path: str, level: int = 5, name: str = "演示村") -> Area:
    return Area.objects.get_or_create(code=code, defaults={"name": name, "level": level, "path": path})[0]


def make_village(number: int = 1) -> Area:
    town = f"99010100{(number - 1) // 10 + 1}"
    code = f"{town}{number:03d}"
    return make_area(code, path=f"99.9901.990101.{town}.{code}.", name=f"演示{number}村")


def make_firm(*, until: date = date(2099, 12, 31)) -> Department:
    """Make the firm whose contract runs, or ran, until a day."""
    days = {"contract": "2026-01", "contract_from": date(2020, 1, 1), "contract_until": until}
    return Department.objects.get_or_create(code="tp001", defaults={"name": "演示核查中心", "kind": "third_party", **days})[0]


def make_staff(*, kind: str = "village_cadre", area: Area | None = None, username: str = "clerk") -> Staff:
    department = (
        make_firm() if kind == "third_party" else Department.objects.get_or_create(code="mz", defaults={"name": "民政"})[0]
    )
    staff = Staff.objects.create_user(username, "a-long-password", name="演示员", department=department)
    Post.objects.create(staff=staff, kind=kind, area=area or make_village(), starts_on=date(2020, 1, 1))
    return staff


def make_household(village: Area, *, number: str = "1", category: str = "农") -> Household:
    return Household.objects.create(number=number, area=village, area_path=village.path, category=category, changed_at=NOON)


def make_person(household: Household, *, name: str = "沈小满", number: int = 1, relation: str = "户主") -> Person:
    person = Person.objects.create(
        name=name,
        id_number=f"99010119650615{number:03d}0",
        id_index=f"{number:032d}",
        born_on=date(1965, 6, 15),
        sex="男",
        area_path=household.area_path,
        changed_at=NOON,
    )
    Membership.objects.create(
        person=person, household=household, relation=relation, starts_on=date(2020, 1, 1), area_path=household.area_path
    )
    return person
