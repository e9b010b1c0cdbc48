"""Runs of a screening: cut off in the middle, two at once, one area only, households that move, snapshots that shrink."""

import json
import uuid
from dataclasses import replace
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from tests.make import make_staff
from tests.screening.county import AT, ON, County
from yimen.office.access import System, scope
from yimen.office.models import Area, Delivery
from yimen.office.vault import blind_index
from yimen.registry.models import Membership, Person
from yimen.screening import actions
from yimen.screening.actions import Busy, Shrunk, Wanted, close_finding, put_in_hand, run_report, run_screening
from yimen.screening.models import Finding, ScreeningRun
from yimen.screening.queries import FindingFilter, current_rules, figures, findings
from yimen.screening.snapshot import snapshots_folder
from yimen.screening.turn import turn

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.store]
OLD = date(1940, 3, 1)


@pytest.fixture
def county(tmp_path, settings):
    settings.YIMEN_HOME = tmp_path
    return County(tmp_path)


def hours(number: int):
    return AT + timedelta(hours=number)


def seen(state: str = "open") -> int:
    """How many findings a clerk sees."""
    with scope(System("test"), "查看"):
        return findings(narrowed=FindingFilter(state=state)).count()


class Killed(BaseException):
    """What a killed process does not come back from."""


def cut_off(county, monkeypatch, *, at, after: int = 1) -> None:
    """Screen, and be killed after so many transactions of findings."""
    written = []

    def then_die(*_):
        written.append(1)
        if len(written) >= after:
            raise Killed

    monkeypatch.setattr(actions, "FINDINGS_PER_TRANSACTION", 2)
    with scope(System("screen"), "筛查"), pytest.raises(Killed):
        run_screening(on=ON, at=at, full=True, progress=lambda what, *more: then_die() if what == "线索" else None)


def test_what_a_killed_run_has_written_is_seen_by_nobody_and_the_next_run_shows_all(county, monkeypatch):
    for number in range(6):
        county.person(str(number), "老人", OLD)
    county.load()
    cut_off(county, monkeypatch, at=AT)
    with scope(System("test"), "查看"):
        assert Finding.objects.count() == 2
    assert seen() == 0

    run = county.screen(full=False, at=hours(1))

    assert (run.full, run.opened, seen()) == (True, 6, 6)
    again = county.screen(full=False, at=hours(2))
    assert (again.full, again.opened, again.closed, seen()) == (False, 0, 0, 6)


def test_a_killed_run_takes_nothing_away_from_the_lists(county, monkeypatch):
    numbers = [county.person(str(number), "老人", OLD) for number in range(4)]
    county.load()
    first = county.screen()
    county.facts("公安", ("身份证号", "户籍在本县"), [[number, "是"] for number in numbers], at=hours(1))
    with scope(System("test"), "改"):
        Finding.objects.update(facts_hash="of facts that have changed")

    cut_off(county, monkeypatch, at=hours(2))

    assert seen() == 4
    with scope(System("test"), "查看"):
        assert set(Finding.objects.values_list("opened_run_id", flat=True)) == {first.pk}


def test_two_runs_at_once_are_one_run_and_a_sentence(county):
    county.person("1", "老人", OLD)
    county.load()
    with turn():
        before = seen()
        if connection.vendor != "postgresql":  # there the session that has the lock may take it twice
            with pytest.raises(Busy, match="正在进行"):
                county.screen()
            assert seen() == before
    assert county.screen().opened == 1


def test_a_run_over_one_town_leaves_the_findings_of_the_others_alone(county):
    county.person("1", "老人", OLD)
    other = Area.objects.filter(level=5, parent__name="城关镇").first()
    county.person("2", "老人", OLD, 乡镇="城关镇", 村居=other.name)
    county.load()
    county.screen()
    with scope(System("test"), "改"):
        town = Area.objects.get(name="桃源镇")
        county.recipients("elderly_allowance", [[one["身份证号"], 50, "2026-01-01", ""] for one in county.people], at=hours(1))

    with scope(System("screen", town.path), "筛查"):
        run = run_screening(on=ON, at=hours(2), area=town, full=True)

    assert (run.closed, run.people) == (1, 1)
    with scope(System("test"), "查看"):
        left = Finding.objects.get(state="open")
    assert not left.area_path.startswith(town.path)


def test_a_finding_follows_its_household_to_where_it_lives_now(county):
    county.person("1", "老人", OLD)
    county.load()
    county.screen()
    first = county.one("missed", "elderly_allowance")
    with scope(System("test"), "改"):
        village = Area.objects.filter(level=5, parent__name="城关镇").first()
        type(first.home).objects.filter(pk=first.home_id).update(area=village, area_path=village.path, changed_at=hours(1))
        first.person.memberships.update(area_path=village.path)
        type(first.person).objects.filter(pk=first.person_id).update(area_path=village.path, changed_at=hours(1))

    with scope(System("screen", village.parent.path), "筛查"):
        run = run_screening(on=ON, at=hours(2), area=village.parent, full=True)

    moved = county.one("missed", "elderly_allowance")
    assert (moved.pk, moved.state, moved.area_path, run.opened) == (first.pk, "open", village.path, 0)


