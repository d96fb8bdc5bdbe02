"""A wallet's account beside its bill of payments: one payment, told twice, counted once."""

from pathlib import Path

import polars as pl
import pytest
from tests.hand import ALL

from tillkeeper.engines.matching.intake import take_in
from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.run import match
from tillkeeper.formats.canonical.tables import Role

from tests.unit.engines.matching.days import AS_OF, frame, sale, stored  # isort: skip

PAIRS = {"wechat": ("wechat.trade", "wechat.fund"), "alipay": ("alipay.trade", "alipay.account")}


def taken(folder: Path, name: str):
    hand = ALL[name]
    path = folder / hand.name
    path.write_bytes(hand.data)
    store = folder / "stores"
    store.mkdir(exist_ok=True)
    source = take_in(path, store).source
    assert source is not None
    return source


def journal(folder, channel):
    paid = {"channel": channel, "card": "", "rrn": "", "batch": "", "trace": "", "slip": "none"}
    at = pl.datetime(2026, 3, 2, 2, time_zone="UTC")
    rows = frame(
        [
            sale(n, **paid, order_no=order, amount_minor=minor)
            for n, order, minor in ((1, "TK000101", 1_234_567), (2, "TK000102", 12_345))
        ],
        Role.JOURNAL,
    ).with_columns(at=at)
    return stored(folder, Role.JOURNAL, rows)


@pytest.mark.parametrize("channel", PAIRS)
@pytest.mark.parametrize("turned", [False, True])
def test_a_payment_in_both_bills_is_one_payment(channel, turned, tmp_path):
    bills = [taken(tmp_path, name) for name in PAIRS[channel]]
    mine = journal(tmp_path, channel)
    outcome = match([mine], bills[::-1] if turned else bills, [], rules=Rules.sound(), as_of=AS_OF)
    assert outcome.agrees, outcome.differences
    assert outcome.summary["balance"]["CNY"] == {
        "journal": 1_246_912, "bill": 1_246_912, "agreed": 1_246_912, "explained": 0, "unexplained": 0,
    }  # fmt: skip
    repeated = {one["name"]: one["repeated"] for one in outcome.summary["sources"]}
    assert [repeated[ALL[name].name] for name in PAIRS[channel]] == [0, 2]


@pytest.mark.parametrize("channel", PAIRS)
def test_the_account_alone_is_a_bill_of_its_own(channel, tmp_path):
    bills = [taken(tmp_path, PAIRS[channel][1])]
    outcome = match([journal(tmp_path, channel)], bills, [], rules=Rules.sound(), as_of=AS_OF)
    assert outcome.agrees


def test_a_movement_of_an_unknown_order_stays(tmp_path):
    bill, account = PAIRS["wechat"]
    other = tmp_path / "other"
    other.mkdir()
    sources = [taken(tmp_path, bill), taken(other, account)]
    moved = pl.read_parquet(sources[1].path / "part-00000.parquet")
    lost = stored(other, Role.BILL, moved.with_columns(order_no="TK9" + pl.col("order_no")))
    outcome = match(
        [journal(tmp_path, "wechat")], [sources[0], lost], [], rules=Rules.sound(), as_of=AS_OF
    )
    assert set(outcome.differences["class"]) == {"charged_without_slip"}
    assert outcome.differences.height == 2
