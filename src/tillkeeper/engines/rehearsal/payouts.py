"""The money's way to the merchants: one credit for each merchant, channel and settlement day, of the sum of the nets.

It is booked on the next working day; an instant payout on the settlement day itself. What is below nothing is a debit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from tillkeeper.engines.rehearsal import codes, texts
from tillkeeper.engines.rehearsal.codes import BLANK, CHANNELS, Ints
from tillkeeper.engines.rehearsal.estate import Estate
from tillkeeper.engines.rehearsal.faults.table import OF_PAYOUTS
from tillkeeper.engines.rehearsal.hosting import Bill, first_settlement
from tillkeeper.engines.rehearsal.plan import EPOCH, Plan
from tillkeeper.engines.rehearsal.rendering import merchant_numbers, payout_numbers
from tillkeeper.formats.canonical.tables import STATEMENT

PAYERS: Final = (
    "银联商务清算款",
    "财付通支付科技有限公司",
    "支付宝(中国)网络技术有限公司",
    "银联商务清算款",
)
STRANGER: Final = "张三"
LATE_DAYS: Final = 3
LEAST_MINOR: Final = 1_000  # of a payout that falls short or is missing

Lines = dict[
    str, Ints
]  # merchant, channel, settled, booked, amount, known (0: nobody can explain it)


@dataclass(slots=True)
class Payouts:
    """Adds up what is to be paid out, while bills go by."""

    estate: Estate
    sums: Ints  # by merchant, channel, settlement day

    @classmethod
    def none_yet(cls, estate: Estate) -> "Payouts":
        """Begin with nothing owed."""
        shape = (estate.plan.merchants, len(CHANNELS), estate.plan.days + 2)
        return cls(estate, np.zeros(shape, np.int64))

    def owe(self, bill: Bill) -> None:
        """Add a block's bill. Its merchants stand near each other. Sums stay exact below 2 ** 53."""
        there = bill["kept"] == 1
        merchant = bill["merchant"][there]
        if not len(merchant):
            return
        lowest, highest = int(merchant.min()), int(merchant.max()) + 1
        part = self.sums[lowest:highest]
        day = bill["settled"][there] - first_settlement(self.estate.plan)
        at = np.ravel_multi_index((merchant - lowest, bill["channel"][there], day), part.shape)
        added = np.bincount(at, bill["net"][there], part.size)
        part += added.astype(np.int64).reshape(part.shape)

    def lines(self) -> Lines:
        """Return what the banks book when nothing goes wrong, by day."""
        merchant, channel, day = np.nonzero(self.sums)
        settled = day + first_settlement(self.estate.plan)
        instant = self.estate.instant[merchant] & (channel == codes.CARD)
        booked = np.where(instant, settled, _paid(self.estate.plan)[day])
        order = np.lexsort((channel, merchant, booked))
        lines = {
            "merchant": merchant,
            "channel": channel,
            "settled": settled,
            "booked": booked,
            "amount": self.sums[merchant, channel, day],
            "known": np.ones(len(merchant), np.int64),
        }
        return {name: values[order] for name, values in lines.items()}


