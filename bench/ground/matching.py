"""What the matching benches share: a subprocess that tells its CPU time and peak memory, the run itself, and its peers.

CPU seconds are judged, not wall time: several things share a machine.
"""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent.parent
KEYS = 'mid, tid, batch, trace, rrn, order_no, kind, amount_minor, currency, card, "at", channel'
AS_OF = "2026-11-30"

OWN = """
from datetime import date
from pathlib import Path
from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.run import Source, match
journal, bill, out = (Path(text) for text in sys.argv[1:4])
begin()
sides = [Source("journal", journal)], [Source("bill", bill)], []
outcome = match(*sides, rules=Rules.sound(), as_of=date.fromisoformat({as_of!r}))
outcome.differences.write_csv(out)
end(outcome.differences.height)
"""
LIMIT = """
import duckdb
con = duckdb.connect()
con.execute("set enable_progress_bar = false")
begin()
asked = ({keys!r} + ", state, slip", {keys!r} + ", state, fee_minor, net_minor")
for path, keys in zip(sys.argv[1:3], asked):
    con.execute(f"select sum(hash({{keys}})) from read_parquet('{{path}}/part-*.parquet')").fetchall()
end(0)
"""
DUCKDB = """
import duckdb
con = duckdb.connect()
con.execute("set enable_progress_bar = false")
begin()
con.execute(f'''copy (select *, case
    when not in_journal and kind_b = 'sale' then 'charged_without_slip'
    when not in_bill and state = 'approved' then 'slip_without_charge'
    when amount_minor <> amount_b then 'amount_differs'
    when state = 'approved' and slip not in ('printed', 'reprinted') then 'charged_without_slip' end as class
  from (select j.mid is not null in_journal, b.mid is not null in_bill, coalesce(j.mid, b.mid) mid,
    coalesce(j.tid, b.tid) tid, j.batch, coalesce(j.trace, b.trace) trace, coalesce(j.rrn, b.rrn) rrn,
    coalesce(j.order_no, b.order_no) order_no,
    coalesce(j.channel, b.channel) channel, j.amount_minor, b.amount_minor amount_b, b.fee_minor, b.net_minor,
    j.currency,
    coalesce(j.card, b.card) card, j."at", j.state, j.slip, b.kind kind_b, j.line, b.line line_b
    from read_parquet('{{sys.argv[1]}}/part-*.parquet') j
    full join (select * from read_parquet('{{sys.argv[2]}}/part-*.parquet')) b
    on j.mid = b.mid and j.tid = b.tid and j.trace = b.trace and j.rrn = b.rrn)
  where class is not null) to '{{sys.argv[3]}}' (header)''')
end(0)
"""
PANDAS = """
import glob
import pandas as pd
names = ["mid", "tid", "trace", "rrn", "amount_minor", "line"]
begin()
more = (["state", "slip"], ["kind"])
sides = [
    pd.concat(pd.read_parquet(part, columns=[*names, *own]) for part in sorted(glob.glob(f"{{path}}/part-*.parquet")))
    for path, own in zip(sys.argv[1:3], more)
]
both = sides[0].merge(sides[1], on=["mid", "tid", "trace", "rrn"], how="outer", suffixes=("", "_b"), indicator=True)
unequal = both["amount_minor"] != both["amount_minor_b"]
odd = both[(both["_merge"] != "both") | unequal | (both["slip"] == "failed")]
odd.to_csv(sys.argv[3])
end(len(odd))
"""
DATACOMPY = """
import datacompy, polars as pl
names = ["mid", "tid", "trace", "rrn", "amount_minor"]
begin()
sides = [pl.read_parquet(f"{{path}}/part-*.parquet", columns=names) for path in sys.argv[1:3]]
told = datacompy.PolarsCompare(sides[0], sides[1], join_columns=["mid", "tid", "trace", "rrn"])
told.df1_unq_rows.write_csv(sys.argv[3])
end(told.df1_unq_rows.height + told.df2_unq_rows.height)
"""
METER = """
import json, sys, time
def begin():
    global cpu, wall
    cpu, wall = time.process_time(), time.perf_counter()
def end(rows):
    # not ru_maxrss: a process begins with what the one that started it had
    peak = next(int(text.split()[1]) for text in open("/proc/self/status") if text.startswith("VmHWM")) / 1024
    took = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    print(json.dumps({**took, "peak_mib": peak, "rows": rows}))
"""


@dataclass(frozen=True)
class Cost:
    cpu: float  # seconds
    wall: float
    peak_mib: float
    rows: int  # differences found


def cost(script: str, *paths: Path, python: str = sys.executable) -> Cost:
    """Run a script in a process of its own and return what it cost."""
    text = METER + script.format(keys=KEYS, as_of=AS_OF)
    done = subprocess.run(
        [python, "-c", text, *map(str, paths)], capture_output=True, text=True, check=True, cwd=HERE
    )
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def best(script: str, *paths: Path, runs: int = 3, python: str = sys.executable) -> Cost:
    """Return the run with the least CPU time: what the others add is somebody else's."""
    return min(
        (cost(script, *paths, python=python) for _ in range(runs)), key=lambda told: told.cpu
    )


def outside(*packages: str) -> tuple[str, tempfile.TemporaryDirectory[str]]:
    """Return the Python of a new environment with some packages, and its folder, which goes when it is dropped.

    Raises:
        subprocess.CalledProcessError: they cannot be installed; its stderr says why.
    """
    folder = tempfile.TemporaryDirectory(prefix="tillkeeper-bench-")
    subprocess.run(
        [sys.executable, "-m", "venv", folder.name], check=True, capture_output=True, text=True
    )
    python = f"{folder.name}/bin/python"
    subprocess.run(
        [python, "-m", "pip", "install", "-q", *packages],
        check=True,
        capture_output=True,
        text=True,
        timeout=600,
    )
    return python, folder
