"""
The details of candidates (线索详情): from a candidate of the kernel to a finding that can explain itself, or to nothing.

A decision already taken stands until its next review unless something newer speaks against it; so a wrong or a recheck
needs a fact younger than the decision, or a review that is overdue, and nobody misses anew what was given once for the same.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb

from yimen.evidence.queries import Current, Said, said_by
from yimen.policies.model import Policy
from yimen.policies.queries import Answer, Explainer, Rules, Where, margin_yuan
from yimen.screening.conflicts import TOGETHER
from yimen.screening.homes import Home, HomeFacts, Receipt, Someone, facts_of_home
from yimen.screening.kernel import SOON_DAYS, Candidate
from yimen.screening.registered import KIND_OF, Registered

_NO_DATE = date.min


@dataclass(frozen=True)
class Draft:
    """A finding to be: the candidate, its conditions and the facts behind them as JSON, a reason in words, a day."""

    candidate: Candidate
    version: str
    conditions: list[dict[str, Any]]
    facts: list[dict[str, Any]]
    amount: Decimal | None
    reason: str
    due_on: date | None = None


@dataclass
class Detailer:
    """Explains candidates one household at a time, from the tables the kernel left in the connection."""

    rules: Rules
    on: date
    explainers: dict[Where, Explainer] = field(default_factory=dict)

    def details(self, con: duckdb.DuckDBPyConnection, candidates: Sequence[Candidate]) -> list[Draft]:
        """Return the findings to be; a candidate that the decision taken still covers gives none."""
        homes = homes_from(con, {subject_of(candidate) for candidate in candidates}, self.rules)
        drafts = []
        for candidate in candidates:
            home = homes.get(candidate.household) or homes.get(candidate.person or "")
            if candidate.person and candidate.person in homes:
                home = homes[candidate.person]
            draft = self._draft(candidate, home) if home else None
            if draft:
                drafts.append(draft)
        return drafts

    def _draft(self, candidate: Candidate, home: Home) -> Draft | None:
        known = facts_of_home(home, self.rules.catalogue.facts, self.on)
        place, answer = self._answer(candidate, home, known, self.on)
        receipt = _receipt(home, place, candidate.policy)
        reason, due_on = "", None
        if candidate.kind == "wrong":
            reason = self._why_wrong(candidate, home, known, place, answer, receipt)
        elif candidate.kind == "recheck":
            reason = self._why_recheck(candidate, known, place, answer, receipt)
        elif candidate.kind == "soon":
            due_on = self._due_on(candidate, home, known)
            reason = f"{_day(due_on)}起符合" if due_on else ""
        elif self._given_since(home, known, place, answer):
            return None
        else:
            reason = _choice(answer, self._all(home, known), place)
        if not reason and candidate.kind != "missed":
            return None
        return Draft(candidate, answer.policy.version, *self.story(answer, known, place), answer.amount, reason, due_on)

    def explainer(self, home: Home, on: date) -> Explainer:
        """Return the explainer of a place, category and day, made once."""
        # Villages of one county share its parameters, so the explainer is kept by the county.
        where = Where(on, tuple(code for code in home.areas if len(code) <= self.rules.deepest), home.category)
        if where not in self.explainers:
            self.explainers[where] = Explainer(self.rules, where)
        return self.explainers[where]

    def _all(self, home: Home, known: HomeFacts, on: date | None = None) -> tuple[list[Answer], list[list[Answer]]]:
        answers = self.explainer(home, on or self.on).household(
            known.given,
            known.given_members,
            receives=known.receives,
            receives_members=known.receives_members,
            incomplete=home.incomplete,
        )
        return answers.household, answers.members

    def _answer(self, candidate: Candidate, home: Home, known: HomeFacts, on: date) -> tuple[int | None, Answer]:
        household, members = self._all(home, known, on)
        place = _place(home, candidate.person)
        answers = household if place is None else members[place]
        return place, next(answer for answer in answers if answer.policy.id == candidate.policy)

    def _given_since(self, home: Home, known: HomeFacts, place: int | None, answer: Answer) -> bool:
        """Say whether it was given once (一次性) and nothing it rests on was said anew since: it was given for just that."""
        given_on = (home if place is None else home.people[place]).given_once.get(answer.policy.id)
        if given_on is None:
            return False
        names = {name for one in answer.conditions for name in self._names(one.expression, answer.policy)}
        return all(said.is_registered or said.stated_on <= given_on for said in self._said(names, known, place))

    def _why_wrong(
        self, candidate: Candidate, home: Home, known: HomeFacts, place: int | None, answer: Answer, receipt: Receipt | None
    ) -> str:
        both = self._others(candidate, "excluded")
        if both:
            return f"同时在领“{both}”，{TOGETHER}，请核实该停哪一项"
        failing = [one for one in answer.conditions if one.value is False]
        if not failing or not self._above_threshold(answer, home, known, place):
            return ""
        words = "、".join(one.name for one in failing)
        if "overdue" in candidate.why and receipt:
            return f"不再符合“{words}”，且复核已到期（应于{_day(receipt.next_review_on)}复核）"
        decided_on = receipt.decided_on if receipt else _NO_DATE
        names = {name for one in failing for name in self._names(one.expression, answer.policy)}
        newest = [said for said in self._said(names, known, place) if said.stated_on > decided_on]
        if newest or self._changed_by_itself(candidate, home, known, failing, decided_on, names):
            return f"不再符合“{words}”"
        return ""

    def _changed_by_itself(
        self, candidate: Candidate, home: Home, known: HomeFacts, failing: Sequence[Any], decided_on: date, names: set[str]
    ) -> bool:
        """Say whether a death, a birthday, a lost standing or a new parameter came after the decision."""
        facts = self.rules.catalogue.facts
        person = next((one.registered for one in home.people if one.registered.key == candidate.person), None)
        if person and person.died_on and "已死亡" in names:
            return person.died_on > decided_on
        # Who receives it has the standing that it gives: that one was not lost.
        if any("认定" in facts[name].sources and KIND_OF.get(name) != candidate.policy for name in names if name in facts):
            return True
        if any(self._parameter_changed(name, home, decided_on) for name in names if name not in facts):
            return True
        if not names & {"出生日期"} or decided_on == _NO_DATE:
            return False
        _, before = self._answer(candidate, home, known, max(decided_on, self._first_day(candidate.policy)))
        then = {one.name: one.value for one in before.conditions}
        return any(then.get(one.name) is not False for one in failing)

    def _first_day(self, policy: str) -> date:
        return max(one.starts_on for one in self.rules.policies if one.id == policy and one.starts_on <= self.on)

    def _parameter_changed(self, name: str, home: Home, decided_on: date) -> bool:
        found = self.rules.parameters.find(name, areas=home.areas, category=home.category, on=self.on)
        before = self.rules.parameters.find(name, areas=home.areas, category=home.category, on=decided_on)
        return found is not None and before is not None and found.value != before.value

    def _above_threshold(self, answer: Answer, home: Home, known: HomeFacts, place: int | None) -> bool:
        """Say whether the excess reaches the county's threshold (错救起报); without a threshold every excess does."""
        name = answer.policy.threshold
        found = name and self.rules.parameters.find(name, areas=home.areas, category=home.category, on=self.on)
        if not found:
            return True
        whole, people = self.explainer(home, self.on).values(known.given, known.given_members, incomplete=home.incomplete)
        margins = [
            margin_yuan(self.rules, one.condition, answer.policy, whole if place is None else people[place])
            for one in answer.conditions
            if one.value is False
        ]
        # A condition that is not about money has no margin: it counts whatever the amount.
        return any(margin is None or margin * 100 >= found.value for margin in margins)

    def _why_recheck(
        self, candidate: Candidate, known: HomeFacts, place: int | None, answer: Answer, receipt: Receipt | None
    ) -> str:
        reasons = []
        beside = self._others(candidate, "beside")
        if beside:
            reasons.append(f"这一户在领“{beside}”，{TOGETHER}，请核实本人算不算在里面")
        if "overdue" in candidate.why and receipt:
            reasons.append(f"复核已到期（应于{_day(receipt.next_review_on)}复核）")
        decided_on = receipt.decided_on if receipt else _NO_DATE
        names = {name for one in answer.conditions for name in self._names(one.expression, answer.policy)}
        if "contradicted" in candidate.why:
            differing = sorted({c.fact for c in self._current(names, known, place) if _contradicted_since(c, decided_on)})
            if differing:
                reasons.append(f"核对不符：{'、'.join(differing)}")
        if "expired" in candidate.why and answer.verdict == "unknown":
            missing = {base for name in answer.missing for base in self._bases(name)}
            old = sorted({c.fact for c in self._current(missing, known, place) if _expired_since(c, decided_on)})
            if old:
                reasons.append(f"已过有效期：{'、'.join(old)}")
        return "；".join(reasons)

    def _others(self, candidate: Candidate, word: str) -> str:
        """Return the names of the policies that are received besides and may not be."""
        found = re.search(rf" {word}:(\S+)", candidate.why)
        held = [self.rules.policy(one) for one in found[1].split(",")] if found else []
        return "、".join(one.name for one in held if one)

    def _due_on(self, candidate: Candidate, home: Home, known: HomeFacts) -> date | None:
        """Return the first day within the next 90 on which the answer is yes: the days on which somebody grows older."""
        for day in _birthdays(home, self.on):
            _, answer = self._answer(candidate, home, known, day)
            if answer.verdict == "eligible":
                return day
        return None

    def _names(self, expression: str, policy: Policy) -> set[str]:
        """Return every base fact and parameter a condition rests on."""
        compiled = next(one for one in self.rules.compiled if one.policy is policy)
        clause = next(one for one in compiled.clauses if one.condition.expression == expression)
        return {base for name in clause.typed.names for base in self._bases(name)}

    def _bases(self, name: str) -> set[str]:
        derivation = next((one for one in self.rules.derivations if one.fact.name == name), None)
        return {name} | {base for used in (derivation.typed.names if derivation else ()) for base in self._bases(used)}

    def _current(self, names: Iterable[str], known: HomeFacts, place: int | None) -> list[Current]:
        wanted = set(names)
        people = known.people if place is None else [known.people[place]]
        if place is not None and any(self._is_gathered(name) for name in wanted):
            people = known.people
        return [current for one in (known.household, *people) for name, current in one.items() if name in wanted]

    def _is_gathered(self, name: str) -> bool:
        fact = self.rules.catalogue.facts.get(name)
        return fact is not None and fact.subject == "户" and bool(fact.derived)

    def _said(self, names: Iterable[str], known: HomeFacts, place: int | None) -> list[Said]:
        return [current.said for current in self._current(names, known, place) if current.said]

    def story(self, answer: Answer, known: HomeFacts, place: int | None) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return the conditions and every fact behind them with its source and date, as JSON."""
        conditions = [
            one.as_json() | {"basis": one.condition.basis, "ask": one.condition.ask, "refusal": one.condition.refusal}
            for one in answer.conditions
        ]
        names = {name for one in answer.conditions for name in self._names(one.expression, answer.policy)}
        people = (
            list(enumerate(known.people))
            if place is None or any(map(self._is_gathered, names))
            else [(place, known.people[place])]
        )
        rows = [(None, known.household), *((known.home.people[i].registered.key, one) for i, one in people)]
        return conditions, [
            self._fact_row(name, current, member)
            for member, currents in rows
            for name, current in currents.items()
            if name in names
        ]

    def _fact_row(self, name: str, current: Current, member: str | None) -> dict[str, Any]:
        said = current.said or current.expired
        assert said is not None  # noqa: S101
        return {
            "fact": name,
            "member": member,
            "value": self.rules.catalogue.facts[name].to_json(said.value),
            "source": said.source,
            "stated_on": said.shown_on.isoformat() if said.shown_on else None,
            "expired": current.said is None,
            "others": [
                {
                    "value": self.rules.catalogue.facts[name].to_json(o.value),
                    "source": o.source,
                    "stated_on": o.stated_on.isoformat(),
                }
                for o in current.others
                if o.value != current.value and not o.is_registered
            ],
        }


def _day(day: date | None) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


def subject_of(candidate: Candidate) -> str:
    """Return the household of a candidate."""
    return candidate.household


def _place(home: Home, person: str | None) -> int | None:
    if person is None:
        return None
    return next(place for place, one in enumerate(home.people) if one.registered.key == person)


def _receipt(home: Home, place: int | None, policy: str) -> Receipt | None:
    held = home.receipts if place is None else home.people[place].receipts
    return next((receipt for receipt in held if receipt.policy == policy), None)


def _contradicted_since(current: Current, decided_on: date) -> bool:
    said = current.said
    return said is not None and any(
        one.value != current.value and one.stated_on > max(said.stated_on, decided_on) for one in current.others
    )


def _expired_since(current: Current, decided_on: date) -> bool:
    return current.expired is not None and (current.expired.valid_until or date.max) >= decided_on


def _choice(answer: Answer, everything: tuple[list[Answer], list[list[Answer]]], place: int | None) -> str:
    """Say which other benefits, also possible, cannot be had at the same time."""
    household, members = everything
    own = {one.policy.id: one for one in [*household, *(members[place] if place is not None else [])]}
    found = []
    for relation in answer.relations:
        other = own.get(relation.with_)
        if relation.kind in ("互斥", "择一") and other is not None and other.verdict == "eligible":
            found.append(other.policy.name)
    return f"与“{'、'.join(dict.fromkeys(found))}”只能选一项，由本人选择" if found else ""


def _birthdays(home: Home, on: date) -> list[date]:
    """Return the days after today, up to 90 on, on which a member becomes a month or a year older, in order."""
    days = [on + timedelta(days=ahead) for ahead in range(1, SOON_DAYS + 1)]
    born = {someone.registered.born_on.day for someone in home.people}
    last = {day for day in born if day > 28}
    return [day for day in days if day.day in born or (last and day.day == 1)]


def homes_from(con: duckdb.DuckDBPyConnection, households: set[str], rules: Rules) -> dict[str, Home]:
    """Return the households of a connection the kernel has filled, by key of household or of the dead person."""
    con.execute("CREATE OR REPLACE TEMP TABLE asked (household VARCHAR)")
    con.execute("INSERT INTO asked SELECT unnest(?)", [sorted(households)])
    homes: dict[str, Home] = {}
    people: dict[str, Someone] = {}
    for key, path, category, told_on, incomplete in con.sql(
        "SELECT subject, area_path, category, told_on, incomplete FROM home WHERE household IN (SELECT household FROM asked)"
    ).fetchall():
        homes[key] = Home(key, path, category, [], told_on=told_on, incomplete=incomplete)
    rows = con.sql(
        "SELECT subject, member, born_on, sex, died_on, registered_here, relation, told_on FROM lived "
        "WHERE household IN (SELECT household FROM asked) ORDER BY member"
    ).fetchall()
    for subject, member, *row in rows:
        people[member] = Someone(Registered(member, *row))
        homes[subject].people.append(people[member])
    _add_standings(con, homes, people)
    _add_statements(con, homes, people, rules)
    _add_receipts(con, homes, people)
    for policy, person, household, given_on in con.sql("SELECT policy, person, household, given_on FROM given_once").fetchall():
        whom: Someone | Home | None = people.get(person) if person else homes.get(household)
        if whom is not None:
            whom.given_once[policy] = given_on
    return homes


def _add_standings(con: duckdb.DuckDBPyConnection, homes: Mapping[str, Home], people: Mapping[str, Someone]) -> None:
    rows = con.sql("SELECT person, household, kind, starts_on FROM standing").fetchall()
    for person, household, kind, starts_on in rows:
        if person in people:
            people[person].kinds[kind] = starts_on
        if household in homes:
            homes[household].kinds[kind] = starts_on
    # The dead keep the kinds of the household they lived in: what it was decided to be was decided for them too.
    of_home = con.sql(
        "SELECT l.member, s.kind, s.starts_on FROM lived l JOIN standing s ON s.household = l.household WHERE NOT l.living"
    ).fetchall()
    for member, kind, starts_on in of_home:
        if member in people:
            people[member].kinds.setdefault(kind, starts_on)


def _add_statements(
    con: duckdb.DuckDBPyConnection, homes: Mapping[str, Home], people: Mapping[str, Someone], rules: Rules
) -> None:
    rows = con.sql(
        "SELECT statement, person, household, source, stated_on, valid_until, facts, recorded FROM statement "
        "WHERE person IN (SELECT member FROM lived WHERE household IN (SELECT household FROM asked)) "
        "OR household IN (SELECT household FROM asked)"
    ).fetchall()
    _add_obligors(con, people, rules)
    for key, person, household, source, stated_on, valid_until, facts, recorded in rows:
        subject: Someone | Home | None = people.get(person) if person else homes.get(household)
        if subject is not None:
            subject.said += said_by(key, source, stated_on, valid_until, facts, rules.catalogue, recorded=recorded)


def _add_obligors(con: duckdb.DuckDBPyConnection, people: Mapping[str, Someone], rules: Rules) -> None:
    rows = con.sql(
        "SELECT o.member, o.obligor, s.statement, s.source, s.stated_on, s.valid_until, s.facts, s.recorded "
        "FROM owing o LEFT JOIN statement s ON s.obligor = o.obligor WHERE o.member IN "
        "(SELECT member FROM lived WHERE household IN (SELECT household FROM asked)) ORDER BY o.member, o.obligor"
    ).fetchall()
    said: dict[tuple[str, str], list[Said]] = {}
    for member, obligor, key, source, stated_on, valid_until, facts, recorded in rows:
        heard = said.setdefault((member, obligor), [])
        if key is not None:
            heard += said_by(key, source, stated_on, valid_until, facts, rules.catalogue, recorded=recorded)
    for (member, _), heard in said.items():
        if member in people:
            people[member].obligors.append(heard)


def _add_receipts(con: duckdb.DuckDBPyConnection, homes: Mapping[str, Home], people: Mapping[str, Someone]) -> None:
    rows = con.sql("SELECT policy, person, household, amount_fen, decided_on, next_review_on FROM receipt").fetchall()
    for policy, person, household, fen, decided_on, next_review_on in rows:
        subject: Someone | Home | None = people.get(person) if person else homes.get(household)
        if subject is not None:
            yuan = None if fen is None else Decimal(fen) / 100
            subject.receipts.append(Receipt(policy, yuan, decided_on, next_review_on))
