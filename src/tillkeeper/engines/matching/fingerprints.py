"""Fingerprints: a payment's key, amount and direction in 64 bits, kept beside the rows; a run reads little else.

The two lowest bits say where the row stands (Stance), the other 62 are a hash. A row without one of the key's parts has
only its stance. Two rows of one payment, one on either side, have the same 62 bits; so has a reversal and its sale.

    terminal   mid, tid, batch, trace           bills that carry the terminal's batch
    rrn        mid, tid, trace, rrn             across systems
    trace      mid, tid, trace, card, day       bills with neither batch nor reference number (ZM)
    order      order_no, channel, tid           orders of bills that name the terminal
    order_only order_no, channel                orders of bills that do not

Source of the key order: payments.md, "Matching rules worth having".
"""

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Final

import polars as pl

from tillkeeper.formats.canonical.tables import (
    BillState,
    Channel,
    JournalState,
    Kind,
    Role,
    SlipState,
)

RECIPE_VERSION: Final = 2
RECIPES: Final = ("terminal", "rrn", "trace", "order", "order_only")
STANCE_BITS: Final = 2
LOCAL_MICROSECONDS: Final = (
    8 * 3_600_000_000
)  # where two clocks disagree about midnight, a later pass finds the pair
DAY_MICROSECONDS: Final = 24 * 3_600_000_000
TERMINAL_ID: Final = (
    r"^[0-9A-Za-z]{8}$"  # channels also put other words where a terminal could stand
)
TOO_LATE: Final = "95"  # answer to a reversal: the batch it belongs to does not balance any more
UNDONE: Final = (
    JournalState.REVERSED,
    JournalState.REVERSAL_PENDING,
    JournalState.REVERSAL_EXHAUSTED,
)
PAYING: Final = (Kind.SALE, Kind.COMPLETION)
RETURNING: Final = (Kind.REFUND, Kind.VOID)
BILLED: Final = (
    *PAYING,
    *RETURNING,
    Kind.REVERSAL,
)  # the rest of a bill is no payment of a terminal


class Stance(IntEnum):
    """Whether a row can agree as it stands."""

    QUIET = 0  # expects nothing of the other side: declined, reversed, a preauthorisation, a fee
    LOUD = 1  # has to be looked at whatever the other side says: no good slip, not cleared
    GOOD = 2  # agrees if the other side has exactly one that is good too
    BACK = 3  # of a bill: a reversal; of a journal: a payment that was taken back in time


def fingerprinted(frame: pl.DataFrame, role: Role) -> pl.DataFrame:
    """Return a canonical frame with the kept columns behind its own."""
    texts = _keyed(frame, role).with_columns(
        _stance(role).cast(pl.UInt64).alias("stance"),
        pl.col("tid").str.contains(TERMINAL_ID).alias("named"),
    )
    return texts.select(
        *frame.columns,
        *(_fingerprint(recipe, role).alias(column(recipe)) for recipe in RECIPES),
        pl.col("stance").cast(pl.UInt8),
        *_numbers(),
        _call().alias("call"),
        _whole(role).alias("whole"),
    )


def numbered(frame: pl.DataFrame, role: Role) -> pl.DataFrame:
    """Return canonical rows with `purchase`, `place`, `batch_no`, `trace_no`, as they are kept beside all rows."""
    return _keyed(frame, role).select(*frame.columns, *_numbers())


def column(recipe: str) -> str:
    """Return the name of the kept column of a recipe."""
    return f"fp_{recipe}"


def direction() -> pl.Expr:
    """Return 1 where money goes to the merchant (a reversal takes part in that payment), 2 where it goes back."""
    return pl.when(pl.col("kind").is_in(RETURNING)).then(2).otherwise(1)


def slip_good() -> pl.Expr:
    """Return whether the customer has the slip that is due.

    One is due for a sale by card. A wallet shows its own receipt, and a completion may be made without the customer:
    there none need be printed, but one that failed is missed. Money that goes back is not asked for its slip.
    """
    due = (pl.col("channel") == Channel.CARD) & (pl.col("kind") == Kind.SALE)
    printed = pl.col("slip").is_in((SlipState.PRINTED, SlipState.REPRINTED))
    return printed | (direction() == 2) | (~due & (pl.col("slip") == SlipState.NONE))


def adds_up() -> pl.Expr:
    """Return whether a bill row's amount less fee and surcharge is its net; true where the bill does not say."""
    sign = pl.when(direction() == 2).then(-1).otherwise(1)
    due = (
        sign * pl.col("amount_minor") - pl.col("fee_minor") - pl.col("surcharge_minor").fill_null(0)
    )
    return (due == pl.col("net_minor")).fill_null(value=True)


def taken_back_late() -> pl.Expr:
    """Return whether a journal row was taken back after its batch was closed, or the host said that it was too late."""
    after = pl.col("reversed_at") > pl.col("batch_closed_at")
    return (after | (pl.col("reversal_answer") == TOO_LATE)).fill_null(value=False)


