"""Tillkeeper's door for terminals as an ASGI application."""

import os

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tillkeeper.config.settings")
django.setup()

from tillkeeper.gateway.application import Application  # noqa: E402  models first
from tillkeeper.gateway.door import Door  # noqa: E402
from tillkeeper.telemetry.spool.opening import open_spool, shards  # noqa: E402

application = Application(Door(open_spool(), shards()), settings.TILLKEEPER_MQTT)
