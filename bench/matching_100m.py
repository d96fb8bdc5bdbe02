"""A hundred million rows a side: memory, and whether time grows no faster than the rows.

`python bench/matching_100m.py [FOLDER]`. Needs 40 GiB of disk, and long to write the day.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from ground.lines import line
from ground.matching import OWN, best
from ground.money_days import written

SMALL, LARGE = 10_000_000, 100_000_000
MOST_GROWTH, PEAK_MIB = 11.0, 6 * 1024
FREE_BYTES = 40 * 2**30


def main(folder: Path) -> None:
    if shutil.disk_usage(folder).free < FREE_BYTES and not (folder / f"bill-{LARGE}").exists():
        print("matching_100m: left out, less than 40 GiB are free", file=sys.stderr)
        return
    out = folder / "differences.csv"
    small = best(OWN, *written(folder, SMALL), out)
    large = best(OWN, *written(folder, LARGE), out, runs=1)
    line("matching_100m_peak", large.peak_mib, "MiB", limit=PEAK_MIB, goal="under 6 GiB")
    line("matching_100m_wall", large.wall, "s", goal=f"{large.rows} differences")
    line(
        "matching_100m_growth", large.cpu / small.cpu, "times the CPU of 10M",
        limit=MOST_GROWTH, goal="linear: under 11",
    )  # fmt: skip


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="tillkeeper-bench-") as own_folder:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else own_folder))
