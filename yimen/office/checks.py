"""Checks at every start (开机自检): a table either is scoped by area or says why it is not; the audit is neither."""

from typing import Any

from django.apps import apps
from django.core.checks import Error, register

from yimen.office.access import Scoped


@register()
def every_table_is_scoped_or_says_so(**_: Any) -> list[Error]:
    """Refuse to start with a table of people that forgets its area."""
    return [
        Error(
            f"{model.__name__} is neither Scoped nor does its docstring say that it is unscoped.",
            hint="Inherit from office.access.Scoped, or say in the docstring why every desk may see every row.",
            id="yimen.E001",
        )
        for model in apps.get_models()
        if model.__module__.startswith("yimen.") and not issubclass(model, Scoped) and "nscoped" not in (model.__doc__ or "")
    ]
