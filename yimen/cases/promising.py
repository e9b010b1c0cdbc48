"""
Promised days (承诺期限): how many working days a place promises for one policy, shorter than the law's.

A local parameter “<policy>承诺工作日”; not entered, nothing is promised. A promise is explained on the receipt beside the
law's own day. It moves no due date: late is who is late by law.
"""

from dataclasses import dataclass
from datetime import date

from yimen.cases.clock import Happened, deadlines
from yimen.cases.dues import DELEGATED, policy_of
from yimen.cases.models import Decision
from yimen.office.calendar import Calendar, Due, after_workdays
from yimen.policies.queries import Rules
from yimen.screening.queries import parameter_at, true_parameters

PROMISED_DAYS = "{policy}承诺工作日"


@dataclass(frozen=True)
class Promise:
    """By which day a place promises a decision, the law's day (None: no single one), and both explained in one line."""

    due: Due
    lawful: Due | None
    line: str


def promise_of(decision: Decision, accepted_on: date | None, *, held: Calendar, rules: Rules) -> Promise | None:
    """Return what the place promised on the day of acceptance; None before it, or where that is not less than the law."""
    on, area = accepted_on, decision.area_path
    if on is None:
        return None
    policy = policy_of(decision, rules=rules, on=on)
    if policy is None:
        return None
    entered = parameter_at(PROMISED_DAYS.format(policy=policy.name), area_path=area, on=on, rules=rules)
    if entered is None or not entered.text.isdigit():
        return None
    due = after_workdays(held, on, int(entered.text))
    whole = [one for one in policy.limits if (one.starts, one.ends) == ("受理", "决定") and not one.causes]
    true = true_parameters({DELEGATED, *(one.when for one in whole if one.when)}, area_path=area, on=on, rules=rules)
    lawful = next(iter(deadlines(whole, [Happened("受理", on)], held, true_parameters=true)), None)
    if lawful is not None and due.on >= lawful.due.on:
        return None
    promised = f"承诺 {due.on}（{entered.text} 个工作日，{entered.document or '本地承诺'}）"
    by_law = f"法定 {lawful.due.on}（{lawful.basis}），" if lawful else ""
    return Promise(due, lawful.due if lawful else None, f"{by_law}{promised}")
