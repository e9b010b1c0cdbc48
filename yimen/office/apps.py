from importlib import import_module

from django.apps import AppConfig


class OfficeConfig(AppConfig):
    name = "yimen.office"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Bring in the checks, now that the tables are known."""
        import_module("yimen.office.checks")
