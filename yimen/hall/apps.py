from django.apps import AppConfig


class HallConfig(AppConfig):
    """The room of the service hall (大厅)."""

    name = "yimen.hall"
    label = "hall"
    default_auto_field = "django.db.models.BigAutoField"
