"""
Guards of the database (数据库里的防线): the audit is only ever added to; the database itself refuses the rest.

Whoever owns the database can still drop a guard; a grant of its own for the program (see docs/operating.md) keeps that from
the program's account on PostgreSQL.
"""

from typing import Any

_WORDS = "审计记录只能增加，不能修改或删除"
_SQLITE = (
    f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON office_auditentry BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END",
    f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON office_auditentry BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END",
)
_POSTGRESQL = (
    f"CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{_WORDS}'; END $$",
    "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON office_auditentry "
    "FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()",
    "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON office_auditentry "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()",
)


def guard_audit(connection: Any) -> None:
    """Make the audit table refuse change and deletion."""
    with connection.cursor() as cursor:
        for statement in _SQLITE if connection.vendor == "sqlite" else _POSTGRESQL:
            cursor.execute(statement)


def unguard_audit(connection: Any) -> None:
    """Take the guard away: for undoing the migration, and for tests that empty their own database."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER IF EXISTS audit_no_update")
            cursor.execute("DROP TRIGGER IF EXISTS audit_no_delete")
        else:
            cursor.execute("DROP FUNCTION IF EXISTS refuse_audit_change() CASCADE")
