from django.apps import AppConfig


class BenefitsConfig(AppConfig):
    name = "yimen.benefits"
    default_auto_field = "django.db.models.BigAutoField"
