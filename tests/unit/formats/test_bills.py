"""All bills alike: written and read back, told apart, and harmless when they are junk."""

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.unit.formats.bill_frames import (
    BILLS,
    FIRST_LINES,
    ROWS,
    bill_of,
    bills,
    read_bytes,
    wechat_trade_rows,
    written,
)

from tillkeeper.formats.bills import blocks, wechat_trade_writing
from tillkeeper.formats.canonical.errors import TooLarge, UnreadableFile

NAMES = sorted(BILLS)
FEWER = settings(
    max_examples=max(20, settings().max_examples // 3)
)  # two dozen files each tell enough
VARIANTS = {
    "SUCCESS": (wechat_trade_writing.SUCCESS, {"kinds": ("sale",)}),
    "REFUND": (wechat_trade_writing.REFUND, {"kinds": ("refund",)}),
    "LEGACY": (wechat_trade_writing.LEGACY, {"coupons": False}),
}


@pytest.mark.parametrize("name", NAMES)
@given(st.data())
def test_what_is_written_is_recognised_and_reads_back_equal(name, data):
    bill = data.draw(bills(name))
    file = written(bill, BILLS[name].write)
    frame, verdict = read_bytes(file, None, name="some.dat")
    assert_frame_equal(frame, bill)
    assert (verdict.format, verdict.rows, verdict.set_aside) == (name, bill.height, ())
    assert verdict.sound or name == "adyen.settlement"  # whose payouts are drawn, not added up


@pytest.mark.parametrize("name", NAMES)
@FEWER
@given(st.data())
def test_small_blocks_and_gzip_change_nothing(name, data):
    bill = data.draw(bills(name))
    file = written(bill, BILLS[name].write)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "HEAD_BYTES", 256)
        patch.setattr(blocks, "BLOCK_BYTES", data.draw(st.integers(1, 999)))
        frame, verdict = read_bytes(gzip.compress(file), BILLS[name])
    assert_frame_equal(frame, bill)
    assert verdict.rows == bill.height


@pytest.mark.parametrize("name", sorted(VARIANTS))
@FEWER
@given(st.data())
def test_every_variant_of_the_wechat_bill_reads_back_equal(name, data):
    variant, narrowed = VARIANTS[name]
    bill = data.draw(bills("wechat.trade", wechat_trade_rows(**narrowed)))
    file = written(bill, lambda f, path: wechat_trade_writing.write_variant(f, path, variant))
    frame, verdict = read_bytes(file, None)
    assert_frame_equal(frame, bill)
    assert verdict.sound


@pytest.mark.parametrize("name", NAMES)
@FEWER
@given(st.binary(max_size=400))
def test_junk_is_refused_and_nothing_else(name, junk):
    with pytest.raises(UnreadableFile):
        read_bytes(junk, BILLS[name])


@pytest.mark.parametrize("name", NAMES)
@FEWER
@given(st.data())
def test_a_damaged_file_is_read_or_refused_but_never_breaks(name, data):
    file = written(data.draw(bills(name)), BILLS[name].write)
    at = data.draw(st.integers(0, len(file)))
    until = data.draw(st.integers(at, min(len(file), at + 40)))
    damaged = file[:at] + data.draw(st.binary(max_size=6)) + file[until:]
    try:
        frame, verdict = read_bytes(damaged, BILLS[name])
    except UnreadableFile:
        return
    assert verdict.rows == frame.height


@pytest.mark.parametrize("name", NAMES)
@FEWER
@given(st.data())
def test_a_bill_cut_off_is_refused(name, data):
    """Stripe and Adyen state nothing of themselves: there only a cut within a row shows."""
    bill = data.draw(bills(name).filter(lambda frame: frame.height))
    file = written(bill, BILLS[name].write)
    ends = file.rstrip(b"\r\n")
    last = ends.rfind(b"\n") + 1
    whole = name in {"stripe.payout", "adyen.settlement"}
    at = data.draw(
        st.integers(last + 4, len(ends) - 20) if whole else st.integers(0, _totals(file, name))
    )
    with pytest.raises(UnreadableFile):
        read_bytes(file[:at], BILLS[name])


def _totals(file: bytes, name: str) -> int:
    """Return where the last of what states the totals still lacks something."""
    if name == "ums.headless":
        return file.find("对账明细".encode())
    if name.startswith("alipay"):
        return file.rfind("列表结束".encode("gb18030"))
    if name == "ums.headed":
        return file.rfind("手续费：".encode())
    return file[:-2].rfind(b",`")


@pytest.mark.parametrize("name", NAMES)
def test_ten_megabytes_in_one_line_are_refused_unread(name):
    head = written(bill_of([], FIRST_LINES[name]), BILLS[name].write)
    begins = head[: head.find(b"\n") + 1]
    with pytest.raises(TooLarge):
        read_bytes(begins + b"`x" * (5 << 20), BILLS[name])


def test_every_bill_has_its_strategy_here():
    assert set(ROWS) == set(NAMES) == set(FIRST_LINES)
