"""
The door of machines (接口之门): every call below /api/ comes with a client's token or a person's session, or goes no further.

A client's call runs inside the scope of its own account, as a person's request does inside theirs, and a device's inside that of
its hall; every refusal is JSON.
Wrong tokens are written down and counted like wrong passwords: after five from one address no token opens anything from there
for half an hour.
"""

from collections.abc import Callable
from typing import Any, cast

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.module_loading import import_string

from yimen.hall.actions import device_of, device_scope
from yimen.office import audit
from yimen.office.access import System, scope
from yimen.office.queries import client_of

BELOW, DEVICES_BELOW = "/api/", "/api/hall/"
SCHEME = "bearer "
# Under what the wrong tokens of an address are counted; no member of staff can be called so.
COUNTED = {"username": "<token>"}
WITH_CONTENT = ("POST", "PUT", "PATCH")


class ClientMiddleware:
    """Let clients in by their token, people by their session, and nobody else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(BELOW):
            return self.get_response(request)
        response = self._answer(request)
        add_never_cache_headers(response)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if request.method in WITH_CONTENT and request.content_type != "application/json":
            return refusal(415, "只收 JSON：请把 Content-Type 写成 application/json。")
        told = request.headers.get("Authorization", "")
        if told:
            return self._for_client(request, told)
        if not request.user.is_authenticated:
            return refusal(401, "没有令牌，也没有登录。程序请在 Authorization 里写 Bearer 和令牌；人员请先登录。")
        response = self.get_response(request)
        if response.status_code in (301, 302):
            return refusal(401, "登录已经失效，或还没有通过动态口令。请重新登录。")
        return response

    def _for_client(self, request: HttpRequest, told: str) -> HttpResponse:
        if not AxesProxyHandler.is_allowed(request, COUNTED):
            return refusal(429, "这个地址用错令牌的次数太多，半小时以后再试。请先向发令牌的单位核对。")
        address = import_string(settings.AXES_CLIENT_IP_CALLABLE)(request)
        device = device_of(token=told[len(SCHEME) :].strip(), at=timezone.now())
        if device is not None:
            return self._for_device(request, device, address)
        staff = client_of(told[len(SCHEME) :].strip()) if told.lower().startswith(SCHEME) else None
        if staff is None:
            user_login_failed.send(sender=__name__, credentials=COUNTED, request=request)
            with scope(System("door"), "接口", address=address):
                audit.write(action="client.wrong_token", at=timezone.now(), refused=True, page=request.path[:80])
            return refusal(401, "令牌不对，或已停用。请向发令牌的单位核对。")
        cast(Any, request).client = staff
        with scope(staff, request.path[:80], address=address):
            return self.get_response(request)

    def _for_device(self, request: HttpRequest, device: Any, address: str) -> HttpResponse:
        if not request.path.startswith(DEVICES_BELOW):
            return refusal(403, "大厅设备的令牌只能用 /api/hall/ 以下的接口。")
        cast(Any, request).device = device
        with device_scope(device, request.path[:80], address=address):
            return self.get_response(request)


def refusal(status: int, sentence: str, **more: Any) -> JsonResponse:
    """Return a refusal: what is so, why, and what to do, as a sentence."""
    return JsonResponse({"problem": sentence, **more}, status=status, json_dumps_params={"ensure_ascii": False})
