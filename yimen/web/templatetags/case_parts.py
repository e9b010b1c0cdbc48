"""How policies and steps are called on the pages of a case."""

from typing import Any

from django import template

from yimen.cases.queries import words_of
from yimen.screening.queries import current_rules

register = template.Library()


@register.filter
def policy_name(policy_id: str) -> str:
    """Write a policy by its name."""
    policy = current_rules().policy(policy_id)
    return policy.name if policy else policy_id


@register.filter
def step_words(event: Any) -> str:
    """Write what a step is called."""
    return words_of(event)
