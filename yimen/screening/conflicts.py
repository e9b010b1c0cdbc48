"""
What may not be received together and is (互斥、择一): for each such pair the row that is asked about, and how sure it is.

Of two the same person or household receives, one row is told: the one decided first, which should have ended when the other
was decided. Where the household receives one and a member the other, it is the member's; whether the household's amount counts
that member nobody has said, so it is to be verified, unless the member is the whole family.
"""

from collections.abc import Mapping, Sequence

import duckdb

from yimen.policies.queries import text

# The words by which a finding about two such benefits is known to its reader.
TOGETHER = "不能同领"
_EXCLUDING = ("互斥", "择一")
_FIRST = "DATE '1900-01-01'"
_BEFORE = f"(coalesce(r.decided_on, {_FIRST}), r.policy) < (coalesce(o.decided_on, {_FIRST}), o.policy)"
_PAIR = "FROM receipt r JOIN barred b ON b.policy = r.policy"
_BOTH_RUN = "NOT r.is_ending AND NOT o.is_ending"


def find_conflicts(con: duckdb.DuckDBPyConnection, relations: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    """
    Make `conflict` from `receipt`: policy, person or household, and the other policies, joined by commas.

    `excluded` are those it certainly may not be received with, `beside` those to be verified; NULL for none.
    """
    pairs = sorted({(policy, other) for policy, held in relations.items() for kind, other in held if kind in _EXCLUDING})
    con.execute("CREATE OR REPLACE TEMP TABLE barred (policy VARCHAR, other VARCHAR)")
    if pairs:
        con.execute("INSERT INTO barred VALUES " + ", ".join(f"({text(one)}, {text(other)})" for one, other in pairs))
    con.execute(f"""CREATE OR REPLACE TEMP TABLE conflict AS
        WITH pair AS (
            SELECT r.policy, r.person, r.household, o.policy AS other, TRUE AS certain
            {_PAIR} JOIN receipt o ON o.policy = b.other AND o.person = r.person WHERE {_BOTH_RUN} AND {_BEFORE}
            UNION ALL SELECT r.policy, r.person, r.household, o.policy, TRUE
            {_PAIR} JOIN receipt o ON o.policy = b.other AND o.household = r.household WHERE {_BOTH_RUN} AND {_BEFORE}
            UNION ALL SELECT r.policy, r.person, NULL, o.policy, coalesce(h.members = 1, FALSE)
            {_PAIR} JOIN lived l ON l.member = r.person JOIN home h ON h.subject = l.subject
            JOIN receipt o ON o.policy = b.other AND o.household = l.subject WHERE {_BOTH_RUN} AND l.counted)
        SELECT policy, person, household, string_agg(DISTINCT other, ',' ORDER BY other) FILTER (certain) AS excluded,
               string_agg(DISTINCT other, ',' ORDER BY other) FILTER (NOT certain) AS beside
        FROM pair GROUP BY policy, person, household""")
