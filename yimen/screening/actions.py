"""Changes of screening: a run, a release of rules, and what people do with a finding. Nothing here pays or stops anything."""

import hashlib
import resource
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
from django.db import transaction
from django.db.models import QuerySet

from yimen.benefits.queries import grants_recorded_since
from yimen.evidence.queries import subjects_stated_since
from yimen.office import audit, work
from yimen.office.access import Scope, System, current, require, scope
from yimen.office.models import Area, Delivery, Job, Staff
from yimen.office.queries import colleagues
from yimen.policies.queries import Rules
from yimen.registry.queries import households_changed_since, households_of
from yimen.screening.details import Detailer, Draft
from yimen.screening.in_hand import Wanted, is_in_hand, missed_in, put_in_hand, settle_missed
from yimen.screening.inputs import Choice
from yimen.screening.kernel import Candidate, screen
from yimen.screening.models import Finding, RuleRelease, ScreeningRun
from yimen.screening.rules import current_rules
from yimen.screening.snapshot import Shrunk, Snapshot, SnapshotFailed, living_below, take
from yimen.screening.turn import Busy, turn

__all__ = [
    "Busy",
    "NotClosed",
    "Shrunk",
    "SnapshotFailed",
    "Wanted",
    "close_finding",
    "missed_in",
    "on_release",
    "put_in_hand",
    "release_jump",
    "release_rules",
    "reopen_finding",
    "run_screening",
    "settle_missed",
    "start_screening",
]
PEOPLE_PER_SLICE = 400_000
CANDIDATES_AT_A_TIME = 2000
# A page that saves while findings are written waits for one such transaction: some 60 ms.
FINDINGS_PER_TRANSACTION = 400
MEMORY = "6GB"
LONGEST_LOADING = timedelta(days=1)


class NotClosed(Exception):
    """A finding cannot be closed, reopened or handed on like this; the sentence says why."""


Progress = Callable[[str, int, int], None]


def run_screening(
    *,
    on: date,
    at: datetime,
    area: Area | None = None,
    full: bool = False,
    allow_shrunk: bool = False,
    by: Staff | None = None,
    progress: Progress = lambda *_: None,
) -> ScreeningRun:
    """
    Screen everybody below the open scope, or below `area`: snapshot, rules, findings (筛查).

    Without `full`, on the same day and with the same rules as the last run, only households changed since are looked at;
    the outcome is the same. A run becomes visible by its last row; what one that is cut off has written, the next makes good.
    Raises Shrunk, in words, if the snapshot holds suspiciously less than the last, Busy while another run has the turn.
    """
    require("screening.run")
    with turn():
        return _run(on, at, area, full, allow_shrunk, by, progress)


def _run(
    on: date, at: datetime, area: Area | None, full: bool, allow_shrunk: bool, by: Staff | None, progress: Progress
) -> ScreeningRun:
    rules = current_rules()
    release = release_rules(rules=rules, by=by, at=at)
    last = None if full else _last_like(on, area, release)
    watch, seen_until = _Watch(), _seen_until(at)
    snapshot = take(on=on, at=at, allow_shrunk=allow_shrunk, progress=lambda name, rows: progress(f"快照 {name}", rows, 0))
    run = ScreeningRun.objects.create(
        on=on, area=area, full=last is None, started_at=at, seen_until=seen_until, release=release, snapshot=snapshot.folder.name
    )
    watch.lap("snapshot")
    touched = None if last is None else _touched_since(last)
    writer = _Writer(run, at, path=area.path if area else _own_path())
    held = writer.held()
    seen: set[tuple[str, str, str]] = set()
    totals = [0, 0, 0]
    for choice, areas in _choices(rules, snapshot, writer.path, touched):
        with duckdb.connect(config={"memory_limit": MEMORY, "threads": 2}) as con:
            screened = screen(con, snapshot, rules, on=on, areas=areas, choice=choice)
            progress("对照", screened.people, snapshot.counts["people"])
            drafts = _drafts(con, rules, on, screened.candidates, writer, held, seen)
            watch.lap("engine")
            writer.write(drafts, held, progress)
            watch.lap("write")
        totals = [totals[0] + screened.people, totals[1] + screened.households, max(totals[2], screened.policies)]
    writer.close_those_gone(held, seen, None if touched is None else set(touched))
    watch.lap("write")
    run.people, run.households, run.policies = totals
    whole = totals if touched is None else living_below(snapshot, writer.path)
    run.people_in_all, run.households_in_all = whole[:2]
    run.opened, run.closed, run.seconds = writer.opened - writer.in_hand(), writer.closed, watch.report()
    run.finished_at = at
    with transaction.atomic():
        run.save()
        _note_matched(run)
        audit.write(action="screening.run", at=at, run=run.pk, people=run.people, opened=run.opened, closed=run.closed)
    return run


