from importlib import import_module

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    name = "yimen.evidence"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let what was said follow whoever it was said of."""
        import_module("yimen.evidence.following")
