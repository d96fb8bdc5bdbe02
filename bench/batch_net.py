"""Batch-net: ten million transactions against a hundred thousand credits, beside the plain group-by of the same rows.

    python bench/batch_net.py [TRANSACTIONS]

The bill is written to a temporary folder first, a thousandth of its payouts is wrong. Both sides read the same Parquet
in the same run, by turns, each in a process of its own; the figures are medians of wall and CPU time. Peak memory is
that of the process alone.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from ground.lines import line

TRANSACTIONS, CREDITS, RATIO, RUNS, SEED = 10_000_000, 100_000, 2.0, 3, 20_260
FIRST, DAYS, CHUNK = date(2025, 6, 1), 20, 1_000_000
SOURCE = str(Path(__file__).resolve().parent.parent / "src")


def main() -> None:
    """Print a JSON line each for time and memory."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else TRANSACTIONS
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), rows)
        runs = [(_apart("plain", folder), _apart("matched", folder)) for _ in range(RUNS)]
    for unit in ("wall", "cpu"):
        plain, matched = (statistics.median(told[side][unit] for told in runs) for side in (0, 1))
        line(
            f"batch_net_{rows}_{unit}",
            matched,
            "s",
            peer=plain,
            goal="at most 2 times the plain group-by of the same transactions",
            met=matched / plain <= RATIO,
            runs=RUNS,
        )
    peak = max(told[1]["peak"] for told in runs)
    base = max(told[0]["peak"] for told in runs)
    line(
        f"batch_net_{rows}_memory", peak, "MiB", peer=base, goal="as the plain group-by", runs=RUNS
    )
    found = runs[0][1]["found"]
    line(f"batch_net_{rows}_found", found, "differences", limit=None, met=found > 0)


def generate(folder: Path, rows: int) -> None:
    """Write bill.parquet and statement.parquet: CREDITS payouts, a thousandth of them missing, late or short."""
    import pyarrow.parquet as pq

    random = np.random.default_rng(SEED)
    merchants = CREDITS // DAYS
    owed = np.zeros(CREDITS, np.int64)
    writer = None
    for begin in range(0, rows, CHUNK):
        size = min(CHUNK, rows - begin)
        payout = np.sort(random.integers(0, CREDITS, size))
        frame = _bill(random, payout, begin, merchants)
        np.add.at(owed, payout, frame["net_minor"].to_numpy())
        table = frame.to_arrow()
        writer = writer or pq.ParquetWriter(folder / "bill.parquet", table.schema)
        writer.write_table(table)
    if writer:
        writer.close()
    _statement(random, owed, merchants).write_parquet(folder / "statement.parquet")


def _bill(
    random: np.random.Generator, payout: np.ndarray, begin: int, merchants: int
) -> pl.DataFrame:
    from tillkeeper.formats.canonical.tables import Role, canonical

    size = len(payout)
    amount = random.integers(100, 500_000, size)
    fee = (amount * 38 + 5_000) // 10_000
    sign = np.where(random.random(size) < 0.01, -1, 1)
    days = pl.Series(payout // merchants).cast(pl.Int32)
    told = pl.DataFrame(
        {
            "line": np.arange(begin + 2, begin + 2 + size),
            "_merchant": payout % merchants,
            "amount_minor": amount,
            "fee_minor": fee * sign,
            "surcharge_minor": np.zeros(size, np.int64),
            "net_minor": (amount - fee) * sign,
            "_sign": sign,
        }
    ).with_columns(
        mid=pl.lit("898310") + pl.col("_merchant").cast(pl.String).str.pad_start(9, "0"),
        tid=pl.col("_merchant").cast(pl.String).str.pad_start(8, "0"),
        trace=(pl.col("line") % 1_000_000).cast(pl.String).str.pad_start(6, "0"),
        rrn=pl.col("line").cast(pl.String).str.pad_start(12, "0"),
        kind=pl.when(pl.col("_sign") > 0).then(pl.lit("sale")).otherwise(pl.lit("refund")),
        state=pl.lit("success"),
        currency=pl.lit("CNY"),
        card=pl.lit("622280*0000"),
        card_type=pl.lit("debit"),
        channel=pl.lit("card"),
        settled_on=pl.lit(FIRST) + pl.duration(days=pl.lit(days)),
    )
    dated = told.with_columns(at=pl.col("settled_on").cast(pl.Datetime("us", "UTC")))
    return canonical(dated, Role.BILL).with_columns(file=pl.lit("bill.csv"))


def _statement(random: np.random.Generator, owed: np.ndarray, merchants: int) -> pl.DataFrame:
    from tillkeeper.engines.matching.rules.book import Rules
    from tillkeeper.engines.matching.rules.calendars import due_on
    from tillkeeper.formats.canonical.tables import Role, canonical

    rules = Rules.sound()
    due = [due_on("card", FIRST + timedelta(days=n), rules) for n in range(DAYS)]
    lines = [
        {
            "mid": f"898310{n % merchants:09d}",
            "amount_minor": int(net),
            "booked_on": due[n // merchants],
        }
        for n, net in enumerate(owed)
        if net
    ]
    for n in random.choice(len(lines), max(len(lines) // 1_000, 3), replace=False):
        lines[n]["amount_minor"] -= 9_900 if n % 2 else 0
        lines[n]["booked_on"] += timedelta(days=int(n % 2 == 0) * 2)
    named = pl.DataFrame(lines).with_row_index("line", offset=2)
    text = pl.lit("银联商务划款 ") + pl.when(pl.col("line") % 10 > 0).then("mid").otherwise(
        pl.lit("")
    )
    told = named.with_columns(
        text=text, status=pl.lit("booked"), currency=pl.lit("CNY"), account=pl.lit("6222")
    )
    return canonical(told, Role.STATEMENT).with_columns(file=pl.lit("bank.csv"))


def _apart(side: str, folder: str) -> dict[str, float]:
    """Run one side in a process of its own."""
    command = [sys.executable, __file__, "--side", side, folder]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(told.stdout))


def side(name: str, folder: Path) -> None:
    """Do one side, and print what it took: wall and cpu (s), peak (MiB), found."""
    from tillkeeper.engines.matching.payouts import leg
    from tillkeeper.engines.matching.rules.book import Rules

    bill = pl.scan_parquet(folder / "bill.parquet")
    statement = pl.read_parquet(folder / "statement.parquet")
    begin, cpu = time.perf_counter(), time.process_time()
    if name == "plain":
        keys = ("mid", "channel", "settled_on", "currency")
        query = bill.group_by(keys).agg(pl.col("net_minor").sum())
        told = query.collect(engine="streaming")
    else:
        told = leg.match_payouts(bill, statement, Rules.sound(), FIRST + timedelta(days=90))
    used = {"wall": time.perf_counter() - begin, "cpu": time.process_time() - cpu}
    print(json.dumps({**used, "peak": _peak(), "found": told.height}))


def _peak() -> float:
    """Return the peak memory in MiB: of this process, where ru_maxrss begins with its parent's."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    sys.path.insert(0, SOURCE)
    if sys.argv[1:2] == ["--side"]:
        side(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
