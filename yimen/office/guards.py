"""
Guards of the database (数据库里的防线): the audit, the trail of cases and the accounts of money are only ever added to; the
database itself refuses the rest.

Whoever owns the database can still drop a guard; a grant of its own for the program (see docs/operating.md) keeps that from
the program's account on PostgreSQL.
"""

from typing import Any

AUDIT = "office_auditentry"
TRAIL = "cases_caseevent"
ACCOUNTS = ("benefits_reserveentry", "benefits_reservereceipt", "benefits_charitygift")
# What a venue that stands alone told the centre.
TOLD = "hall_event"
GUARDED = (AUDIT, TRAIL, *ACCOUNTS, TOLD)
_WORDS = {
    AUDIT: "审计记录只能增加，不能修改或删除",
    TRAIL: "办件经过只能增加，不能修改或删除",
    TOLD: "场所的记录只能增加，不能修改或删除",
    **dict.fromkeys(ACCOUNTS, "账目只能增加，不能修改或删除"),
}


def guard(connection: Any, *tables: str) -> None:
    """Make tables refuse change and deletion."""
    with connection.cursor() as cursor:
        for table in tables:
            for statement in (_on_sqlite if connection.vendor == "sqlite" else _on_postgresql)(table, _WORDS[table]):
                cursor.execute(statement)


def unguard(connection: Any, *tables: str) -> None:
    """Take the guards away: for undoing a migration, and for tests that empty their own database."""
    with connection.cursor() as cursor:
        for table in tables:
            if connection.vendor == "sqlite":
                cursor.execute(f"DROP TRIGGER IF EXISTS {_named(table)}_no_update")
                cursor.execute(f"DROP TRIGGER IF EXISTS {_named(table)}_no_delete")
            else:
                cursor.execute(f"DROP FUNCTION IF EXISTS refuse_{_named(table)}_change() CASCADE")


def _named(table: str) -> str:
    # The first guard was made under this name; databases have it.
    return "audit" if table == AUDIT else table


def _on_sqlite(table: str, words: str) -> tuple[str, ...]:
    return tuple(
        f"CREATE TRIGGER {_named(table)}_no_{step.lower()} BEFORE {step} ON {table} BEGIN SELECT RAISE(ABORT, '{words}'); END"
        for step in ("UPDATE", "DELETE")
    )


def _on_postgresql(table: str, words: str) -> tuple[str, ...]:
    name = _named(table)
    refuse = f"refuse_{name}_change()"
    return (
        f"CREATE FUNCTION {refuse} RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{words}'; END $$",
        f"CREATE TRIGGER {name}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {refuse}",
        f"CREATE TRIGGER {name}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {refuse}",
    )


def grants(connection: Any, role: str) -> list[str]:
    """
    Return the statements that let a plain role run the program on PostgreSQL: it owns nothing, changes no table, and may
    only read and add to what is guarded. To be given by the owner after every migration.
    """
    quoted = connection.ops.quote_name(role)
    tables = sorted(connection.introspection.table_names())
    free = ", ".join(connection.ops.quote_name(table) for table in tables if table not in GUARDED)
    kept = ", ".join(connection.ops.quote_name(table) for table in tables if table in GUARDED)
    return [
        f"GRANT USAGE ON SCHEMA public TO {quoted}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {free} TO {quoted}",
        f"REVOKE ALL ON {kept} FROM {quoted}",
        f"GRANT SELECT, INSERT ON {kept} TO {quoted}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {quoted}",
    ]
