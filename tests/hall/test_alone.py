"""A venue that stands alone: its roster is fetched from the centre, used without it, ended by time, useless to a thief."""

import base64
import hashlib
from datetime import timedelta
from random import Random

import pytest
from django.test import Client

from tests.hall.house import at, make_house
from tests.hall.people import decided, number_of, resident
from tests.make import make_area, make_staff
from yimen.hall import actions, leasing, offline
from yimen.hall.lease import LeaseRefused, put
from yimen.hall.models import Card, Device, LeaseIssue
from yimen.hall.offline import Alone, CentreSilent
from yimen.hall.words import DeviceKind, Ground, Method
from yimen.office.access import NotAllowed, System, scope
from yimen.office.models import AuditEntry
from yimen.office.vault import blind_index
from yimen.registry.models import Person

pytestmark = pytest.mark.django_db
POOR, OTHER = 1, 2


class Centre:
    """The way to the centre: through its API, or cut."""

    def __init__(self, token: str) -> None:
        self.token, self.cut, self.asked = token, False, 0

    def __call__(self, path, body=None) -> bytes:
        self.asked += 1
        if self.cut:
            raise CentreSilent("TimeoutError")
        head = {"HTTP_AUTHORIZATION": f"Bearer {self.token}"}
        address = f"/api/hall/{path}"
        answer = Client().get(address, **head) if body is None else Client().post(address, body, "application/json", **head)
        if answer.status_code != 200:
            raise CentreSilent(str(answer.status_code))
        return answer.content


@pytest.fixture
def house(monkeypatch):
    """A hall at the centre whose clock stands at the hall's noon."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: at(0))
    decided(resident(POOR))
    resident(OTHER)
    return make_house()


@pytest.fixture
def centre(house):
    with scope(System("tests"), "测试"):
        _, token = actions.add_device(venue=house.venue, kind=DeviceKind.KIOSK, name="取号机", by=None, at=at(-10))
    return Centre(token)


@pytest.fixture
def venue(house, centre, tmp_path):
    """A venue that has fetched this morning's roster."""
    issue(house)
    held = Alone("demo", tmp_path / "alone", ask=centre, now=lambda: 0.0)
    held.refresh(at=at(0))
    return held


def issue(house, minutes=-5.0, hours=24) -> LeaseIssue:
    with scope(System("leases"), "测试"):
        (issued,) = actions.issue_leases(venues=[house.venue], hours=hours, by=None, at=at(minutes))
    return issued


def again(venue: Alone, minutes_of_silence=0.0) -> Alone:
    """Return the venue after a restart."""
    return Alone(venue.venue, venue.folder, ask=venue.ask, now=lambda: minutes_of_silence * 60)


def test_while_the_centre_answers_it_is_asked_and_says_one_bit(venue):
    assert venue.priority(number_of(POOR), at=at(1)) == (True, "联网识别")
    assert venue.priority(number_of(OTHER), at=at(1)) == (False, "联网识别")


def test_without_the_centre_the_roster_answers_until_its_lease_ends(venue, centre):
    centre.cut = True

    assert venue.priority(number_of(POOR), at=at(1)) == (True, "离线名册第 1 期")
    assert venue.priority(number_of(OTHER), at=at(1)) == (False, "离线名册第 1 期")
    assert venue.state(at=at(1)).recognises
    with pytest.raises(LeaseRefused, match="租期"):
        venue.priority(number_of(POOR), at=at(24 * 60))
    ended = venue.state(at=at(24 * 60))
    assert not ended.recognises
    assert "只能由导办台查人" in ended.words


def test_a_centre_that_does_not_answer_is_left_alone_for_a_minute(venue, centre):
    centre.cut = True
    venue.priority(number_of(POOR), at=at(1))
    asked = centre.asked

    for serial in range(5):
        venue.priority(number_of(serial), at=at(1))

    assert centre.asked == asked


def test_after_a_restart_without_the_network_the_key_is_gone_and_with_it_fetched_again(venue, centre):
    centre.cut = True
    restarted = again(venue)

    with pytest.raises(LeaseRefused, match="钥匙不在了"):
        restarted.priority(number_of(POOR), at=at(2))
    assert "导办台查人" in restarted.state(at=at(2)).words

    centre.cut = False
    back = again(venue)
    back.priority(number_of(POOR), at=at(2))
    assert back.state(at=at(2)).recognises
    centre.cut = True
    assert back.priority(number_of(POOR), at=at(3))[1] == "离线名册第 1 期"


