"""The kernel as a Django app: its tables."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    """Label `kernel`."""

    name = "tillkeeper.kernel"
    label = "kernel"
    default_auto_field = "django.db.models.BigAutoField"
