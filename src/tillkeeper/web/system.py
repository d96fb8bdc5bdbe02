"""Settings: the numbers people decide, how the installation is, and what it is made of."""

import platform
import shutil
from datetime import datetime, timedelta
from typing import Final

import django
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

import tillkeeper
from tillkeeper.kernel.outbox import owed
from tillkeeper.kernel.policy import policies
from tillkeeper.parties.roles import Right
from tillkeeper.web.parts import Request
from tillkeeper.web.policy_words import line_of

GIB: Final = 1024**3
WORKER_SEEN: Final = "worker:seen"  # written by the worker
SILENT: Final = timedelta(minutes=1)


@login_required
def overview(request: Request) -> HttpResponse:
    """Show policies, health and versions; nothing here can be changed from the console."""
    if not any(request.actor.scope(right).paths for right in (Right.PEOPLE, Right.AUDIT)):
        request.actor.require(Right.EDIT)
    due, failed = owed(at=timezone.now())
    disk = shutil.disk_usage(settings.TILLKEEPER_VAR)
    worker = _worker_seen()
    ctx = {
        "policies": [line_of(rule) for rule in policies()],
        "today": timezone.localdate(),
        "due": due,
        "failed": failed,
        "database": _database(),
        "worker": worker,
        "worker_silent": worker is None or timezone.now() - worker > SILENT,
        "free_gib": disk.free // GIB,
        "low_on_disk": disk.free < GIB,
        "unknown": settings.TILLKEEPER_UNKNOWN_VARIABLES,
        "versions": [
            ("Tillkeeper", tillkeeper.__version__),
            ("Django", django.get_version()),
            ("Python", platform.python_version()),
        ],
    }
    return render(request, "system/settings.html", ctx)


def _worker_seen() -> datetime | None:
    """Return when the worker was last heard of: it notes the time every few seconds."""
    noted = cache.get(WORKER_SEEN)
    return datetime.fromisoformat(noted) if noted else None


def _database() -> str:
    """Return the database's kind and version."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT sqlite_version()")
        else:
            cursor.execute("SHOW server_version")
        (version,) = cursor.fetchone()
    return f"{connection.display_name} {version}"


urlpatterns = [path("", overview, name="settings")]
