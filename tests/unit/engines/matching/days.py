"""Small days written by hand: rows of a journal and of a bill, and a match of them. What is not said is usual."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.run import Outcome, Source, match
from tillkeeper.engines.matching.store import CanonicalWriter
from tillkeeper.engines.matching.workplaces import Threads
from tillkeeper.formats.canonical.tables import TABLES, Role

NOON = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)  # a Wednesday, in Shanghai
AS_OF = date(2026, 11, 27)
MID, TID, BATCH = "898310154110001", "10000001", "000017"
Row = dict[str, Any]


def payment(number: int, **more: Any) -> Row:
    """Return what both sides say of a payment: one every ten minutes, each with a card of its own."""
    usual = {
        "line": number + 1, "mid": MID, "tid": TID, "batch": BATCH, "trace": f"{number:06}", "rrn": f"6325{number:08}",
        "kind": "sale", "amount_minor": 10_000 + number, "currency": "CNY", "card": f"622280*{number:04}",
        "at": NOON + timedelta(minutes=10 * number), "channel": "card",
    }  # fmt: skip
    return usual | more


def sale(number: int, **more: Any) -> Row:
    """Return a journal row: approved, with its slip."""
    closed = NOON + timedelta(hours=10)
    usual = {"state": "approved", "slip": "printed", "entry": "051", "batch_closed_at": closed}
    return payment(number, **(usual | more))


def undone(number: int, state: str = "reversed", **more: Any) -> Row:
    """Return a journal row of a payment that the terminal took back."""
    reversed_at = NOON + timedelta(minutes=10 * number + 1)
    usual = {
        "state": state,
        "slip": "none",
        "rrn": "",
        "reversal_reason": "98",
        "reversed_at": reversed_at,
    }
    return sale(number, **(usual | more))


def charge(number: int, **more: Any) -> Row:
    """Return a bill row: a charge that succeeded."""
    return payment(number, **({"state": "success", "settled_on": date(2026, 11, 18)} | more))


def taken_back(number: int, **more: Any) -> Row:
    """Return the bill's reversal of a charge."""
    own = {
        "line": 5_000 + number,
        "kind": "reversal",
        "rrn": f"9325{number:08}",
        "original_trace": f"{number:06}",
    }
    return charge(number, **(own | more))


def order(number: int, **more: Any) -> Row:
    """Return what a wallet's payment has in place of a card."""
    return {"channel": "wechat", "card": "", "rrn": "", "order_no": f"T2026{number:06}"} | more


def frame(rows: list[Row], role: Role) -> pl.DataFrame:
    """Return rows as a canonical frame."""
    return (
        pl.DataFrame(rows, schema_overrides=_told(rows, role), infer_schema_length=None)
        if rows
        else pl.DataFrame()
    )


def _told(rows: list[Row], role: Role) -> dict[str, Any]:
    names = {name for row in rows for name in row}
    return {name: kind for name, kind in TABLES[role].items() if name in names}


def stored(folder: Path, role: Role, *frames: pl.DataFrame, name: str = "") -> Source:
    """Write frames as one store and return it as a source."""
    name = name or role.value
    writer = CanonicalWriter(folder / name, role)
    for rows in frames:
        writer.take(rows)
    writer.close(source=name)
    return Source(name, folder / name)


def matched(
    folder: Path,
    journal: list[Row],
    bill: list[Row],
    *,
    rules: Rules | None = None,
    as_of: date = AS_OF,
    workers: int = 1,
) -> Outcome:
    """Match a journal and a bill."""
    folder.mkdir(exist_ok=True)
    sources = [
        [stored(folder, role, frame(rows, role))]
        for role, rows in ((Role.JOURNAL, journal), (Role.BILL, bill))
    ]
    return match(*sources, [], rules=rules or Rules.sound(), as_of=as_of, at=Threads(workers))


def around(*but: int) -> tuple[list[Row], list[Row]]:
    """Return a clean journal and bill of payments 1 to 12 but some."""
    numbers = [number for number in range(1, 13) if number not in but]
    return [sale(number) for number in numbers], [charge(number) for number in numbers]


def verdicts(outcome: Outcome) -> list[tuple[str, str, str]]:
    """Return class, cause and trace of every difference."""
    return outcome.differences.select("class", "cause", "trace").rows()
