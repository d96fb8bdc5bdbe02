"""This door as a Django app."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Label `api`."""

    name = "tillkeeper.api"
    label = "api"
