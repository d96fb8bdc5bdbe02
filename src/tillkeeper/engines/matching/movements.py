"""Movements of a wallet's account (资金账单, 账务明细) beside the bill of its payments: the same money told twice.

A fund bill names orders, and neither terminals nor fees. What the payments' bill of the same channel tells as well is
counted there alone; what only the account knows (withdrawals, fees of another kind) stays.
"""

from typing import Final

import numpy as np
import polars as pl

from tillkeeper.engines.matching.agreeing import Mark, Side
from tillkeeper.formats.canonical.tables import Channel, Kind

WALLETS: Final = (Channel.WECHAT.value, Channel.ALIPAY.value)
KEY: Final = ("channel", "order_no", "what")
COLUMNS: Final = ("file", "channel", "tid", "order_no", "kind", "fee_minor")
IN_FILE: Final = ("file", "channel", "order_no", "kind")
ROW: Final = "_row"


def told_twice(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return the movements whose payments stand in a bill of the same channel; all columns of `rows`, and some more.

    Args:
        rows: canonical bill rows of several files, with `file`.
    """
    of_wallets = rows.filter(pl.col("channel").is_in(WALLETS))
    silent = pl.col("fee_minor").is_null().all() & (pl.col("tid") == "").all()
    account = of_wallets.group_by("file").agg(_account=silent)
    named = of_wallets.join(account, on="file").filter(pl.col("order_no") != "")
    payments = named.filter(~pl.col("_account"))
    charged = payments.filter(pl.col("fee_minor").is_not_null())
    known = [payments.with_columns(what="kind"), charged.with_columns(what=pl.lit(Kind.FEE.value))]
    keys = pl.concat(rows.select(KEY) for rows in known).unique()
    return named.filter("_account").with_columns(what="kind").join(keys, on=KEY, how="semi")


def without_told_twice(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return canonical bill rows of several files, with `file`, without the movements that `told_twice` finds."""
    moved = told_twice(rows.select(COLUMNS)).select(IN_FILE).unique()
    return rows.join(moved, on=IN_FILE, how="anti")


def set_movements_aside(bill: Side) -> dict[str, int]:
    """Mark the movements that a payments' bill tells too, and return how many by the name of their file."""
    names = [store.name for store in bill.stores if store.about.channels.keys() & set(WALLETS)]
    if len(names) < 2:
        return {}
    begins = np.cumsum([0, *(part.rows for part in bill.parts)]).tolist()
    frames = [
        pl.scan_parquet(part.path).select(
            *(column for column in COLUMNS if column != "file"),
            file=pl.lit(part.source),
            **{ROW: pl.int_range(pl.len(), dtype=pl.Int64) + begins[number]},
        )
        for number, part in enumerate(bill.parts)
        if part.source in names
    ]
    found = told_twice(pl.concat(frames)).collect(engine="streaming")[ROW].to_numpy()
    told: dict[str, int] = {}
    for number, part in enumerate(bill.parts):
        marks, begin = bill.marks[number], begins[number]
        mine = found[(found >= begin) & (found < begin + part.rows)] - begin
        fresh = mine[marks[mine] != Mark.REPEATED]
        if len(fresh):
            marks[fresh] = Mark.REPEATED
            told[part.source] = told.get(part.source, 0) + len(fresh)
    return told
