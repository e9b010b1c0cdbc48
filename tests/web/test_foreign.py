"""A clerk of another village walks every address with this village's keys and finds nothing: no page, count, export or search."""

import io
import itertools
import re
import uuid
import zipfile
from datetime import timedelta

import pytest
from django.urls import URLResolver, reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from yimen.benefits.models import Grant, Reserve, ReserveEntry, ReserveReceipt
from yimen.cases.actions import Form, begin_online, open_case, record_report, submit_online, take_up_finding
from yimen.cases.models import ArchivedPaper, Authority, BoardPhoto, Decision, Dispute, HallVisit, Recovery, Task, Visit
from yimen.hall.actions import take_ticket
from yimen.hall.models import Disagreement, Event, Handling, Node, Series, Venue
from yimen.office import files
from yimen.office.access import System, scope
from yimen.office.audit import reading
from yimen.office.models import Area, Delivery, Job, ServicePoint, Staff
from yimen.registry.models import Guardianship, Household, Membership
from yimen.registry.names import mask_name
from yimen.screening.models import Finding
from yimen.urls import urlpatterns
from yimen.web.papers.views import PAPERS

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
# The door and what tells nothing about anybody.
OPEN = ("account_", "mfa_")
# Whoever holds the receipt may ask where it stands, and is told nobody's name.
TELLS_NOBODY = ("policy_id", "receipt", "year", "venue_code", "clip")


@pytest.fixture
def keys(county):
    """Return every key of the planted villages, by the name an address gives it."""
    with scope(System("test"), "测试"):
        return {
            "finding_id": list(Finding.objects.values_list("pk", flat=True)),
            "household_id": list(Household.objects.values_list("pk", flat=True)),
            "person_id": list(Membership.objects.values_list("person_id", flat=True))[:10],
            "delivery_id": list(Delivery.objects.values_list("pk", flat=True)),
            "job_id": [Job.objects.create(name="delivery.load", run_after=county.at, made_at=county.at).pk],
            "paper": list(PAPERS),
            "username": ["shiliu"],
            "year": [2027],
            **_in_the_hall(a_venue(), county),
            "number": [1],
            "clip": ["please"],
            "which": ["first", "last"],
            "name": ["propose", "hear", "offer", "deliver", "confirm"],
            "code": ["990101002001", "990101002", "990101"],
            "policy_id": ["subsistence_allowance"],
        } | _kept(county, _work(case_of_the_village(county)))


def a_venue():
    """Open the hall of the planted village's township."""
    town = Area.objects.get(code="990101002")
    point = ServicePoint.objects.create(name="便民服务中心大厅", area=town, owner="township", address="街上 1 号")
    return Venue.objects.create(service_point=point, code="town-2", level="township")


def _in_the_hall(venue, county):
    """Let somebody of the village stand in the hall with a co-organizer at their side, and return the keys."""
    clerk, here = Staff.objects.get(username="shiliu"), Membership.objects.filter(household__area__code="990101002001").first()
    held = {"area_path": venue.service_point.area.path}
    Series.objects.create(venue=venue, letter="A", name="综合")
    with scope(clerk, "测试"):
        ticket = take_ticket(venue=venue, matters=[], source="desk", by=clerk, at=timezone.now())
        ticket.attendance.person_id = here.person_id
        ticket.attendance.save()
        handling = Handling.objects.create(
            attendance=ticket.attendance, co_organizer=clerk, assigned_by=clerk, why="测试", assigned_at=county.at, **held
        )
    keys = {"venue_code": [venue.code], "attendance_id": [ticket.attendance_id], "handling_id": [handling.pk]}
    return keys | {"disagreement_id": [_told_by_a_machine(venue, county.at)]}


def _told_by_a_machine(venue, at):
    """Let the hall have run by itself once, and something of it not agree."""
    days = {"first_day": at.date(), "last_day": at.date(), "reason": "测试"}
    node = Node.objects.create(venue=venue, valid_until=at, made_at=at, ended_at=at, **days)
    told = {"table": "hall.duty", "row": "1", "about": "hall.duty:1", "is_new": True, "changes": {"staff": "shiliu"}}
    event = Event.objects.create(id=uuid.uuid4(), node=node, sequence=1, at=at, arrived_at=at, **told)
    apart = {"kind": "unknown", "about": event.about, "event": event, "holds": True, "here": "测试"}
    return Disagreement.objects.create(node=node, found_at=at, **apart).pk


