"""The audit: one row a page, search or file, whatever became of it; what cannot be written down is not shown."""

import os

import pytest
from django.db import DatabaseError, transaction

from tests.make import NOON, make_household, make_person, make_staff, make_village
from yimen.office import audit, files
from yimen.office.access import OutsideScope, System, scope
from yimen.office.audit import NoReading, comparing, reading, saw
from yimen.office.models import AuditEntry
from yimen.registry.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    with scope(System("test"), "测试"):
        home = make_household(make_village())
        make_person(home)
        make_person(home, name="沈立秋", number=2, relation="子")
        yield Person.objects.order_by("id_index")


@pytest.fixture
def broken_audit(monkeypatch):
    def refuse(**_):
        raise DatabaseError("disk full")

    monkeypatch.setattr(AuditEntry.objects, "create", refuse)


def test_a_page_of_two_people_is_one_row_that_counts_both(people):
    with reading("查看家庭", page="household"):
        for person in people:
            person.name, person.id_number, person.name

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.purpose, entry.count, entry.refused) == ("read", "查看家庭", 2, False)
    assert len(entry.subjects) == 2
    assert not {str(person.pk) for person in people} & set(entry.subjects)


def test_the_row_says_who_and_from_where(people):
    with scope(make_staff(), "/people/", address="10.0.0.7"), reading("查人"):
        pass

    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.address, entry.count) == ("clerk", "10.0.0.7", 0)


def test_a_reading_inside_another_is_one_row(people):
    with reading("查看"), reading("查看家庭"):
        saw(people[0].pk)

    assert AuditEntry.objects.get().purpose == "查看"


def test_what_ends_in_a_refusal_is_written_down_as_refused(people):
    with pytest.raises(Person.DoesNotExist), reading("查看家庭"):
        Person.objects.get(pk="00000000-0000-0000-0000-000000000000")

    entry = AuditEntry.objects.get()
    assert (entry.purpose, entry.refused) == ("查看家庭", True)
    with pytest.raises(NoReading):
        people[0].name


def test_what_breaks_its_own_transaction_is_told_by_its_own_error(people):
    with pytest.raises(DatabaseError, match=r"UNIQUE|unique"), transaction.atomic(), reading("登记"):
        Person.objects.create(
            name="甲",
            id_number="1",
            id_index=people[0].id_index,
            born_on=NOON.date(),
            sex="男",
            area_path=people[0].area_path,
            changed_at=NOON,
        )


def test_a_read_that_cannot_be_written_down_is_refused(people, broken_audit):
    with pytest.raises(DatabaseError, match="disk full"), reading("查看家庭"):
        people[0].name


def test_a_file_that_cannot_be_written_down_gives_no_content(people, broken_audit, settings, tmp_path):
    settings.YIMEN_HOME = tmp_path
    key = files.put(b"content", kind="test", name="a.bin", area_path="99.", at=NOON)

    with pytest.raises(DatabaseError, match="disk full"):
        files.open_file(key, purpose="下载")


def test_an_upload_that_a_crash_left_open_is_swept_after_a_day(settings, tmp_path):
    settings.YIMEN_HOME, settings.FILE_UPLOAD_TEMP_DIR = tmp_path, tmp_path / "incoming"
    (tmp_path / "incoming").mkdir()
    old, new = tmp_path / "incoming" / "old.upload", tmp_path / "incoming" / "new.upload"
    for path in (old, new):
        path.write_bytes(b"open")
    os.utime(old, (0, 0))

    assert files.sweep_orphans() == 1
    assert (old.exists(), new.exists()) == (False, True)


def test_comparing_names_nobody_until_a_hit_and_needs_a_reading(people):
    with pytest.raises(NoReading), comparing():
        pass
    with reading("查人"):
        with comparing():
            assert [person.name for person in people] == ["沈小满", "沈立秋"]
        saw(people[1].pk)

    assert AuditEntry.objects.get().count == 1


def test_nothing_is_written_down_for_nobody():
    with pytest.raises(OutsideScope):
        audit.write(action="read", at=NOON)
    assert not AuditEntry.objects.exists()
