"""Kinds of lines: what is masked, what is learnt and kept, and what is known of words and codes."""

import contextlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillkeeper.engines.log_patterns.known import PHRASES, coded, phrased, serious
from tillkeeper.engines.log_patterns.masking import masked
from tillkeeper.engines.log_patterns.mining import BadSnapshot, Miner
from tillkeeper.engines.log_patterns.reading import Knowledge, Verdict, read
from tillkeeper.formats.voice.faults import FAULTS

WORDS = (
    "start",
    "stop",
    "error",
    "ok",
    "printer",
    "net",
    "7",
    "0x1F",
    "10.1.2.3",
    "/data/a/b.txt",
    "12:00:01",
)
lines = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
logs = st.lists(lines, max_size=60)


def fed(miner, texts):
    return [miner.learn(masked(text)) for text in texts]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("2026-03-02 12:00:01.123 up", "<TIME> up"),
        ("03-17 16:13:38.811  1702 run", "<TIME>  <NUM> run"),
        ("12:00:01 up", "<TIME> up"),
        ("day 20260302 closed", "day <DATE> closed"),
        ("to 10.0.3.4:8443 in 35 ms", "to <IP> in <NUM> ms"),
        ("at 0xFFee12 and 9f86d081884c7d65", "at <HEX> and <HEX>"),
        ("mac 00:1a:2B:3c:4d:5e", "mac <MAC>"),
        ("open /data/app/log.txt failed", "open <PATH> failed"),
        ("get https://host/x?y=1 done", "get <URL> done"),
        ("terminal P82003059 here", "terminal <SERIAL> here"),
        ("id 123e4567-e89b-12d3-a456-426614174000", "id <ID>"),
        ("card 411111******1111 read", "card <CARD> read"),
        ("code=-16, level 3.5%", "code=<NUM>, level <NUM>%"),
        ("打印机 缺纸 3 次", "打印机 缺纸 <NUM> 次"),
        ("printer getStatus", "printer getStatus"),
    ],
)
def test_what_differs_from_line_to_line_is_masked(line, kind):
    assert masked(line) == kind


@given(logs, logs)
def test_what_was_learnt_is_gone_on_with_as_if_nothing_had_come_between(first, second):
    once, begun = Miner(), Miner()
    fed(once, first)
    fed(begun, first)
    again = Miner.of(once.snapshot())
    assert again.snapshot() == once.snapshot()
    assert fed(again, second) == fed(Miner.of(begun.snapshot()), second)


@given(logs)
def test_the_same_lines_give_the_same_kinds(texts):
    one, two = Miner(), Miner()
    assert fed(one, texts) == fed(two, texts)
    assert one.snapshot() == two.snapshot()
    assert list(one.kinds()) == list(two.kinds())


@given(logs)
def test_what_was_learnt_is_recognised(texts):
    miner = Miner()
    fed(miner, texts)
    kept = Miner.of(miner.snapshot())
    assert all(kept.recognise(masked(text)) is not None for text in texts)
    assert sum(kind.times for kind in kept.kinds()) == len(texts)


@given(st.binary(max_size=200))
def test_bytes_that_no_miner_wrote_are_refused(junk):
    with contextlib.suppress(BadSnapshot):  # by chance it may be one
        Miner.of(junk)


def test_lines_that_differ_in_a_word_become_one_kind():
    miner = Miner()
    first, second = fed(miner, ["connect to host alpha in 3 ms", "connect to host beta in 9 ms"])
    assert first == second
    assert [kind.template for kind in miner.kinds()] == ["connect to host <*> in <NUM> ms"]


