"""Rehearsed days as canonical Parquet: as many rows as asked for, in the memory of one chunk.

python bench/ground/days.py FOLDER --seed 7 --rows 10000000 [--each 400]
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tillkeeper.engines.matching.store import CanonicalWriter
from tillkeeper.engines.rehearsal.days import rehearse
from tillkeeper.engines.rehearsal.faults.table import every
from tillkeeper.engines.rehearsal.plan import Plan
from tillkeeper.formats.canonical.tables import Role


@dataclass(frozen=True, slots=True)
class Written:
    """A day on disk."""

    journal: Path
    bill: Path
    statement: Path
    truth: pl.DataFrame
    rows: dict[Role, int]


def write_day(folder: Path, plan: Plan) -> Written:
    """Write a plan's day: `journal`, `bill` and `statement` in a folder, as stores of the matching engine."""
    paths = {role: folder / role for role in Role}
    writers = {role: CanonicalWriter(path, role) for role, path in paths.items()}
    rows = dict.fromkeys(Role, 0)
    truths = []
    for chunk in rehearse(plan):
        for role, writer in writers.items():
            frame = getattr(chunk, role)
            if frame.height:
                writer.take(frame)
                rows[role] += frame.height
        truths.append(chunk.truth)
    for writer in writers.values():
        writer.close()
    truth = pl.concat(truths)
    truth.write_parquet(folder / "truth.parquet")
    return Written(paths[Role.JOURNAL], paths[Role.BILL], paths[Role.STATEMENT], truth, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--each", type=int, default=0, help="how many of each fault")
    told = parser.parse_args()
    told.folder.mkdir(parents=True, exist_ok=True)
    begin = time.perf_counter()
    faults = every(told.each) if told.each else {}
    day = write_day(told.folder, Plan.sized(told.seed, told.rows, faults))
    counts = ", ".join(f"{count} {role} rows" for role, count in day.rows.items())
    print(
        f"{told.folder}: {counts}, {day.truth.height} truths, {time.perf_counter() - begin:.1f} s"
    )


if __name__ == "__main__":
    main()
