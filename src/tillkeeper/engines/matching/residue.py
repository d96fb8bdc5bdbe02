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

from tillkeeper.engines.matching.agreeing import SHIFT, Bits, Keys, Lookup, Mark, Side, among
from tillkeeper.engines.matching.fingerprints import column, numbered
from tillkeeper.engines.matching.store import ROW
from tillkeeper.formats.canonical.tables import BILL, JOURNAL, Role

ORDERS: Final = (column("order"), column("order_only"))
JOURNAL_LEFT_OUT: Final = frozenset({"operator", "original_trace", "original_rrn"})
BILL_LEFT_OUT: Final = frozenset({"text", "mcc", "card_type", "net_minor", "surcharge_minor"})
JOURNAL_READ: Final = [name for name in JOURNAL if name not in JOURNAL_LEFT_OUT]
BILL_READ: Final = [name for name in BILL if name not in BILL_LEFT_OUT]
PREFILTERED_SHARE: Final = 0.2  # of a part: above it, reading all of it is cheaper

LEFT: Final = (Mark.LOUD, Mark.OPEN)

Chooser = Callable[[int], Bits]  # number of a part -> which of its rows


@dataclass(frozen=True, slots=True)
class Called:
    """What some rows are called by: keys of terminal and trace number, and of orders where there is no trace number."""

    calls: Lookup
    orders: tuple[Lookup, Lookup]


def residue(journal: Side, bill: Side) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows of either side that have to be explained, and those under the same trace or order number.

    Agreed rows of a bill are fetched only for what is loud there: a reversal of theirs.
    """
    loud, every = _called(bill)
    held = fetched(
        bill,
        lambda part: (
            among(bill.marks[part], *LEFT, Mark.BACK)
            | (_touched(bill, part, loud) & (bill.marks[part] == Mark.AGREED))
        ),
        BILL_READ,
    )
    told = fetched(
        journal,
        lambda part: among(journal.marks[part], *LEFT) | _touched(journal, part, every),
        JOURNAL_READ,
    )
    return numbered(told, Role.JOURNAL), numbered(held, Role.BILL)


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


def _called(side: Side) -> tuple[Called, Called]:
    """Return what the loud rows are called by, and what all rows left are."""
    rows = [
        [_calls_of(side, part, marked) for part in range(len(side.parts))]
        for marked in ((Mark.LOUD, Mark.BACK), (Mark.OPEN,))
    ]
    loud, quiet = ([np.concatenate(keys) for keys in zip(*found, strict=True)] for found in rows)
    every = [np.concatenate(keys) for keys in zip(loud, quiet, strict=True)]
    return _lookups(loud), _lookups(every)


def _calls_of(side: Side, part: int, marked: Sequence[Mark]) -> tuple[Keys, Keys, Keys]:
    none = np.empty(0, np.uint64)
    rows = among(side.marks[part], *marked)
    if not rows.any():
        return none, none, none
    (calls,) = kept_columns(side, part, "call")
    without = rows & (calls == 0)
    if not without.any():
        return calls[rows], none, none
    first, second = kept_columns(side, part, *ORDERS)
    return calls[rows], first[without] >> SHIFT, second[without] >> SHIFT


def _lookups(found: Sequence[Keys]) -> Called:
    calls, first, second = (Lookup(keys[keys > 0]) for keys in found)
    return Called(calls, (first, second))


def _touched(side: Side, part: int, called: Called) -> Bits:
    touched = np.zeros(side.parts[part].rows, np.bool_)
    if len(called.calls):
        (calls,) = kept_columns(side, part, "call")
        touched[called.calls.places(calls)] = True
    for name, wanted in zip(ORDERS, called.orders, strict=True):
        if len(wanted):
            (prints,) = kept_columns(side, part, name)
            touched[wanted.places(prints >> SHIFT)] = True
    found: Bits = touched & ~among(side.marks[part], Mark.REPEATED, Mark.UNDONE)
    return found


def _of_part(
    side: Side, number: int, rows: NDArray[np.int64], names: Sequence[str]
) -> pl.DataFrame:
    part = side.parts[number]
    lazy = pl.scan_parquet(part.path)
    if not len(rows):
        found = lazy.select(names).head(0).collect()
    elif len(rows) < part.rows * PREFILTERED_SHARE:
        wanted = pl.Series(rows.astype(np.uint32)).implode()
        found = lazy.filter(pl.col(ROW).is_in(wanted)).select(names).collect()
    else:
        found = lazy.select(names).collect()[rows]
    return found.with_columns(
        source=pl.lit(part.source), mark=pl.Series(side.marks[number][rows], dtype=pl.UInt8)
    )