@pytest.mark.parametrize(
    ("line", "maker", "fault"),
    [
        ("PrinterService: getStatus ret=8", "pax", "H-PRT-HEAT"),
        ("printer status: 0xF0", "landi", "H-PRT-PAPER"),
        ("打印机状态: -1001", "sunmi", "H-PRT-JAM"),
        ("PED error -304", "pax", "S-KEY"),
        ("printer OVERHEATED now", "", "H-PRT-HEAT"),
        ("pos: READER_TAMPERED", "", "H-TAMPER"),
        ("host response code: 91", "", "B-HOST"),
        ("printer status: 0", "pax", None),
        ("printed 8 slips", "pax", None),
        ("printer status: 8", "", None),  # heat with one maker, paper running out with another
    ],
)
def test_makers_codes_in_lines_are_told_as_faults(line, maker, fault):
    sign = coded(line, maker)
    assert (sign.fault if sign else None) == fault


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("W/Printer: out of paper", "H-PRT-PAPER"),
        ("打印机缺纸", "H-PRT-PAPER"),
        ("Tamper detected!", "H-TAMPER"),
        ("javax.net.ssl: TLS handshake failed", "S-CERT"),
        ("write: No space left on device", "S-STORAGE"),
        ("AndroidRuntime: FATAL EXCEPTION: main", "S-APP"),
        ("connect timed out <IP>", "N-FW"),
        ("KCV mismatch", "S-KEY"),
        ("paper ending soon", None),
        ("the door of the shop is open", None),
        ("all is well", None),
    ],
)
def test_words_that_mean_a_fault_are_known_in_both_languages(line, fault):
    sign = phrased(line)
    assert (sign.fault if sign else None) == fault


def test_every_phrase_stands_for_a_fault_of_the_table():
    assert {phrase.fault for phrase in PHRASES} <= set(FAULTS)
    assert len({phrase.name for phrase in PHRASES}) == len(PHRASES)


@pytest.mark.parametrize(
    "line", ["E/Net: gone", "[ERR] x", "job failed", "read: timed out", "支付失败"]
)
def test_a_line_that_speaks_of_trouble_is_serious(line):
    assert serious(line)


def test_a_quiet_line_is_not_serious():
    assert not serious("I/Net: 3 packets, no errors were seen")


def test_a_log_tells_what_stands_where_and_how_often():
    text = ["start 1", "printer ret=8", "", "start 2", "weird failure here", "printer ret=8"]
    log = read((f"{line}\n".encode() for line in text), Miner(), maker="pax", knows=Knowledge())
    told = {
        found.reads: (found.times, found.first, found.last, found.fault)
        for found in log.found.values()
    }
    assert log.lines == 6
    assert told == {
        "start <NUM>": (2, 1, 4, ""),
        "printer ret=<NUM>": (2, 2, 6, ""),
        "printer_code 8: overheat": (2, 2, 6, "H-PRT-HEAT"),
        "weird failure here": (1, 5, 5, ""),
    }
    assert [found.reads for found in log.found.values() if found.serious] == ["weird failure here"]


def test_what_people_said_goes_before_what_is_known_of_words():
    text = [b"out of paper\n", b"printer ret=8\n"]
    said = Knowledge(
        {"kind:1": Verdict.KNOWN, "code:pax:printer_code:8": Verdict.HARMLESS}, {"kind:1": "U-OPER"}
    )
    log = read(text, Miner(), maker="pax", knows=said)
    assert {key: found.fault for key, found in log.found.items()} == {
        "kind:1": "U-OPER",
        "kind:2": "",
    }


def test_where_the_neighbours_of_a_line_begin_is_told_in_bytes():
    text = [f"line {'é' * number}\n".encode() for number in range(30)]
    text[20] = b"kernel panic\n"
    log = read(text, Miner(), knows=Knowledge())
    found = log.found["phrase:system crash"]
    assert found.first == 21
    assert b"".join(text)[found.offset :].startswith(text[15])


def test_a_full_memory_recognises_and_learns_nothing(monkeypatch):
    monkeypatch.setattr("tillkeeper.engines.log_patterns.mining.TEMPLATES_MAX", 2)
    miner = Miner()
    assert fed(miner, ["alpha x", "beta y z", "gamma", "alpha x"]) == [1, 2, None, 1]


def test_order_of_makers_logs_is_what_decides_and_nothing_else():
    chance = random.Random(5)  # noqa: S311  lines, no secret
    texts = [" ".join(chance.choices(WORDS, k=chance.randrange(1, 6))) for _ in range(500)]
    whole, parts = Miner(), Miner()
    fed(whole, texts)
    for begin in range(0, 500, 50):
        fed(parts, texts[begin : begin + 50])
    assert whole.snapshot() == parts.snapshot()
