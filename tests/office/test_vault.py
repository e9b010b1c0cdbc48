import pytest
from django.core.exceptions import FieldError
from django.db import connection

from tests.make import make_household, make_person, make_village
from yimen.office.access import System, scope
from yimen.office.audit import NoReading, reading
from yimen.office.models import AuditEntry
from yimen.office.vault import VaultError, seal, unseal
from yimen.registry.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    with scope(System("test"), "测试"):
        yield make_person(make_household(make_village()))


def test_a_name_lies_encrypted_and_opens_inside_a_reading(person):
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, id_number FROM registry_person")
        stored = b"".join(bytes(value) for value in cursor.fetchone())

    with reading("核实"):
        opened = Person.objects.get(pk=person.pk).name

    assert "沈小满".encode() not in stored
    assert person.id_number.encode() not in stored
    assert opened == "沈小满"


def test_a_name_does_not_open_without_a_purpose(person):
    with pytest.raises(NoReading):
        Person.objects.get(pk=person.pk).name


def test_a_reading_leaves_one_row_with_the_person_under_a_pseudonym(person):
    with reading("核实"):
        fresh = Person.objects.get(pk=person.pk)
        fresh.name, fresh.id_number

    entry = AuditEntry.objects.get()
    assert (entry.purpose, entry.count) == ("核实", 1)
    assert str(person.pk) not in entry.subjects


def test_a_value_moved_to_another_row_does_not_open():
    sealed = seal("沈小满", place="registry_person.name.1")

    with pytest.raises(VaultError):
        unseal(sealed, place="registry_person.name.2")


def test_ten_thousand_seals_of_one_text_are_all_different():
    assert len({seal("沈小满", place="t.c.1") for _ in range(10_000)}) == 10_000


def test_filtering_on_an_encrypted_field_raises_instead_of_finding_nothing(person):
    with pytest.raises(FieldError):
        Person.objects.filter(name="沈小满").exists()
