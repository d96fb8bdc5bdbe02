"""What really went wrong, row by row: for each cause and each terminal that it struck."""

import csv
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class Truth:
    """One terminal's part in a fault. Moments are seconds since 1970."""

    cause: int  # terminals with one cause have one number
    kind: str
    code: str  # of the fault table
    group: str  # terminal, site, carrier, host, version
    key: str  # which site, carrier ...; blank for a terminal's own fault
    serial: str
    begins: float
    ends: float
    seen_at: float | None = None  # when what it reports first showed it; None: not (yet)
    shows: tuple[str, ...] = ()  # the signals that show it; `silence`: it does not come

    def as_object(self) -> dict[str, Any]:
        """Return the row as a file holds it."""
        return asdict(self) | {"shows": list(self.shows)}


def write_truths(path: Path, truths: Iterable[Truth]) -> int:
    """Write the rows as CSV or, if the name ends so, as lines of JSON; return how many."""
    rows = [truth.as_object() for truth in truths]
    with path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            writer = csv.DictWriter(file, [column.name for column in fields(Truth)])
            writer.writeheader()
            writer.writerows(row | {"shows": " ".join(row["shows"])} for row in rows)
        else:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return len(rows)
