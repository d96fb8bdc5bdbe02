"""Ten million journal rows against ten million bill rows, from canonical Parquet to a written differences file.

`python bench/matching_10m.py [ROWS] [FOLDER]`. In the same run: the limit (DuckDB reads and hashes the needed columns),
a plain DuckDB full outer join with classification, pandas, and datacompy; these two in environments of their own.
CPU seconds decide.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from ground.lines import line
from ground.matching import DATACOMPY, DUCKDB, LIMIT, OWN, PANDAS, Cost, best, outside
from ground.money_days import written

ROWS, FAULTS = 10_000_000, 0.001
OF_LIMIT, OF_JOIN, OF_SLOW = 2.5, 0.5, 0.1
PEAK_MIB, MILLION_SECONDS = 600, 2.0
SLOW_PEERS = (
    ("pandas", PANDAS, ("pandas", "pyarrow")),
    ("datacompy_polars", DATACOMPY, ("datacompy[polars]",)),
)


def main(rows: int, folder: Path) -> None:
    paths = (*written(folder, rows, faults=FAULTS), folder / "differences.csv")
    own = best(OWN, *paths)
    limit, join = best(LIMIT, *paths), best(DUCKDB, *paths)
    name = f"matching_{rows}"
    _ratio(
        f"{name}_cpu_to_limit",
        own,
        limit,
        OF_LIMIT,
        "at most 2.5 times reading and hashing with DuckDB",
    )
    _ratio(
        f"{name}_cpu_to_duckdb_join", own, join, OF_JOIN, "at most half a DuckDB full outer join"
    )
    line(f"{name}_peak", own.peak_mib, "MiB", limit=PEAK_MIB, goal="under 600 MiB", runs=3)
    line(f"{name}_wall", own.wall, "s", goal=f"{own.rows} differences", runs=3)
    for peer, script, packages in SLOW_PEERS:
        _slow(name, own, peer, script, packages, paths)
    million = best(OWN, *written(folder, 1_000_000, faults=FAULTS), folder / "million.csv")
    line(
        "matching_1000000_wall", million.wall, "s", limit=MILLION_SECONDS, goal="under 2 s", runs=3
    )


def _ratio(name: str, own: Cost, other: Cost, most: float, goal: str) -> None:
    line(name, own.cpu, "CPU s", peer=other.cpu, goal=goal, met=own.cpu <= most * other.cpu, runs=3)


def _slow(
    name: str, own: Cost, peer: str, script: str, packages: tuple[str, ...], paths: tuple[Path, ...]
) -> None:
    try:
        python, kept = outside(*packages)
        told = best(script, *paths, runs=1, python=python)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        print(
            f"{peer}: left out, {str(getattr(error, 'stderr', '') or error).strip()[-300:]}",
            file=sys.stderr,
        )
        return
    kept.cleanup()
    _ratio(f"{name}_cpu_to_{peer}", own, told, OF_SLOW, f"at most a tenth of {peer}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="tillkeeper-bench-") as own_folder:
        main(
            int(sys.argv[1]) if len(sys.argv) > 1 else ROWS,
            Path(sys.argv[2] if len(sys.argv) > 2 else own_folder),
        )
