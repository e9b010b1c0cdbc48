"""What the CD's replacement must hold: stolen it tells nothing, late it answers nothing, in time it answers rightly."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from yimen.hall import lease
from yimen.hall.lease import LeasedRoster, LeaseRefused

OPENING = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
SIGNING = Ed25519PrivateKey.generate()
KEY = lease.new_key()
PEOPLE, STRANGERS = 291_900, 1_000_000


def numbers(count: int, seed: int) -> list[str]:
    dice = Random(seed)
    return [f"99{dice.randrange(10**16):016d}" for _ in range(count)]


KNOWN = numbers(PEOPLE, 1)


def file_of(people=KNOWN, *, venue="demo", sequence=7, hours=24.0, **more) -> bytes:
    return lease.made(
        venue=venue,
        sequence=sequence,
        not_before=OPENING,
        not_after=OPENING + timedelta(hours=hours),
        numbers=people,
        key=more.get("key", KEY),
        signing_key=SIGNING,
    )


@pytest.fixture(scope="module")
def whole() -> bytes:
    return file_of()


def opened(content: bytes, *, at=OPENING, **more) -> LeasedRoster:
    wanted = {"venue": "demo", "public_key": SIGNING.public_key(), "at": at} | more
    return LeasedRoster(content, **wanted)


def test_nobody_on_the_list_is_missed_and_hardly_a_stranger_is_taken_for_one(whole):
    roster = opened(whole)
    roster.take_key(KEY)
    assert all(roster.holds(number, at=OPENING) for number in KNOWN)
    strangers = set(numbers(STRANGERS, 2)) - set(KNOWN)
    assert sum(bool(roster.holds(number, at=OPENING)) for number in strangers) <= STRANGERS * 1e-5


def test_stolen_it_tells_nothing_of_a_million_candidates(whole):
    header = int.from_bytes(whole[4:8], "big")
    body = whole[8 + header : -64]
    tags = {body[start : start + 5] for start in range(0, len(body), 5)}
    assert len(tags) == 300_000
    candidates = [*KNOWN, *numbers(STRANGERS - PEOPLE, 3)]
    guesses = {
        "a plain hash": lambda number: hashlib.sha256(number.encode()).digest()[:5],
        "no key": lambda number: hmac.digest(b"", number.encode(), "sha256")[:5],
        "what recognises the key": lambda number: hmac.digest(lease.check_of(KEY).encode(), number.encode(), "sha256")[:5],
        "a key of one's own": lambda number: lease.tag_of(b"1" * 32, number),
    }
    by_chance = len(candidates) * len(tags) / 2**40
    for name, guess in guesses.items():
        hits = sum(guess(number) in tags for number in candidates)
        assert hits <= by_chance + 6, name


def test_the_file_holds_no_number_and_no_more_than_a_round_count(whole):
    assert not any(number.encode() in whole for number in KNOWN[:1000])
    assert b'"count": 300000' in whole


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda content: content[:100] + bytes((content[100] ^ 1,)) + content[101:], "签名不对"),
        (lambda content: content[:-500], "签名不对"),
        (lambda content: content[:10], "签名不对"),
    ],
)
def test_a_changed_or_cut_file_is_refused(change, words):
    with pytest.raises(LeaseRefused, match=words):
        opened(change(file_of(KNOWN[:100])))


def test_another_venue_an_older_one_and_another_county_are_refused():
    small = file_of(KNOWN[:100])
    with pytest.raises(LeaseRefused, match="另一个场所"):
        opened(small, venue="elsewhere")
    with pytest.raises(LeaseRefused, match="第 7 期）比用过的（第 8 期）旧"):
        opened(small, newest_sequence=8)
    with pytest.raises(LeaseRefused, match="不是本县发的"):
        opened(small, public_key=Ed25519PrivateKey.generate().public_key())


def test_it_ends_with_its_lease_also_while_it_is_in_use():
    roster = opened(file_of(KNOWN[:100]))
    roster.take_key(KEY)
    assert roster.holds(KNOWN[0], at=OPENING + timedelta(hours=23))
    with pytest.raises(LeaseRefused, match="租期"):
        roster.holds(KNOWN[0], at=OPENING + timedelta(hours=24))


def test_a_clock_set_back_does_not_make_it_young_again():
    small = file_of(KNOWN[:100])
    with pytest.raises(LeaseRefused, match="时钟"):
        opened(small, at=OPENING - timedelta(days=400))
    with pytest.raises(LeaseRefused, match="时钟"):
        opened(small, at=OPENING + timedelta(hours=1), last_seen_at=OPENING + timedelta(hours=9))


def test_after_a_restart_without_the_network_the_key_is_gone():
    small = file_of(KNOWN[:100])
    roster = opened(small)
    roster.take_key(KEY)
    assert roster.holds(KNOWN[0], at=OPENING) is True
    assert opened(small).holds(KNOWN[0], at=OPENING) is None
    with pytest.raises(LeaseRefused, match="不是这份名册的"):
        opened(small).take_key(lease.new_key())


def test_a_power_cut_while_it_is_replaced_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "roster.lease"
    old, new = file_of(KNOWN[:100]), file_of(KNOWN[:100], sequence=8)
    lease.put(old, path)

    def cut(*_):
        raise OSError("power cut")

    monkeypatch.setattr(lease.os, "fsync", cut)
    with pytest.raises(OSError, match="power cut"):
        lease.put(new, path)
    assert path.read_bytes() == old
    monkeypatch.undo()
    lease.put(new, path)
    assert path.read_bytes() == new


def test_no_lease_is_longer_than_three_days():
    with pytest.raises(ValueError, match="三天"):
        file_of(KNOWN[:10], hours=73)
