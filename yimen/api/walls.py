"""What the API refuses (接口的拒绝), each as a sentence with its status; no refusal repeats what was sent."""

import logging
import re
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from yimen.api.middleware import refusal
from yimen.cases.actions import Changed, NotAccepted, NotDecided, StaleFacts, WrongStep
from yimen.hall import actions as hall
from yimen.office import audit
from yimen.office.access import NotAllowed, OutsideScope
from yimen.office.once import OtherContent
from yimen.office.trouble import trouble_of
from yimen.policies.queries import RuleError

KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
NUMBER = re.compile(r"\d{17}[\dXx]")
STATUS: Mapping[type[Exception], int] = {
    NotAccepted: 422,
    NotDecided: 409,
    WrongStep: 409,
    Changed: 409,
    OtherContent: 409,
    RuleError: 503,
    hall.WrongStep: 409,
    hall.NotTaken: 409,
    hall.NotAlone: 409,
    hall.NotBrought: 409,
    hall.NotLeased: 409,
    hall.NotOpened: 409,
}
log = logging.getLogger(__name__)


class Refused(Exception):
    """The API itself says no, with this status and sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        self.status = status
        super().__init__(sentence)


def keyed(key: str) -> str:
    """Return a client's idempotency key. Raises Refused if it is none, or holds an ID number."""
    if not KEY.fullmatch(key) or NUMBER.fullmatch(key):
        raise Refused(400, "Idempotency-Key 要有 8 到 64 个字母、数字、“-”或“_”，每次提交自己造一个（如 UUID），不能用证件号码。")
    return key


def build_walls(api: NinjaAPI) -> None:
    """Teach the API how each refusal of a door is told."""
    for kind, status in STATUS.items():
        api.add_exception_handler(kind, _teller(status))
    api.add_exception_handler(StaleFacts, _stale)
    api.add_exception_handler(Refused, _refused)
    api.add_exception_handler(NotAllowed, _not_allowed)
    for kind in (ObjectDoesNotExist, OutsideScope, Http404):
        api.add_exception_handler(kind, lambda *_: refusal(404, "没有这一项，或不在这个账号的辖区。"))
    api.add_exception_handler(ValidationError, _malformed)
    api.add_exception_handler(HttpError, _http)
    api.add_exception_handler(Exception, _failed)


def _teller(status: int) -> Callable[[HttpRequest, Any], HttpResponse]:
    return lambda _, problem: refusal(status, str(problem))


def _refused(_: HttpRequest, problem: Any) -> HttpResponse:
    return refusal(problem.status, str(problem))


def _stale(_: HttpRequest, problem: Any) -> HttpResponse:
    return refusal(409, str(problem), changes=list(problem.changes))


def _not_allowed(request: HttpRequest, problem: Any) -> HttpResponse:
    audit.write(action="refused", at=timezone.now(), refused=True, page=request.path[:80])
    return refusal(403, str(problem))


def _malformed(_: HttpRequest, problem: Any) -> HttpResponse:
    """Say where something is missing or wrong, by name and place only."""
    places = [".".join(str(part) for part in one["loc"] if part not in ("body", "header", "query")) for one in problem.errors]
    if any(place.lower() in ("idempotency-key", "key") for place in places):
        return refusal(400, "缺少 Idempotency-Key：每次提交自己造一个编号（如 UUID），重发时用同一个，就只办一次。")
    shown = [place[:60] for place in places if not NUMBER.search(place)][:10]
    return refusal(422, f"这些地方缺少、多余或写得不对：{'、'.join(shown)}。格式见 /api/openapi.json。", places=shown)


def _http(_: HttpRequest, problem: Any) -> HttpResponse:
    sentences = {
        400: "内容不是完整的 JSON，读不了。",
        401: "没有令牌，也没有登录。",
        403: "页面的校验码不对，请刷新页面后再提交。",
    }
    return refusal(problem.status_code, sentences.get(problem.status_code, "请求没有被接受，请核对后再发。"))


def _failed(_: HttpRequest, problem: Any) -> HttpResponse:
    trouble = trouble_of(problem)
    if trouble is not None:
        log.warning("an API call found no database or no room", exc_info=problem)
        answer = refusal(trouble.status, trouble.sentence)
        answer.headers["Retry-After"] = str(trouble.again_in)
        return answer
    log.error("an API call failed", exc_info=problem)
    return refusal(500, "系统出了错，这次没有办成，也没有留下一半。请用同一个 Idempotency-Key 再发一次；再不行请联系管理员。")
