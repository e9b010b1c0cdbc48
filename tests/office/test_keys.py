"""Keys that do not fit: the program says so in words and writes nothing; a weak, damaged or missing file never passes."""

import base64
import json

import pytest
from django.db import connection, transaction

from tests.make import NOON, make_household, make_person, make_village
from yimen.office import keys, rotation, vault
from yimen.office.access import System, scope
from yimen.office.audit import reading
from yimen.office.models import KeyCheck
from yimen.office.queries import refuse_foreign_keys
from yimen.office.vault import VaultError
from yimen.registry.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_keys(settings, tmp_path):
    settings.YIMEN_KEYS = tmp_path / "keys"
    keys._forget()
    keys.make_keyring()
    with scope(System("test"), "测试"):
        yield
    keys._forget()


def lose_the_keys():
    keys._keyring_path().unlink()
    keys._forget()


def rewrite(**changes):
    path = keys._keyring_path()
    held = json.loads(path.read_text()) | changes
    path.unlink()
    path.write_text(json.dumps(held))
    keys._forget()


def test_the_keys_that_sealed_the_database_fit_at_every_start():
    refuse_foreign_keys()
    make_person(make_household(make_village()))

    refuse_foreign_keys()

    assert KeyCheck.objects.count() == 2


def test_other_keys_are_refused_in_words_and_nothing_is_written_with_them():
    refuse_foreign_keys()
    home = make_household(make_village())
    lose_the_keys()
    keys.make_keyring()

    with pytest.raises(VaultError, match="密钥与数据库不是一套"):
        refuse_foreign_keys()
    with pytest.raises(VaultError, match="密钥与数据库不是一套"), transaction.atomic():
        make_person(home)
    assert not Person.objects.exists()


def test_a_backup_of_the_keys_from_before_the_last_change_is_refused():
    before = keys._keyring_path().read_text()
    refuse_foreign_keys()
    rotation.rotate(at=NOON)
    refuse_foreign_keys()
    lose_the_keys()
    keys._keyring_path().write_text(before)

    with pytest.raises(VaultError, match="少了用过的旧钥"):
        refuse_foreign_keys()


def test_a_key_that_was_retired_is_not_missed():
    refuse_foreign_keys()
    rotation.rotate(at=NOON)
    rotation.retire(1, at=NOON)

    refuse_foreign_keys()


def test_other_keys_are_refused_even_where_the_database_has_forgotten_its_check_values():
    make_person(make_household(make_village()))
    KeyCheck.objects.all().delete()
    lose_the_keys()
    keys.make_keyring()

    with pytest.raises(VaultError):
        refuse_foreign_keys()
    assert not KeyCheck.objects.exists()


def test_missing_keys_are_named_with_their_place_and_what_to_do():
    lose_the_keys()

    with pytest.raises(VaultError, match="请把备份的密钥放回此处"):
        refuse_foreign_keys()


def weak_files():
    def fresh():
        return base64.b64encode(bytes(range(32))).decode()

    yield "short", {"index": base64.b64encode(b"short").decode()}
    yield "one byte over and over", {"index": base64.b64encode(b"\0" * 32).decode()}
    yield "shared by two purposes", {"index": fresh(), "pseudonym": fresh()}
    yield "shared with the data", {"index": fresh(), "data": {"1": fresh()}}
    yield "not base64", {"pseudonym": "?" * 44}
    yield "current is not there", {"current": 7}


@pytest.mark.parametrize("changes", [changes for _, changes in weak_files()], ids=[name for name, _ in weak_files()])
def test_a_weak_file_of_keys_is_refused_in_words(changes):
    rewrite(**changes)

    with pytest.raises(VaultError, match="不要另造"):
        keys.keyring()


def test_a_damaged_file_of_keys_is_refused_in_words():
    keys._keyring_path().unlink()
    keys._keyring_path().write_text("{")
    keys._forget()

    with pytest.raises(VaultError, match="已损坏"):
        keys.keyring()


def test_a_running_server_notices_a_change_of_keys_made_beside_it(monkeypatch):
    monkeypatch.setattr(keys, "LOOK_EVERY", 0)
    vault.seal("先", place="t.c.1")
    path = keys._keyring_path()
    held = json.loads(path.read_text())
    held["data"]["2"], held["current"] = base64.b64encode(bytes(range(100, 132))).decode(), 2
    beside = path.with_suffix(".other")
    beside.write_text(json.dumps(held))
    beside.replace(path)

    assert keys.key_number(vault.seal("后", place="t.c.1")) == 2


def test_two_people_whose_sealed_names_were_exchanged_in_the_database_do_not_open():
    home = make_household(make_village())
    first, second = make_person(home, name="沈小满"), make_person(home, name="沈立秋", number=2, relation="子")
    table = Person._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT name, id_number FROM {table} ORDER BY id_index")
        (name, number), _ = cursor.fetchall()
        cursor.execute(f"UPDATE {table} SET name = %s WHERE id_index LIKE %s", [name, "%2"])
        cursor.execute(f"UPDATE {table} SET name = %s WHERE id_index LIKE %s", [number, "%1"])

    with reading("核实"):
        for person in (first, second):
            with pytest.raises(VaultError, match="不符"):
                Person.objects.get(pk=person.pk).name
