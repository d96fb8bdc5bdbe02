"""Small days of money, made by hand: payments of one terminal, and the files that tell of them."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from tillkeeper.formats.canonical.tables import Role, canonical
from tillkeeper.formats.catalogue import FORMATS

DAY = date(2026, 3, 2)  # a Monday; NOON of tests.factories lies in it
MID = "898310154110001"
TID = "10000001"
TEN = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # ten in the morning in Shanghai
FIRST = {"journal": 2, "acquirer46": 2, "wechat.trade": 2}
Row = dict[str, Any]


def paid(trace: int, amount_minor: int = 10_000, **more: Any) -> Row:
    """A sale by card as the terminal's journal has it: approved, slip printed, a minute after the one before."""
    return {
        "mid": MID,
        "tid": TID,
        "batch": "000001",
        "trace": f"{trace:06d}",
        "rrn": f"2026{trace:08d}",
        "kind": "sale",
        "amount_minor": amount_minor,
        "currency": "CNY",
        "card": "622280*0000",
        "at": TEN + timedelta(minutes=trace),
        "state": "approved",
        "slip": "printed",
        "channel": "card",
        **more,
    }


def scanned(order: int, amount_minor: int = 10_000, **more: Any) -> Row:
    """A sale by WeChat as the terminal's journal has it."""
    row = {
        **paid(order, amount_minor),
        "rrn": "",
        "card": "",
        "batch": "",
        "trace": "",
        "slip": "none",
    }
    return {**row, "channel": "wechat", "order_no": f"TK{order:010d}", **more}


def billed(row: Row, **more: Any) -> Row:
    """The same payment as the channel's bill has it, with a fee of 0.6 %; settled on the day."""
    fee = round(row["amount_minor"] * 0.006)
    return {
        **{k: v for k, v in row.items() if k not in ("slip", "batch", "state")},
        "state": "success",
        "fee_minor": fee,
        "settled_on": DAY,
        **more,
    }


def credited(amount_minor: int, *, on: date, **more: Any) -> Row:
    """A credit as the bank's statement has it."""
    return {
        "account": "31001234000012345678",
        "booked_on": on,
        "valued_on": on,
        "amount_minor": amount_minor,
        "currency": "CNY",
        "status": "booked",
        "kind": "NTRF",
        "reference": "NONREF",
        "text": f"{MID}",
        **more,
    }


def frame(rows: Iterable[Row], role: Role, first_line: int = 2) -> pl.DataFrame:
    """Return rows as the canonical table of a role, numbered as they would stand in a file."""
    made = [{"line": number, **row} for number, row in enumerate(rows, start=first_line)]
    if not made:
        return canonical(pl.DataFrame(), role).clear()
    return canonical(pl.DataFrame(made, infer_schema_length=None), role)


def written(form: str, rows: Iterable[Row]) -> BytesIO:
    """Return a file of a format."""
    one = FORMATS[form]
    assert one.write is not None
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        one.write(frame(rows, one.role), path)
        return BytesIO(path.read_bytes())
