from importlib import import_module

from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "yimen.cases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the dates be reckoned anew when other rules are used."""
        import_module("yimen.cases.recomputing")
