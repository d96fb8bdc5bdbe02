"""Alerts with one cause are joined by what surprises most; what stands alone stays alone."""

import math
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.factories import NOON

from tillkeeper.engines.alerting.counts import log_tail
from tillkeeper.engines.alerting.joining import Lone, Usual, join
from tillkeeper.engines.alerting.quiet import quiet_until
from tillkeeper.formats.voice.codes import PRINTER, family, meaning
from tillkeeper.formats.voice.faults import FAULTS, fault_words

SHOP, CARRIER = ("site", "7"), ("carrier", "CMCC")
USUAL = {SHOP: Usual(4, 0.001), CARRIER: Usual(500, 0.2)}


def test_a_dark_shop_is_a_dark_shop():
    (found,) = join([Lone(n, 0, (SHOP, CARRIER)) for n in range(4)], USUAL)
    assert (found.by, found.numbers) == ("site", (0, 1, 2, 3))


def test_an_outage_of_a_carrier_takes_the_shops_in_it():
    shops = {("site", str(n)): Usual(2, 0.001) for n in range(100)}
    alerts = [Lone(n, 0, (("site", str(n // 2)), CARRIER)) for n in range(60)]
    (found,) = join(alerts, {**shops, **USUAL})
    assert (found.by, len(found.numbers)) == ("carrier", 60)


def test_one_of_a_shop_stands_alone():
    assert join([Lone(1, 0, (SHOP, CARRIER))], USUAL) == []


@given(st.permutations(range(12)))
def test_the_order_of_alerts_does_not_matter(order):
    alerts = [Lone(n, 0, (("site", str(n // 4)), CARRIER)) for n in range(12)]
    usual = {**{("site", str(n)): Usual(4, 0.001) for n in range(3)}, CARRIER: Usual(5000, 9.0)}
    assert join([alerts[n] for n in order], usual) == join(alerts, usual)


@given(st.integers(0, 60), st.floats(1e-3, 50))
def test_the_tail_is_that_of_poisson(count, expected):
    exact = 1 - sum(
        math.exp(k * math.log(expected) - expected - math.lgamma(k + 1)) for k in range(count)
    )
    assert math.exp(log_tail(count, expected)) == pytest.approx(exact, abs=1e-9)


def test_quiet_hours_go_over_midnight():
    shanghai = ZoneInfo("Asia/Shanghai")
    assert quiet_until(NOON, {"from": "22:00", "to": "07:00"}, shanghai) is None
    until = quiet_until(NOON.replace(hour=16), {"from": "22:00", "to": "07:00"}, shanghai)
    assert until is not None
    assert (until.hour, until.day) == (23, NOON.day)


def test_a_code_means_what_its_maker_says():
    assert meaning("printer_code", family("PAX Technology"), 8).fault == "H-PRT-HEAT"
    assert meaning("printer_code", family("iMin"), 8).fault == ""
    assert meaning("printer_code", "", 8) is None
    assert meaning("printer_code", "", -1000).fault == "H-PRT-PAPER"
    assert meaning("printer_code", "pax", 4711) is None


def test_every_code_stands_for_a_fault_of_the_table():
    told = {one.fault for table in PRINTER.values() for one in table.values() if one.fault}
    assert told <= set(FAULTS)
    assert fault_words("H-ICC", "zh-hans") == "芯片卡读卡器故障"
    assert fault_words("H-ICC", "en") == "chip reader"
    assert fault_words("X-?", "en") == "X-?"
