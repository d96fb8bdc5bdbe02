"""Bringing an installation up to its version: the database's tables, and the static files as they are served."""

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Final

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tillkeeper.kernel.statistics import gather_statistics

MANIFEST: Final = "staticfiles.json"
VENDORED: Final = Path("tillkeeper") / "web" / "static" / "vendor" / "tabler.css"


def pending_migrations() -> list[str]:
    """Return the migrations that this version has and the database has not."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def migrate() -> int:
    """Bring the tables up to date; return how many migrations that took."""
    if pending := pending_migrations():
        call_command("migrate", interactive=False, verbosity=0, stdout=StringIO())
        gather_statistics()
    return len(pending)


def assets_are_built() -> bool:
    """Say whether the front end was built into the package."""
    return any(path.endswith("vendor/tabler.css") for path, _ in _sources())


def static_is_stale() -> bool:
    """Say whether some static file is newer than what was collected, or was not collected at all.

    A version that was packed before the last collection brings new files that are older than it.
    """
    manifest = Path(settings.STATIC_ROOT) / MANIFEST
    if not manifest.exists():
        return True
    made = manifest.stat().st_mtime
    collected = json.loads(manifest.read_text(encoding="utf-8"))["paths"]
    return any(changed > made or path not in collected for path, changed in _sources())


def collect_static() -> bool:
    """Collect the static files if they are stale; say whether they were."""
    if stale := static_is_stale():
        call_command("collectstatic", interactive=False, verbosity=0, clear=True, stdout=StringIO())
    return stale


def _sources() -> Iterator[tuple[str, float]]:
    for finder in get_finders():
        for path, storage in finder.list([]):
            yield path, Path(storage.path(path)).stat().st_mtime