def test_a_closing_by_a_person_outlives_every_run_that_sees_the_same_facts(county):
    county.person("1", "老人", OLD)
    county.load()
    county.screen()
    clerk = make_staff(kind="county_clerk", area=county.area)
    with scope(clerk, "处理线索"):
        close_finding(finding_id=county.one("missed", "elderly_allowance").pk, words="本人不愿申请", by=clerk, at=AT)
    for number, full in enumerate((True, False, True), start=1):
        county.screen(full=full, at=hours(number))
        assert county.one("missed", "elderly_allowance").state == "closed_by_person"


def closed_by_a_person(county, kind="missed", policy="elderly_allowance"):
    clerk = make_staff(kind="county_clerk", area=county.area)
    with scope(clerk, "处理线索"):
        close_finding(finding_id=county.one(kind, policy).pk, words="本人不愿申请", by=clerk, at=AT)


def with_policy(monkeypatch, change, policy="elderly_allowance"):
    """Let one policy be edited."""
    held = current_rules()
    compiled = tuple(change(one) if one.policy.id == policy else one for one in held.compiled)
    rules = replace(held, hash="edited", compiled=compiled)
    monkeypatch.setattr(actions, "current_rules", lambda: rules)


def test_a_closing_outlives_another_wording_of_its_policy_and_a_birthday(county, monkeypatch):
    county.person("1", "老人", OLD)
    county.load()
    county.screen()
    closed_by_a_person(county)

    with_policy(monkeypatch, lambda one: replace(one, policy=replace(one.policy, hash="other-words", help="换了说法")))
    county.screen(at=hours(1))
    assert county.one("missed", "elderly_allowance").state == "closed_by_person"
    birthday = date(2027, 3, 1)
    county.screen(on=birthday, at=hours(2))
    assert county.one("missed", "elderly_allowance").state == "closed_by_person"


def test_a_closing_ends_when_what_decides_the_amount_or_a_fact_changes(county, monkeypatch):
    county.person("1", "老人", OLD)
    county.load()
    county.screen()
    closed_by_a_person(county)
    assert county.one("missed", "elderly_allowance").state == "closed_by_person"

    with_policy(monkeypatch, lambda one: replace(one, clauses=one.clauses[:1]))
    county.screen(at=hours(1))
    assert county.one("missed", "elderly_allowance").state == "open"
    monkeypatch.undo()


def test_an_open_finding_shows_the_new_age_after_a_birthday(county):
    county.person("1", "老人", OLD)
    county.load()
    county.screen()
    first = county.one("missed", "elderly_allowance")
    county.screen(on=date(2027, 3, 1), at=hours(1))

    again = county.one("missed", "elderly_allowance")
    assert (again.opened_run_id, again.state) == (first.opened_run_id, "open")
    assert again.facts_hash != first.facts_hash
    assert again.basis_hash == first.basis_hash


def test_what_a_file_brings_that_was_still_being_loaded_is_looked_at_by_the_next_run(county):
    number = county.person("1", "老人", OLD)
    county.load()
    loading = Delivery.objects.create(
        kind="facts", origin="公安", name_of_file="死亡.csv", sha256="", area=county.area, received_at=hours(1)
    )
    county.screen(at=hours(2))
    county.facts("公安", ("身份证号", "户籍在本县"), [[number, "否"]], at=hours(1))
    Delivery.objects.filter(pk=loading.pk).update(finished_at=hours(3))

    run = county.screen(full=False, at=hours(3))

    assert (run.full, run.closed, seen()) == (False, 1, 0)


def test_a_snapshot_with_over_two_in_a_hundred_people_less_is_refused_and_changes_nothing(county):
    for number in range(60):
        county.person(str(number), "老人", OLD + timedelta(days=number))
    county.load()
    county.screen()
    leave(1)
    assert county.screen(at=hours(1)).people == 59
    held = json.loads(newest().read_text("utf-8"))
    newest().write_text(json.dumps(held | {"counts": held["counts"] | {"people": 60}}), "utf-8")
    leave(1)
    before, runs, kept = seen(), ScreeningRun.objects.count(), newest()

    with pytest.raises(Shrunk, match=r"少了 2% 以上.*--allow-shrunk"):
        county.screen(at=hours(2))

    assert (seen(), ScreeningRun.objects.count(), newest()) == (before, runs, kept)
    with scope(System("screen"), "筛查"):
        assert run_screening(on=ON, at=hours(2), full=True, allow_shrunk=True).people == 58


