from django.apps import AppConfig


class OfficeConfig(AppConfig):
    name = "yimen.office"
    default_auto_field = "django.db.models.BigAutoField"
