"""Canonical rows on disk as the engine wants them: a folder of Parquet parts with kept fingerprints, and `about.json`.

A folder without `about.json` was not written to its end. Fingerprints depend on the recipe and on the hash of the
polars that made them: where either is another, or the file is a plain canonical Parquet,
they are made anew when it is opened.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl

from tillkeeper.engines.matching.errors import NotFinished, WrongRole
from tillkeeper.engines.matching.fingerprints import (
    BILLED,
    RECIPE_VERSION,
    RECIPES,
    STANCE_BITS,
    column,
    direction,
    fingerprinted,
)
from tillkeeper.engines.matching.parts import write_part
from tillkeeper.formats.canonical.reading import FRAME_ROWS
from tillkeeper.formats.canonical.tables import (
    TABLES,
    BillState,
    JournalState,
    Kind,
    Role,
    canonical,
)
from tillkeeper.kernel.lake import LakePath, make_new, writing

PART_ROWS: Final = (
    1_000_000  # of one part: what bounds the memory of writing and of every later step
)
HELD_STATES: Final = (BillState.SUCCESS, BillState.HOST_ONLY)
STATEMENT_ROW: Final = [name for name in TABLES[Role.STATEMENT] if name != "line"]
ABOUT: Final = "about.json"
ROW: Final = "row"  # its number within the part: what a few rows are fetched by


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a run, read into a store."""

    name: str  # as the operator knows it
    path: LakePath  # a store, or a plain canonical Parquet file
    facts: Mapping[str, str] = field(default_factory=dict)  # of its verdict


@dataclass(frozen=True, slots=True)
class About:
    """What a store says of itself."""

    role: Role
    rows: int
    parts: tuple[int, ...]  # rows of each
    sums: dict[str, int]  # by currency: approved or billed payments, what goes back negative
    channels: dict[str, dict[str, int]]  # by channel: the same
    keyed: dict[str, int]  # by recipe: rows that have its key
    content: str  # the same for the same rows in any order, under any file name
    source: str = ""  # the file it was read from
    sha256: str = ""  # of that file
    recipe: int = RECIPE_VERSION
    polars: str = pl.__version__

    @property
    def current(self) -> bool:
        """True while its fingerprints may be compared with those made now."""
        return (self.recipe, self.polars) == (RECIPE_VERSION, pl.__version__)


class CanonicalWriter:
    """Writes a store. Holds the rows of one part at most."""

    def __init__(self, path: LakePath, role: Role) -> None:
        self._path, self._role = path, Role(role)
        self._waiting: list[pl.DataFrame] = []
        self._parts: list[int] = []
        self._sums: dict[str, dict[str, int]] = {}
        self._keyed = dict.fromkeys(RECIPES, 0)
        self._content = np.uint64(0)
        make_new(path)

    def take(self, frame: pl.DataFrame) -> None:
        """Write the rows of a frame with the columns of the role's table, or wait for more of them."""
        if frame.is_empty():
            return  # it may lack every column, and a frame of constants alone would have a row
        self._waiting.append(canonical(frame, self._role))
        while sum(waiting.height for waiting in self._waiting) >= PART_ROWS:
            rows = pl.concat(self._waiting)
            self._write(rows[:PART_ROWS])
            self._waiting = [rows[PART_ROWS:]]

    def close(self, *, source: str = "", sha256: str = "") -> About:
        """Write the rest, then what the store says of itself."""
        rest = pl.concat([pl.DataFrame(schema=dict(TABLES[self._role])), *self._waiting])
        if rest.height or not self._parts:
            self._write(rest)
        sums, channels = _totals(self._sums)
        about = About(
            role=self._role,
            rows=sum(self._parts),
            parts=tuple(self._parts),
            sums=sums,
            channels=channels,
            keyed=self._keyed,
            content=f"{sum(self._parts)}:{int(self._content):016x}",
            source=source,
            sha256=sha256,
        )
        (self._path / ABOUT).write_text(json.dumps(asdict(about), indent=1, sort_keys=True))
        return about

    def _write(self, rows: pl.DataFrame) -> None:
        kept = rows if self._role == Role.STATEMENT else fingerprinted(rows, self._role)
        if self._role == Role.STATEMENT:
            self._add_content(rows.select(said=pl.struct(STATEMENT_ROW).hash(0))["said"])
        else:
            self._count(kept)
        target = self._path / part_name(len(self._parts))
        numbered = kept.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias(ROW))
        with writing(target) as stream:
            write_part(numbered, stream)
        self._parts.append(rows.height)

    def _add_content(self, hashes: pl.Series) -> None:
        with np.errstate(over="ignore"):
            self._content += np.add.reduce(hashes.to_numpy(), dtype=np.uint64)

    def _count(self, kept: pl.DataFrame) -> None:
        self._add_content(kept["whole"])
        keyed = kept.select(
            (pl.col(column(name)) >= 1 << STANCE_BITS).sum().alias(name) for name in RECIPES
        )
        for name, number in keyed.row(0, named=True).items():
            self._keyed[name] += number
        for channel, currency, total in signed_sums(kept, self._role).iter_rows():
            of = self._sums.setdefault(channel, {})
            of[currency] = of.get(currency, 0) + total