def case_of_the_village(county):
    """Open an application in the planted village, and return its keys."""
    clerk, here = Staff.objects.get(username="shiliu"), Household.objects.filter(area__code="990101002001").first()
    with scope(clerk, "测试"), reading("测试"):
        case = open_case(household=here.pk, channel="window", by=clerk, at=county.at, matter="测试")
        decision = open_decision(case)
    return {"case_id": [case.pk], "receipt": [case.receipt_code], "decision_id": [decision.pk]}


def open_decision(case):
    """Let a decision of civil affairs stand in it."""
    return Decision.objects.create(
        case=case,
        policy="subsistence_allowance",
        department="民政",
        household=case.household,
        is_identity=True,
        state="proposed",
        area_path=case.area_path,
    )


def _work(keys):
    """Take in a complaint and take up a finding of the village, as its township does."""
    clerk, at = Staff.objects.get(username="shiliu"), timezone.now()
    with scope(clerk, "测试"), reading("测试"):
        finding = Finding.objects.filter(area_path__startswith="99.9901.990101.990101002.").earliest("pk")
        case = take_up_finding(finding_id=finding.pk, by=clerk, at=at)
        area = Area.objects.get(code="990101002001")
        report = record_report(kind="complaint", channel="phone", about="村东的人", area=area, by=clerk, at=at)
    return keys | {"case_id": [*keys["case_id"], case.pk], "report_id": [report.pk]}


def _kept(county, keys):
    """Lay beside the case what has an address of its own: a task, a visit, a photo, a paper, a receipt, a lawsuit."""
    clerk, other, day, at = Staff.objects.get(username="shiliu"), Staff.objects.get(username="luzhixia"), county.today, county.at
    village = Area.objects.select_related("parent").get(code="990101002001")
    held = {"case_id": keys["case_id"][0], "area_path": village.path}
    with scope(System("test"), "测试"):
        stored = files.put(b"x", kind="photo", name="照片.jpg", area_path=village.path, at=at)
        photo = BoardPhoto.objects.create(
            area=village, place="公开栏", photo=stored, lines=1, taken_on=day, at=at, by=clerk, area_path=village.path
        )
        paper = ArchivedPaper.objects.create(
            kind="told", title="告知书", number=1, pages=1, file=stored, printed_at=at, key="1", **held
        )
        lawsuit = {"decision_id": keys["decision_id"][0], "forum": "review", "body": "县政府", "filed_on": day}
        Dispute.objects.create(owner=clerk, recorded_by=clerk, recorded_at=at, **lawsuit, **held)
        own = {
            "task_id": Task.objects.create(kind="visit", words="入户", owner=clerk, made_at=at, **held).pk,
            "visit_id": Visit.objects.create(visited_on=day, first=clerk, second=other, recorded_at=at, **held).pk,
            "photo_id": photo.pk,
            "paper_id": paper.pk,
            "file_id": _receipt(village, stored, keys["case_id"][0], at, day),
            "authority_id": _authority(village, stored, clerk, at, day),
            "guardianship_id": _guardianship(village, stored, clerk, at, day),
            "recovery_id": _claim(village, keys["case_id"][0], clerk, at, day),
            "online_id": _from_home(county, village, at),
        }
        served = HallVisit.objects.create(
            code="1234512345", served_by=clerk, served_at=at, expires_at=at + timedelta(days=7), **held
        )
    kept = {name: [key] for name, key in own.items()}
    kept["visit_id"].append(served.pk)
    kept["photo_id"].append(stored)
    return keys | kept


def _receipt(village, stored, case, at, day):
    """Lay down the receipt of money that the village's township spent in this case, and return its file."""
    here = Membership.objects.filter(household__area=village).first()
    reserve = Reserve.objects.create(area=village.parent, area_path=village.parent.path)
    entry = ReserveEntry(
        reserve=reserve, nth=1, kind="spent", fen=-100, balance_fen=0, on=day, at=at, case_key=case, area_path=village.path,
        household_id=here.household_id, person_id=here.person_id,
    )  # fmt: skip
    entry.save(force_insert=True)
    ReserveReceipt(entry=entry, kind="photo", file=stored, at=at, area_path=village.path).save(force_insert=True)
    return stored


def _authority(village, stored, clerk, at, day):
    """Let a household of the village have authorised somebody, and return the key of the paper."""
    here = Membership.objects.filter(household__area=village).first()
    given = {"household_id": here.household_id, "principal_id": here.person_id, "scan": stored, "area_path": village.path}
    until = {"starts_on": day, "ends_on": day, "recorded_at": at, "recorded_by": clerk}
    row = Authority(agent_name="沈大海", agent_number="990191198503040059", relation="侄子", matters=["apply"], **given, **until)
    row.save(force_insert=True)
    return row.pk


