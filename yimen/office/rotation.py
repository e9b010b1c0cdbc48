"""
Changing keys (换钥): count what each key has sealed, seal everything again with the present one, drop a key nobody needs.

Every value stays readable before, during and after; cut off anywhere, it is simply done again. Rows are sealed in short
transactions under a lock, so a page that saves at the same moment loses nothing.
"""

import base64
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import connection, models, transaction

from yimen.office import audit, files
from yimen.office.keys import (
    VaultError,
    add_data_key,
    check_value,
    drop_data_key,
    is_up_to_date,
    key_number,
    keyring,
    seal,
    unseal,
)
from yimen.office.models import KeyCheck
from yimen.office.vault import EncryptedField

ROWS_PER_TRANSACTION = 1000
# The secret of a second factor is sealed before its row has a key, so it is bound to its column only.
SECOND_FACTOR = "mfa_authenticator.data.secret"
Progress = Callable[[str, int, int], None]


def keys_known() -> tuple[int, list[int]]:
    """Return the number of the key in use and the numbers of all keys in the file."""
    return keyring().current, sorted(keyring().data)


def sealed_with() -> Counter[int]:
    """Return how many values and files each key has sealed."""
    counted = Counter(file_key for _, file_key in files.keys_in_use())
    counted.update(key_number(base64.b64decode(one.data["secret"])) for one in _second_factors())
    for model, fields in _sealed_models():
        for row in _rows(model, fields).iterator(chunk_size=5000):
            counted.update(key_number(bytes(value)) for value in row[1:] if value is not None)
    return counted


def rotate(*, at: Any) -> int:
    """Add a fresh key; what is written from now on is sealed with it. Returns its number."""
    number = add_data_key()
    KeyCheck.objects.create(value=check_value(keyring().data[number]))
    audit.write(action="keys.rotate", at=at, key=number)
    return number


def reseal(*, at: Any, progress: Progress = lambda *_: None) -> int:
    """Seal every value and file again that is not sealed with the present key and algorithm; return how many."""
    done = 0
    for model, fields in _sealed_models():
        rows = _rows(model, fields).iterator(chunk_size=5000)
        stale = [row[0] for row in rows if not all(v is None or is_up_to_date(bytes(v)) for v in row[1:])]
        for start in range(0, len(stale), ROWS_PER_TRANSACTION):
            done += _reseal_rows(model, fields, stale[start : start + ROWS_PER_TRANSACTION])
            progress(str(model._meta.verbose_name), min(start + ROWS_PER_TRANSACTION, len(stale)), len(stale))
    done += _reseal_second_factors() + files.reseal()
    audit.write(action="keys.reseal", at=at, values=done)
    return done


def retire(number: int, *, at: Any) -> None:
    """Drop a key for good. Raises VaultError while anything is still sealed with it, or for a key that is not there."""
    if number not in keyring().data:
        raise VaultError(f"没有密钥 {number} 号。")
    left = sealed_with()[number]
    if left:
        raise VaultError(f"还有 {left} 项内容是用密钥 {number} 号加密的。请先运行 yimen keys reseal。")
    # First the database, then the file: cut off between, the key is merely still there.
    KeyCheck.objects.filter(value=check_value(keyring().data[number])).delete()
    drop_data_key(number)
    audit.write(action="keys.retire", at=at, key=number)


def open_one_of_each() -> None:
    """Open one sealed row of every table, showing it to nobody. Raises VaultError if the keys are not those that sealed it."""
    for model, fields in _sealed_models():
        for key, *values in _rows(model, fields)[:1]:
            for field, value in zip(fields, values, strict=True):
                if value is not None:
                    unseal(bytes(value), place=field.place(key))


def _sealed_models() -> Iterator[tuple[type[models.Model], list[EncryptedField]]]:
    for model in apps.get_models():
        fields = [field for field in model._meta.local_fields if isinstance(field, EncryptedField)]
        if fields:
            yield model, fields


def _rows(model: type[models.Model], fields: list[EncryptedField]) -> Any:
    # As they lie in the database: through the model they would open.
    return model._base_manager.values_list("pk", *(field.attname for field in fields))


def _reseal_rows(model: type[models.Model], fields: list[EncryptedField], keys: list[Any]) -> int:
    pk = model._meta.pk
    columns = ", ".join(f"{_quoted(field.column)} = %s" for field in fields)
    sql = f"UPDATE {_quoted(model._meta.db_table)} SET {columns} WHERE {_quoted(pk.column)} = %s"  # noqa: S608
    with transaction.atomic(), connection.cursor() as cursor:
        held = model._base_manager.select_for_update().filter(pk__in=keys)
        rows = list(held.values_list("pk", *(field.attname for field in fields)))
        for key, *values in rows:
            again = [_again(field, key, value) for field, value in zip(fields, values, strict=True)]
            cursor.execute(sql, [*again, pk.get_db_prep_value(key, connection)])
    return len(rows)


def _second_factors() -> Any:
    return Authenticator.objects.filter(type=Authenticator.Type.TOTP)


def _reseal_second_factors() -> int:
    done = 0
    with transaction.atomic():
        for one in _second_factors().select_for_update():
            sealed = base64.b64decode(one.data["secret"])
            if not is_up_to_date(sealed):
                fresh = seal(unseal(sealed, place=SECOND_FACTOR), place=SECOND_FACTOR)
                one.data = one.data | {"secret": base64.b64encode(fresh).decode("ascii")}
                one.save(update_fields=["data"])
                done += 1
    return done


def _quoted(name: str | None) -> str:
    return connection.ops.quote_name(name or "")


def _again(field: EncryptedField, row: object, value: Any) -> bytes | None:
    if value is None or is_up_to_date(bytes(value)):
        return value if value is None else bytes(value)
    place = field.place(row)
    return seal(unseal(bytes(value), place=place), place=place)
