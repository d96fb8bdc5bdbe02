"""The kernel of the fast step, against a dictionary; and what is refused or counted once before it."""

from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.engines.matching.days import (
    AS_OF,
    around,
    charge,
    frame,
    matched,
    sale,
    stored,
    verdicts,
)

from tillkeeper.engines.matching import buckets as buckets_kernel
from tillkeeper.engines.matching import store
from tillkeeper.engines.matching.buckets import Lookup, Piece, unpaired
from tillkeeper.engines.matching.errors import GivenTwice, NotFinished, WrongRole
from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.run import Source, match
from tillkeeper.formats.canonical.tables import Role

few_keys = st.lists(st.integers(1, 12), max_size=60)


def piece(folder, name, keys):
    path = folder / f"{name}.parquet"
    prints = np.array([key << 2 | 2 for key in keys], np.uint64)
    pl.DataFrame({"fp_rrn": prints}, schema={"fp_rrn": pl.UInt64}).write_parquet(path)
    return Piece(str(path), np.ones(len(keys), np.bool_))


@pytest.mark.parametrize("scan", [1, 2, 3, 1_000])
@pytest.mark.parametrize(("buckets", "slack"), [(1, 0), (3, 0), (3, 1_000)])
def test_a_pair_is_exactly_one_of_either_side(scan, buckets, slack, tmp_path, monkeypatch):
    monkeypatch.setattr(buckets_kernel, "SCAN_ROWS", scan)
    monkeypatch.setattr(buckets_kernel, "SLACK", slack)

    @given(few_keys, few_keys)
    def holds(mine, theirs):
        sides = [piece(tmp_path, "j", mine)], [piece(tmp_path, "b", theirs)]
        told = [
            unpaired(*sides, "rrn", bucket=number, buckets=buckets) for number in range(buckets)
        ]
        counts = Counter(mine), Counter(theirs)
        pairs = {key for key in counts[0] if counts[0][key] == counts[1][key] == 1}
        assert sorted(key for keys, _ in told for key in keys.tolist()) == sorted(
            {*mine, *theirs} - pairs
        )
        assert sum(found for _, found in told) == len(pairs)

    holds()


@given(
    st.lists(st.integers(0, 2**62 - 1), max_size=50),
    st.lists(st.integers(0, 2**62 - 1), max_size=50),
)
def test_a_lookup_finds_what_a_set_finds(many, wanted):
    some = wanted + many[::3]
    found = Lookup(np.array(some, np.uint64)).places(np.array(many, np.uint64)).tolist()
    assert found == [place for place, key in enumerate(many) if key in set(some)]


def sources(folder, *named):
    return [stored(folder, role, frame(rows, role), name=name) for name, role, rows in named]


def test_the_same_rows_under_another_name_are_refused(tmp_path):
    journal, bill = around()
    mine, one, other = sources(
        tmp_path,
        ("j", Role.JOURNAL, journal),
        ("monday", Role.BILL, bill),
        ("copy of monday", Role.BILL, bill[::-1]),
    )
    with pytest.raises(GivenTwice) as refused:
        match([mine], [one, other], [], rules=Rules.sound(), as_of=AS_OF)
    assert (refused.value.name, refused.value.other, refused.value.rows) == (
        "monday",
        "copy of monday",
        12,
    )


def test_overlapping_bills_are_counted_once_and_the_summary_says_so(tmp_path):
    journal, bill = around()
    mine, one, other = sources(
        tmp_path,
        ("j", Role.JOURNAL, journal),
        ("a", Role.BILL, bill[:8]),
        ("b", Role.BILL, bill[5:]),
    )
    outcome = match([mine], [other, one], [], rules=Rules.sound(), as_of=AS_OF)
    assert outcome.agrees
    assert [source["repeated"] for source in outcome.summary["sources"]] == [0, 0, 3]
    assert outcome.summary["rows"]["bill"] == {
        "rows": 15, "agreed": 12, "differing": 0, "repeated": 3, "without_difference": 0,
    }  # fmt: skip
    assert outcome.summary["balance"]["CNY"]["unexplained"] == 0


def test_overlapping_journals_are_counted_once(tmp_path):
    journal, bill = around()
    one, other, theirs = sources(
        tmp_path,
        ("a", Role.JOURNAL, journal[:8]),
        ("b", Role.JOURNAL, journal[5:]),
        ("bill", Role.BILL, bill),
    )
    assert match([one, other], [theirs], [], rules=Rules.sound(), as_of=AS_OF).agrees


