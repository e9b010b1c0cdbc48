from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate, pre_migrate


class HallConfig(AppConfig):
    """The room of the service hall (大厅)."""

    name = "yimen.hall"
    label = "hall"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Where a hall runs by itself, write nothing down while tables are made anew, and go on afterwards."""
        if settings.YIMEN_VENUE:
            pre_migrate.connect(_put_the_pen_down, sender=self)
            post_migrate.connect(_write_down, sender=self)


def _put_the_pen_down(**_: Any) -> None:
    import_module("yimen.hall.telling").put_the_pen_down()


def _write_down(**_: Any) -> None:
    import_module("yimen.hall.telling").write_down()
