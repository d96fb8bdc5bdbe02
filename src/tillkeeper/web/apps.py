"""This door as a Django app."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Label `web`."""

    name = "tillkeeper.web"
    label = "web"
