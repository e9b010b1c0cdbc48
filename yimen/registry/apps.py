from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "yimen.registry"
    default_auto_field = "django.db.models.BigAutoField"