def _keyed(frame: pl.DataFrame, role: Role) -> pl.DataFrame:
    reversal = pl.col("kind") == Kind.REVERSAL
    trace, rrn, order = (_part(name, role, reversal) for name in ("trace", "rrn", "order_no"))
    return frame.with_columns(
        trace.str.strip_chars_start("0").alias("key_trace"),
        rrn.alias("key_rrn"),
        order.alias("key_order"),
        pl.col("batch").str.strip_chars_start("0").alias("key_batch"),
    )


def _numbers() -> tuple[pl.Expr, ...]:
    return (
        _purchase().alias("purchase"),
        _mixed("mid", "tid", seed=70).alias("place"),
        _number("key_batch").alias("batch_no"),
        _number("key_trace").alias("trace_no"),
    )


def _stance(role: Role) -> pl.Expr:
    if role == Role.JOURNAL:
        payment = pl.col("kind").is_in((*PAYING, *RETURNING))
        back = pl.col("kind").is_in(PAYING) & pl.col("state").is_in(UNDONE) & ~taken_back_late()
        quiet, good = ~payment | (pl.col("state") != JournalState.APPROVED), slip_good()
    else:
        failed = pl.col("state") == BillState.FAILED
        back = (pl.col("kind") == Kind.REVERSAL) & ~failed
        quiet = ~pl.col("kind").is_in(BILLED) | failed
        good = (pl.col("state") == BillState.SUCCESS) & adds_up()
    return (
        pl.when(back)
        .then(Stance.BACK)
        .when(quiet)
        .then(Stance.QUIET)
        .when(good)
        .then(Stance.GOOD)
        .otherwise(Stance.LOUD)
    )


def _part(name: str, role: Role, reversal: pl.Expr) -> pl.Expr:
    """Return the part of the key; a channel's reversal may stand under its own number and name the sale's beside it."""
    if role == Role.JOURNAL:
        return pl.col(name)
    original = pl.col(f"original_{name}")
    return pl.when(reversal & (original != "")).then(original).otherwise(pl.col(name))


def _fingerprint(recipe: str, role: Role) -> pl.Expr:
    needed, mixed = _KEYS[recipe]
    complete = pl.all_horizontal(pl.col(name) != "" for name in needed)
    if recipe == "trace":
        complete &= pl.col("at").is_not_null()
    if recipe.startswith("order") and role == Role.BILL:
        complete &= pl.col("named") == (recipe == "order")
    seed = 10 * (1 + RECIPES.index(recipe))
    key = mixed(seed) ^ _mixed("amount_minor", "currency", seed=80) ^ direction().hash(90)
    low = pl.lit((1 << STANCE_BITS) - 1, pl.UInt64)
    return pl.when(complete).then((key & ~low) | pl.col("stance")).otherwise(pl.col("stance"))


def _mixed(*names: str, seed: int) -> pl.Expr:
    """Return one hash of several columns: each with a seed of its own, so that equal words in two of them differ."""
    first, *rest = (pl.col(name).hash(seed + number) for number, name in enumerate(names))
    for other in rest:
        first ^= other
    return first


def _dated(seed: int) -> pl.Expr:
    day = (pl.col("at").cast(pl.Int64) + LOCAL_MICROSECONDS) // DAY_MICROSECONDS
    return _mixed("mid", "tid", "key_trace", "card", seed=seed) ^ day.hash(seed + 9)


_KEYS: Final[Mapping[str, tuple[tuple[str, ...], Callable[[int], pl.Expr]]]] = {
    "terminal": (
        ("tid", "key_batch", "key_trace"),
        lambda seed: _mixed("mid", "tid", "key_batch", "key_trace", seed=seed),
    ),
    "rrn": (
        ("tid", "key_trace", "key_rrn"),
        lambda seed: _mixed("mid", "tid", "key_trace", "key_rrn", seed=seed),
    ),
    "trace": (("tid", "key_trace"), _dated),
    "order": (("key_order", "tid"), lambda seed: _mixed("key_order", "channel", "tid", seed=seed)),
    "order_only": (("key_order",), lambda seed: _mixed("key_order", "channel", seed=seed)),
}


def _purchase() -> pl.Expr:
    """Return what two payments of one purchase share: terminal, card and amount. 0 without a card."""
    shared = _mixed("mid", "tid", "card", "amount_minor", seed=60)
    return pl.when(pl.col("card") != "").then(shared).otherwise(pl.lit(0, pl.UInt64))


def _call() -> pl.Expr:
    """Return the 62-bit key of a trace number at a terminal, whatever batch, day and amount; 0 where there is none."""
    named = (pl.col("tid") != "") & (_number("key_trace") > 0)
    called = _mixed("mid", "tid", "key_trace", seed=120) // (1 << STANCE_BITS)
    return pl.when(named).then(called).otherwise(pl.lit(0, pl.UInt64))


def _number(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.UInt32, strict=False).fill_null(0)


def _whole(role: Role) -> pl.Expr:
    """Return a hash of all that tells one row from another, to find a row that stands in two files."""
    names = [
        "mid",
        "tid",
        "batch",
        "trace",
        "rrn",
        "order_no",
        "kind",
        "state",
        "amount_minor",
        "currency",
        "at",
    ]
    if role == Role.BILL:
        names += ["channel_no", "fee_minor"]
    return _mixed(*names, seed=100)
