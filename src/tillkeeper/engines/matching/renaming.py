"""Merchant numbers of the channels' own, put in ours before anything is compared or posted.

A wallet's bill names the merchant by the channel's number, the journal by the acquirer's. The rules say which is which
(`[merchants]`); what they do not name stays as it is.
"""

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from tillkeeper.engines.matching.rules.book import AT_TERMINAL, Rules
from tillkeeper.engines.matching.store import CanonicalWriter, Store
from tillkeeper.formats.canonical.reading import FRAME_ROWS
from tillkeeper.formats.canonical.tables import TABLES, Role
from tillkeeper.kernel.lake import LakePath


def our_mid(rules: Rules) -> pl.Expr:
    """Return the merchant number of a canonical bill row as we know it: by number and terminal, else by number."""
    mid = pl.col("mid")
    if not rules.merchants:
        return mid
    names = dict(rules.merchants)
    whole = {theirs: ours for theirs, ours in names.items() if AT_TERMINAL not in theirs}
    special = {theirs: ours for theirs, ours in names.items() if AT_TERMINAL in theirs}
    general = mid.replace(whole)
    if not special:
        return general
    place = pl.concat_str("mid", "tid", separator=AT_TERMINAL)
    return pl.coalesce(
        place.replace_strict(special, default=None, return_dtype=pl.String), general
    ).alias("mid")


def renamed(store: Store, rules: Rules, *, aside: LakePath) -> Store:
    """Return a bill's store under our merchant numbers: itself where it has none of the channels' own.

    Else it is written anew in the folder `aside`, as its fingerprints rest on them. It stays the same file: its hashes
    are those of what was brought in.
    """
    if not rules.merchants or not _concerned(store.parts, rules):
        return store
    writer = CanonicalWriter(aside, Role.BILL)
    for frame in _frames(store.parts):
        writer.take(frame.with_columns(our_mid(rules)))
    made = writer.close(source=store.about.source, sha256=store.about.sha256)
    return replace(store, path=aside, about=replace(made, content=store.about.content))


def _concerned(parts: Iterable[LakePath], rules: Rules) -> bool:
    theirs = {number.partition(AT_TERMINAL)[0] for number, _ours in rules.merchants}
    rows = pl.scan_parquet([str(part) for part in parts]).filter(
        pl.col("mid").is_in(sorted(theirs))
    )
    return not rows.select("mid").head(1).collect().is_empty()


def _frames(parts: Iterable[LakePath]) -> Iterable[pl.DataFrame]:
    for part in parts:
        rows = pl.scan_parquet(part).select(TABLES[Role.BILL].keys())
        height = rows.select(pl.len()).collect().item()
        for begin in range(0, height, FRAME_ROWS):
            yield rows.slice(begin, FRAME_ROWS).collect()
