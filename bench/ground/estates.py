"""Bringing ledgers in, and the estate of a million that several measurements share."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ground.ledgers import write_csv

MILLION = 1_000_000


def bring_in(path: Path, by: Any) -> Any:
    """Bring a ledger in with all its checks, as the command line does; returns the import."""
    from tillkeeper.terminals.services.imports import apply_import, run_apply, start_import

    at = datetime.now(UTC)
    with path.open("rb") as stream:
        draft = start_import(
            stream=stream, name=path.name, kind="terminals", organisation="HQ", by=by, at=at
        )
    apply_import(number=draft.number, by=by, at=at, queue=False)
    return run_apply(number=draft.number, by=by, at=at)


def head_office() -> Any:
    """Make the root of the tree and return the actor who measures."""
    from tillkeeper.kernel.actor import Actor
    from tillkeeper.parties.queries import root_organisation
    from tillkeeper.parties.services.organisations import create_organisation

    by = Actor.system("bench")
    if root_organisation() is None:
        create_organisation(
            kind="head_office", code="HQ", name="总部", parent_code="", by=by, at=datetime.now(UTC)
        )
    return by


def million() -> Any:
    """See that the shared estate has its million terminals; returns the actor."""
    from tillkeeper.terminals.queries import terminals

    by = head_office()
    if not terminals(by.scope("estate.view")).exists():
        with tempfile.TemporaryDirectory() as folder:
            bring_in(write_csv(Path(folder) / "million.csv", MILLION), by)
        settle()
    return by


def settle() -> None:
    """Bring the database to where its own housekeeping has brought any real one long ago."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
