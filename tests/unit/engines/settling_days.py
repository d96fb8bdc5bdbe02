"""Small canonical frames, written by hand: a row names only what matters to it."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from tillkeeper.formats.canonical.tables import BILL, STATEMENT, Role, canonical

MID, OTHER = "898310054110001", "898310054110002"


def bill(*rows: dict[str, Any], file: str = "bill.csv") -> pl.DataFrame:
    """Return a bill; a row is a successful card sale in yuan unless it says otherwise."""
    usual = {
        "kind": "sale",
        "state": "success",
        "channel": "card",
        "currency": "CNY",
        "mid": MID,
        "at": datetime(2025, 6, 3, 4, tzinfo=UTC),
    }
    told = [{"line": number, **usual, **row} for number, row in enumerate(rows, 2)]
    return _framed(told, BILL, Role.BILL, file)


def statement(*rows: dict[str, Any], file: str = "bank.csv") -> pl.DataFrame:
    """Return a statement; a line is booked and in yuan."""
    usual = {"status": "booked", "currency": "CNY", "account": "62220001"}
    told = [{"line": number, **usual, **row} for number, row in enumerate(rows, 2)]
    return _framed(told, STATEMENT, Role.STATEMENT, file)


def june(day: int) -> date:
    """Return a day of June 2025: the 1st is a Sunday, the 2nd the Dragon Boat holiday (Monday)."""
    return date(2025, 6, day)


def _framed(rows: list[dict[str, Any]], table: Any, role: Role, file: str) -> pl.DataFrame:
    named = {name for row in rows for name in row} or set(table)
    schema = {name: kind for name, kind in table.items() if name in named}
    return canonical(pl.DataFrame(rows, schema=schema), role).with_columns(file=pl.lit(file))
