"""The program as a server sees it: Django in threads, behind an asynchronous front that carries the streams."""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yimen.settings")

Message = MutableMapping[str, Any]
pages = WSGIMiddleware(get_wsgi_application(), workers=8)

# Only now do the tables know each other.
from yimen.web.hall import stream  # noqa: E402
from yimen.web.hall.fresh import keep_fresh  # noqa: E402

keep_fresh()


async def application(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """Answer one request in a thread. Granian's `receive` gives a future, and a2wsgi can only wait for a coroutine."""

    async def received() -> Message:
        return await receive()

    if scope["type"] == "http" and scope["path"].startswith("/stream/"):
        await stream.application(scope, received, send)
        return
    await pages(scope, received, send)
