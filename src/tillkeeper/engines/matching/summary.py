"""What a run came to: counts and sums by class and channel, the balance between the sides, and what it rested on."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import polars as pl

from tillkeeper.engines.matching.agreeing import Mark, Side
from tillkeeper.engines.matching.store import Store
from tillkeeper.formats.canonical.tables import Role

Sums = dict[str, int]  # by currency, in minor units
COUNTED: Final = ("agreed", "differing", "without_difference", "repeated")


def rows_of(journal: Side, bill: Side, cases: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Return for either side how its rows divide: agreed, differing, without difference, repeated. They add up."""
    different = pl.col("class").is_not_null()
    agrees = ~different & pl.col("approved").fill_null(value=False) & pl.col("g").is_not_null()
    told = {}
    for role, side, size, agreed_rows in (
        (Role.JOURNAL, journal, pl.col("j").is_not_null().cast(pl.Int64), _true("agreed").cast(pl.Int64)),
        (Role.BILL, bill, pl.col("rows_g").fill_null(0), pl.col("agreed_rows_g").fill_null(0)),
    ):  # fmt: skip
        touched = cases.select(
            differing=size.filter(different).sum(), late=size.filter(agrees).sum(), taken=agreed_rows.sum()
        ).row(0, named=True)  # fmt: skip
        counts = {
            "rows": side.rows,
            "agreed": side.count(Mark.AGREED) - touched["taken"] + touched["late"],
            "differing": touched["differing"],
            "repeated": side.count(Mark.REPEATED),
        }
        rest = counts["rows"] - counts["agreed"] - counts["differing"] - counts["repeated"]
        told[role.value] = {**counts, "without_difference": rest}
    return told


def by_class(differences: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Return count and sum of each class that occurs."""
    return _grouped(differences, "class")


def by_channel(differences: pl.DataFrame, journal: Side, bill: Side) -> dict[str, dict[str, Any]]:
    """Return for each channel what either side holds, and its differences by class."""
    sides = {Role.JOURNAL: journal, Role.BILL: bill}
    channels = {
        name for side in sides.values() for store in side.stores for name in store.about.channels
    }
    channels |= set(differences["channel"])
    return {
        channel: {
            **{role.value: _added(_of_channel(side, channel)) for role, side in sides.items()},
            "classes": by_class(differences.filter(pl.col("channel") == channel)),
        }
        for channel in sorted(channels)
    }  # fmt: skip


def balance(
    journal: Side, bill: Side, cases: pl.DataFrame, repeated: Mapping[Role, Sums]
) -> dict[str, Sums]:
    """Return the bar from journal to bill: totals, what agrees, what cases explain of the rest, what nobody does."""
    totals = {
        role: _added(
            [
                *(store.about.sums for store in side.stores),
                {code: -minor for code, minor in repeated[role].items()},
            ]
        )
        for role, side in ((Role.JOURNAL, journal), (Role.BILL, bill))
    }
    sign = pl.when(pl.col("direction") == 1).then(1).otherwise(-1)
    mine = sign * pl.when("approved").then("amount_minor").otherwise(0).fill_null(0)
    moved = pl.concat([  # each side in its own currency
        cases.select(currency=pl.coalesce("currency", "currency_g"), effect=-mine, mine=mine),
        cases.select(currency=pl.coalesce("currency_g", "currency"), effect=_bill_total(), mine=pl.lit(0)),
    ], how="vertical_relaxed").group_by("currency").agg(pl.col("effect").sum(), pl.col("mine").sum())  # fmt: skip
    effects = {code: (effect, mine) for code, effect, mine in moved.iter_rows()}
    codes = sorted({*totals[Role.JOURNAL], *totals[Role.BILL], *effects})
    bars: dict[str, Sums] = {}
    for code in codes:
        ours, theirs = totals[Role.JOURNAL].get(code, 0), totals[Role.BILL].get(code, 0)
        explained, in_cases = effects.get(code, (0, 0))
        bars[code] = {
            "journal": ours,
            "bill": theirs,
            "agreed": ours - in_cases,
            "explained": explained,
            "unexplained": theirs - ours - explained,
        }
    return bars


def of_sources(
    sides: Mapping[Role, Sequence[Store]], repeated: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Return for each source its role, rows, sums and hash, and how many of its rows another has too."""
    return [
        {
            "name": store.name,
            "role": role.value,
            "rows": store.about.rows,
            "sums": store.about.sums,
            "sha256": store.about.sha256,
            "content": store.about.content,
            "repeated": repeated.get(store.name, 0),
        }
        for role, stores in sides.items()
        for store in sorted(stores, key=lambda store: (store.name, store.about.content))
    ]


def _bill_total() -> pl.Expr:
    back = (
        -pl.when(pl.col("state_g").is_in(("success", "host_only")))
        .then("amount_minor_g")
        .otherwise(0)
    )
    return pl.when(pl.col("direction") == 2).then(back).otherwise("total_g").fill_null(0)


def _grouped(differences: pl.DataFrame, by: str) -> dict[str, dict[str, Any]]:
    told: dict[str, dict[str, Any]] = {}
    sums = (
        differences.group_by(by, "currency")
        .agg(pl.len().alias("count"), pl.col("amount_minor").sum())
        .sort(by, "currency")
    )
    for name, currency, count, minor in sums.iter_rows():
        of = told.setdefault(name, {"count": 0, "sums": {}})
        of["count"] += count
        of["sums"][currency] = minor
    return told


def _true(name: str) -> pl.Expr:
    return pl.col(name).fill_null(value=False)


def _of_channel(side: Side, channel: str) -> list[Mapping[str, int]]:
    return [store.about.channels.get(channel, {}) for store in side.stores]


def _added(sums: Iterable[Mapping[str, int]]) -> Sums:
    total: Sums = {}
    for of in sums:
        for code, minor in of.items():
            total[code] = total.get(code, 0) + minor
    return total
