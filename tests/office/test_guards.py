"""The database itself keeps the audit, and the program refuses to start with a table of people that forgets its area."""

import pytest
from django.db import DatabaseError, connection, models, transaction
from django.db.utils import ConnectionHandler

from tests.make import NOON
from yimen.office import audit
from yimen.office.access import System, scope
from yimen.office.checks import every_table_is_scoped_or_says_so
from yimen.office.guards import AUDIT, guard, unguard
from yimen.office.models import AuditEntry
from yimen.settings import _database


@pytest.fixture
def entry(db):
    guard(connection, AUDIT)
    with scope(System("test"), "测试"):
        audit.write(action="read", at=NOON)
    yield AuditEntry.objects.get()
    unguard(connection, AUDIT)


def test_an_audit_row_can_be_added_and_nothing_else(entry):
    for spoil in (lambda: AuditEntry.objects.update(actor="别人"), lambda: AuditEntry.objects.all()._raw_delete("default")):
        with pytest.raises(DatabaseError, match="只能增加"), transaction.atomic():
            spoil()
    assert AuditEntry.objects.get().actor == entry.actor


@pytest.mark.django_db
def test_the_embedded_database_loses_nothing_that_it_has_confirmed(tmp_path):
    held = ConnectionHandler({"default": _database("") | {"NAME": tmp_path / "one.sqlite3"}})["default"]
    try:
        with held.cursor() as cursor:
            names = ("journal_mode", "synchronous", "foreign_keys")
            said = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in names]
    finally:
        held.close()

    # 2 is FULL: what was confirmed is on the disk.
    assert said == ["wal", 2, 1]
    assert (held.transaction_mode, held.settings_dict["ATOMIC_REQUESTS"]) == ("IMMEDIATE", False)


def test_the_tables_there_are_scoped_or_say_that_they_are_not():
    assert every_table_is_scoped_or_says_so() == []


def test_a_table_of_people_that_forgets_its_area_is_an_error():
    class Diary(models.Model):
        """What people told us."""

        class Meta:
            app_label = "office"

    try:
        Diary.__module__ = "yimen.office.models"
        assert [problem.id for problem in every_table_is_scoped_or_says_so()] == ["yimen.E001"]
    finally:
        from django.apps import apps

        del apps.all_models["office"]["diary"]
        apps.clear_cache()
