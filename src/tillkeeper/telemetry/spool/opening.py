"""Which spool the settings name."""

from typing import Any, Final

from django.conf import settings
from django.db import connection

from tillkeeper.telemetry.spool import Spool
from tillkeeper.telemetry.spool.nats import NatsSpool
from tillkeeper.telemetry.spool.postgres import PostgresSpool
from tillkeeper.telemetry.spool.sqlite import SqliteSpool

FILE: Final = "spool.sqlite3"


def open_spool() -> Spool:
    """Return the broker that is named; else the PostgreSQL in use; else a file of TILLKEEPER_VAR.

    Nothing is connected yet: whoever cannot reach it is told so by the first call.

    Raises:
        ExtraMissing: a broker is named and the extra `scale` is not installed.
    """
    if settings.TILLKEEPER_SPOOL:
        return NatsSpool(settings.TILLKEEPER_SPOOL)
    if connection.vendor == "postgresql":
        return PostgresSpool(_parameters())
    return SqliteSpool(settings.TILLKEEPER_VAR / FILE)


def shards() -> int:
    """Return over how many writers the terminals are spread."""
    number: int = settings.TILLKEEPER_SPOOL_SHARDS
    return number


def _parameters() -> dict[str, Any]:
    """Return where Django's own connection goes, for psycopg."""
    its = connection.settings_dict
    named = {
        "dbname": its["NAME"],
        "user": its["USER"],
        "password": its["PASSWORD"],
        "host": its["HOST"],
        "port": its["PORT"],
    }
    options = {name: value for name, value in its["OPTIONS"].items() if name != "pool"}
    return {**{name: value for name, value in named.items() if value}, **options}