def test_no_key_lies_in_any_file_of_the_venue(venue):
    key = leasing._key_of(LeaseIssue.objects.select_related("venue").get())
    lying = b"".join(path.read_bytes() for path in sorted(venue.folder.rglob("*")) if path.is_file())

    for shape in (key, key.hex().encode(), base64.b64encode(key), base64.urlsafe_b64encode(key), key[::-1], key[:16]):
        assert shape not in lying
    assert venue.roster.lease.key_check.encode() in lying


def test_the_venues_files_stolen_tell_nothing_of_a_million_candidates(house, centre, tmp_path):
    people = [number_of(serial, area=f"9902{place:02d}") for place in range(40) for serial in range(1000)]
    files = leasing.made(
        venue="demo",
        sequence=1,
        not_before=at(0),
        not_after=at(60),
        numbers=people,
        key=leasing.derived_key("lease", "stolen"),
        signing_key=leasing.signing_key(leasing.KEY),
    )
    header = int.from_bytes(files[4:8], "big")
    body = files[8 + header : -64]
    tags = {body[start : start + 5] for start in range(0, len(body), 5)}
    dice = Random(5)
    candidates = people + [f"99{dice.randrange(10**16):016d}" for _ in range(1_000_000 - len(people))]

    digests = ("md5", "sha1", "sha256", "blake2b")
    hits = dict.fromkeys(digests, 0)
    for number in candidates:
        plain = number.encode()
        for name in digests:
            hits[name] += hashlib.new(name, plain).digest()[:5] in tags

    by_chance = len(candidates) * len(tags) / 2**40
    assert max(hits.values()) <= by_chance + 6
    assert not any(number.encode() in files for number in people)


def test_one_number_worked_out_slowly_is_not_on_the_file_either(venue):
    content = (venue.folder / "roster.lease").read_bytes()
    number, salt = number_of(POOR).encode(), content[:16]

    slow = [hashlib.pbkdf2_hmac("sha256", number, salt, 1000), hashlib.scrypt(number, salt=salt, n=1024, r=8, p=1)]
    assert not any(one[:5] in content for one in slow)


def test_a_clock_set_back_is_refused_also_after_a_restart(venue, centre):
    centre.cut = True
    venue.priority(number_of(POOR), at=at(600))

    with pytest.raises(LeaseRefused, match="时钟"):
        venue.priority(number_of(POOR), at=at(600) - timedelta(days=400))
    with pytest.raises(LeaseRefused, match="时钟"):
        again(venue).priority(number_of(POOR), at=at(600) - timedelta(days=400))


def test_an_older_roster_put_back_and_that_of_another_venue_are_refused(house, venue, centre):
    old = (venue.folder / "roster.lease").read_bytes()
    issue(house, -1)
    venue.refresh(at=at(1))
    centre.cut = True
    put(old, venue.folder / "roster.lease")

    with pytest.raises(LeaseRefused, match="比用过的（第 2 期）旧"):
        again(venue).priority(number_of(POOR), at=at(2))
    stranger = Alone("elsewhere", venue.folder, ask=centre, now=lambda: 0.0)
    with pytest.raises(LeaseRefused, match="另一个场所"):
        stranger.priority(number_of(POOR), at=at(2))