def _guardianship(village, stored, clerk, at, day):
    """Let somebody of the village have a guardian, and return the key of the record."""
    here = Membership.objects.filter(household__area=village).first()
    said = {"capacity": "none", "relation": "侄子", "paper": "法院判决书", "reason": "指定监护", "identity_key": "1"}
    row = Guardianship(
        ward_id=here.person_id, name="沈大海", id_number="990191198503040059", scan=stored, starts_on=day, recorded_at=at,
        recorded_by=clerk, area_path=village.path, **said,
    )  # fmt: skip
    row.save(force_insert=True)
    return row.pk


def _claim(village, case, clerk, at, day):
    """Let money be claimed back from somebody of the village, and return the key of the claim."""
    here = Membership.objects.filter(household__area=village).first()
    paid = {"person_id": here.person_id, "policy": "elderly_allowance", "starts_on": day, "recorded_at": at}
    grant = Grant.objects.create(**paid, area_path=village.path)
    said = {"heard": "没有意见", "heard_on": day, "heard_by": clerk, "fen": 100, "proposed_by": clerk, "proposed_at": at}
    whose = {"department": "民政", "fund": "民政资金", "state": "proposed", "opened_at": at}
    return Recovery.objects.create(case_id=case, grant=grant, area_path=village.path, **said, **whose).pk


def _from_home(county, village, at):
    """Let somebody of the village have applied from home without proof, and return its key."""
    one = county.people[0]
    form = Form(one["姓名"], one["身份证号"], "13900000000", asked=[("subsistence_allowance", "")], declared=True)
    with reading("测试"):
        online, _ = begin_online(area=village, form=form, at=at)
        submit_online(online=online.row.pk, at=at)
    return online.row.pk


