"""Which papers of a case can be printed now (能打印的文书): a link stands only where the paper comes out of the printer."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.timezone import localdate

from yimen.cases.queries import ArchivedPaper, CasePage, Decision, State, archived_papers, recoveries_of
from yimen.policies.queries import Rules
from yimen.web.papers.contents import MISSING
from yimen.web.papers.results import CONFIRMED, REFUSED, is_posted, is_published
from yimen.web.papers.views import PAPERS

POSTING_STATES = ("proposed", "posted", "cleared")
APPLIED = (State.DRAFT, State.SUBMITTED, State.ACCEPTED)


@dataclass(frozen=True)
class Offer:
    """One paper to print: what it is called, and where."""

    title: str
    address: str


def papers_of(held: CasePage, rules: Rules) -> dict[str, Any]:
    """Return what can be printed of a case now, and what was printed and kept. Needs an open reading."""
    kept: list[ArchivedPaper] = list(archived_papers(case_id=held.case.pk))
    return {
        "offered": [Offer(_title(kind, held), reverse("case_print", args=[held.case.pk, kind])) for kind in _kinds(held, rules)],
        "kept": kept,
    }


def _title(kind: str, held: CasePage) -> str:
    if kind == "notice":
        return "结果告知书"
    return PAPERS[kind].title


def _kinds(held: CasePage, rules: Rules) -> Iterable[str]:
    yield from _of_applying(held)
    yield from _of_deciding(held.decisions, rules)
    claims = recoveries_of(held.case)
    if any(one.proposed_at for one in claims):
        yield "claim"
    if any(one.state == "decided" for one in claims):
        yield "recovery"
    if held.case.number:
        yield from ("changes", "trail", "index")


def _of_applying(held: CasePage) -> Iterable[str]:
    case = held.case
    is_application = case.kind == "application"
    if case.papers_told_at and any(one.state == MISSING for one in held.papers):
        yield "told"
    if case.number and case.accepted_at:
        yield "receipt"
    if any(one.step == "give_first" and "急难型" in one.words for one in held.events):
        yield "urgent"
    if is_application and case.state in APPLIED:
        yield from ("consent", "promise")
    if case.state in APPLIED:
        yield "visit"


def _of_deciding(decisions: Iterable[Decision], rules: Rules) -> Iterable[str]:
    on = localdate()
    found = [(one, rules.policy(one.policy)) for one in decisions]
    if any(one.state in POSTING_STATES and one.agrees and is_posted(policy, one, on) for one, policy in found):
        yield "posting"
    if any(one.state == CONFIRMED and is_published(policy, one) for one, policy in found):
        yield "publication"
    states = {one.state for one, _ in found}
    if states & {CONFIRMED, REFUSED}:
        yield "notice"
    if states & {CONFIRMED, REFUSED, "referred"}:
        yield "slip"
