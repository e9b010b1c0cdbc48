"""
The steps of a case (办件步骤) for a person's own programs at the desk: the same actions as the pages, none of them skipped.

Only with a person's session: a client brings applications, but accepts and decides nothing.
"""

import uuid
from collections.abc import Callable
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Header, Router, Schema
from ninja.security import SessionAuth

from yimen.api.shapes import Accepting, CaseOut, Confirming, Consenting, Opening, Opinion, Refusing
from yimen.api.walls import Refused, keyed
from yimen.cases import actions
from yimen.cases.queries import Case, CaseFilter, Decision, case_page, case_rows, cases
from yimen.office.access import acting
from yimen.office.audit import reading
from yimen.office.once import once


class Person(SessionAuth):
    """A person's session and no client's token."""

    def __call__(self, request: HttpRequest) -> Any:
        """Return who is logged in. Raises Refused for a client."""
        if hasattr(request, "client"):
            raise Refused(403, "办件的步骤要由人登录以后办，接入程序只能登记申请、查状态。")
        return super().__call__(request)


router = Router(tags=["cases"], auth=Person())
Key = Annotated[str, Header(alias="Idempotency-Key")]
Answer = dict[str, Any]
PAGE = 50


def _once(step: str, about: uuid.UUID | None, body: Schema, key: str, do: Callable[[], Answer]) -> Answer:
    content = {"about": about.hex if about else "", "body": body.model_dump(mode="json")}
    with reading(f"办件：{step}"):
        return once(key=keyed(key), action=f"api.{step}", content=content, at=timezone.now(), do=do)


@router.get("/cases", summary="待办列表")
def listing(request: HttpRequest, page: int = 1) -> Answer:
    """Return one page of the open cases of this desk, those due first first; names are masked."""
    today, first = timezone.localdate(), PAGE * (max(page, 1) - 1)
    with reading("看办件列表"):
        rows = case_rows(cases(narrowed=CaseFilter(), on=today)[first : first + PAGE], on=today)
    return {
        "cases": [
            {"case": str(one.case.pk), "number": str(one.case), "name": one.name, "state": one.case.state, "late": one.is_late}
            for one in rows
        ]
    }


@router.get("/cases/{uuid:case_id}", response=CaseOut, summary="看一件")
def one(request: HttpRequest, case_id: uuid.UUID) -> Answer:
    """Return where a case and its decisions stand."""
    page = case_page(case_id=case_id)
    held = page.case
    return {
        "case": str(held.pk),
        "number": held.number or "",
        "state": held.state,
        "version": held.version,
        "due_on": held.due_on.isoformat() if held.due_on else "",
        "decisions": [_line(one) for one in page.decisions],
    }


def _line(held: Decision) -> Answer:
    # To the microsecond, as it is compared when it comes back.
    given = held.proposed_at.isoformat() if held.proposed_at else ""
    return {"decision": str(held.pk), "policy": held.policy, "state": held.state, "proposed_at": given}


@router.post("/cases", summary="登记")
def open_case(request: HttpRequest, body: Opening, key: Key) -> Answer:
    """Open a draft."""

    def do() -> Answer:
        same: Answer = {"by": acting(), "at": timezone.now()}
        return _stand(actions.open_case(household=body.household, channel=body.channel, applicant=body.applicant, **same))

    return _once("open", None, body, key, do)


@router.post("/cases/{uuid:case_id}/consent", summary="核对授权")
def consent(request: HttpRequest, case_id: uuid.UUID, body: Consenting, key: Key) -> Answer:
    """Record a member's authorisation."""

    def do() -> Answer:
        given = actions.give_consent(
            case=case_id,
            person=body.person,
            given=body.given,
            signed_on=body.signed_on,
            guardian_name=body.guardian,
            by=acting(),
            at=timezone.now(),
        )
        return {"consent": str(given.pk)}

    return _once("consent", case_id, body, key, do)


@router.post("/cases/{uuid:case_id}/accept", summary="受理")
def accept(request: HttpRequest, case_id: uuid.UUID, body: Accepting, key: Key) -> Answer:
    """Accept: the case gets its number, its decisions and its dates."""

    def do() -> Answer:
        asked = [actions.Asked(one.policy, one.person) for one in body.asked]
        return _stand(actions.accept(case=case_id, asked=asked, version=body.version, by=acting(), at=timezone.now()))

    return _once("accept", case_id, body, key, do)


@router.post("/decisions/{uuid:decision_id}/propose", summary="初审")
def propose(request: HttpRequest, decision_id: uuid.UUID, body: Opinion, key: Key) -> Answer:
    """Give the first opinion."""

    def do() -> Answer:
        same: Answer = {"by": acting(), "at": timezone.now()}
        return _decided(actions.propose(decision=decision_id, agrees=body.agrees, opinion=body.opinion, **same))

    return _once("propose", decision_id, body, key, do)


@router.post("/decisions/{uuid:decision_id}/confirm", summary="审核确认")
def confirm(request: HttpRequest, decision_id: uuid.UUID, body: Confirming, key: Key) -> Answer:
    """Confirm: the grant is made with it, or nothing is."""

    def do() -> Answer:
        return _decided(actions.confirm(decision=decision_id, words=body.words, seen=body.seen, by=acting(), at=timezone.now()))

    return _once("confirm", decision_id, body, key, do)


@router.post("/decisions/{uuid:decision_id}/refuse", summary="不予确认")
def refuse(request: HttpRequest, decision_id: uuid.UUID, body: Refusing, key: Key) -> Answer:
    """Refuse, in words and with the article."""

    def do() -> Answer:
        same: Answer = {"by": acting(), "at": timezone.now()}
        return _decided(actions.refuse(decision=decision_id, words=body.words, article=body.article, seen=body.seen, **same))

    return _once("refuse", decision_id, body, key, do)


def _stand(case: Case) -> Answer:
    return {"case": str(case.pk), "number": case.number or "", "state": case.state, "version": case.version}


def _decided(decision: Any) -> Answer:
    return {
        "decision": str(decision.pk),
        "state": decision.state,
        "case": str(decision.case_id),
        "case_state": decision.case.state,
        "grant": str(decision.grant_id or ""),
    }
