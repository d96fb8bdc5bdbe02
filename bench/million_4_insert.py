"""At a million terminals: the insert time of the next terminal, against an empty estate in the same run."""

import statistics
import uuid
from datetime import UTC, datetime
from typing import Any

from ground.estates import head_office, million
from ground.homes import on_each_home
from ground.lines import line, seconds

ROUNDS, RATIO = 60, 1.5
full: dict[str, float] = {}


def measure(home: str) -> None:
    """Print the median on the full estate; the empty one is a second process, told by BENCH_EMPTY."""
    import os
    import subprocess
    import sys
    import tempfile

    if os.environ.get("BENCH_EMPTY"):
        print(_median(head_office()))
        return
    value = _median(million())
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "BENCH_EMPTY": "1", "TILLKEEPER_VAR": folder}
        environment["TILLKEEPER_DATABASE_URL"] = _empty_database(home, folder)
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, env=environment, check=True)
        told = subprocess.run(
            [sys.executable, __file__], env=environment, check=True, capture_output=True, text=True
        )
    peer = float(told.stdout.split()[-1])
    line(
        f"insert_next_{home}",
        value,
        "ms",
        peer=peer,
        goal="as on an empty estate: at most 1.5 times",
        met=value / peer <= RATIO,
        runs=ROUNDS,
    )


def _empty_database(home: str, folder: str) -> str:
    import os

    if home == "sqlite":
        return f"sqlite://{folder}/empty.sqlite3"
    import psycopg

    url = os.environ["TILLKEEPER_DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS tillkeeper_bench_empty")
        connection.execute("CREATE DATABASE tillkeeper_bench_empty")
    return url.rsplit("/", 1)[0] + "/tillkeeper_bench_empty"


def _median(by: Any) -> float:
    """Return the median milliseconds of ordering one terminal: the row, its history, its audit entry."""
    from tillkeeper.parties.queries import vendors
    from tillkeeper.parties.services.vendors import create_vendor
    from tillkeeper.terminals.queries import terminal_models
    from tillkeeper.terminals.services.catalogue import create_model
    from tillkeeper.terminals.services.ordering import Purchase, order_terminals

    if not vendors().filter(code="BENCH").exists():
        create_vendor(code="BENCH", name="Bench", by=by, at=datetime.now(UTC))
    if not terminal_models().filter(code="BENCH").exists():
        create_model(code="BENCH", name="Bench", vendor_code="BENCH", by=by, at=datetime.now(UTC))
    purchase = Purchase(model="BENCH", organisation="HQ", supplier="BENCH")

    def order() -> None:
        serial = f"Z{uuid.uuid4().hex[:12].upper()}"
        order_terminals(serials=[serial], purchase=purchase, by=by, at=datetime.now(UTC))

    times = [seconds(order) * 1000 for _ in range(ROUNDS + 5)]
    return statistics.median(times[5:])


if __name__ == "__main__":
    on_each_home(__file__, measure, keep="million")
