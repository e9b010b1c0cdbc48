"""
The demonstration accounts (演示账号): one or two for each post, marked as such; only `yimen demo` makes them.

Their passwords and second factors are made by chance for each installation and lie in YIMEN_HOME/demo, readable by the
owner alone. They are printed, so they protect nothing but the habit.
"""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import settings
from django.utils import timezone

from yimen.office.access import System, scope
from yimen.office.actions import add_firm, add_service_point, add_staff, give_post, load_areas, load_departments
from yimen.office.models import Area, Department, Staff

FIRM = "tp001"
COUNTY, TOWN, VILLAGE = "990101", "990101002", "990101002001"
POSTS = (
    ("demo_county", "演示·县民政经办", "mz", "county_clerk", COUNTY),
    ("demo_leader", "演示·县民政领导", "mz", "county_leader", COUNTY),
    ("demo_approver", "演示·县级确认", "mz", "approver", COUNTY),
    # Who reviews a decision is somebody who took no part in it.
    ("demo_approver2", "演示·县级确认二号", "mz", "approver", COUNTY),
    ("demo_town", "演示·桃源镇窗口", "mz", "town_clerk", TOWN),
    ("demo_town2", "演示·桃源镇窗口二号", "mz", "town_clerk", TOWN),
    ("demo_town_head", "演示·桃源镇审核", "mz", "town_approver", TOWN),
    ("demo_village", "演示·柳树村协理员", "mz", "village_cadre", VILLAGE),
    ("demo_agent", "演示·桃源镇帮办代办员", "mz", "helping_agent", TOWN),
    ("demo_reception", "演示·县大厅导办员", "mz", "receptionist", COUNTY),
    ("demo_hall", "演示·县大厅主任", "mz", "hall_manager", COUNTY),
    ("demo_window", "演示·县大厅医保窗口", "yb", "hall_clerk", COUNTY),
    ("demo_escort", "演示·县大厅协办员", "mz", "co_organizer", COUNTY),
    ("demo_escort2", "演示·县大厅协办员二号", "mz", "co_organizer", COUNTY),
    ("demo_third", "演示·第三方核查员", FIRM, "third_party", TOWN),
    ("demo_third2", "演示·第三方核查员二号", FIRM, "third_party", TOWN),
    # The departments whose own policies are decided or referred in the demonstration.
    ("demo_canlian", "演示·县残联经办", "cl", "department_desk", COUNTY),
    ("demo_yibao", "演示·县医保经办", "yb", "department_desk", COUNTY),
    # Who writes an opinion does not confirm it, in a department too.
    ("demo_yibao2", "演示·县医保经办二号", "yb", "department_desk", COUNTY),
    ("demo_zhujian", "演示·县住建经办", "zj", "department_desk", COUNTY),
    ("demo_jiaoyu", "演示·县教育经办", "jy", "department_desk", COUNTY),
    ("demo_weijian", "演示·县卫健经办", "wj", "department_desk", COUNTY),
    ("demo_nongye", "演示·县农业农村经办", "nn", "department_desk", COUNTY),
    ("demo_rules", "演示·政策管理员", "mz", "rules_officer", COUNTY),
    ("demo_system", "演示·系统管理员", "mz", "system_admin", COUNTY),
    ("demo_security", "演示·安全管理员", "mz", "security_admin", COUNTY),
    ("demo_audit", "演示·审计管理员", "mz", "audit_admin", COUNTY),
)


@dataclass(frozen=True)
class Account:
    """One account with what opens it."""

    username: str
    name: str
    password: str
    secret: str


def prepare_accounts() -> list[Account]:
    """Load the divisions and make the accounts once; return them with what opens them."""
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists():
        return [Account(**held) for held in json.loads(path.read_text(encoding="utf-8"))]
    load_areas(fictional=True)
    load_departments()
    accounts = [Account(username, name, f"demo-{secrets.token_hex(4)}", generate_totp_secret()) for username, name, *_ in POSTS]
    with scope(System("demo"), "演示账号"):
        _firm()
        for account, (_, _, department, kind, area) in zip(accounts, POSTS, strict=True):
            _make(account, department, kind, area)
        _service_points()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump([asdict(account) for account in accounts], file, ensure_ascii=False)
    return accounts


def _firm() -> None:
    """The firm that the third party's people belong to, with a contract that runs; a first start that was cut off made it."""
    if not Department.objects.filter(code=FIRM).exists():
        days = {"starts_on": date(2026, 1, 1), "ends_on": date(2027, 12, 31)}
        add_firm(name="花城县同行核查中心（虚构）", contract="花民购〔2026〕1号（虚构）", by=None, at=timezone.now(), **days)


def _make(account: Account, department: str, kind: str, area: str) -> None:
    now = timezone.now()
    if Staff.objects.filter(username=account.username).exists():
        # A first start was cut off: what it made is made anew, so that the passwords printed are the ones that open.
        Staff.objects.filter(username=account.username).delete()
    staff = add_staff(
        username=account.username, password=account.password, name=account.name, department=department, by=None, at=now
    )
    give_post(staff=staff, kind=kind, area=Area.objects.get(code=area), starts_on=date(2026, 1, 1), by=None, at=now)
    TOTP.activate(staff, account.secret)


def _service_points() -> None:
    county = Area.objects.get(code=COUNTY)
    add_service_point(
        name="花城县政务服务中心（虚构）",
        area=county,
        owner="government",
        address="城关镇人民路1号",
        phone="0999-1234500",
        departments=("mz", "cl", "yb", "rs", "zj", "jy"),
        by=None,
    )
    for number, town in enumerate(county.children.order_by("code"), start=1):
        add_service_point(
            name=f"{town.name}便民服务中心（虚构）",
            area=town,
            owner="township",
            address=f"{town.name}街上",
            phone=f"0999-12345{number:02d}",
            departments=("mz", "cl", "yb"),
            by=None,
        )


def present_code(username: str) -> str | None:
    """Return the present one-time code of a demonstration account, or None if there is none of this name."""
    held = Authenticator.objects.filter(user__username=username, type=Authenticator.Type.TOTP).first()
    if held is None or not username.startswith("demo_"):
        return None
    secret = next((one.secret for one in prepare_accounts() if one.username == username), None)
    if secret is None:
        return None
    # The middle of the accepted counters is the present one.
    counters = list(yield_hotp_counters_from_time())
    return str(format_hotp_value(hotp_value(secret, counters[len(counters) // 2])))


def _path() -> Path:
    return Path(settings.YIMEN_HOME) / "demo" / "accounts.json"
