"""
How many ID numbers a client may hear of that are in no household here (按接入程序限次): whoever tries numbers is soon done.

Counted for each client, whatever its address, in the memory of the web process; see docs/decisions/0010.
"""

from contextlib import suppress

from django.core.cache import cache
from django.utils import timezone

from yimen.api.walls import Refused
from yimen.office import audit
from yimen.office.access import acting

# A county brings a few dozen applications a day; of twenty with a wrong number, each with five members, an hour is enough.
MOST_NUMBERS, SECONDS = 100, 3600


def refuse_a_guesser() -> None:
    """Raise Refused if this client was told of too many numbers within the hour."""
    if int(cache.get(_counter(), 0)) >= MOST_NUMBERS:
        audit.write(action="client.too_many_numbers", at=timezone.now(), refused=True)
        raise Refused(
            429, "一小时里对不上名册的证件号码太多了。请先核对号码，一小时以后再发；要批量登记，请把文件交给县民政装载。"
        )


def count_numbers(numbers: int) -> None:
    """Count the numbers of an application that found no household."""
    if not cache.add(_counter(), numbers, SECONDS):
        # It may end at this very moment; then the count begins anew.
        with suppress(ValueError):
            cache.incr(_counter(), numbers)


def _counter() -> str:
    return f"client_numbers:{acting().pk}"
