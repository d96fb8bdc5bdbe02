import os
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.formats.statement_frames import read, statements

from tillkeeper.formats.canonical.tables import Role
from tillkeeper.formats.catalogue import FORMATS, read_frame, recognise
from tillkeeper.formats.statements.amounts import day_of, major_of, minor_of
from tillkeeper.formats.statements.catalogue import FORMATS as STATEMENTS
from tillkeeper.formats.statements.identity import statement_identity

SAMPLES = Path(
    os.environ.get("TILLKEEPER_TEST_SAMPLES") or Path(__file__).parents[4] / "shared" / "samples"
)


@given(
    minor=st.integers(0, 10**15 - 1),
    currency=st.sampled_from(["CNY", "JPY", "KWD"]),
    zeros=st.integers(0, 5),
)
def test_amounts_are_exact_both_ways(minor, currency, zeros):
    major = major_of(minor, currency, ",")
    assert minor_of(major + "0" * zeros, currency) == minor
    if "," in major and not major.endswith(","):
        assert minor_of(major + "0001", currency) is None


@pytest.mark.parametrize(
    "text", ["", ".", "1.2.3", "-1", "1e3", "１", "1_0", "0x1", "9" * 16, "1 000"]
)
def test_what_is_no_amount_is_none(text):
    assert minor_of(text, "CNY") is None


@pytest.mark.parametrize(
    "text", ["260230", "261301", "20260229", "2026-02-30", "", "tomorrow", "26030", "２６０３０１"]
)
def test_what_is_no_day_is_none(text):
    assert day_of(text) is None


def identity(path, name):
    return statement_identity(*read(path, name))


@pytest.mark.parametrize("name", ["camt.053", "mt940", "bai2", "bank.boc"])
@settings(max_examples=12)  # of each of four formats
@given(frame=statements(kinds=st.just("NTRF")))
def test_a_statement_is_the_same_under_another_name_and_in_another_order(
    tmp_path_factory, name, frame
):
    folder = tmp_path_factory.mktemp("same")
    write = FORMATS[name].write
    write(frame, folder / "one.txt")
    write(frame, folder / "copy (2).txt")
    assert identity(folder / "one.txt", name) == identity(folder / "copy (2).txt", name)
    if name == "bank.boc":
        write(frame.reverse(), folder / "newest-first.txt")
        assert identity(folder / "newest-first.txt", name) == identity(folder / "one.txt", name)
    more = frame.with_columns(pl.col("amount_minor") + 1, pl.col("balance_minor") + 1)
    write(more, folder / "other.txt")
    assert identity(folder / "other.txt", name) != identity(folder / "one.txt", name)


def test_two_empty_days_are_two_statements(tmp_path):
    page = ":20:A\n:25:1\n:28C:1\n:60F:C26030{}EUR1,\n:62F:C26030{}EUR1,\n-\n"
    for day in (1, 2):
        (tmp_path / f"{day}.sta").write_text(page.format(day, day))
    assert identity(tmp_path / "1.sta", "mt940") != identity(tmp_path / "2.sta", "mt940")


def test_without_balances_texts_tell_two_statements_apart(tmp_path):
    for word in ("one", "two"):
        (tmp_path / word).write_text(
            f"记账日期,货币,交易金额,联机余额,客户摘要\n2026-03-01,CNY,1.00,,{word}"
        )
    assert identity(tmp_path / "one", "bank.cmb") != identity(tmp_path / "two", "bank.cmb")


def test_every_format_names_its_source_and_columns():
    assert len({one.name for one in STATEMENTS}) == len(STATEMENTS) == 13
    for one in STATEMENTS:
        assert one.role is Role.STATEMENT
        assert all((one.title, one.source, one.columns, one.write))


# Rows of each real file, lines set aside, sums; and whether its figures add up (examples of banks often do not).
REAL = {
    "camt/camt053.v2.minimal.xml": ("camt.053", 1, 0, {"EUR": 885}, False),
    "camt/camt053.v4.xml": ("camt.053", 1, 0, {"EUR": 885}, False),
    "camt/camt053.v8.xml": ("camt.053", 1, 0, {"EUR": 885}, False),
    "camt/camt054.v4.xml": ("camt.054", 1, 0, {"SEK": -20000000}, True),
    "mt940/abnamro.sta": ("mt940", 10, 0, {"EUR": -34593}, False),
    "mt940/february_30.sta": ("mt940", 1, 0, {"EUR": -600}, True),
    "mt940/ing.sta": ("mt940", 7, 0, {"EUR": -4559}, False),
    "mt940/mt942.sta": ("mt942", 3, 0, {"PLN": 3}, True),
    "mt940/multiline.sta": ("mt940", 1, 1, {"EUR": -500}, True),
    "mt940/rabobank.sta": ("mt940", 5, 0, {"EUR": -158909}, False),
    "bai2/sample1.txt": ("bai2", 17, 0, {"CAD": 0}, True),
    "bai2/sample3.txt": ("bai2", 26, 0, {"USD": -19705}, True),
    "banks/boc-debit-example-boc-records.csv": ("bank.boc", 17, 0, {"CNY": 42670}, True),
    "banks/cmb-debit-example-cmb-records.csv": ("bank.cmb", 5, 0, {"CNY": -77914}, False),
    "banks/icbc-debit-v2-example-icbc-debit-v2-records.csv": (
        "bank.icbc",
        11,
        0,
        {"CNY": -139934},
        False,
    ),
}


@pytest.mark.samples
@pytest.mark.parametrize("file", REAL)
def test_a_real_file_is_read_without_loss(file):
    name, rows, aside, sums, sound = REAL[file]
    path = SAMPLES / file
    assert recognise(path).name == name
    frame, verdict = read_frame(path)
    assert (verdict.rows, frame.height, len(verdict.set_aside)) == (rows, rows, aside)
    assert (verdict.sums, verdict.sound) == (sums, sound)
    assert frame["booked_on"].null_count() == 0
    assert frame["line"].is_sorted()


@pytest.mark.samples
def test_every_real_file_of_these_formats_is_looked_at():
    folders = ("camt", "mt940", "bai2", "banks")
    found = {f"{folder}/{path.name}" for folder in folders for path in (SAMPLES / folder).iterdir()}
    assert found == set(REAL)
