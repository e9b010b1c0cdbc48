"""
Hires the clerks of a benchmark (雇人): accounts, posts, open sessions, and people whose subsidy they will handle.

Run as `python -m bench.hiring_side PLAN COUNTY CLERKS APPROVERS PEOPLE` with the environment of a county that may be written
in; writes the plan for the load generators. Passwords and one-time codes are left out: logging in is not what is measured.
"""

import json
import os
import sys
import time
from datetime import date
from itertools import cycle
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yimen.settings")
django.setup()

from allauth.account.internal.flows.login import (  # noqa: E402
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.utils import timezone  # noqa: E402

from yimen.evidence.models import Statement  # noqa: E402
from yimen.jobs.serving import prepare  # noqa: E402
from yimen.office.access import System, scope  # noqa: E402
from yimen.office.actions import load_departments  # noqa: E402
from yimen.office.models import Area, Department, Post, Staff  # noqa: E402
from yimen.registry.models import Membership  # noqa: E402

# What makes somebody entitled to the nursing subsidy of the seriously disabled, each from the department that says so.
FACTS = (("残联", {"残疾等级": 1, "需长期照护": True}), ("人社", {"领取工伤护理费": False}))
TOWN_LEVEL = 4


def main() -> None:
    """Write down who works with which session on whom."""
    plan, code = Path(sys.argv[1]), sys.argv[2]
    clerks, approvers, people = map(int, sys.argv[3:6])
    prepare()
    load_departments()
    with scope(System("bench"), "基准"):
        county = Area.objects.get(code=code)
        towns = list(Area.objects.filter(level=TOWN_LEVEL, path__startswith=county.path).order_by("code"))
        subjects = _subjects(towns, people)
        towns = [town for town in towns if subjects[town.path]]
        desks = [_hire(f"bench_clerk_{number}", "town_clerk", town) for number, town in zip(range(clerks), cycle(towns))]
        shares = _shared(subjects, [town.path for _, town in zip(range(clerks), cycle(towns))])
        approving = [_hire(f"bench_approver_{number}", "approver", county) for number in range(approvers)]
    told = {"desks": [{"session": one, "people": share} for one, share in zip(desks, shares, strict=True)]}
    plan.write_text(json.dumps(told | {"approvers": approving}), encoding="utf-8")
    print(sum(map(len, shares)))


def _subjects(towns: list[Area], people: int) -> dict[str, list[tuple[str, str]]]:
    """Return people nobody gives anything to yet, by town, and state what entitles them."""
    rows = Membership.objects.filter(ends_on=None, person__died_on=None, person__grants=None, person__standings=None)
    rows = rows.filter(household__grants=None, household__standings=None, relation="户主").order_by("pk")
    found: dict[str, list[tuple[str, str]]] = {town.path: [] for town in towns}
    stated = []
    for person, home, path in rows.values_list("person_id", "household_id", "area_path")[:people]:
        town = next(one for one in found if path.startswith(one))
        found[town].append((str(person), str(home)))
        for source, facts in FACTS:
            same = {"stated_on": timezone.localdate(), "recorded_at": timezone.now(), "area_path": path}
            stated.append(Statement(person_id=person, source=source, facts=facts, **same))
    Statement.objects.bulk_create(stated, batch_size=2000)
    return found


def _shared(subjects: dict[str, list[tuple[str, str]]], desks: list[str]) -> list[list[tuple[str, str]]]:
    """Deal the people of each town to the desks of this town."""
    return [subjects[town][desks[:place].count(town) :: desks.count(town)] for place, town in enumerate(desks)]


def _hire(username: str, post: str, area: Area) -> str:
    staff = Staff(username=username, name=username, department=Department.objects.get(code="mz"))
    staff.set_unusable_password()
    staff.save()
    Post.objects.create(staff=staff, kind=post, area=area, starts_on=date(2026, 1, 1))
    factor = TOTP.activate(staff, generate_totp_secret()).instance
    now, session = time.time(), SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(staff.pk), staff.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "mfa", "at": now, "id": factor.pk, "type": "totp"}]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(staff.pk)
    session.save()
    return str(session.session_key)


if __name__ == "__main__":
    main()
