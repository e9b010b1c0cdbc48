from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests import tables
from tests.hall.cluster import NEEDED
from yimen.office import vault
from yimen.office.guards import GUARDED, unguard

# A busy machine is slow, not wrong.
settings.register_profile("yimen", deadline=None)
settings.load_profile("yimen")

# Begun first, so that the processes end together; the others take what is left.
LONGEST = (
    "tests/journeys/business/",
    # While one process builds the county of the journeys, the other has something else to do.
    "tests/jobs/test_worker.py",
    "tests/journeys/",
    "tests/web/test_foreign.py",
    "tests/screening/",
    "tests/cases/test_kills.py",
    "tests/hall/test_kills",
    "tests/policies/test_agreement.py",
    "tests/jobs/test_county.py",
    "tests/web/test_pages.py",
    "tests/jobs/test_looking_again.py",
    "tests/benefits/",
    "tests/web/",
)


class Together(LoadScopeScheduling):
    """A file's tests stay on one process, so that what it builds is built once; so do the journeys through one house."""

    def __init__(self, config, log=None):
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid):
        file = nodeid.split("::")[0]
        return file.rpartition("/")[0] if file.startswith("tests/journeys/") else file


def pytest_xdist_make_scheduler(config, log):
    return Together(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Put the longest first; within a file the order stays."""
    items.sort(key=lambda item: next((place for place, name in enumerate(LONGEST) if item.nodeid.startswith(name)), len(LONGEST)))


@pytest.fixture(scope="session", autouse=True)
def _keys():
    vault.make_keyring()


@pytest.fixture(autouse=True)
def _nothing_kept_in_mind():
    """What a process keeps in mind for some minutes was another test's."""
    cache.clear()


@pytest.fixture(scope="session")
def django_db_keepdb():
    """On SQLite the tables are a copy, in a folder that vanishes; migrating finds nothing left to do."""
    return connection.vendor == "sqlite"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    """Put the empty tables where the test database is looked for."""
    if connection.vendor == "sqlite":
        tables.place(Path(connection.settings_dict["TEST"]["NAME"]))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Tests empty their tables, the guarded ones too; that the database refuses it is a test of its own."""
    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            tables.keep(Path(connection.settings_dict["NAME"]))
        unguard(connection, *GUARDED)


def pytest_terminal_summary(terminalreporter):
    """Say in one line each where the journeys, or what needs a PostgreSQL of its own, could not be run."""
    skipped = terminalreporter.stats.get("skipped", [])
    missed = sum("no Chromium" in str(report.longrepr) for report in skipped)
    if missed:
        terminalreporter.write_line(f"{missed} browser journeys were not run: no Chromium here (Debian: apt install chromium).")
    missed = sum("no PostgreSQL here" in str(report.longrepr) for report in skipped)
    if missed:
        terminalreporter.write_line(f"{missed} tests of a PostgreSQL that stops were not run: {NEEDED}.")
