"""What the rows of a file add up to, and the file's own figures held against it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import polars as pl

from tillkeeper.formats.canonical.movement import added, signed
from tillkeeper.formats.canonical.reading import Check
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.formats.layouts import values
from tillkeeper.formats.layouts.bounds import Told
from tillkeeper.formats.layouts.declaration import Check as Declared
from tillkeeper.formats.layouts.declaration import Layout, Type
from tillkeeper.kernel.money import minor_digits

MOST_MERCHANTS: Final = 3


@dataclass(slots=True)
class Totals:
    """Grows with each frame."""

    layout: Layout
    rows: int = 0
    sums: dict[str, int] = field(default_factory=dict)
    figures: list[int] = field(default_factory=list)
    merchants: set[str] = field(default_factory=set)
    first: datetime | None = None
    last: datetime | None = None

    def add(self, frame: pl.DataFrame) -> None:
        """Count a canonical frame."""
        self.rows += frame.height
        amounts = frame.select("currency", amount=added(self.layout.role))
        for currency, total in amounts.group_by("currency").sum().iter_rows():
            self.sums[currency] = self.sums.get(currency, 0) + (total or 0)
        found = [_figure(frame, one, self.layout.role) for one in self.layout.checks]
        self.figures = [a + b for a, b in zip(self.figures or [0] * len(found), found, strict=True)]
        self._note(frame)

    def _note(self, frame: pl.DataFrame) -> None:
        early, late = frame["at"].min(), frame["at"].max()
        if isinstance(early, datetime) and isinstance(late, datetime):
            self.first = early if self.first is None else min(self.first, early)
            self.last = late if self.last is None else max(self.last, late)
        if "mid" in frame.columns and len(self.merchants) <= MOST_MERCHANTS:
            self.merchants |= set(frame["mid"].unique().to_list()) - {""}


def checks_of(
    totals: Totals, lines: tuple[Told, ...], currency: str
) -> tuple[tuple[Check, ...], str]:
    """Return each declared check with what the file states; and the name of one that it does not state, or ""."""
    made = []
    figures = totals.figures or [0] * len(totals.layout.checks)
    for declared, found in zip(totals.layout.checks, figures, strict=True):
        stated = _stated(declared, lines)
        if stated is None:
            return (), declared.name
        digits = minor_digits(currency) if declared.type is Type.YUAN else 0
        made.append(Check(declared.name, _plain(stated.text, digits), str(found), stated.line))
    return tuple(made), ""


def _stated(declared: Declared, lines: tuple[Told, ...]) -> Told | None:
    for one in lines:
        if found := declared.stated.search(one.text):
            return Told(one.line, found.groups[0])
    return None


def _plain(text: str, digits: int) -> str:
    """Return a figure as whole minor units; what is no figure stays, and then does not hold."""
    read = values.yuan(pl.Series([text.strip()]), digits)[0]
    return text.strip() if read is None else str(read)


def _figure(frame: pl.DataFrame, declared: Declared, role: Role) -> int:
    wanted = frame
    for column, allowed in declared.where.items():
        wanted = wanted.filter(pl.col(column).is_in(sorted(allowed)))
    if declared.of == "rows":
        return wanted.height
    unsigned = declared.unsigned
    figure = (
        signed(role, unsigned=unsigned) if declared.of == "amount_minor" else pl.col(declared.of)
    )
    return int(wanted.select(figure.sum()).item() or 0)
