"""The API as a whole (接口): JSON over HTTP for machines, typed, described at /api/openapi.json for whoever may come in."""

from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.security import HttpBearer, django_auth

from yimen.api import casework, hall, portal
from yimen.api.walls import build_walls


class ClientToken(HttpBearer):
    """A client's token; the middleware has looked it up and opened the client's scope."""

    def authenticate(self, request: HttpRequest, token: str) -> object | None:
        """Return the client's account, or None."""
        return getattr(request, "client", None)


api = NinjaAPI(
    title="一门 接口",
    version="1",
    description="省平台等程序用：登记申请，取回办理状态；大厅的取号机、读卡器、呼叫器、大屏用 /hall/ 以下。"
    "金额以元计，日期为 2026-11-24，时间带时区。出错时 problem 是一句话。",
    docs_url=None,
    auth=[ClientToken(), django_auth],
    urls_namespace="api",
)
api.add_router("/applications", portal.router)
api.add_router("/hall", hall.router)
api.add_router("", casework.router)
build_walls(api)
