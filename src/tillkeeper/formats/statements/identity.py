"""By what two files are the same statement, whatever they are called, however their lines are ordered."""

import hashlib
import json

import polars as pl

from tillkeeper.formats.canonical.reading import Verdict

_MOVEMENT = ("account", "currency", "status", "booked_on", "amount_minor")
_WORDS = ("valued_on", "at", "kind", "reference", "bank_reference", "counterparty", "text")
_BALANCES = ("account", "currency", "opening_minor", "closing_minor")


def statement_identity(frame: pl.DataFrame, verdict: Verdict) -> str:
    """Return what is equal exactly for files that hold the same statement: a SHA-256 in hex.

    It is made of opening balance, movements and closing balance of each account: file name, statement number and the
    order of the lines do not count. Texts count only where the file gives no balances to go by; days named in the
    file only where it has no lines, or two empty days would be one.

    Args:
        frame: all its rows, canonical.
        verdict: what reading it came to.
    """
    parts = json.loads(verdict.facts.get("statements", "[]"))
    balanced = bool(parts) and all(p["opening_minor"] is not None for p in parts)
    columns = _MOVEMENT if balanced else (*_MOVEMENT, *_WORDS)
    movements = frame.select(pl.col(columns).cast(pl.String).fill_null("")).sort(columns)
    balances = sorted(json.dumps([part[name] for name in _BALANCES]) for part in parts)
    periods = [] if frame.height else sorted(part["period"] for part in parts)
    made = hashlib.sha256(json.dumps([balances, periods, list(columns)]).encode())
    for row in movements.iter_rows():
        made.update(json.dumps(row).encode())
    return made.hexdigest()