def told_by(answer):
    """Return all that an answer tells as text: a workbook is packed, and packed names would not be seen."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            body = b"".join(packed.read(name) for name in packed.namelist())
    return body.decode(errors="replace")


def leaks(body, county):
    """Return whatever of the village stands in a body: names, numbers, masked ones."""
    found = [row["姓名"] for row in county.people if row["姓名"] in body]
    found += [row["身份证号"] for row in county.people if row["身份证号"] in body]
    masks = {mask_name(row["姓名"]) for row in county.people}
    return found + [mask for mask in masks if mask in body] + re.findall(r"9901\*+\d{3}[\dX]", body)


def walk(keys, most=None):
    """Yield every address of the site, those with a key once for each key, or for so many at most."""
    for pattern in urlpatterns:
        # The API's addresses are one branch; tests/api walks them with a program and with a stranger.
        if isinstance(pattern, URLResolver) or pattern.name.startswith(OPEN):
            continue
        names = list(pattern.pattern.converters)
        assert keys.keys() >= set(names), f"plant a key of this village for {names}: one nobody has tells nothing"
        if not names:
            yield reverse(pattern.name), False
        chosen = itertools.product(*(keys[name] for name in names)) if names else ()
        for key in itertools.islice(chosen, most):
            yield reverse(pattern.name, args=key), names[0] not in TELLS_NOBODY


def test_every_address_with_a_key_of_this_village_is_refused_and_tells_nothing(enter_as, county, keys):
    client = enter_as("foreign")

    for address, is_of_village in walk(keys):
        for answer in (
            client.get(address),
            client.post(address, {"words": "理由", "to": "shiliu", "asks": "|月收入", "value": "1"}),
        ):
            if is_of_village:
                assert answer.status_code in (403, 404, 405), address
            assert leaks(told_by(answer), county) == [], address


ELSEWHERE = ("receptionist", "co_organizer", "town_clerk", "town_approver", "county_clerk", "county_leader", "approver")
NOT_ABOUT_PEOPLE = (
    "co_organizer",
    "helping_agent",
    "system_admin",
    "security_admin",
    "audit_admin",
    "rules_officer",
    "department_desk",
)


@pytest.mark.parametrize("kind", ELSEWHERE)
def test_whatever_the_post_in_another_town_no_address_of_this_village_opens(enter_as, county, keys, kind):
    county.post(f"else_{kind}", kind, "990101001")
    client = enter_as(f"else_{kind}")

    for address, is_of_village in walk(keys, most=2):
        answer = client.get(address)
        if is_of_village:
            assert answer.status_code in (403, 404, 405), address
        assert leaks(told_by(answer), county) == [], address


@pytest.mark.parametrize("kind", NOT_ABOUT_PEOPLE)
def test_a_post_that_is_not_about_people_shows_nobody_even_in_its_own_county(enter_as, county, keys, kind):
    county.post(f"here_{kind}", kind, "990101")
    client = enter_as(f"here_{kind}")

    for address, _ in walk(keys, most=2):
        for answer in (client.get(address), client.post(address, {"text": county.people[0]["姓名"][:1], "words": "理由"})):
            assert answer.status_code < 500, address
            assert leaks(told_by(answer), county) == [], address


def test_no_finding_was_changed_by_the_walk(enter_as, county, keys):
    client = enter_as("foreign")

    for key in keys["finding_id"]:
        client.post(reverse("finding_close", args=[key]), {"words": "理由"})
        client.post(reverse("finding_hand_on", args=[key]), {"to": "shiliu"})

    with scope(System("test"), "测试"):
        assert not Finding.objects.exclude(state="open", handed_to=None).exists()


def test_no_search_by_any_means_finds_anybody(enter_as, county):
    client = enter_as("foreign")

    for row in county.people[:6]:
        number = row["身份证号"]
        for text in (row["姓名"], row["姓名"][:2], number, number[-4:], "shenxiaoman", "sxm"):
            body = client.post(reverse("people"), {"text": text}).content.decode()

            assert "没有找到" in body
            assert leaks(body.replace(text, ""), county) == []


def test_counts_and_filters_are_empty(enter_as, county):
    client = enter_as("foreign")

    for query in (
        "",
        "?state=all",
        "?area=990101002001",
        "?area=990101",
        "?kind=missed",
        "?order=amount",
        "?since=opened&state=all",
    ):
        page = client.get(reverse("findings") + query).content.decode()

        assert "没有这样的线索" in page
        assert "<tbody>" not in page
    home = client.get(reverse("home")).content.decode()
    assert re.findall(r'<span class="figure">(\d+)</span>', home) == ["0", "0"]


def test_the_exports_of_another_town_hold_nobody(enter_as, county):
    county.post("elsewhere", "town_clerk", "990101001")
    client = enter_as("elsewhere")

    sheet = client.get(reverse("findings_export") + "?state=all&area=990101002001")
    text = client.get(reverse("findings_export") + "?as=csv&state=all")
    figures = client.get(reverse("figures_export"))

    assert len(CalamineWorkbook.from_filelike(io.BytesIO(sheet.content)).get_sheet_by_index(0).to_python()) == 1
    assert len(text.content.decode("utf-8-sig").splitlines()) == 1
    rows = CalamineWorkbook.from_filelike(io.BytesIO(figures.content)).get_sheet_by_index(0).to_python()
    assert all(number == 0 for row in rows[1:] for number in row[1:])


def test_no_list_that_can_be_taken_away_holds_anybody_of_another_village(enter_as, county, keys):
    # Only at home it shows that the packed names would be found, were they there.
    assert leaks(told_by(enter_as("luzhixia").get(reverse("findings_export") + "?state=all")), county)

    for kind in ("county_clerk", "town_clerk", "county_leader"):
        county.post(f"away_{kind}", kind, "990101001")
        client = enter_as(f"away_{kind}")
        taken = [client.get(f"{address}?as={form}&state=all") for address in lists_of() for form in ("csv", "xlsx")]

        assert [one.request["PATH_INFO"] for one in taken if leaks(told_by(one), county)] == []
        assert sum("attachment" in one.get("Content-Disposition", "") for one in taken) >= 6


def lists_of():
    """Return every address without a key: all lists are among them, and each is asked to come as a file."""
    plain = (one for one in urlpatterns if not isinstance(one, URLResolver) and not list(one.pattern.converters))
    return [reverse(one.name) for one in plain if not one.name.startswith(OPEN)]


def test_a_member_who_lives_elsewhere_is_not_seen_through_the_household(enter_as, county):
    client = enter_as("foreign")
    with scope(System("test"), "测试"):
        here = Household.objects.filter(area__code="990101002001").first()
        stray = Membership.objects.filter(household=here).first()
        # A link across areas, as a fault of data would plant it: the row lies in the foreign village, its household here.
        Membership.objects.filter(pk=stray.pk).update(area_path="99.9901.990101.990101001.990101001001.")

    for address in (reverse("household", args=[here.pk]), reverse("person_help", args=[stray.person_id]), reverse("home")):
        answer = client.get(address)

        assert leaks(answer.content.decode(), county) == [], address
