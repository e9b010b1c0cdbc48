"""Which of several statements counts: trust, validity, age, corrections, differences."""

from datetime import date

import pytest

from yimen.evidence.current import Current, Said, current_values
from yimen.policies.model import Fact
from yimen.screening.queries import current_rules

ON = date(2026, 12, 1)


@pytest.fixture(scope="module")
def facts():
    return current_rules().catalogue.facts


def said(fact: Fact, source: str, value, day: str, *, until: str | None = None, recorded: int = 0, key: str = "") -> Said:
    ends = [one for one in (fact.valid_until(date.fromisoformat(day)), date.fromisoformat(until) if until else None) if one]
    return Said(fact.name, value, source, date.fromisoformat(day), min(ends, default=None), key, recorded)


def income(facts, *rows, on=ON) -> Current:
    """The current 月收入 (trust: 核对, 入户, 申报; valid 12 months)."""
    return current_values([said(facts["月收入"], *row) for row in rows], facts, on=on)["月收入"]


def test_the_most_trusted_source_counts_although_a_less_trusted_one_is_newer(facts):
    current = income(facts, ("申报", 100, "2026-11-20"), ("核对", 900, "2026-06-01"), ("入户", 300, "2026-11-01"))
    assert (current.value, current.said.source) == (900, "核对")


def test_of_one_source_the_newest_counts(facts):
    assert income(facts, ("核对", 900, "2026-06-01"), ("核对", 800, "2026-07-01"), ("核对", 700, "2026-05-01")).value == 800


def test_an_expired_word_of_a_trusted_source_makes_way_for_a_valid_one_of_another(facts):
    current = income(facts, ("核对", 900, "2025-06-01"), ("申报", 100, "2026-11-20"))
    assert (current.value, current.said.source, current.contradicted) == (100, "申报", False)


@pytest.mark.parametrize(("on", "value"), [(date(2027, 6, 1), 900), (date(2027, 6, 2), None)])
def test_a_fact_counts_to_its_last_day_and_not_a_day_longer(facts, on, value):
    current = income(facts, ("核对", 900, "2026-06-01"), on=on)
    assert current.value == value
    assert (current.expired is None) == (value is not None)


def test_a_certificate_that_ran_out_ends_what_was_said_with_it(facts):
    row = said(facts["残疾等级"], "残联", 2, "2026-06-01", until="2026-11-30")
    current = current_values([row], facts, on=ON)["残疾等级"]
    assert (current.value, current.expired) == (None, row)


def test_a_correction_sent_later_about_the_same_day_stands_above_what_it_corrects(facts):
    fact = facts["月收入"]
    wrong = said(fact, "核对", 9000, "2026-11-01", recorded=1_790_000_000, key="0")
    right = said(fact, "核对", 900, "2026-11-01", recorded=1_790_000_060, key="f")
    for rows in ([wrong, right], [right, wrong]):
        assert current_values(rows, facts, on=ON)["月收入"].value == 900


def test_a_newer_word_of_a_less_trusted_source_is_a_difference_and_an_older_one_is_none(facts):
    assert income(facts, ("核对", 900, "2026-06-01"), ("入户", 2000, "2026-11-01")).contradicted
    assert not income(facts, ("核对", 900, "2026-06-01"), ("入户", 2000, "2026-05-01")).contradicted
    assert not income(facts, ("核对", 900, "2026-06-01"), ("入户", 900, "2026-11-01")).contradicted


def test_a_new_check_by_the_trusted_source_settles_a_difference(facts):
    rows = [("核对", 900, "2026-06-01"), ("入户", 2000, "2026-11-01")]
    assert income(facts, *rows).contradicted
    settled = income(facts, *rows, ("核对", 1900, "2026-11-20"))
    assert (settled.value, settled.contradicted) == (1900, False)


def test_what_is_said_about_a_day_to_come_does_not_count_yet(facts):
    assert current_values([said(facts["月收入"], "核对", 900, "2026-12-02")], facts, on=ON) == {}


def test_who_may_not_state_a_fact_is_not_heard(facts):
    assert current_values([Said("残疾等级", 1, "住建", ON, None)], facts, on=ON) == {}
