"""
Choosing (选定事项): what a household applies for, and which papers that needs. What data proves already nobody has to bring.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate

from yimen.cases.applying import AUTHORISATION, AUTHORITY_PAPER, Asked, NotAccepted, give_consent, record_paper, silent_members
from yimen.cases.dues import policy_at
from yimen.cases.flow import Note, move_case
from yimen.cases.models import Case, Consent, Paper
from yimen.cases.words import PaperState
from yimen.office.models import Staff
from yimen.policies.model import Policy
from yimen.screening.queries import RegisteredAnswers, current_rules, explain_registered

# The roster holds every member's number and who lives together; it was made from the police's register.
IN_THE_ROSTER = frozenset({"身份证", "户口簿"})
OWN_DEPARTMENT = "民政"


@dataclass(frozen=True)
class PaperNote:
    """How it stands with one paper of a case."""

    paper: int
    state: str
    promised_until: date | None = None


@dataclass(frozen=True)
class ConsentNote:
    """What one member, or an obligor outside the household (法定义务人), answered to the authorisation."""

    person: uuid.UUID | None
    given: bool
    guardian_name: str | None = None
    obligor: uuid.UUID | None = None


@transaction.atomic
def choose(*, case: uuid.UUID, asked: Sequence[Asked], by: Staff | None, at: datetime, version: int | None = None) -> Case:
    """
    Keep what the household applies for (选定事项) and list the papers it needs; how it stood with a paper is kept.

    Needs an open reading. Raises NotAccepted if nothing or something unknown is chosen, WrongStep, Changed, NotAllowed.
    """
    policies = _policies(asked, Case.objects.get(pk=case))
    kept = [[one.policy, one.person.hex if one.person else ""] for one in asked]
    words = "、".join(dict.fromkeys(policy.name for policy in policies))
    held = move_case("choose", case, by=by, at=at, version=version, note=Note(words), asked=kept)
    _list_papers(held, policies, localdate(at))
    return held


def _policies(asked: Sequence[Asked], case: Case) -> list[Policy]:
    if not asked:
        raise NotAccepted("还没有选要申请的救助事项。请至少选一项。")
    rules = current_rules()
    found = [policy_at(one.policy, area_path=case.area_path, rules=rules, on=case.received_on) for one in asked]
    if any(
        policy is None or (policy.subject == "人") != (one.person is not None) for one, policy in zip(asked, found, strict=True)
    ):
        raise NotAccepted("选的事项里有现行政策没有的。请刷新页面，从列出的救助事项里选。")
    return [policy for policy in found if policy is not None]


def _list_papers(case: Case, policies: Iterable[Policy], on: date) -> None:
    """Keep one row for each paper that is needed now; what is no longer needed goes."""
    needed = _needed(policies)
    there = {one.name: one for one in Paper.objects.filter(case=case)}
    Paper.objects.filter(case=case).exclude(name__in=[*needed, AUTHORITY_PAPER]).delete()
    held = explain_registered(household_id=case.household_id, on=on, rules=current_rules())
    all_signed = not silent_members(case, on)
    for name, (instead, wanting) in needed.items():
        proof = _proof(name, instead, _sources_of(held, wanting.values()))
        row = there.get(name) or Paper(case=case, name=name[:60], state=PaperState.MISSING, area_path=case.area_path)
        row.policies, row.proved_by = list(wanting), proof[:60]
        if row.state in (PaperState.MISSING, PaperState.PROVED):
            is_signed = AUTHORISATION in name and all_signed
            row.state = PaperState.PROVED if proof else PaperState.BROUGHT if is_signed else PaperState.MISSING
        row.save()


def _needed(policies: Iterable[Policy]) -> dict[str, tuple[str, dict[str, Policy]]]:
    """Return the papers of some policies by name: who can supply it instead, and which policies want it."""
    needed: dict[str, tuple[str, dict[str, Policy]]] = {}
    for policy in policies:
        for paper in policy.papers:
            needed.setdefault(paper.name, (paper.instead, {}))[1][policy.id] = policy
    return needed


def papers_for(*, policies: Iterable[Policy], held: RegisteredAnswers | None) -> list[tuple[str, str, tuple[str, ...]]]:
    """
    Return the papers some policies need: name, what proves it already ("": bring it), and for which policies.

    Without `held` (nobody is known yet) nothing is proved.
    """
    found = []
    for name, (instead, wanting) in _needed(policies).items():
        proof = _proof(name, instead, _sources_of(held, wanting.values())) if held else ""
        found.append((name, proof, tuple(policy.name for policy in wanting.values())))
    return found


def _sources_of(held: RegisteredAnswers, policies: Iterable[Policy]) -> Mapping[str, date]:
    """Return who has said something these policies ask about that still counts, and when last."""
    found: dict[str, date] = {}
    asked = set().union(*(_facts_of(policy) for policy in policies))
    for known in (held.facts.household, *held.facts.people):
        for name, current in known.items():
            if name in asked and current.said is not None:
                found[current.said.source] = max(current.said.stated_on, found.get(current.said.source, date.min))
    return found


def _facts_of(policy: Policy) -> set[str]:
    """Return the facts a policy asks about, with those they are derived from."""
    rules = current_rules()
    text = " ".join((*(one.expression for one in policy.conditions), *(f"{one.when} {one.amount}" for one in policy.extras)))
    waiting, found = {name for name in rules.catalogue.facts if name in text}, set[str]()
    bases = {one.fact.name: set(one.typed.names) for one in rules.derivations}
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= bases.get(name, set()) - found
    return found


def _proof(name: str, instead: str, sources: Mapping[str, date]) -> str:
    """Return what proves a paper already, in words, or nothing: “可由” names who can supply it, data says whether they did."""
    wanted = [one.strip() for one in instead.removesuffix("共享").removesuffix("出具").split("、") if one.strip()]
    if OWN_DEPARTMENT in wanted:
        return "本县认定记录"
    if name in IN_THE_ROSTER and wanted:
        return "名册"
    found = next((one for one in wanted if one in sources), None)
    return f"{found} {sources[found].isoformat()} 的数据" if found else ""


@transaction.atomic
def note_papers(
    *,
    case: uuid.UUID,
    papers: Iterable[PaperNote],
    consents: Iterable[ConsentNote],
    signed_on: date,
    by: Staff,
    at: datetime,
    version: int | None = None,
) -> Case:
    """
    Keep how it stands with papers and authorisations, all at once; what is as it was leaves no trail.

    Needs an open reading. Raises NotAccepted, WrongStep, Changed, NotAllowed.
    """
    held = move_case("save", case, by=by, at=at, version=version)
    there = {one.pk: one for one in Paper.objects.filter(case=held)}
    for note in papers:
        paper = there.get(note.paper)
        if paper is not None and (paper.state, paper.promised_until) != (note.state, note.promised_until):
            record_paper(
                case=case, name=paper.name, state=note.state, promised_until=note.promised_until, scan=paper.scan, by=by, at=at
            )
    answered = {one.obligor_id or one.person_id: one for one in Consent.objects.filter(case=held)}
    for answer in consents:
        if not _is_as_it_was(answered.get(answer.obligor or answer.person), answer):
            give_consent(
                case=case,
                person=answer.person,
                obligor=answer.obligor,
                given=answer.given,
                guardian_name=answer.guardian_name,
                signed_on=signed_on,
                by=by,
                at=at,
            )
    changed: Case = Case.objects.get(pk=case)
    return changed


def _is_as_it_was(before: Consent | None, now: ConsentNote) -> bool:
    return before is not None and (before.given, before.guardian_name) == (now.given, now.guardian_name)


def chosen(case: Case) -> list[Asked]:
    """Return what a draft asks for."""
    return [Asked(policy, uuid.UUID(who) if who else None) for policy, who in case.asked]
