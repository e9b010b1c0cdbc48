"""
A hall that runs by itself (单机): which pages are its own. The others need the centre, and say so instead of failing.

Here is no register and no case; whoever works in the hall comes in with the password of the centre and a second factor bound
here.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from yimen.hall.queries import Node, node_here

OWN = frozenset(
    {
        "home",
        "hall",
        "reception",
        "reception_one",
        "reception_act",
        "handbook",
        "ledger",
        "ledger_export",
        "policies",
        "policy",
        "venues",
    }
    | {"accompany", "accompany_duty", "accompany_one", "accompany_place", "accompany_act"}
    | {"ratings", "rating_ask", "rating_pad", "rating_asked", "rate", "rate_give", "rate_answer", "pad", "pad_give"}
)
AT_THE_DOOR = frozenset({"account_login", "account_logout", "account_reauthenticate", "account_inactive"})
NOT_HERE = frozenset({"hall_rosters", "hall_rosters_make"})


def is_own(name: str) -> bool:
    """Say whether a page is one of the hall's own; at the centre every page is."""
    if not settings.YIMEN_VENUE:
        return True
    return name in OWN | AT_THE_DOOR or (name.startswith(("hall_", "mfa_")) and name not in NOT_HERE)


class LoneMiddleware:
    """At a hall that runs by itself: what is not its own says where it is done, and nobody works on an old package."""

    def __init__(self, get_response: object) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer: HttpResponse = self.get_response(request)  # type: ignore[operator]
        return answer

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        """Stop before a page that is not the hall's own."""
        if not settings.YIMEN_VENUE:
            return None
        if request.path.startswith("/api/"):
            return None if request.path.startswith("/api/hall/") else _not_of_the_hall()
        name = request.resolver_match.url_name if request.resolver_match else ""
        if not is_own(name or ""):
            return elsewhere(request)
        node = node_here() if request.user.is_authenticated and name not in AT_THE_DOOR else None
        return over(request, node) if node is not None and node.valid_until <= timezone.now() else None


def _not_of_the_hall() -> JsonResponse:
    words = f"这里是单机的大厅，只有 /api/hall/ 以下的接口。别的请用中心的网址{_centre()}。"
    return JsonResponse({"problem": words}, status=503, json_dumps_params={"ensure_ascii": False})


def elsewhere(request: HttpRequest) -> HttpResponse:
    """Say that this is done at the centre, and where that is."""
    shown = {
        "title": "这一页要在中心办",
        "why": "这台机器只办大厅里的事：取号、叫号、导办、协办、评价。名册、办件、政策核对、人员和设置都在中心，这里没有。",
        "next": f"连得上中心的，打开中心的网址{_centre()}；连不上的，先记在纸上，请人连上以后到中心办。",
    }
    page = "refused.html" if hasattr(request, "desk") else "hall/elsewhere.html"
    return render(request, page, shown, status=503)


def over(request: HttpRequest, node: Node) -> HttpResponse:
    """Say that the package is over: who may still work here the centre alone knows. Tickets are given out all the same."""
    until = timezone.localtime(node.valid_until)
    shown = {
        "title": "场所包到期了",
        "why": f"这台机器的场所包 {until:%Y-%m-%d %H:%M} 到期，不知道谁还在这里上班，所以先不让人进。取号机照常取号。",
        "next": "连上中心，机器自己会来取新的；连不上的，请在中心运行 yimen venue pack，把文件拷来，重启时加 --package。",
    }
    return render(request, "refused.html", shown, status=503)


def _centre() -> str:
    return f" {settings.YIMEN_CENTRE} " if settings.YIMEN_CENTRE else ""
