"""Reading bills: from file to canonical Parquet, rows a second, beside DuckDB reading the same bytes as text columns.

    python bench/bill_reading.py [ROWS]

The files are written to a temporary folder first, by the writers of the formats. Both sides read in the same run, by
turns, each in a process of its own; the figures are medians. DuckDB reads every column of the delimited file as text;
of the fixed-width file it reads each record as one text and cuts its 42 fields. What it read goes nowhere; ours is
written to one Parquet file.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from ground.lines import line

ROWS, RATIO, RUNS, SEED, CHUNK = 1_000_000, 2.0, 3, 20_261, 250_000
DAY = date(2026, 3, 5)
# Columns with few words; a dictionary of ids costs more than half of the writing.
FEW = ["mid", "batch", "kind", "state", "currency", "card_type", "mcc", "channel", "payout_no"]
FILES = {"zm": "INN26030588ZM_898310048161234", "acquirer46": "acquirer46.csv"}
GOAL = "1,000,000 rows a second, or within 2 times of DuckDB reading the same bytes as text"
SOURCE = str(Path(__file__).resolve().parent.parent / "src")
sys.path.insert(0, SOURCE)


def main() -> None:
    """Print JSON lines for each format: time, rate, memory."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as folder:
        for name in FILES:
            generate(Path(folder), name, rows)
            told = [
                (_apart("duckdb", name, folder), _apart("ours", name, folder)) for _ in range(RUNS)
            ]
            show(name, rows, told)


def show(name: str, rows: int, told: list[tuple[dict, dict]]) -> None:
    for unit in ("wall", "cpu"):
        peer, ours = (statistics.median(run[side][unit] for run in told) for side in (0, 1))
        met = ours <= RATIO * peer or (unit == "wall" and rows / ours >= 1_000_000)
        line(f"bill_{name}_{rows}_{unit}", ours, "s", peer=peer, goal=GOAL, met=met, runs=RUNS)
        if unit == "wall":
            line(f"bill_{name}_{rows}_rate", rows / ours, "rows/s", goal=GOAL, met=met, runs=RUNS)
    peak = max(run[1]["peak"] for run in told)
    goal = "bounded: twice the rows take no more"
    line(f"bill_{name}_{rows}_memory", peak, "MiB", limit=600, goal=goal, runs=RUNS)
    lost = sum(run[side]["rows"] != rows for run in told for side in (0, 1))
    line(f"bill_{name}_{rows}_lost", lost, "runs", limit=0, goal="every row is read")


def generate(folder: Path, name: str, rows: int) -> None:
    """Write a day's bill, chunk by chunk; the header of later chunks is left out."""
    from tillkeeper.formats.catalogue import FORMATS

    random, write = np.random.default_rng(SEED), FORMATS[name].write
    assert write is not None
    with (folder / FILES[name]).open("wb") as file:
        for start in range(0, rows, CHUNK):
            part = folder / "part"
            write(_rows(random, min(CHUNK, rows - start)), part)
            data = part.read_bytes()
            header = name == "acquirer46" and start
            file.write(data[data.index(b"\n") + 1 :] if header else data)
        part.unlink()


def _rows(random: np.random.Generator, count: int) -> pl.DataFrame:
    from tillkeeper.formats.canonical.tables import MOMENT, Role, canonical

    numbers = {name: random.integers(0, most, count) for name, most in _MOST.items()}
    frame = pl.DataFrame(numbers)
    at = pl.datetime(2026, 3, 4, 16, time_zone="UTC") + pl.duration(seconds=pl.col("second"))
    fee = pl.col("amount") * 6 // 1000
    local = at.dt.convert_time_zone("Asia/Shanghai").dt.strftime("%Y%m%d%H%M%S")
    told = frame.select(
        mid=pl.lit("898310048161234"),
        tid=pl.lit("1") + pl.col("terminal").cast(pl.String).str.zfill(7),
        trace=pl.col("trace").cast(pl.String).str.zfill(6),
        rrn=pl.col("rrn").cast(pl.String).str.zfill(12),
        order_no=pl.lit("T") + pl.col("rrn").cast(pl.String),
        channel_no=local + pl.col("trace").cast(pl.String).str.zfill(7),
        kind=pl.when(pl.col("trace") % 50 == 0).then(pl.lit("refund")).otherwise(pl.lit("sale")),
        state=pl.lit("success"),
        amount_minor="amount",
        fee_minor=fee,
        net_minor=pl.col("amount") - fee,
        currency=pl.lit("CNY"),
        card=pl.lit("622280*") + (pl.col("trace") % 10_000).cast(pl.String).str.zfill(4),
        mcc=pl.lit("5411"),
        at=at.cast(MOMENT),
        settled_on=pl.lit(DAY),
    )
    return canonical(told, Role.BILL)


_MOST = {"terminal": 2000, "trace": 10**6, "rrn": 10**12, "amount": 10**6, "second": 82_000}


def _apart(side: str, name: str, folder: str) -> dict:
    command = [sys.executable, __file__, "--apart", side, name, folder]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def run_apart(side: str, name: str, folder: str) -> None:
    import resource

    path = Path(folder) / FILES[name]
    prepare = {"ours": _ours, "duckdb": _duckdb}[side](name, path)
    wall, cpu = time.perf_counter(), time.process_time()
    rows = prepare()
    told = {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "rows": rows,
    }
    print(json.dumps(told))


def _ours(name: str, path: Path) -> Callable[[], int]:
    import pyarrow.parquet as pq

    from tillkeeper.formats.canonical.tables import Role, canonical
    from tillkeeper.formats.catalogue import FORMATS, read_file

    schema = canonical(pl.DataFrame(), Role.BILL).to_arrow().schema

    def call() -> int:
        target = path.with_name("out.parquet")
        with pq.ParquetWriter(target, schema, compression="lz4", use_dictionary=FEW) as writer:
            verdict = read_file(
                path, lambda frame: writer.write_table(frame.to_arrow()), format=FORMATS[name]
            )
        return verdict.rows

    return call


def _duckdb(name: str, path: Path) -> Callable[[], int]:
    import duckdb

    from tillkeeper.formats.layouts.catalogue import FOLDER
    from tillkeeper.formats.layouts.parsing import layout_from

    layout = layout_from(FOLDER / f"{name}.toml")
    if name == "zm":
        said = "{'c': 'VARCHAR'}"
        cut = [
            f"substring(c, {one.offset + 1}, {one.length}) f{i}"
            for i, one in enumerate(layout.fields)
        ]
        how = f"header = false, delim = '\x01', quote = '', escape = '', columns = {said}"
    else:
        names = [f"f{i}" for i in range(len(layout.fields))]
        cut = names
        how = (
            "header = true, delim = ',', columns = {"
            + ", ".join(f"'{n}': 'VARCHAR'" for n in names)
            + "}"
        )
    query = f"SELECT {', '.join(cut)} FROM read_csv('{path}', auto_detect = false, {how})"  # noqa: S608

    def call() -> int:
        found = duckdb.sql(query)
        assert found is not None
        return sum(batch.num_rows for batch in found.to_arrow_reader(500_000))

    return call


if __name__ == "__main__":
    if sys.argv[1:2] == ["--apart"]:
        run_apart(*sys.argv[2:])
    else:
        main()
