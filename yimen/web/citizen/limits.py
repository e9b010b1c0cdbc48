"""How often one address may ask without log-in (查询限次): a wrong code weighs more, for guessing is nothing but wrong codes."""

import hashlib
from contextlib import suppress

from django.core.cache import cache
from django.http import HttpRequest

from yimen.web.accounts import address_of

# A family at a village's one telephone asks often.
MOST, RIGHT, OPINION, WRONG, SECONDS = 60, 1, 3, 6, 600


def asked_too_often(request: HttpRequest, what: str = "progress") -> bool:
    """Say whether this address has asked too much of something within ten minutes."""
    return int(cache.get(_counter(request, what), 0)) >= MOST


def count(request: HttpRequest, weight: int, what: str = "progress") -> None:
    """Count a question of this address."""
    name = _counter(request, what)
    if not cache.add(name, weight, SECONDS):
        # It may end at this very moment; then the count begins anew.
        with suppress(ValueError):
            cache.incr(name, weight)


def _counter(request: HttpRequest, what: str) -> str:
    return f"{what}:" + hashlib.sha256(address_of(request).encode()).hexdigest()[:32]
