"""
The vault (保险箱): names, ID numbers, phones and accounts lie encrypted, each bound to its table, column and row.

A value moved to another row, column or table cannot be opened. Exact look-up goes through a keyed blind index.
Opening a value needs an open `audit.reading`, which notes whom it was about.
"""

from typing import Any

from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models

from yimen.office import audit
from yimen.office.keys import (
    VaultError,
    blind_index,
    derived_key,
    keyring,
    make_keyring,
    narrow_index,
    pseudonym,
    reread,
    seal,
    signing_key,
    unseal,
)
from yimen.office.models import KeyCheck

__all__ = [
    "EncryptedField",
    "Sealed",
    "VaultError",
    "blind_index",
    "derived_key",
    "make_keyring",
    "narrow_index",
    "pseudonym",
    "seal",
    "signing_key",
    "unseal",
]


_fitting: set[frozenset[str]] = set()


def refuse_to_write_with_foreign_keys() -> None:
    """Raise VaultError, in words, if this database was sealed with other keys; asked once by every process, before it writes."""
    ours = frozenset(keyring().check_values())
    if ours in _fitting:
        return
    held = set(KeyCheck.objects.values_list("value", flat=True))
    if held - ours - reread().check_values():
        raise VaultError(
            "密钥与数据库不是一套，或少了用过的旧钥：现有的姓名和证件号码用这套密钥打不开。请换回原来的密钥"
            f"（{settings.YIMEN_KEYS}）；如果刚才是在没有密钥的情况下启动的，程序新造了一套，可以用备份覆盖它。"
        )
    if held:
        _fitting.add(ours)


class Sealed(bytes):
    """A value as it lies in the database; it opens only on its own row."""


class _Opener:
    """Opens the value when the attribute is read, and keeps the open text on the instance only."""

    def __init__(self, field: "EncryptedField") -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type | None = None) -> Any:
        if instance is None:
            return self
        value = instance.__dict__.get(self.field.attname)
        return self.field.opened(value, instance.pk) if isinstance(value, Sealed) else value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedField(models.BinaryField):  # type: ignore[type-arg]
    """
    A text kept encrypted (AES-256-GCM), bound to its table, column and row.

    The row needs its key before it is saved (a random UUID). Filtering on it raises: an encrypted value equals nothing.
    """

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, _Opener(self))

    def place(self, row: object) -> str:
        """Return where a value of this column belongs: table, column and row."""
        return f"{self.model._meta.db_table}.{self.column}.{row}"

    def opened(self, value: Sealed, row: object) -> str:
        """Return the open text of a value of this row; it notes whom it was about, so it needs an open reading."""
        audit.saw(row)
        return unseal(value, place=self.place(row))

    def from_db_value(self, value: Any, *_: Any) -> Sealed | None:
        return None if value is None else Sealed(bytes(value))

    def pre_save(self, instance: models.Model, add: bool) -> Any:
        value = instance.__dict__.get(self.attname)
        if value is None or isinstance(value, Sealed):
            return value
        refuse_to_write_with_foreign_keys()
        return Sealed(seal(str(value), place=self.place(instance.pk)))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is not None and not isinstance(value, Sealed):
            # Reached by update() and bulk_update(), which do not know the row: an open text must never be written.
            raise FieldError(f"{self.name} 是加密字段，只能随整行保存。")
        return super().get_db_prep_value(value, connection, prepared)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise FieldError(f"{self.name} 是加密字段，不能用来筛选；请用它的盲索引。")
