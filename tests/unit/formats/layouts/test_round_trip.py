"""What a layout writes it reads back equal, and recognises."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.unit.formats.layouts.frames import rows_of, written

from tillkeeper.formats.canonical.errors import UnreadableFile
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.formats.catalogue import FORMATS, read_frame, recognise
from tillkeeper.formats.layouts import catalogue

NAMES = [one.name for one in catalogue.FORMATS]


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=settings.default.max_examples // 2)
@given(data=st.data())
def test_rows_written_are_read_back_equal(name, data):
    frame = data.draw(rows_of(name))
    with tempfile.TemporaryDirectory() as folder:
        path = written(FORMATS[name], frame, Path(folder))
        read, verdict = read_frame(path, format=FORMATS[name])
    assert_frame_equal(read, frame)
    assert verdict.rows == frame.height
    assert verdict.sound
    assert verdict.sums == sums_of(frame, FORMATS[name].role)


def sums_of(frame, role):
    """Return what the rows come to by currency, worked out by hand.

    Of a bill that is the money that moved. A preauthorisation only holds money: neither the debits (sale, completion)
    nor the credits (void, refund) of a terminal's totals count it (field 48 of the 0500). Rows that are no payments
    go the way their net goes.
    """
    signs = {"void": -1, "refund": -1, "reversal": -1, "chargeback": -1}
    if role is Role.BILL:
        signs |= {"sale": 1, "completion": 1, "preauth": 0}
    sums = {}
    for row in frame.iter_rows(named=True):
        net = row.get("net_minor")
        way = (net > 0) - (net < 0) if role is Role.BILL and net is not None else 1
        sums[row["currency"]] = (
            sums.get(row["currency"], 0) + signs.get(row["kind"], way) * row["amount_minor"]
        )
    return sums


@pytest.mark.parametrize("name", [name for name in NAMES if name != "leshua"])
@given(data=st.data())
@settings(max_examples=5)
def test_a_written_file_is_recognised(name, data):
    frame = data.draw(rows_of(name, fewest=2))
    with tempfile.TemporaryDirectory() as folder:
        assert recognise(written(FORMATS[name], frame, Path(folder))).name == name


def test_leshua_is_recognised_by_its_records(tmp_path):
    path = tmp_path / "bill.txt"
    row = "BV|1|2024-03-05 10:00:00|O1|M1|38|500|2|498|进账|消费|微信||||000001|T1" + "|" * 8
    path.write_text(f"BT|标题\n{row}\n{row}\n")
    assert recognise(path).name == "leshua"
    read, _verdict = read_frame(path)
    assert read["line"].to_list() == [2, 3]
    assert read.select("amount_minor", "fee_minor", "net_minor").row(0) == (500, 2, 498)
    assert read["channel"].to_list() == ["wechat", "wechat"]


def read_or_refuse(path, name):
    """Return the rows, or None where the format refuses the file with a sentence."""
    try:
        read, verdict = read_frame(path, format=FORMATS[name])
    except UnreadableFile as refusal:
        return None if str(refusal) else "a refusal without a sentence"
    assert read.height == verdict.rows
    return read


@given(st.binary(max_size=400), st.sampled_from(NAMES))
def test_junk_gives_only_refusals_of_formats(data, name):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "junk"
        path.write_bytes(data)
        read = read_or_refuse(path, name)
    assert read is None or read.is_empty()


@given(data=st.data(), name=st.sampled_from(NAMES))
def test_a_damaged_file_gives_rows_that_are_whole_or_a_refusal(data, name):
    frame = data.draw(rows_of(name))
    change = st.tuples(st.integers(0, 5000), st.integers(0, 255))
    with tempfile.TemporaryDirectory() as folder:
        path = written(FORMATS[name], frame, Path(folder))
        damaged = bytearray(path.read_bytes())
        for at, byte in data.draw(st.lists(change, max_size=4)):
            damaged[at : at + 1] = bytes([byte])
        path.write_bytes(damaged[: data.draw(st.integers(0, len(damaged)))])
        read = read_or_refuse(path, name)
    assert read is None or read["amount_minor"].null_count() == read["kind"].null_count() == 0
