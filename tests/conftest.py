import pytest
from django.db import connection

from yimen.office import vault
from yimen.office.guards import unguard_audit


@pytest.fixture(scope="session", autouse=True)
def _keys():
    vault.make_keyring()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Tests empty their tables, the audit too; that the database refuses it is a test of its own."""
    with django_db_blocker.unblock():
        unguard_audit(connection)