@transaction.atomic
def start_screening(*, area: Area, full: bool, by: Staff | None, at: datetime) -> Job:
    """Queue a run for an area (运行筛查); while one is waiting or running, that one is returned. Raises NotAllowed."""
    require("screening.run", area_path=area.path)
    audit.write(action="screening.start", at=at, area=area.code, full=full)
    return work.enqueue("screening.run", arguments={"area": area.code, "full": full}, by=by, at=at, once=True)


def _note_matched(run: ScreeningRun) -> None:
    """Write down how many are missed after the first whole run by a release, so that a rule gone wrong shows at once."""
    release = run.release
    if release is not None and release.matched_after is None and run.full and run.area_id is None:
        release.matched_after = _missed()
        release.save(update_fields=["matched_after"])


def _missed() -> int:
    return int(Finding.objects.filter(kind=Finding.Kind.MISSED, state=Finding.State.OPEN).exclude(is_in_hand()).count())


def release_jump(run: ScreeningRun) -> str:
    """Return a sentence if this is the first run by new rules and they changed who is missed by more than a tenth."""
    release = run.release
    if release is None or release.matched_before is None or release.matched_after is None:
        return ""
    if ScreeningRun.objects.filter(release=release, finished_at__isnull=False).exclude(pk=run.pk).exists():
        return ""
    before, after = release.matched_before, release.matched_after
    if not before or abs(after - before) * 10 <= before:
        return ""
    return f"政策换了版本：漏救线索从 {before:,} 条变为 {after:,} 条。请先核对改了哪一条政策，再按线索办理。"


def _everywhere() -> AbstractContextManager[Scope]:
    """Open the rows of every area to the run itself: a finding about who has moved is held under the area they left."""
    return scope(System("screening.run"), current().purpose)


def _seen_until(at: datetime) -> datetime:
    """Return since when a later run must look again: what a file still being loaded brings is dated by its arrival."""
    loading = Delivery.objects.filter(finished_at=None, received_at__gte=at - LONGEST_LOADING, received_at__lt=at)
    first = loading.order_by("received_at").values_list("received_at", flat=True).first()
    return first or at


def _own_path() -> str:
    paths = current().paths
    return paths[0] if len(paths) == 1 else ""


def _last_like(on: date, area: Area | None, release: RuleRelease) -> ScreeningRun | None:
    """
    Return the last run if it is of the same day, area and rules and was not cut off: only then can an incremental run build
    on it. What one that was cut off has changed lies anywhere, so the next run looks at everybody.
    """
    last = ScreeningRun.objects.order_by("-pk").first()
    if last is None or last.finished_at is None:
        return None
    same = (last.on, last.area_id, last.release_id) == (on, area.pk if area else None, release.pk)
    return last if same else None


def _touched_since(last: ScreeningRun) -> list[str]:
    """Return the households anything has changed in since a run began: themselves, statements or grants."""
    since = last.seen_until or last.started_at
    with _everywhere():
        people, homes = subjects_stated_since(since)
        paid_people, paid_homes = grants_recorded_since(since)
        found = households_changed_since(since) | households_of(people | paid_people) | homes | paid_homes
    return sorted(key.hex for key in found)


