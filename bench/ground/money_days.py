"""A day of payments as two stores, journal and bill, of any size, with a share of faults, from a seed."""

from pathlib import Path

import numpy as np
import polars as pl

from tillkeeper.engines.matching.store import CanonicalWriter
from tillkeeper.formats.canonical.tables import MOMENT, Role

CHUNK = 500_000
OF_A_TERMINAL, OF_A_MERCHANT = 200, 2_000
MIDNIGHT = 1_795_190_400_000_000  # 2026-11-21 in Shanghai, in microseconds
DECLINED, NETTED = 0.02, 0.005


def written(folder: Path, rows: int, *, faults: float = 0.001, seed: int = 7) -> tuple[Path, Path]:
    """Write `journal` and `bill` into the folder unless they are there, and return them."""
    paths = folder / f"journal-{rows}", folder / f"bill-{rows}"
    if not (paths[0] / "about.json").exists():
        writers = CanonicalWriter(paths[0], Role.JOURNAL), CanonicalWriter(paths[1], Role.BILL)
        for begin in range(0, rows, CHUNK):
            journal, bill = _chunk(begin, min(CHUNK, rows - begin), faults, seed)
            writers[0].take(journal)
            writers[1].take(bill)
        for writer in writers:
            writer.close()
    return paths


def _chunk(begin: int, rows: int, faults: float, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    chance = np.random.default_rng([seed, begin])
    fate = chance.random(rows)
    day = _payments(begin, rows, chance).with_columns(
        fate=pl.Series(fate), fault=pl.Series(chance.integers(0, 5, rows))
    )
    wrong, netted = pl.col("fate") < faults, pl.col("fate").is_between(faults, faults + NETTED)
    day = day.with_columns(
        fault=pl.when(wrong).then(pl.col("fault")).when(netted).then(9).otherwise(-1),
        declined=pl.col("fate") > 1 - DECLINED,
    )
    return _journal(day), _bill(day, chance)


def _payments(begin: int, rows: int, chance: np.random.Generator) -> pl.DataFrame:
    number = pl.col("number")
    of_terminal = number % OF_A_TERMINAL
    wallet = number % 7 == 0
    return pl.DataFrame(
        {
            "number": np.arange(begin, begin + rows),
            "amount_minor": chance.integers(100, 500_000, rows),
            "tail": chance.integers(0, 10_000, rows),
        }
    ).select(
        number,
        "amount_minor",
        mid=(898310154110000 + number // OF_A_MERCHANT).cast(pl.String),
        tid=(number // OF_A_TERMINAL + 10_000_000).cast(pl.String),
        trace=(of_terminal + 1).cast(pl.String).str.zfill(6),
        rrn=(632500000000 + number * 3).cast(pl.String),
        order_no=pl.when(wallet).then(pl.lit("T20261121") + number.cast(pl.String)).otherwise(pl.lit("")),
        channel=pl.when(wallet).then(pl.lit("wechat")).otherwise(pl.lit("card")),
        card=pl.when(wallet).then(pl.lit("")).otherwise(
            pl.lit("622280*") + pl.col("tail").cast(pl.String).str.zfill(4)
        ),
        at=(pl.lit(MIDNIGHT) + (of_terminal * 240 + 9 * 3600) * 1_000_000).cast(pl.Int64).cast(MOMENT),
    )  # fmt: skip


def _journal(day: pl.DataFrame) -> pl.DataFrame:
    state = (
        pl.when("declined").then(pl.lit("declined")).when(pl.col("fault") == 9).then(pl.lit("reversed"))
        .when(pl.col("fault") == 4).then(pl.lit("reversal_exhausted")).otherwise(pl.lit("approved"))
    )  # fmt: skip
    slip = (
        pl.when(state != "approved").then(pl.lit("none")).when(pl.col("fault") == 3).then(pl.lit("failed"))
        .otherwise(pl.lit("printed"))
    )  # fmt: skip
    return day.filter(pl.col("fault") != 1).with_columns(
        line=pl.col("number") + 2, batch=pl.lit("000017"), kind=pl.lit("sale"), currency=pl.lit("CNY"),
        state=state, slip=slip,
    )  # fmt: skip


def _bill(day: pl.DataFrame, chance: np.random.Generator) -> pl.DataFrame:
    held = day.filter(~pl.col("declined") & (pl.col("fault") != 0)).with_columns(
        kind=pl.lit("sale"),
        amount_minor=pl.col("amount_minor") + pl.when(pl.col("fault") == 2).then(100).otherwise(0),
    )
    taken_back = held.filter(pl.col("fault") == 9).with_columns(kind=pl.lit("reversal"))
    both = pl.concat([held, taken_back])
    fee = (pl.col("amount_minor") * 38 + 5_000) // 10_000
    sign = pl.when(pl.col("kind") == "sale").then(1).otherwise(-1)
    return both[chance.permutation(both.height)].with_columns(
        line=pl.col("number") + 2, state=pl.lit("success"), currency=pl.lit("CNY"), fee_minor=sign * fee,
        net_minor=sign * (pl.col("amount_minor") - fee), settled_on=pl.lit("2026-11-22").str.to_date(),
    )  # fmt: skip
