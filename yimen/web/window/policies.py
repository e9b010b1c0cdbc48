"""The policies in force (政策), readable for everybody at a desk: conditions, standards, papers, limits, articles."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yimen.office.access import require
from yimen.office.queries import codes_above, own_areas
from yimen.policies.model import Policy
from yimen.policies.queries import Rules
from yimen.registry.queries import syllables
from yimen.screening.queries import current_rules
from yimen.web import lists

_NAMES = re.compile(r"[^\W\d]\w*")
SUBJECTS = (("", "不限"), ("户", "按户"), ("人", "按人"))
ORDERS = (("department", "按部门"), ("name", "按名称"), ("new", "新生效的在前"))
COLUMNS = ("部门", "政策", "编号", "给什么", "按户还是按人", "单位", "这一版从", "依据")


class Narrow(lists.Narrow):
    """What the list of policies is narrowed to, and how it is ordered."""

    department = forms.ChoiceField(label="部门", required=False)
    subject = forms.ChoiceField(label="按户还是按人", required=False, choices=SUBJECTS)
    order = forms.ChoiceField(label="排序", required=False, choices=ORDERS)

    def __init__(self, data: Any, held: Iterable[Policy]) -> None:
        super().__init__(data)
        names = dict.fromkeys(one.department for one in held)
        self.fields["department"].choices = [("", "全部"), *((name, name) for name in names)]  # type: ignore[attr-defined]


@dataclass(frozen=True)
class LocalValue:
    """One parameter a policy uses, as it is entered for this desk's county today; without a value it says so."""

    name: str
    urban: str
    rural: str
    document: str


def policy_list(request: HttpRequest) -> HttpResponse:
    """List the policies in force for this desk's place today, by department."""
    require("rules.see")
    rules, on, areas = current_rules(), timezone.localdate(), _codes()
    form = Narrow(request.GET, rules.in_force(on, areas))
    held, order = _ordered(rules.in_force(on, areas), form.chosen())
    if request.GET.get("as"):
        return lists.file_of(request, name="policies", columns=COLUMNS, lines=map(_line, held))
    shown = {
        "current": reverse("policies"),
        "form": form,
        "order": order,
        "narrowed": any(form.chosen()[name] for name in ("department", "subject")),
        "query": lists.query_of(request),
        "departments": [(rows[0].department, rows) for rows in _groups(held, order)],
        "number": len(held),
        "on": on,
        "note": _note(rules, areas),
    }
    return render(request, "policies/list.html", shown)


def _ordered(held: Iterable[Policy], chosen: dict[str, str]) -> tuple[list[Policy], str]:
    """Return the policies that fit in the order asked for, and that order; of departments the one with most comes first."""
    order = chosen["order"] or "department"
    fit = [one for one in held if all(chosen[name] in ("", getattr(one, name)) for name in ("department", "subject"))]
    number_of = Counter(one.department for one in fit)
    keys = {
        "department": lambda one: (-number_of[one.department], one.department),
        "name": lambda one: syllables(one.name),
        "new": lambda one: -one.starts_on.toordinal(),
    }
    return sorted(fit, key=keys[order]), order


def _groups(held: Iterable[Policy], order: str) -> Iterable[list[Policy]]:
    """Yield the policies of each department together; in another order each policy stands alone."""
    for _, rows in groupby(held, key=lambda one: one.department if order == "department" else one.id):
        yield list(rows)


def _line(one: Policy) -> tuple[Any, ...]:
    basis = "；".join(f"{law.document}{law.article}" for law in one.basis)
    return (one.department, one.name, one.id, one.help or one.note, f"按{one.subject}", one.unit, one.starts_on, basis)


def policy(request: HttpRequest, policy_id: str) -> HttpResponse:
    """Show one policy as it is in force for this desk's place today."""
    require("rules.see")
    rules, on, areas = current_rules(), timezone.localdate(), _codes()
    held = next((one for one in rules.in_force(on, areas) if one.id == policy_id), None)
    if held is None:
        raise Http404
    shown = {
        "current": reverse("policies"),
        "policy": held,
        "values": list(_values(held, rules, areas, on)),
        "relations": [
            (kind, [(other, _name(rules, other)) for other in others]) for kind, others in held.relations.items() if others
        ],
        "versions": sorted((one for one in rules.policies if one.id == policy_id), key=lambda one: one.starts_on, reverse=True),
        "note": _note(rules, areas),
    }
    return render(request, "policies/policy.html", shown)


def _codes() -> tuple[str, ...]:
    """Return the codes above the first area of whoever is at the desk."""
    areas = own_areas()
    return codes_above(areas[0]) if areas else ()


def _note(rules: Rules, areas: Iterable[str]) -> str:
    codes = set(areas)
    return next((place.note for place in rules.places if place.area in codes and place.note), "")


def _name(rules: Rules, policy_id: str) -> str:
    held = rules.policy(policy_id)
    return held.name if held else policy_id


def _values(held: Policy, rules: Rules, areas: tuple[str, ...], on: date) -> Iterable[LocalValue]:
    """Yield the parameters that the policy and the facts it needs are reckoned with, and what is entered for this place."""
    texts = [one.expression for one in held.conditions] + [
        text for tier in (*held.tiers, *held.extras) for text in (tier.when, tier.amount)
    ]
    names = dict.fromkeys(name for text in texts for name in _NAMES.findall(text))
    for derivation in reversed(rules.derivations):
        if derivation.fact.name in names:
            names |= dict.fromkeys(derivation.typed.names)
    for name in names:
        if name in rules.parameter_types:
            urban, rural = (rules.parameters.find(name, areas=areas, category=one, on=on) for one in ("城", "农"))
            either = urban or rural
            yield LocalValue(
                name,
                _said(urban),
                _said(rural),
                either.document if either else "",
            )


def _said(parameter: Any) -> str:
    """Write a parameter as people read it: 780.00 元/月, 是; nothing where nothing is entered."""
    if parameter is None:
        return ""
    if parameter.unit.startswith("元"):
        return f"{Decimal(parameter.text):,.2f} {parameter.unit}"
    return {"true": "是", "false": "否"}.get(parameter.text, f"{parameter.text} {parameter.unit}".strip())
