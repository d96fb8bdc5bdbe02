"""What canonical rows come to: one rule for each kind, whatever format they were read from."""

from collections import Counter
from dataclasses import dataclass, field

import polars as pl

from tillkeeper.formats.canonical.movement import added
from tillkeeper.formats.canonical.tables import Role


@dataclass(slots=True)
class Sums:
    """Grows with each frame."""

    role: Role
    rows: int = 0
    minor: Counter[str] = field(default_factory=Counter)  # by currency

    def add(self, frame: pl.DataFrame) -> None:
        """Count a canonical frame."""
        self.rows += frame.height
        for currency, total in frame.group_by("currency").agg(added(self.role).sum()).iter_rows():
            self.minor[currency] += total or 0
