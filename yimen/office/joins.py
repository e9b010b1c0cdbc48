"""
Joins (跨表): whoever crosses from one table to a table of people takes the scope along, in whatever shape the query is.

A filter on the rows one starts from is not enough: counting, ordering, grouping or annotating across a foreign key would tell
of rows elsewhere. So every foreign key to or from a scoped table carries the scope in its ON clause.
"""

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models.lookups import GreaterThanOrEqual, LessThan
from django.db.models.sql.where import AND, OR, WhereNode

from yimen.office.access import Scoped, current, upper_end


def guard_joins(tables: Iterable[type[models.Model]]) -> None:
    """Let every foreign key to or from a scoped table filter by the open scope wherever it is joined."""
    for table in tables:
        for field in table._meta.local_fields:
            if isinstance(field, models.ForeignKey) and (_is_scoped(table) or _is_scoped(field.related_model)):
                _guard(field)


def _is_scoped(table: Any) -> bool:
    return isinstance(table, type) and issubclass(table, Scoped)


def _guard(field: Any) -> None:
    def restriction(to_alias: str | None, from_alias: str | None) -> WhereNode | None:
        sides = ((field.related_model, to_alias), (field.model, from_alias))
        inside = [_within(table, alias) for table, alias in sides if alias and _is_scoped(table)]
        return _node(AND, *(one for one in inside if one is not None)) if any(inside) else None

    field.get_extra_restriction = restriction


def _within(table: Any, alias: str) -> WhereNode | None:
    paths = current().paths
    if "" in paths:
        return None
    column = table._meta.get_field("area_path").get_col(alias)
    # Without a post: a range in which nothing lies.
    ranges = [(path, upper_end(path)) for path in paths] or [("", "")]
    return _node(OR, *(_node(AND, GreaterThanOrEqual(column, low), LessThan(column, high)) for low, high in ranges))


def _node(connector: str, *children: Any) -> WhereNode:
    return WhereNode(list(children), connector=connector)
