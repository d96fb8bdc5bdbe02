"""Passes that pair payouts with statement lines, the surest first. What is paired is taken, on both sides.

A pass pairs within buckets of equal keys, so that its work grows with the rows and not with their product.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import polars as pl

LINKS: Final = {"e": pl.UInt32, "c": pl.UInt32, "how": pl.String, "why": pl.String}


@dataclass(slots=True)
class Sides:
    """Payouts and statement lines that are not taken yet, and the pairs so far."""

    payouts: pl.DataFrame  # e, mid, payout_no, currency, net, day, due_on, last
    lines: pl.DataFrame  # c, named_mid, named_payout, currency, amount, booked
    links: list[pl.DataFrame] = field(default_factory=list)

    def take(self, pairs: pl.DataFrame, how: str) -> None:
        """Claim the pairs (e, c, and why where there is one) on both sides."""
        if pairs.is_empty():
            return
        why = pl.col("why") if "why" in pairs.columns else pl.lit("")
        self.links.append(pairs.select("e", "c", how=pl.lit(how), why=why).cast(LINKS))  # type: ignore[arg-type]
        self.payouts = self.payouts.join(pairs, on="e", how="anti", maintain_order="left")
        self.lines = self.lines.join(pairs, on="c", how="anti", maintain_order="left")

    def linked(self) -> pl.DataFrame:
        """Return all pairs: e, c, how, why."""
        return pl.concat([pl.DataFrame(schema=LINKS), *self.links])


def equal_sums(sides: Sides) -> None:
    """Pair what names each other and has the same sum, then what has the same sum and date or window."""
    named = sides.lines.filter(pl.col("named_payout") != "").with_columns(payout_no="named_payout")
    sides.take(_in_order(sides.payouts, named, ("payout_no", "currency", "net")), "reference")
    _whole_references(sides)
    for on in (("mid", "currency", "net"), ("currency", "net")):
        how = "merchant" if "mid" in on else "amount"
        sides.take(_in_order(_dated(sides.payouts), _asked(sides.lines, on), (*on, "on")), how)
        sides.take(in_window(sides.payouts, _asked(sides.lines, on), on), how)


def _whole_references(sides: Sides) -> None:
    """Pair all payouts of a payout number with all lines that name it where their sums are equal."""
    on = ["payout_no", "currency"]
    payouts = sides.payouts.filter(pl.col("payout_no") != "").with_columns(
        whole=pl.col("net").sum().over(on)
    )
    lines = sides.lines.filter(pl.col("named_payout") != "").with_columns(payout_no="named_payout")
    sums = lines.with_columns(whole=pl.col("amount").sum().over(on))
    sides.take(payouts.join(sums, on=[*on, "whole"]).select("e", "c"), "reference")


def unequal_references(sides: Sides) -> None:
    """Pair one to one what names each other, although the sums differ: by payout, by merchant and day, by merchant."""
    lines = sides.lines.with_columns(payout_no="named_payout")
    named = sides.payouts.filter(pl.col("payout_no") != "")
    sides.take(_one_to_one(named, lines, ("payout_no", "currency")), "unequal")
    dated = _dated(sides.payouts.filter(pl.col("net") > 0))
    lines = sides.lines.filter((pl.col("named_mid") != "") & (pl.col("amount") > 0))
    lines = lines.with_columns(mid="named_mid", on="booked")
    sides.take(_one_to_one(dated, lines, ("mid", "currency", "on")), "unequal")
    left = sides.payouts.filter(pl.col("net") > 0)
    lines = lines.join(sides.lines, on="c", how="semi")
    pairs = _one_to_one(left, lines, ("mid", "currency"))
    dates = pairs.join(left, on="e").join(lines, on="c")
    sides.take(dates.filter(pl.col("booked").is_between("day", "last")).select("e", "c"), "unequal")


def in_window(payouts: pl.DataFrame, lines: pl.DataFrame, on: Sequence[str]) -> pl.DataFrame:
    """Return pairs (e, c) of equal keys, the earliest payout with the earliest line that lies in its window.

    The windows of one bucket begin and end in the same order, so that this pairs as many as can be paired.
    """
    left = payouts.drop_nulls("day").join(lines, on=on, how="semi").sort(*on, "due_on", "e")
    right = lines.join(payouts, on=on, how="semi").sort(*on, "booked", "c")
    waiting = _buckets(right, on)
    pairs = [
        pair
        for key, owed in _buckets(left, on).items()
        for pair in _first_come(owed, waiting.get(key, []))
    ]
    return pl.DataFrame(pairs, schema={"e": pl.UInt32, "c": pl.UInt32}, orient="row")


def _buckets(
    frame: pl.DataFrame, on: Sequence[str]
) -> dict[tuple[Any, ...], list[tuple[Any, ...]]]:
    dates = ("e", "day", "last") if "e" in frame.columns else ("c", "booked")
    width = len(on)
    buckets: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for row in frame.select(*on, *dates).iter_rows():
        buckets.setdefault(row[:width], []).append(row[width:])
    return buckets


def _first_come(
    owed: list[tuple[int, date, date]], paid: list[tuple[int, date]]
) -> Iterator[tuple[int, int]]:
    place = 0
    for e, first, last in owed:
        while place < len(paid) and paid[place][1] < first:
            place += 1
        if place < len(paid) and paid[place][1] <= last:
            yield e, paid[place][0]
            place += 1


def _dated(payouts: pl.DataFrame) -> pl.DataFrame:
    return payouts.with_columns(on="due_on")


def _asked(lines: pl.DataFrame, on: Sequence[str]) -> pl.DataFrame:
    """Return lines under the names of payouts: those of a merchant, or those that name nobody."""
    told = lines.with_columns(net="amount", on="booked")
    if "mid" in on:
        return told.filter(pl.col("named_mid") != "").with_columns(mid="named_mid")
    return told.filter((pl.col("named_mid") == "") & (pl.col("named_payout") == ""))


def _in_order(payouts: pl.DataFrame, lines: pl.DataFrame, on: Sequence[str]) -> pl.DataFrame:
    """Return pairs of equal keys: the first with the first, the second with the second. They are interchangeable.

    The keys are hashed for speed and compared once paired: of two keys with one hash the later pairs are left over.
    """
    told = lines if "net" in lines.columns else lines.with_columns(net="amount")
    left, right = (
        _placed(side.with_columns(_key=pl.struct(on).hash())) for side in (payouts, told)
    )
    pairs = left.join(right, on=["_key", "_place"], suffix="_line")
    same = [pl.col(name) == pl.col(f"{name}_line") for name in on]
    return pairs.filter(same).select("e", "c")


def _placed(side: pl.DataFrame) -> pl.DataFrame:
    """Return rows with their place among those of their key; most are alone, and counting costs."""
    alone = side["_key"].is_unique()
    single = side.filter(alone).with_columns(_place=pl.lit(0, pl.Int64))
    several = side.filter(~alone)
    return pl.concat([single, several.with_columns(_place=pl.int_range(pl.len()).over("_key"))])


def _one_to_one(payouts: pl.DataFrame, lines: pl.DataFrame, on: Sequence[str]) -> pl.DataFrame:
    """Return pairs of keys that one payout and one line alone have."""
    left = payouts.filter(pl.len().over(on) == 1)
    right = lines.filter(pl.len().over(on) == 1)
    return left.join(right, on=on).select("e", "c")


def windows(payouts: pl.DataFrame, days_after: int) -> pl.DataFrame:
    """Return payouts with `last`, the last day on which a line may still belong to them."""
    return payouts.with_columns(last=pl.col("due_on") + timedelta(days=days_after))
