"""The same payments give the same answer, byte for byte, however they come; every row is counted once and only once."""

import json
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.engines.matching.days import (
    AS_OF,
    charge,
    frame,
    order,
    sale,
    stored,
    taken_back,
    undone,
)

from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.run import Outcome, match
from tillkeeper.engines.matching.workplaces import Threads
from tillkeeper.formats.canonical.tables import Role

CODE = {"tid": "", "batch": "", "trace": ""}
# What can become of a payment: its journal rows and its bill rows.
FATES = {
    "agrees": lambda n: ([sale(n)], [charge(n)]),
    "agrees without batch": lambda n: ([sale(n)], [charge(n, batch="", rrn="")]),
    "declined": lambda n: ([sale(n, state="declined", slip="none")], []),
    "lost": lambda n: ([], [charge(n)]),
    "not charged": lambda n: ([sale(n)], []),
    "netted": lambda n: ([undone(n, reversal_answer="00")], [charge(n), taken_back(n)]),
    "taken back by the host": lambda n: ([sale(n)], [charge(n), taken_back(n)]),
    "reversal lost": lambda n: ([undone(n, "reversal_exhausted")], [charge(n)]),
    "no slip": lambda n: ([sale(n, slip="failed")], [charge(n)]),
    "amount": lambda n: ([sale(n)], [charge(n, amount_minor=77)]),
    "elsewhere": lambda n: ([sale(n)], [charge(n, tid="10000009", trace=f"9{n:05}")]),
    "refund": lambda n: ([sale(n, kind="refund")], []),
    "by code": lambda n: ([sale(n, **order(n))], [charge(n, **CODE, **order(n))]),
    "code in doubt": lambda n: ([sale(n, state="unknown", slip="none", **order(n))], [charge(n, **CODE, **order(n))]),
    "same card": lambda n: ([sale(n, card="622280*1111", amount_minor=500, slip="unknown")],
                            [charge(n, card="622280*1111", amount_minor=500)]),
    "same number": lambda n: ([sale(n, trace="000777", rrn="", amount_minor=600, card="")],
                              [charge(n, trace="000777", rrn="", batch="", amount_minor=600, card="")]),
}  # fmt: skip
days = st.lists(st.sampled_from(sorted(FATES)), min_size=1, max_size=25)


def rows_of(fates):
    told = [FATES[fate](number) for number, fate in enumerate(fates, start=1)]
    return [row for mine, _ in told for row in mine], [row for _, theirs in told for row in theirs]


def run(rows, *, cut=1, turn=0, workers=1) -> Outcome:
    """Match with each side cut into files, given in another order, by so many workers."""
    with TemporaryDirectory() as folder:
        sources = {}
        for role, of_side in zip((Role.JOURNAL, Role.BILL), rows, strict=True):
            told = []
            for number in range(cut):
                mine = [row for row in of_side if row["line"] % cut == number]
                if mine or cut == 1:
                    told.append(
                        stored(Path(folder), role, frame(mine, role), name=f"{role.value}-{number}")
                    )
            sources[role] = told[turn:] + told[:turn]
        return match(
            sources[Role.JOURNAL],
            sources[Role.BILL],
            [],
            rules=Rules.sound(),
            as_of=AS_OF,
            at=Threads(workers),
        )


@given(
    days, st.randoms(use_true_random=False), st.integers(1, 3), st.integers(0, 2), st.integers(1, 4)
)
@settings(max_examples=25)
def test_the_order_of_rows_files_and_workers_is_nothing(fates, chance, cut, turn, workers):
    journal, bill = rows_of(fates)
    usual = run((journal, bill), cut=cut).differences.write_csv()
    shuffled = [chance.sample(rows, len(rows)) for rows in (journal, bill)]
    assert run(shuffled, cut=cut, turn=turn, workers=workers).differences.write_csv() == usual


@given(days)
@settings(max_examples=25)
def test_every_row_is_in_one_difference_at_most_and_all_rows_are_accounted_for(fates):
    journal, bill = rows_of(fates)
    outcome = run((journal, bill))
    named = Counter()
    for row in outcome.differences.iter_rows(named=True):
        if row["source_file"] == "journal-0":
            named["journal", row["source_line"]] += 1
        for spot in json.loads(row["evidence"]).get("channel_rows", []):
            named["bill", int(spot.rpartition(":")[2])] += 1
    assert all(count == 1 for count in named.values())
    for side, rows in (("journal", journal), ("bill", bill)):
        counts = outcome.summary["rows"][side]
        assert counts["rows"] == len(rows)
        assert counts["differing"] == sum(1 for of, _ in named if of == side)
        parts = [counts[name] for name in ("agreed", "differing", "repeated", "without_difference")]
        assert sum(parts) == len(rows)
        assert min(parts) >= 0


@given(days)
@settings(max_examples=25)
def test_the_balance_has_nothing_unexplained(fates):
    journal, bill = rows_of(fates)
    for bar in run((journal, bill)).summary["balance"].values():
        assert bar["unexplained"] == 0
        assert bar["bill"] == bar["journal"] + bar["explained"]


def test_a_repeated_run_over_several_chunks_is_the_same(tmp_path):
    journal, bill = rows_of(["agrees", "no slip", "lost", "elsewhere"] * 5)
    whole = run((journal, bill)).differences
    pieces = [pl.concat([frame([row], Role.BILL)]) for row in bill]
    told = match(
        [stored(tmp_path, Role.JOURNAL, frame(journal, Role.JOURNAL), name="journal-0")],
        [stored(tmp_path, Role.BILL, *pieces, name="bill-0")],
        [], rules=Rules.sound(), as_of=AS_OF,
    )  # fmt: skip
    assert told.differences.write_csv() == whole.write_csv()
