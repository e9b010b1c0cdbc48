"""
From which month an ended grant is paid no more (停发): after the confirmation, or, where somebody has died or has reached the
age, by the month of that day. Whether that month itself is still paid is a local parameter; what is not entered is not guessed.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from yimen.benefits.models import Grant
from yimen.cases.grounds import NotDecided
from yimen.cases.months import next_month
from yimen.cases.words import EndCause
from yimen.registry.queries import born_on, death_of
from yimen.screening.queries import current_rules, parameter_at

# True: the month of the day is not paid any more (当月停发); false: it is the last one paid (次月停发).
SAME_MONTH = {EndCause.DIED: "死亡当月停发", EndCause.AGED: "满龄当月停发"}
AGE = re.compile(r"年满(\d+)周岁的当月或次月")
HAPPENED = {EndCause.DIED: "去世", EndCause.AGED: "年满规定年龄"}


@dataclass(frozen=True)
class Stop:
    """The last day an ended grant is paid for, and why, in words."""

    last_day: date
    words: str


def day_of(grant: Grant, cause: EndCause, *, on: date) -> date:
    """
    Return the day on which somebody died, or the last of a household did (去世), or on which they reached the age (满龄).

    Raises NotDecided where the roster knows no such day, or the policy no such age.
    """
    if cause == EndCause.DIED:
        died_on = death_of(person_id=grant.person_id, household_id=grant.household_id, on=on)
        if died_on is None:
            whom = "这个人" if grant.person_id else "这一户的人都"
            raise NotDecided(f"名册里没有{whom}去世的日期，请先在名册里登记死亡日期。还有人活着的户，走调整或按人终止。")
        return died_on
    policy = current_rules().policy(grant.policy)
    age = AGE.search(policy.pays_until) if policy is not None else None
    if age is None or grant.person_id is None:
        raise NotDecided(f"“{policy.name if policy else grant.policy}”没有年满多少岁停发的规定，请按情况变化终止。")
    birthday = _birthday(born_on(person_id=grant.person_id), int(age[1]))
    if birthday > on:
        raise NotDecided(f"他 {birthday} 才满 {age[1]} 周岁，还没有到。")
    return birthday


def _birthday(born: date, age: int) -> date:
    # Whoever is born on the 29th of February comes of age on the 1st of March in a year without it.
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def reckon_stop(grant: Grant, cause: EndCause, *, confirmed_on: date) -> Stop:
    """Reckon the last day of a grant ended for a cause, were it confirmed on a day. Raises NotDecided as `day_of` does."""
    by_decision = next_month(confirmed_on) - timedelta(days=1)
    happened_on = day_of(grant, cause, on=confirmed_on)
    held = parameter_at(SAME_MONTH[cause], area_path=grant.area_path, on=confirmed_on, rules=current_rules())
    said = f"{happened_on} {HAPPENED[cause]}"
    if held is None or not isinstance(held.value, bool):
        return Stop(by_decision, f"{said}；本地参数“{SAME_MONTH[cause]}”没有录入，从确认的次月停")
    first = happened_on.replace(day=1)
    paid_to = first - timedelta(days=1) if held.value else next_month(happened_on) - timedelta(days=1)
    last_day = max(min(paid_to, by_decision), grant.starts_on)
    how = "当月" if held.value else "次月"
    source = f"，{held.document}" if held.document else ""
    return Stop(last_day, f"{said}，{how}停（本地参数“{SAME_MONTH[cause]}”{source}）：发到 {last_day}；多发的另办追缴")