def _choices(
    rules: Rules, snapshot: Snapshot, path: str, touched: Sequence[str] | None
) -> Iterator[tuple[Choice, tuple[str, ...]]]:
    """Yield the parts of a run: places with policies of their own apart, each in slices that fit into memory."""
    places = sorted({policy.place for policy in rules.policies if policy.place})
    slices = max(1, -(-snapshot.counts["people"] // PEOPLE_PER_SLICE)) if touched is None else 1
    for place in ("", *places):
        for number in range(slices):
            outside = tuple(other for other in places if other != place) if not place else ()
            choice = Choice(path, place, outside, rules.deepest, number, slices, touched)
            yield choice, (place,) if place else ()


def _drafts(
    con: duckdb.DuckDBPyConnection,
    rules: Rules,
    on: date,
    candidates: Sequence[Candidate],
    writer: "_Writer",
    held: "dict[tuple[str, str, str], Held]",
    seen: set[tuple[str, str, str]],
) -> list[Draft]:
    """Return the new and the changed; one that is there already with the same facts needs no second look."""
    held |= writer.held_elsewhere([one for one in candidates if identity(one) not in held])
    same = [one for one in candidates if (there := held.get(identity(one))) and there.stands(one)]
    writer.move([one for one in same if not held[identity(one)].is_at(one)], held)
    standing = {identity(one) for one in same}
    seen |= standing
    fresh = [one for one in candidates if identity(one) not in standing]
    detailer = Detailer(rules, on)
    drafts: list[Draft] = []
    for start in range(0, len(fresh), CANDIDATES_AT_A_TIME):
        drafts += detailer.details(con, fresh[start : start + CANDIDATES_AT_A_TIME])
    seen |= {identity(draft.candidate) for draft in drafts}
    return drafts


def identity(candidate: Candidate) -> tuple[str, str, str]:
    """Return what makes a finding the same over runs: policy, subject, kind."""
    return candidate.policy, candidate.person or candidate.household, candidate.kind


def facts_hash(candidate: Candidate) -> str:
    """Return the hash of all it shows and of why it was noticed."""
    return hashlib.md5(f"{candidate.facts_hash}{candidate.why}".encode(), usedforsecurity=False).hexdigest()


def basis_hash(candidate: Candidate) -> str:
    """Return the hash of what it rests on and of why it was noticed."""
    return hashlib.md5(f"{candidate.basis_hash}{candidate.why}".encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Held:
    """A finding that is there: key, state, the hashes of its facts, its household and area, and the run that opened it."""

    pk: uuid.UUID
    state: str
    facts_hash: str
    basis_hash: str
    household: str
    area_path: str
    opened_run: int
    is_visible: bool

    @property
    def is_open(self) -> bool:
        """Say whether people see it as open."""
        return self.is_visible and self.state == Finding.State.OPEN

    def stands(self, candidate: Candidate) -> bool:
        """Say whether it stands as it is: open and nothing it shows has changed, or closed by a person on the same basis."""
        if not self.is_visible or self.state == Finding.State.CLOSED_BY_DATA:
            return False
        if self.state == Finding.State.CLOSED_BY_PERSON:
            return self.basis_hash == basis_hash(candidate)
        return self.facts_hash == facts_hash(candidate)

    def is_at(self, candidate: Candidate) -> bool:
        """Say whether it lies where its household lives now."""
        return (self.household, self.area_path) == (candidate.household, candidate.area_path)


@dataclass
class _Watch:
    """Seconds by part, and the most memory used."""

    at: float = field(default_factory=time.monotonic)
    laps: dict[str, float] = field(default_factory=dict)

    def lap(self, part: str) -> None:
        """Add the time since the last lap to a part."""
        now = time.monotonic()
        self.laps[part] = self.laps.get(part, 0) + now - self.at
        self.at = now

    def report(self) -> dict[str, float]:
        """Return the seconds of each part, and the most memory used, in MB."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {part: round(seconds, 2) for part, seconds in self.laps.items()} | {"peak_mb": round(peak)}


@dataclass
class _Writer:
    """Writes findings in short transactions, so that a long run never freezes the hall."""

    run: ScreeningRun
    at: datetime
    path: str
    opened: int = 0
    closed: int = 0

    def held(self) -> dict[tuple[str, str, str], Held]:
        """Return the findings that are there below the path, by identity."""
        return self._held(Finding.objects.filter(area_path__startswith=self.path))

    def held_elsewhere(self, candidates: Sequence[Candidate]) -> dict[tuple[str, str, str], Held]:
        """Return the findings about these that are held under another area, which their subjects have left."""
        subjects = sorted({subject for _, subject, _ in map(identity, candidates)}) if self.path else []
        found: dict[tuple[str, str, str], Held] = {}
        with _everywhere():
            for start in range(0, len(subjects), CANDIDATES_AT_A_TIME):
                part = [uuid.UUID(subject) for subject in subjects[start : start + CANDIDATES_AT_A_TIME]]
                found |= self._held(Finding.objects.filter(subject_id__in=part).exclude(area_path__startswith=self.path))
        return found

    def _held(self, findings: QuerySet[Finding]) -> dict[tuple[str, str, str], Held]:
        # Nobody else has the turn, so a run without its last row was cut off: what it opened nobody has seen.
        cut_off = set(ScreeningRun.objects.filter(finished_at=None).values_list("pk", flat=True))
        rows = findings.values_list(
            *("policy", "subject_id", "kind", "pk", "state", "facts_hash", "basis_hash", "home_id", "area_path", "opened_run_id")
        )
        return {
            (policy, subject.hex, kind): Held(pk, state, facts, basis, home.hex, area_path, run, run not in cut_off)
            for policy, subject, kind, pk, state, facts, basis, home, area_path, run in rows.iterator(chunk_size=5000)
        }

    def move(self, candidates: Sequence[Candidate], held: dict[tuple[str, str, str], Held]) -> None:
        """Let findings that stand follow their household to where it lives now."""
        for start in range(0, len(candidates), FINDINGS_PER_TRANSACTION):
            with _everywhere(), transaction.atomic():
                for one in candidates[start : start + FINDINGS_PER_TRANSACTION]:
                    rows = Finding.objects.filter(pk=held[identity(one)].pk)
                    rows.update(area_path=one.area_path, home_id=uuid.UUID(one.household))

    def write(self, drafts: Sequence[Draft], held: dict[tuple[str, str, str], Held], progress: Progress) -> None:
        """Open the new ones, and open again those whose facts have changed."""
        for start in range(0, len(drafts), FINDINGS_PER_TRANSACTION):
            part = drafts[start : start + FINDINGS_PER_TRANSACTION]
            fresh = [self._finding(draft) for draft in part if identity(draft.candidate) not in held]
            changed = [
                self._finding(draft, held[identity(draft.candidate)]) for draft in part if identity(draft.candidate) in held
            ]
            with _everywhere(), transaction.atomic():
                Finding.objects.bulk_create(fresh)
                Finding.objects.bulk_update(changed, _CHANGING, batch_size=200)
            progress("线索", start + len(part), len(drafts))

    def _finding(self, draft: Draft, there: Held | None = None) -> Finding:
        candidate = draft.candidate
        # One that was open all the while keeps the run that opened it; so it never leaves the lists while a run goes on.
        stays = there is not None and there.is_open
        self.opened += not stays
        subject = uuid.UUID(candidate.person or candidate.household)
        return Finding(
            pk=there.pk if there else uuid.uuid4(),
            policy=candidate.policy,
            kind=candidate.kind,
            subject_id=subject,
            person_id=subject if candidate.person else None,
            household_id=None if candidate.person else subject,
            home_id=uuid.UUID(candidate.household),
            area_path=candidate.area_path,
            state=Finding.State.OPEN,
            version=draft.version,
            facts_hash=facts_hash(candidate),
            basis_hash=basis_hash(candidate),
            conditions=draft.conditions,
            facts=draft.facts,
            amount_fen=None if draft.amount is None else int(draft.amount * 100),
            reason=draft.reason,
            due_on=draft.due_on,
            opened_run_id=there.opened_run if there and stays else self.run.pk,
        )

    def in_hand(self) -> int:
        """Return how many of those it has opened a case handles already: they are new to nobody (正在办)."""
        with _everywhere():
            return int(Finding.objects.filter(is_in_hand(), opened_run=self.run).count())

    def close_those_gone(
        self, held: dict[tuple[str, str, str], Held], seen: set[tuple[str, str, str]], touched: set[str] | None
    ) -> None:
        """Close by data what no longer shows, among the households looked at."""
        gone = [
            one
            for key, one in held.items()
            if key not in seen and one.state != Finding.State.CLOSED_BY_DATA and (touched is None or one.household in touched)
        ]
        self.closed += sum(one.is_open for one in gone)
        for start in range(0, len(gone), FINDINGS_PER_TRANSACTION):
            with _everywhere(), transaction.atomic():
                rows = Finding.objects.filter(pk__in=[one.pk for one in gone[start : start + FINDINGS_PER_TRANSACTION]])
                rows.update(state=Finding.State.CLOSED_BY_DATA, closed_run=self.run, closed_at=self.at)


_CHANGING = (
    *("state", "version", "facts_hash", "basis_hash", "conditions", "facts", "amount_fen"),
    *("reason", "due_on", "opened_run", "area_path", "home"),
)


OnRelease = Callable[[Staff | None, datetime], object]
_ON_RELEASE: list[OnRelease] = []


def on_release(act: OnRelease) -> None:
    """Let something be done, in the same transaction, when other rules are used than before."""
    _ON_RELEASE.append(act)


def release_rules(*, rules: Rules, by: Staff | None, at: datetime) -> RuleRelease:
    """Return the release of these rules, written down the first time they are used (启用政策版本)."""
    last = RuleRelease.objects.order_by("-pk").first()
    if last is not None and last.hash == rules.hash:
        return last
    with transaction.atomic():
        release = RuleRelease.objects.create(hash=rules.hash, activated_at=at, activated_by=by, matched_before=_missed())
        audit.write(action="rules.release", at=at, hash=rules.hash)
        # The first ones are those everything so far was reckoned with.
        for act in _ON_RELEASE if last is not None else ():
            act(by, at)
    return release


@transaction.atomic
def close_finding(*, finding_id: uuid.UUID, words: str, by: Staff, at: datetime) -> Finding:
    """
    Close a finding with a reason (写明理由关闭). It stays closed until the facts behind it change.

    Raises NotClosed without a reason or if it is closed already, NotAllowed without the permission for its area,
    Finding.DoesNotExist outside the open scope.
    """
    finding: Finding = Finding.objects.select_for_update().get(pk=finding_id)
    require("finding.close", area_path=finding.area_path)
    if not words.strip():
        raise NotClosed("请写明关闭的理由，例如“7月已入户核实，本人不愿申请”。")
    if finding.state != Finding.State.OPEN:
        raise NotClosed(f"这条线索已经是“{finding.get_state_display()}”，不用再关闭。请刷新页面查看。")
    finding.state, finding.closing_words = Finding.State.CLOSED_BY_PERSON, words.strip()[:300]
    finding.closed_by, finding.closed_at = by, at
    finding.save()
    audit.write(action="finding.close", at=at, subjects={str(finding.subject_id)}, finding=str(finding.pk))
    return finding


@transaction.atomic
def reopen_finding(*, finding_id: uuid.UUID, by: Staff, at: datetime) -> Finding:
    """Open a finding again that a person has closed. Raises NotClosed if no person closed it."""
    finding: Finding = Finding.objects.select_for_update().get(pk=finding_id)
    require("finding.close", area_path=finding.area_path)
    if finding.state != Finding.State.CLOSED_BY_PERSON:
        raise NotClosed("只有写明理由关闭的线索可以重新打开。")
    finding.state, finding.closed_by, finding.closed_at = Finding.State.OPEN, None, None
    finding.save()
    audit.write(action="finding.reopen", at=at, subjects={str(finding.subject_id)}, finding=str(finding.pk))
    return finding


@transaction.atomic
def hand_on_finding(*, finding_id: uuid.UUID, to: Staff, words: str, by: Staff, at: datetime) -> Finding:
    """
    Hand an open finding to a colleague (转办), who then answers for it.

    Raises NotClosed if it is closed or the colleague has no post for it, NotAllowed without the permission for its area.
    """
    finding: Finding = Finding.objects.select_for_update().get(pk=finding_id)
    require("finding.close", area_path=finding.area_path)
    if finding.state != Finding.State.OPEN:
        raise NotClosed(f"这条线索已经是“{finding.get_state_display()}”，不用再转。请刷新页面查看。")
    if to not in colleagues(permission="finding.close", area_path=finding.area_path):
        raise NotClosed(f"{to.name}的岗位不处理这里的线索，请另选一位。")
    finding.handed_to, finding.handed_words, finding.handed_at = to, words.strip()[:300], at
    finding.save()
    audit.write(action="finding.hand_on", at=at, subjects={str(finding.subject_id)}, finding=str(finding.pk), to=to.username)
    return finding


def run_report(run: ScreeningRun, counts: dict[str, int]) -> dict[str, Any]:
    """
    Return a run as JSON, as the rule format says: for how many people and households its findings stand, whoever was looked at
    anew; what it opened, without what a case handles already.
    """
    seconds = dict(run.seconds)
    peak = seconds.pop("peak_mb", None)
    return {
        "on": run.on.isoformat(),
        "people": run.people_in_all,
        "households": run.households_in_all,
        "policies": run.policies,
        "findings": counts,
        "opened": run.opened,
        "closed": run.closed,
        "seconds": seconds,
        "peak_mb": peak,
    }
