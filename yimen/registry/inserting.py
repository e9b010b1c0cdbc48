"""
Writing many new rows at once (成批写入): the columns of each table are looked up once, not once for every row and value.

`bulk_create` takes half the time of loading a roster; here the same values go through the same fields to the same columns.
"""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models

from yimen.office.vault import EncryptedField


def insert(rows: Sequence[models.Model]) -> None:
    """Insert new rows of one table inside the open transaction; a key that the database counts is left to it."""
    if not rows:
        return
    connection = connections[DEFAULT_DB_ALIAS]
    fields = [one for one in rows[0]._meta.concrete_fields if not isinstance(one, models.AutoField)]
    values = [_value_of(one, connection) for one in fields]
    name = connection.ops.quote_name
    columns = ", ".join(name(str(one.column)) for one in fields)
    marks = ", ".join(["%s"] * len(fields))
    sql = f"INSERT INTO {name(rows[0]._meta.db_table)} ({columns}) VALUES ({marks})"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(sql, [[value(row) for value in values] for row in rows])


def _value_of(field: Any, connection: Any) -> Callable[[models.Model], Any]:
    """Return how a row's value of this field goes into the database; names and numbers are sealed on their way."""
    prepared = (field.target_field if field.remote_field else field).get_db_prep_value
    if isinstance(field, EncryptedField):
        return lambda row: prepared(field.pre_save(row, add=True), connection, prepared=True)
    read = attrgetter(field.attname)
    if isinstance(field, models.CharField) or isinstance(getattr(field, "target_field", None), models.CharField):
        return read
    return lambda row: prepared(read(row), connection, prepared=True)
