"""
The demonstration's halls (演示大厅): county hall, township centres, village stations, a bank outlet, a hospital; all fictional.

Made by the real doors of the hall, once. The map points lie in a desert, where there is no county to be taken for this one.
"""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from yimen.hall.actions import (
    MatterRow,
    keep_matters,
    keep_matters_of_rules,
    open_venue,
    place_window,
    set_appointments,
    set_hours,
    set_line,
    set_matters,
    set_profile,
)
from yimen.hall.models import Matter, Profile, Series, Venue
from yimen.office.access import System, scope
from yimen.office.actions import add_service_point, add_staff, give_post
from yimen.office.models import Area, ServicePoint, Staff

COUNTY, TOWN_SEAT, LAST = "990101", "990101001", "hospital"
VILLAGES = ("990101002001", "990101002003", "990101003001")
CLERKS = tuple(f"demo_seat{number}" for number in range(1, 6))
EVERY_DAY = (
    MatterRow("mz-advice", "社会救助咨询", "mz"),
    MatterRow("yb-register", "居民医保参保登记", "yb"),
    MatterRow("yb-refund", "医疗费用手工报销", "yb"),
    MatterRow("cl-certificate", "残疾人证办理", "cl"),
    MatterRow("rs-card", "社会保障卡办理", "rs"),
    MatterRow("rs-pension", "居民养老保险登记", "rs"),
)
NEARBY = ("mz-advice", "subsistence_allowance", "elderly_allowance", "disability_living_subsidy", "yb-register", "rs-pension")
BANKS = ("mz-advice", "rs-card", "rs-pension")
HOSPITALS = ("medical_aid", "emergency_medical_aid", "insurance_premium_aid", "yb-refund", "mz-advice")
TOWN_POINTS = (
    ("40.0204", "91.5032"),
    ("40.0871", "91.6145"),
    ("40.1120", "91.4470"),
    ("39.9655", "91.5530"),
    ("39.9310", "91.4402"),
    ("40.1543", "91.5713"),
    ("40.0016", "91.3860"),
    ("39.8987", "91.6250"),
)
SHORT_DAY = tuple((weekday, time(9), time(16, 30)) for weekday in range(1, 6))
ALL_DAYS = tuple((weekday, time(8), time(17, 30)) for weekday in range(1, 8))
# Letter, name and departments of the further lines of the county hall.
LINES = (("B", "医疗保障", ("yb",)), ("C", "残疾人、人社", ("cl", "rs")))


@dataclass(frozen=True)
class Place:
    """A hall to be: its code and level, its service point, its map point, and which matters it can do (none: all)."""

    code: str
    level: str
    point: ServicePoint
    north: str
    east: str
    matters: tuple[str, ...] = ()


def prepare_venues() -> None:
    """Open the halls once, with their windows and the clerks the other departments send."""
    if Venue.objects.filter(code=LAST).exists():
        return
    county, now = Area.objects.get(code=COUNTY), timezone.now()
    # Together or not at all, so that the last one says that all are there.
    with scope(System("demo", ""), "演示大厅"), transaction.atomic():
        keep_matters_of_rules()
        keep_matters(EVERY_DAY)
        _clerks(county, now)
        for place in _places(county):
            _open(place, now)


def _clerks(county: Area, now: datetime) -> None:
    """Nobody logs in as them: they sit at the county hall's windows in the days that are made up."""
    for number, username in enumerate(CLERKS, start=1):
        if Staff.objects.filter(username=username).exists():
            continue
        name, password = f"演示·县大厅窗口{number}号", secrets.token_urlsafe(24)
        department = ("mz", "mz", "yb", "cl", "rs")[number - 1]
        staff = add_staff(username=username, password=password, name=name, department=department, by=None, at=now)
        give_post(staff=staff, kind="hall_clerk", area=county, starts_on=date(2026, 1, 1), by=None, at=now)


def _places(county: Area) -> list[Place]:
    hall = ServicePoint.objects.get(area=county, owner="government")
    places = [Place("county", "county", hall, "40.0210", "91.5010")]
    for number, town in enumerate(county.children.order_by("code"), start=1):
        centre = ServicePoint.objects.get(area=town, owner="township")
        north, east = TOWN_POINTS[(number - 1) % len(TOWN_POINTS)]
        places.append(Place(f"town-{number}", "township", centre, north, east))
    for number, code in enumerate(VILLAGES, start=1):
        village = Area.objects.get(code=code)
        name = f"{village.name}便民服务站（虚构）"
        station = _point(name, village, "village", f"{village.name}村委会", f"0999-12346{number:02d}")
        places.append(Place(f"village-{number}", "village", station, f"40.09{number}0", f"91.6{number}20", NEARBY))
    seat = Area.objects.get(code=TOWN_SEAT)
    bank = _point("花城农商银行城关支行（虚构）", seat, "bank", "城关镇人民路22号", "0999-1234701")
    hospital = _point("花城县人民医院（虚构）", seat, "hospital", "城关镇健康路3号", "0999-1234702")
    places.append(Place("bank", "township", bank, "40.0232", "91.5071", BANKS))
    places.append(Place(LAST, "county", hospital, "40.0171", "91.4955", HOSPITALS))
    return places


def _point(name: str, area: Area, owner: str, address: str, phone: str) -> ServicePoint:
    told = {"name": name, "owner": owner, "address": address, "phone": phone}
    return add_service_point(area=area, departments=("mz", "yb", "rs"), by=None, **told)


def _open(place: Place, now: datetime) -> None:
    point = {"latitude": Decimal(place.north), "longitude": Decimal(place.east)}
    venue = open_venue(point=place.point, code=place.code, level=place.level, by=None, at=now, **point)
    matters = list(Matter.objects.filter(code__in=place.matters) if place.matters else Matter.objects.all())
    set_matters(venue=venue, matters=matters, by=None, at=now)
    if place.level != "village":
        set_appointments(venue=venue, an_hour=6, days=7, by=None, at=now)
    else:
        set_hours(venue=venue, hours=SHORT_DAY, follows_calendar=True, by=None, at=now)
    if place.code == LAST:
        set_hours(venue=venue, hours=ALL_DAYS, follows_calendar=False, by=None, at=now)
    profile = Profile.objects.get(venue=venue)
    if place.code != "county":
        for number in range(1, 4 if place.level == "township" else 2):
            place_window(venue=venue, number=number, name="", profile=profile, by=None, at=now)
        return
    _county_windows(venue, profile, now)


def _county_windows(venue: Venue, general: Profile, now: datetime) -> None:
    """Three windows for everything, one for each further line, and one that is closed until somebody sits down."""
    first = Series.objects.get(venue=venue, letter="A")
    profiles = [general, general]
    for letter, name, departments in LINES:
        own = list(venue.matters.filter(department__code__in=departments))
        line = set_line(venue=venue, letter=letter, name=name, matters=own, by=None, at=now)
        # Its own line first; when that is empty it helps the others out.
        profiles.append(set_profile(venue=venue, name=f"{name}窗口", ranks={line: 1, first: 2}, by=None, at=now))
    for number, profile in enumerate([*profiles, general, general], start=1):
        place_window(venue=venue, number=number, name="", profile=profile, by=None, at=now)