def leave(number: int) -> None:
    """Let so many people live in no household any more."""
    with scope(System("test"), "改"):
        chosen = list(Membership.objects.filter(ends_on=None).values_list("pk", flat=True)[:number])
        Membership.objects.filter(pk__in=chosen).update(ends_on=date(2026, 1, 1))


def newest():
    """The counts of the last snapshot."""
    return max(snapshots_folder().glob("*/snapshot.json"))


def test_the_newest_few_snapshots_are_kept_and_closed_to_others(county):
    county.person("1", "老人", OLD)
    county.load()
    for number in range(5):
        county.screen(at=hours(number))
    folders = [folder for folder in snapshots_folder().iterdir() if folder.is_dir()]
    assert len(folders) == 3
    assert {folder.stat().st_mode & 0o077 for folder in folders} == {0}


def test_a_snapshot_holds_no_name_and_no_number(county):
    number = county.person("1", "沈小满", OLD)
    county.load()
    county.screen()
    held = b"".join(path.read_bytes() for path in snapshots_folder().rglob("*.parquet"))
    assert number.encode() not in held
    assert "沈小满".encode() not in held


def test_the_command_reports_with_the_keys_of_the_rule_format(county):
    county.person("1", "老人", OLD)
    county.load()
    out = StringIO()
    call_command("screen", "--json", "--on", ON.isoformat(), stdout=out)
    report = json.loads(out.getvalue())
    wanted = ("on", "people", "households", "policies", "findings", "opened", "closed", "seconds", "peak_mb")
    assert tuple(report) == wanted
    assert tuple(report["findings"]) == ("missed", "wrong", "recheck", "soon")
    assert set(report["seconds"]) == {"snapshot", "engine", "write"}
    assert (report["on"], report["people"], report["households"], report["findings"]["missed"]) == ("2026-12-01", 1, 1, 1)


def test_an_area_that_does_not_exist_is_a_wrong_call(county):
    with pytest.raises(SystemExit) as ended:
        call_command("screen", "--area", "123", stderr=StringIO())
    assert ended.value.code == 2


def test_an_empty_county_has_nothing_to_find_and_that_is_no_failure(county):
    run = county.screen()
    assert (run.people, run.opened, run.closed) == (0, 0, 0)


def test_a_run_that_looks_at_changes_only_reports_for_how_many_its_findings_stand(county):
    for number in range(3):
        county.person(str(number), "老人", OLD)
    other = Area.objects.filter(level=5, parent__name="城关镇").first()
    county.person("4", "老人", OLD, 乡镇="城关镇", 村居=other.name)
    county.person("5", "老人", OLD, 死亡日期="2026-11-01")
    county.load()
    whole = run_report(county.screen(at=hours(1)), {})
    county.facts("公安", ("身份证号", "户籍在本县"), [[county.people[0]["身份证号"], "是"]], at=hours(2))

    some = county.screen(full=False, at=hours(3))
    none = county.screen(full=False, at=hours(4))

    assert (whole["people"], whole["households"]) == (4, 4)
    assert [(run.full, run.people, run.households) for run in (some, none)] == [(False, 1, 1), (False, 0, 0)]
    for run in (some, none):
        assert {name: run_report(run, {})[name] for name in ("people", "households", "policies")} == {
            name: whole[name] for name in ("people", "households", "policies")
        }


def test_in_words_a_run_says_how_many_it_looked_at_anew(county):
    county.person("1", "老人", OLD)
    county.load()
    out = StringIO()
    for _ in range(2):
        call_command("screen", "--on", ON.isoformat(), stdout=out)

    first, second = [line for line in out.getvalue().splitlines() if "筛查" in line]
    assert "筛查 1 人、1 户、" in first
    # The roster was loaded on a day that is still to come, so by the true clock it has changed since.
    assert "筛查 1 人、1 户（从上次筛查以来有变化、重新对照的 1 人、1 户）、" in second


def test_what_a_case_handles_already_is_new_to_nobody(county):
    numbers = [county.person(str(number), "老人", OLD) for number in range(2)]
    county.load()
    with scope(System("test"), "办理"):
        handled = Person.objects.get(id_index=blind_index("id_number", numbers[0]))
        put_in_hand(case=uuid.uuid4(), number="办1", wanted=[Wanted("elderly_allowance", handled.pk)])

    run = county.screen()

    assert run.opened == run_report(run, {})["opened"] == 1
    with scope(System("test"), "查看"):
        assert figures().opened == findings(narrowed=FindingFilter(since="opened")).count() == 1
        assert findings(narrowed=FindingFilter(state="in_hand")).count() == 1
