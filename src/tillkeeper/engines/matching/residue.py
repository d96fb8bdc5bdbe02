"""What the fast step leaves, read whole: rows that did not agree, and the agreed or quiet rows that hang on them.

Only here are text columns read, once for each side, and of them only the rows asked for. Which those are is told by
kept numbers: whoever has the same terminal and trace number, or the same order number.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tillkeeper.engines.matching.agreeing import SHIFT, Bits, Keys, Mark, Side, among
from tillkeeper.engines.matching.fingerprints import column
from tillkeeper.engines.matching.store import ROW
from tillkeeper.formats.canonical.tables import BILL, JOURNAL

CALL: Final = np.uint64(0x9E37_79B9_7F4A_7C15)  # spreads trace numbers over 64 bits
OF_KEYS: Final = ("place", "purchase", "batch_no", "trace_no")
ORDERS: Final = (column("order"), column("order_only"))
JOURNAL_LEFT_OUT: Final = frozenset({"operator", "original_trace", "original_rrn"})
BILL_LEFT_OUT: Final = frozenset({"text", "mcc", "card_type", "net_minor", "surcharge_minor"})
JOURNAL_READ: Final = (*(name for name in JOURNAL if name not in JOURNAL_LEFT_OUT), *OF_KEYS)
BILL_READ: Final = (*(name for name in BILL if name not in BILL_LEFT_OUT), *OF_KEYS)
PREFILTERED_SHARE: Final = 0.2  # of a part: above it, reading all of it is cheaper

Chooser = Callable[[int], Bits]  # number of a part -> which of its rows


@dataclass(frozen=True, slots=True)
class Called:
    """What some rows are called by: keys of terminal and trace number, and of orders where there is no trace number."""

    calls: Keys
    orders: tuple[Keys, Keys]


def residue(journal: Side, bill: Side) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows of either side that have to be explained, and those under the same trace or order number.

    Agreed rows of a bill are fetched only for what is loud there: a reversal of theirs.
    """
    loud = _called(bill, (Mark.LOUD,))
    every = _called(bill, (Mark.LOUD, Mark.OPEN))
    held = fetched(
        bill,
        lambda part: (
            _left(bill, part) | (_touched(bill, part, loud) & (bill.marks[part] == Mark.AGREED))
        ),
        BILL_READ,
    )
    told = fetched(
        journal, lambda part: _left(journal, part) | _touched(journal, part, every), JOURNAL_READ
    )
    return told, held


def fetched(side: Side, choose: Chooser, names: Sequence[str]) -> pl.DataFrame:
    """Return the chosen rows of a side with some columns, their source's name and their mark."""
    frames = [
        _of_part(side, number, np.flatnonzero(choose(number)), names)
        for number in range(len(side.parts))
    ]
    return pl.concat(frames)


def kept_columns(side: Side, part: int, *names: str) -> tuple[Keys, ...]:
    """Return kept columns of a part as arrays of 64 bits."""
    frame = pl.read_parquet(side.parts[part].path, columns=list(names))
    return tuple(frame[name].to_numpy().astype(np.uint64, copy=False) for name in names)


def call_keys(place: Keys, trace_no: Keys) -> Keys:
    """Return the key of a trace number at a terminal, whatever the batch and the day; 0 where there is none."""
    keys = (place ^ (trace_no * CALL)) >> SHIFT
    keys[trace_no == 0] = 0
    return keys


def _left(side: Side, part: int) -> Bits:
    marks = side.marks[part]
    left: Bits = (marks == Mark.LOUD) | (marks == Mark.OPEN)
    return left


def _called(side: Side, marked: Sequence[Mark]) -> Called:
    calls: list[Keys] = []
    orders: tuple[list[Keys], list[Keys]] = ([], [])
    for part in range(len(side.parts)):
        rows = np.isin(side.marks[part], marked)
        if not rows.any():
            continue
        place, trace_no, *prints = kept_columns(side, part, "place", "trace_no", *ORDERS)
        calls.append(call_keys(place[rows], trace_no[rows]))
        without = rows & (trace_no == 0)
        for found, of_order in zip(orders, prints, strict=True):
            found.append(of_order[without] >> SHIFT)
    return Called(_distinct(calls), (_distinct(orders[0]), _distinct(orders[1])))


def _distinct(keys: Sequence[Keys]) -> Keys:
    found = np.unique(np.concatenate([np.empty(0, np.uint64), *keys]))
    return found[found > 0]


def _touched(side: Side, part: int, called: Called) -> Bits:
    touched = np.zeros(side.parts[part].rows, np.bool_)
    if len(called.calls):
        touched[among(call_keys(*kept_columns(side, part, "place", "trace_no")), called.calls)] = (
            True
        )
    for name, wanted in zip(ORDERS, called.orders, strict=True):
        if len(wanted):
            (prints,) = kept_columns(side, part, name)
            touched[among(prints >> SHIFT, wanted)] = True
    found: Bits = touched & (side.marks[part] != Mark.REPEATED)
    return found


def _of_part(
    side: Side, number: int, rows: NDArray[np.int64], names: Sequence[str]
) -> pl.DataFrame:
    part = side.parts[number]
    lazy = pl.scan_parquet(part.path)
    if len(rows) < part.rows * PREFILTERED_SHARE:
        wanted = pl.Series(rows.astype(np.uint32)).implode()
        found = lazy.filter(pl.col(ROW).is_in(wanted)).select(names).collect()
    else:
        found = lazy.select(names).collect()[rows]
    return found.with_columns(
        source=pl.lit(part.source), mark=pl.Series(side.marks[number][rows], dtype=pl.UInt8)
    )
