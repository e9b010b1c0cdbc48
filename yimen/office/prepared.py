"""
Prepared questions (常问的问题): what every page about a household asks, written as SQL once.

Django builds and writes a query anew each time, which for a handful of rows takes three times as long as the database needs to
answer it. A prepared question is built by Django like any other, scope and guarded joins included, but only once for each scope
and each number of keys; afterwards this household's keys are put where the first one's stood.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from yimen.office.access import current

Key = uuid.UUID | date | str
# One for each scope and number of keys: a county has some hundred of either, and what is beyond is only written again.
MOST_KEPT = 2000


class Prepared:
    """
    A question of one shape: `build` returns a query set of rows (`values_list`) for keys given by name.

    A key is a UUID, a day, a text or a list of UUIDs. `build` may look at nothing but them, and uses each of them as it is.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]]) -> None:
        self.build = build
        self._written: dict[tuple[Any, ...], _Written] = {}

    def rows(self, **keys: Key | Sequence[uuid.UUID]) -> list[tuple[Any, ...]]:
        """Return the rows for these keys below the open scope, as the query set would."""
        shape = (connection.vendor, current().paths, *(len(key) if isinstance(key, list) else 0 for key in keys.values()))
        written = self._written.get(shape)
        if written is None:
            if len(self._written) >= MOST_KEPT:
                self._written.clear()
            written = self._written[shape] = _Written(self.build, keys)
        return written.rows(keys)


class _Written:
    """The SQL of one shape, and which of its parameters are keys."""

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], keys: Mapping[str, Any]) -> None:
        marks = {name: _mark(key, place) for place, (name, key) in enumerate(keys.items())}
        self.compiler = build(**marks).query.get_compiler(using=connection.alias)
        self.sql = ""
        with suppress(EmptyResultSet):
            # Raised where no row can be meant: nobody asked about, or no post.
            self._write(marks)

    def _write(self, marks: Mapping[str, Any]) -> None:
        self.sql, self.params = self.compiler.as_sql()
        self.converters = self.compiler.get_converters([column for column, *_ in self.compiler.select])
        of_mark = {mark: place for place, mark in enumerate(_flat(marks.values()))}
        self.places = [of_mark.get(param) for param in self.params]
        # Where a list is empty, what stands beside it may fall away with it.
        if [] not in marks.values() and {place for place in self.places if place is not None} != set(of_mark.values()):
            raise ValueError("这个查询没有原样用到每一个键，不能预备。")

    def rows(self, keys: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        if not self.sql:
            return []
        given = _flat(keys.values())
        with connection.cursor() as cursor:
            cursor.execute(
                self.sql,
                [param if place is None else given[place] for param, place in zip(self.params, self.places, strict=True)],
            )
            rows = cursor.fetchall()
        return [tuple(row) for row in self.compiler.apply_converters(rows, self.converters)] if self.converters else rows


def _mark(key: Any, place: int) -> Any:
    """Return a key of the same kind and length that stands nowhere else."""
    if isinstance(key, list):
        return [uuid.uuid4() for _ in key]
    if isinstance(key, date):
        return date.min + timedelta(days=place)
    return uuid.uuid4() if isinstance(key, uuid.UUID) else uuid.uuid4().hex


def _flat(keys: Iterable[Any]) -> list[Any]:
    """Return the keys one after another as this database is given them."""
    return [_given(one) for key in keys for one in (key if isinstance(key, list) else [key])]


def _given(key: Key) -> Any:
    if isinstance(key, uuid.UUID):
        return key if connection.features.has_native_uuid_field else key.hex
    return connection.ops.adapt_datefield_value(key) if isinstance(key, date) else key