def part_name(number: int) -> str:
    """Return the file name of a part."""
    return f"part-{number:05}.parquet"


def about(path: LakePath) -> About:
    """Return what a store says of itself.

    Raises:
        NotFinished: it has no `about.json`.
    """
    try:
        told: dict[str, Any] = json.loads((path / ABOUT).read_text())
    except FileNotFoundError:
        raise NotFinished(name=path.name) from None
    return About(**{**told, "role": Role(told["role"]), "parts": tuple(told["parts"])})


@dataclass(frozen=True, slots=True)
class Store:
    """One source, opened: its parts have the kept columns of the recipe in force."""

    name: str
    path: LakePath
    about: About

    @property
    def parts(self) -> list[LakePath]:
        """The files, in order."""
        return [self.path / part_name(number) for number in range(len(self.about.parts))]


def opened(source: Source, role: Role, *, aside: LakePath) -> Store:
    """Open a source; make its fingerprints anew in the folder `aside` where they are missing or of another recipe.

    Raises:
        NotFinished: its writing was broken off.
        WrongRole: it is a store of another role.
    """
    if source.path.is_dir():
        told = about(source.path)
        if told.role != role:
            raise WrongRole(name=source.name, found=told.role, expected=role)
        if told.current:
            return Store(source.name, source.path, told)
        pieces, origin = Store(source.name, source.path, told).parts, told
    else:
        pieces, origin = [source.path], None
    writer = CanonicalWriter(aside, role)
    for rows in _frames(pieces, role):
        writer.take(rows)
    made = writer.close(
        source=origin.source if origin else source.path.name, sha256=origin.sha256 if origin else ""
    )
    return Store(source.name, aside, made)


def _frames(pieces: Sequence[LakePath], role: Role) -> Iterator[pl.DataFrame]:
    wanted = list(TABLES[role])
    for piece in pieces:
        lazy = pl.scan_parquet(piece)
        there = lazy.collect_schema().names()
        height = lazy.select(pl.len()).collect().item()
        for begin in range(0, height, FRAME_ROWS):
            yield (
                lazy.select([name for name in wanted if name in there])
                .slice(begin, FRAME_ROWS)
                .collect()
            )


def signed_sums(kept: pl.DataFrame, role: Role) -> pl.DataFrame:
    """Return channel, currency, sum: of a journal's approved payments; of a bill's, less its reversals."""
    reversal = pl.col("kind") == Kind.REVERSAL
    held = (
        pl.col("state") == JournalState.APPROVED
        if role == Role.JOURNAL
        else pl.col("state").is_in(HELD_STATES) | (reversal & (pl.col("state") != BillState.FAILED))
    )
    back = (direction() == 2) | reversal
    signed = pl.when(back).then(-pl.col("amount_minor")).otherwise(pl.col("amount_minor"))
    return (
        kept.filter(held & pl.col("kind").is_in(BILLED))
        .group_by("channel", "currency")
        .agg(signed.sum())
    )


def _totals(
    sums: Mapping[str, Mapping[str, int]],
) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    channels = {channel: dict(sorted(of.items())) for channel, of in sorted(sums.items())}
    total: dict[str, int] = {}
    for of in channels.values():
        for currency, minor in of.items():
            total[currency] = total.get(currency, 0) + minor
    return dict(sorted(total.items())), channels
