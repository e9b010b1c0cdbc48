"""On PostgreSQL the program runs as a role that owns nothing: the grants suffice for a whole case, and what is kept is kept."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import ProgrammingError, connection, transaction

from tests.cases.town import accepted, declare, make_town, noon, proposed
from yimen.benefits.models import Grant
from yimen.cases import actions
from yimen.cases.models import CaseEvent
from yimen.office.guards import GUARDED, grants
from yimen.office.models import AuditEntry

pytestmark = pytest.mark.django_db
NURSING = "disability_nursing_subsidy"
needs_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no roles")


@pytest.fixture
def plain():
    """Make a plain role, give it the grants, and be it until the test is rolled back."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE yimen_plain NOLOGIN")
        cursor.execute("GRANT yimen_plain TO CURRENT_USER")
        for statement in grants(connection, "yimen_plain"):
            cursor.execute(statement)
        # What an action of a test before has left to be checked is checked now.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL ROLE yimen_plain")
        yield cursor
        cursor.execute("RESET ROLE")


@needs_postgresql
def test_a_case_goes_from_acceptance_to_a_grant(plain):
    town = make_town()
    declare(town, {"残疾等级": 1, "需长期照护": True}, source="残联")
    declare(town, {"领取工伤护理费": False}, source="人社")
    case = accepted(town, actions.Asked(NURSING, town.person.pk))
    decision = proposed(town, case, NURSING)
    with town.at_desk(town.approver):
        actions.confirm(decision=decision.pk, by=town.approver, at=noon(2))

        assert Grant.objects.count() == 1
        assert CaseEvent.objects.filter(case=case, step="confirm").exists()
    assert AuditEntry.objects.filter(action="case.confirm").exists()


@needs_postgresql
@pytest.mark.parametrize("table", GUARDED)
def test_what_is_only_added_to_cannot_be_changed_removed_or_unguarded(plain, table):
    for spoil in (
        f"UPDATE {table} SET at = now()",
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
        f"ALTER TABLE {table} DISABLE TRIGGER ALL",
        f"DROP TABLE {table} CASCADE",
    ):
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), transaction.atomic():
            plain.execute(spoil)


def test_the_embedded_database_needs_no_grants():
    if connection.vendor != "postgresql":
        with pytest.raises(CommandError, match="SQLite"):
            call_command("grants", "yimen_web")