def disturbed(estate: Estate, lines: Lines) -> tuple[Lines, list[tuple[str, Bill]]]:
    """Let go wrong with payouts what the plan says; returns the lines that are booked, and the truth."""
    wanted = {name: estate.plan.faults.get(name, 0) for name in OF_PAYOUTS}
    if not any(wanted.values()):
        return lines, []
    chance = estate.plan.draw(3)
    settling = lines["booked"] > lines["settled"]  # an instant payout stays alone
    free = chance.permutation(np.flatnonzero((lines["amount"] >= LEAST_MINOR) & settling))
    _, first = np.unique(lines["merchant"][free], return_index=True)
    free = free[np.sort(first)]  # one of each merchant: two at once could stand for each other
    ends = np.cumsum([wanted[name] for name in ("payout_missing", "payout_late", "payout_short")])
    if ends[-1] > len(free):
        raise ValueError(f"the plan has {len(free)} payouts that could go wrong, not {ends[-1]}")
    missing, late, short = np.split(free[: ends[-1]], ends[:-1])
    truths = [("payout_missing", _truth(lines, missing)), ("payout_late", _truth(lines, late))]
    lines = {name: values.copy() for name, values in lines.items()}
    lines["booked"][late] = [_later(estate.plan, day) for day in lines["booked"][late].tolist()]
    truths.append(("payout_short", _truth(lines, short)))
    lines["amount"][short] -= 1 + lines["amount"][short] // chance.integers(3, 50, len(short))
    strange = _strange(lines, chance, wanted["credit_unexplained"])
    truths.append(("credit_unexplained", _truth(strange, np.arange(len(strange["amount"])))))
    kept = np.delete(np.arange(len(lines["amount"])), missing)
    booked = {name: np.concatenate([lines[name][kept], strange[name]]) for name in lines}
    order = np.lexsort((booked["channel"], booked["merchant"], booked["booked"]))
    return {name: values[order] for name, values in booked.items()}, truths


def statement_frame(estate: Estate, lines: Lines, line: int) -> pl.DataFrame:
    """Return lines as canonical STATEMENT, each into its merchant's account; lines are counted from `line` on."""
    known = lines["known"] == 1
    numbers = payout_numbers(lines["merchant"], lines["channel"], lines["settled"], known)
    payer = np.where(known, lines["channel"], len(PAYERS))
    frame = pl.DataFrame(
        {
            "line": np.arange(line, line + len(payer)),
            "mid": merchant_numbers(estate, lines["merchant"]),
            "booked_on": lines["booked"].astype(np.int32),
            "settled_on": lines["settled"].astype(np.int32),
            "amount_minor": lines["amount"],
            "reference": numbers,
            "counterparty": texts.words((*PAYERS, STRANGER), payer),
            "known": known,
        }
    ).with_columns(pl.col("booked_on", "settled_on").cast(pl.Date))
    explained = pl.format("{} {}清算款", "mid", pl.col("settled_on").dt.strftime("%Y%m%d"))
    silent = dict.fromkeys(("bank_reference", "counterparty_account"), pl.lit(""))
    told = silent | {
        "account": pl.concat_str(pl.lit("A"), "mid"),
        "valued_on": pl.col("booked_on"),
        "at": pl.lit(None, STATEMENT["at"]),
        "currency": pl.lit("CNY"),
        "balance_minor": pl.lit(None, pl.Int64),
        "status": pl.lit("booked"),
        "kind": pl.lit("转账"),
        "text": pl.when("known").then(explained).otherwise(pl.lit("货款")),
    }
    return frame.select(told.get(name, pl.col(name)).alias(name) for name in STATEMENT)


def _paid(plan: Plan) -> Ints:
    """Return by settlement day of the plan the day its money is booked, as days since 1970."""
    days = (plan.first_day + timedelta(days=number) for number in range(plan.days + 2))
    return np.array([(plan.working_day_after(day) - EPOCH).days for day in days])


def _later(plan: Plan, day: int) -> int:
    on: date = EPOCH + timedelta(days=day)
    for _ in range(LATE_DAYS):
        on = plan.working_day_after(on)
    return (on - EPOCH).days


def _strange(lines: Lines, chance: np.random.Generator, count: int) -> Lines:
    """Return credits that no payment explains, on days on which others are booked."""
    like = chance.integers(0, max(len(lines["amount"]), 1), count)
    amounts = chance.integers(1_000_003, 9_999_999, count)
    return {name: values[like] for name, values in lines.items()} | {
        "amount": amounts,
        "known": np.zeros(count, np.int64),
    }


def _truth(lines: Mapping[str, Ints], rows: Ints) -> Bill:
    blank = ("terminal", "batch", "trace", "rrn", "order", "other_trace", "other_rrn")
    told = dict.fromkeys(blank, np.full(len(rows), BLANK))
    return told | {name: lines[name][rows] for name in ("merchant", "channel", "amount")}
