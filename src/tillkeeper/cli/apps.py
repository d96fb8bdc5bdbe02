"""This door as a Django app."""

from django.apps import AppConfig


class CliConfig(AppConfig):
    """Label `cli`."""

    name = "tillkeeper.cli"
    label = "cli"