def test_two_like_rows_of_one_file_are_no_overlap(tmp_path):
    journal, bill = around(5)
    outcome = matched(tmp_path, [*journal, sale(5)], [*bill, charge(5), charge(5, line=99)])
    assert [kind for kind, _, _ in verdicts(outcome)] == ["duplicate_charge"]


def test_a_plain_canonical_parquet_gives_the_same_answer(tmp_path):
    journal, bill = around(5)
    stores = sources(
        tmp_path, ("journal", Role.JOURNAL, journal), ("bill", Role.BILL, [*bill, charge(5)])
    )
    frame(journal, Role.JOURNAL).write_parquet(tmp_path / "journal.parquet")
    plain = Source("journal", tmp_path / "journal.parquet")
    told = [
        match([mine], [stores[1]], [], rules=Rules.sound(), as_of=AS_OF)
        for mine in (stores[0], plain)
    ]
    assert told[0].differences.write_csv() == told[1].differences.write_csv()


@pytest.mark.parametrize(("name", "value"), [("RECIPE_VERSION", 999), ("pl.__version__", "0.0.1")])
def test_fingerprints_of_another_recipe_are_made_anew(name, value, tmp_path, monkeypatch):
    journal, bill = around(5)
    mine, theirs = sources(
        tmp_path, ("journal", Role.JOURNAL, journal), ("bill", Role.BILL, [*bill, charge(5)])
    )
    about = theirs.path / store.ABOUT
    key = {"RECIPE_VERSION": "recipe", "pl.__version__": "polars"}[name]
    told = about.read_text()
    before = (
        f'"{key}": {store.RECIPE_VERSION}' if key == "recipe" else f'"{key}": "{pl.__version__}"'
    )
    assert before in told
    about.write_text(
        told.replace(
            before,
            f'"{key}": {value if key == "recipe" else repr(value).replace(chr(39), chr(34))}',
        )
    )
    part = theirs.path / store.part_name(0)
    pl.read_parquet(part).with_columns(
        fp_terminal=pl.lit(2, pl.UInt64), fp_rrn=pl.lit(2, pl.UInt64)
    ).write_parquet(part)
    outcome = match([mine], [theirs], [], rules=Rules.sound(), as_of=AS_OF)
    assert [kind for kind, _, _ in verdicts(outcome)] == ["charged_without_slip"]


def test_a_store_that_was_broken_off_is_refused(tmp_path):
    journal, bill = around()
    mine, theirs = sources(tmp_path, ("journal", Role.JOURNAL, journal), ("bill", Role.BILL, bill))
    (theirs.path / store.ABOUT).unlink()
    with pytest.raises(NotFinished):
        match([mine], [theirs], [], rules=Rules.sound(), as_of=AS_OF)


def test_a_store_on_the_wrong_side_is_refused(tmp_path):
    journal, bill = around()
    mine, theirs = sources(tmp_path, ("journal", Role.JOURNAL, journal), ("bill", Role.BILL, bill))
    with pytest.raises(WrongRole):
        match([theirs], [mine], [], rules=Rules.sound(), as_of=AS_OF)


def test_parts_of_a_store_are_bounded_and_lose_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "PART_ROWS", 5)
    journal, bill = around(5)
    outcome = matched(tmp_path, journal, [*bill, charge(5)])
    assert len(list((tmp_path / "bill").glob("part-*"))) == 3
    assert [kind for kind, _, _ in verdicts(outcome)] == ["charged_without_slip"]
    assert outcome.summary["sources"][1]["sums"] == {
        "CNY": sum(10_000 + number for number in range(1, 13))
    }


def test_a_day_of_two_currencies_is_balanced_in_each(tmp_path):
    journal, bill = around(5)
    outcome = matched(
        tmp_path, [*journal, sale(5, currency="HKD")], [*bill, charge(5, currency="HKD")]
    )
    assert outcome.agrees
    assert set(outcome.summary["balance"]) == {"CNY", "HKD"}


def test_an_empty_bill_leaves_every_payment_without_charge(tmp_path):
    journal, _ = around()
    outcome = matched(tmp_path, journal, [])
    assert {kind for kind, _, _ in verdicts(outcome)} == {"slip_without_charge"}
    assert outcome.differences.height == 12
