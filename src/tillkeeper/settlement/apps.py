"""Settlement as a Django app."""

from django.apps import AppConfig


class SettlementConfig(AppConfig):
    """Label `settlement`."""

    name = "tillkeeper.settlement"
    label = "settlement"
    default_auto_field = "django.db.models.BigAutoField"