def test_a_power_cut_while_files_are_fetched_leaves_the_old_ones_in_use(house, venue, centre, monkeypatch):
    before = (venue.folder / "roster.lease").read_bytes()
    issue(house, -1)
    real = offline.put

    def cut_at_the_roster(content, path):
        if path.name == "roster.lease":
            path.with_suffix(".new").write_bytes(content[: len(content) // 2])
            raise OSError("power cut")
        real(content, path)

    monkeypatch.setattr(offline, "put", cut_at_the_roster)
    with pytest.raises(OSError, match="power cut"):
        venue.refresh(at=at(1))
    monkeypatch.undo()

    assert (venue.folder / "roster.lease").read_bytes() == before
    monkeypatch.setattr("django.utils.timezone.now", lambda: at(1))
    after = again(venue)
    after.refresh(at=at(2))
    centre.cut = True
    assert after.priority(number_of(POOR), at=at(3))[1] == "离线名册第 2 期"


def test_another_centre_afterwards_is_refused(venue, monkeypatch):
    monkeypatch.setattr(actions, "public_keys", lambda: {"roster": "x", "card": "y"})

    with pytest.raises(LeaseRefused, match="公钥变了"):
        venue.refresh(at=at(1))


def test_the_key_is_handed_out_to_machines_of_the_venue_within_the_lease_so_many_times_each_written_down(
    house, centre, monkeypatch
):
    issue(house)
    machine = Device.objects.select_related("venue__service_point__area").get()
    monkeypatch.setattr(leasing, "MOST_KEYS", 2)
    with scope(System("tests"), "测试"):
        keys = {actions.lease_key(device=machine, sequence=1, at=at(0)) for _ in range(2)}
        with pytest.raises(actions.NotLeased, match="取得太多"):
            actions.lease_key(device=machine, sequence=1, at=at(0))
        with pytest.raises(actions.NotLeased, match="第 1 期"):
            actions.lease_key(device=machine, sequence=2, at=at(0))
        with pytest.raises(actions.NotLeased, match="没有在租期内"):
            actions.lease_key(device=machine, sequence=1, at=at(25 * 60))

    assert len(keys) == 1
    assert AuditEntry.objects.filter(action="lease.key", refused=False).count() == 2
    assert AuditEntry.objects.filter(action="lease.key", refused=True).count() == 1


def test_only_whom_the_venue_serves_first_is_on_its_roster_and_only_of_its_county(house):
    assert issue(house).people == 1
    house.venue.grounds = ["old", "pregnant"]
    assert issue(house, -4).people == 0


def test_making_it_shows_nobody_to_anybody_and_is_written_down(house):
    issue(house)

    entry = AuditEntry.objects.get(purpose="制作离线名册", action="read")
    assert (entry.count, entry.subjects) == (0, [])
    assert AuditEntry.objects.get(action="lease.issue").detail["sequence"] == 1


def test_a_roster_is_for_24_to_72_hours_and_made_by_who_manages_the_hall(house):
    with pytest.raises(actions.NotLeased, match="24 到 72"):
        issue(house, hours=73)
    clerk = make_staff(kind="village_cadre", username="cadre")
    with scope(clerk, "测试"), pytest.raises(NotAllowed):
        actions.issue_leases(venues=[house.venue], hours=24, by=clerk, at=at(0))


@pytest.fixture
def standing_alone(house, venue, centre, settings, monkeypatch):
    settings.YIMEN_CENTRE = "https://centre.example"
    monkeypatch.setitem(offline._alone, "demo", venue)
    centre.cut = True
    return venue


def shown(house, minutes=1.0, **what):
    with scope(System("kiosk", house.venue.service_point.area.path), "取号机"):
        return actions.recognise(venue=house.venue, device="k1", at=at(minutes), **what)


def test_the_machine_recognises_by_roster_by_age_and_by_card_without_the_centre(house, standing_alone):
    by_roster = shown(house, id_number=number_of(POOR))
    by_age = shown(house, id_number=number_of(1, born="19300101"))

    assert (by_roster.ground, by_roster.method, by_roster.person_id) == (Ground.LISTED, Method.LEASE, None)
    assert (by_age.ground, by_age.method) == (Ground.OLD, Method.DATA)
    assert shown(house, id_number=number_of(OTHER)) is None


def test_a_card_is_taken_and_a_void_one_refused_without_the_centre(house, venue, standing_alone, centre):
    county = make_area("990101", path="99.9901.990101.", level=3, name="花城县")
    clerk = make_staff(kind="county_clerk", area=county, username="mz")
    with scope(clerk, "发卡"):
        person = Person.objects.get(id_index=blind_index("id_number", number_of(POOR)))
        card = actions.issue_card(person=person.pk, ground=Ground.ASSISTED, by=clerk, at=at(0))
        (printed,) = actions.cards_to_print(cards=Card.objects.filter(pk=card.pk), at=at(0))

    found = shown(house, card=printed.qr, id_number=number_of(POOR))
    assert (found.ground, found.method) == (Ground.LISTED, Method.CARD)
    with pytest.raises(actions.NotRecognised, match="不是同一个人"):
        shown(house, card=printed.qr, id_number=number_of(OTHER))

    with scope(clerk, "注销"):
        actions.revoke_card(card=card.pk, reason="遗失", by=clerk, at=at(1))
    centre.cut = False
    venue.refresh(at=at(2))
    centre.cut = True
    with pytest.raises(actions.NotRecognised, match="已经注销"):
        shown(house, minutes=3, card=printed.qr, id_number=number_of(POOR))


def test_an_ended_roster_costs_nobody_a_ticket_and_says_where_to_go(house, standing_alone):
    with pytest.raises(actions.NotRecognised, match="取号照常；要优先的请到导办台"):
        shown(house, minutes=24 * 60, id_number=number_of(POOR))
