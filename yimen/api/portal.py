"""The provincial portal (省平台): sends applications, asks where they stand."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.timezone import is_naive, make_aware
from ninja import Header, Router, Status

from yimen.api.limits import count_numbers, refuse_a_guesser
from yimen.api.shapes import Application, Changes, Receipt, StatusOut
from yimen.api.walls import Refused, keyed
from yimen.cases.actions import NoHome, Sent, SentConsent, receive_application
from yimen.cases.queries import portal_changes, portal_status
from yimen.office.access import acting
from yimen.office.audit import reading

router = Router(tags=["applications"])
Key = Annotated[str, Header(alias="Idempotency-Key")]


@router.post("", response={201: Receipt}, summary="登记申请")
def send(request: HttpRequest, body: Application, key: Key) -> Status[dict[str, Any]]:
    """Register an application for the nearest desk. The same key sent again gets the same answer and does nothing more."""
    refuse_a_guesser()
    with reading("登记省平台申请"):
        try:
            return Status(201, receive_application(sent=_sent(body), key=keyed(key), by=acting(), at=timezone.now()))
        except NoHome:
            count_numbers(1 + len(body.members))
            raise


def _sent(body: Application) -> Sent:
    return Sent(
        reference=body.reference,
        applicant=body.applicant,
        members=tuple(body.members),
        asked=tuple((one.policy, one.person or "") for one in body.policies),
        said=tuple((one.fact, one.value, one.person or "") for one in body.facts),
        papers=tuple(body.papers),
        consents=tuple(SentConsent(one.given, one.signed_on, one.person or "", one.guardian or "") for one in body.consents),
        received_on=body.received_on,
    )


@router.get("", response=Changes, summary="取回有变化的办理状态")
def changes(request: HttpRequest, changed_since: datetime | None = None) -> dict[str, Any]:
    """Return the applications that changed since a moment, at most 500; ask again from `next_since`."""
    since = make_aware(changed_since) if changed_since and is_naive(changed_since) else changed_since
    found, next_since = portal_changes(since=since)
    return {"applications": found, "next_since": next_since}


@router.get("/{receipt_code}", response=StatusOut, summary="查一件的办理状态")
def status(request: HttpRequest, receipt_code: str) -> Any:
    """Return where one application stands; a foreign receipt is answered as one that never was."""
    found = portal_status(receipt_code=receipt_code)
    if found is None:
        raise Refused(404, "没有这个回执码的申请，或不归这个程序查询。")
    return found
