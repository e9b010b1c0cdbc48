from importlib import import_module

from django.apps import AppConfig, apps


class OfficeConfig(AppConfig):
    name = "yimen.office"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Bring in the checks and guard the joins, now that the tables are known."""
        import_module("yimen.office.checks")
        import_module("yimen.office.joins").guard_joins(apps.get_models())
