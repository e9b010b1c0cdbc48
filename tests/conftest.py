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


def pytest_terminal_summary(terminalreporter):
    """Say in one line where the journeys could not be run."""
    skipped = terminalreporter.stats.get("skipped", [])
    missed = sum("no Chromium" in str(report.longrepr) for report in skipped)
    if missed:
        terminalreporter.write_line(f"{missed} browser journeys were not run: no Chromium here (Debian: apt install chromium).")
