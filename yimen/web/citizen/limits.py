"""How often one address may ask without log-in (查询限次): a wrong code weighs more, for guessing is nothing but wrong codes."""

import hashlib
from contextlib import suppress

from django.core.cache import cache
from django.http import HttpRequest

from yimen.web.accounts import address_of

# A family at a village's one telephone asks often.
MOST, RIGHT, OPINION, WRONG, SECONDS = 60, 1, 3, 6, 600


def asked_too_often(request: HttpRequest) -> bool:
    """Say whether this address has asked too much within ten minutes."""
    return int(cache.get(_counter(request), 0)) >= MOST


def count(request: HttpRequest, weight: int) -> None:
    """Count a question of this address."""
    name = _counter(request)
    if not cache.add(name, weight, SECONDS):
        # It may end at this very moment; then the count begins anew.
        with suppress(ValueError):
            cache.incr(name, weight)


def _counter(request: HttpRequest) -> str:
    return "progress:" + hashlib.sha256(address_of(request).encode()).hexdigest()[:32]
