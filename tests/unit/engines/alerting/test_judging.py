"""Rules judge readings: what they raise does not depend on how the readings were cut, ordered or doubled."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillkeeper.engines.alerting.judging import Bench
from tillkeeper.engines.alerting.specs import read_rule

BEGINS, STEP_S = 1_700_000_000.0, 300.0
SPECS = {
    "low": {
        "kind": "threshold",
        "signal": "battery_level",
        "op": "below",
        "limit": 15,
        "clear": 25,
        "times": 2,
    },
    "long": {
        "kind": "threshold",
        "signal": "battery_level",
        "op": "below",
        "limit": 40,
        "for_s": 900,
        "clear_s": 600,
    },
    "open": {"kind": "flag", "signal": "cover_open"},
    "crashes": {"kind": "counter_rate", "signal": "crashes", "limit": 2.5},
    "chip": {
        "kind": "ratio",
        "fails": "chip_fails",
        "of": ["chip_reads"],
        "limit": 0.3,
        "usual": 0.01,
    },
    "filling": {
        "kind": "trend",
        "signal": "storage_free",
        "op": "below",
        "limit": 5,
        "within_h": 24,
        "least_s": 3600,
    },
    "drift": {"kind": "ewma", "signal": "latency", "warm_up": 5},
    "sim": {"kind": "change", "signal": "iccid", "hold_s": 1800},
}
RULES = [read_rule(code, spec) for code, spec in SPECS.items()]


def readings(rows):
    """Rows of (terminal, step, values)."""
    rows = sorted(rows, key=lambda row: row[:2])
    names = {name for _, _, values in rows for name in values}
    return SimpleNamespace(
        terminal=np.array([row[0] for row in rows], np.int64),
        at=np.array([BEGINS + STEP_S * row[1] for row in rows]),
        values={
            name: np.array([float(values.get(name, np.nan)) for _, _, values in rows])
            for name in names - {"iccid"}
        },
        words={"iccid": [values.get("iccid") for _, _, values in rows]},
    )


def heard(batches, rules=RULES):
    """Take batches in, one after the other; return what turned and the last memories."""
    bench, memories, turns = Bench(rules), {}, []
    for rows in batches:
        if rows:
            told = bench.judge(readings(rows), memories)
            memories |= dict(zip(told.terminals, told.memories, strict=True))
            turns += [
                (bench.rules[turn.rule].code, turn.terminal, turn.at, turn.raised)
                for turn in told.turns
            ]
    return sorted(turns), memories


def one(code, *values, signal=None):
    """Tell one terminal's values of the rule's signal, one a step; return (step, raised) of what turned."""
    rule = read_rule(code, SPECS[code])
    signal = signal or SPECS[code]["signal"]
    turns, _ = heard([[(1, step, {signal: value})] for step, value in enumerate(values)], [rule])
    return [(round((at - BEGINS) / STEP_S), raised) for _, _, at, raised in turns]


values = st.fixed_dictionaries(
    {},
    optional={
        "battery_level": st.integers(0, 100),
        "cover_open": st.booleans(),
        "crashes": st.integers(0, 30),
        "chip_reads": st.integers(0, 200),
        "chip_fails": st.integers(0, 40),
        "storage_free": st.integers(0, 100),
        "latency": st.integers(1, 5000),
        "iccid": st.sampled_from(["a", "b"]),
    },
)
days = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 60), values),
    max_size=60,
    unique_by=lambda row: row[:2],
)


@given(days, st.lists(st.integers(0, 60), max_size=5))
def test_a_day_cut_into_any_batches_comes_to_the_same(day, cuts):
    day = sorted(day, key=lambda row: row[1])
    edges = [0, *sorted(min(cut, len(day)) for cut in cuts), len(day)]
    pieces = [day[begin:end] for begin, end in pairwise(edges)]
    assert heard(pieces) == heard([day])


@given(days, st.data())
def test_doubles_and_latecomers_change_nothing(day, data):
    day = sorted(day, key=lambda row: row[1])
    again = [data.draw(st.sampled_from(day)) for _ in range(3)] if day else []
    assert heard([day, again]) == heard([day])


@given(st.lists(st.integers(15, 25), max_size=50))
def test_inside_its_band_a_limit_never_turns(levels):
    assert one("low", *levels) == []
    raised = one("low", 10, 10, *levels[:-1])
    assert raised in ([(1, True)], [(1, True), *[turn for turn in raised[1:] if not turn[1]][:1]])


@given(st.lists(st.integers(40, 100), min_size=5, max_size=80), st.integers(0, 3))
def test_a_clean_series_raises_nothing(levels, fails):
    rows = [
        (
            1,
            step,
            {
                "battery_level": level,
                "crashes": 3,
                "chip_reads": 10 * step,
                "chip_fails": fails,
                "iccid": "a",
            },
        )
        for step, level in enumerate(levels)
    ]
    assert heard([rows])[0] == []


def test_a_limit_must_hold_so_often_or_so_long():
    assert one("low", 10, 50, 10, 10) == [(3, True)]
    assert one("long", 30, 30, 30, 30) == [(3, True)]
    assert one("long", 30, 30, 30, 30, 50, 30, 50, 50, 50) == [(3, True), (8, False)]


def test_a_counter_that_was_set_back_raises_nothing():
    assert one("crashes", 500, 0, 0, 0, 0) == []
    assert one("crashes", 500, 501, 502, 503)[0][1]


def test_what_a_counter_stood_at_first_is_no_event():
    assert one("crashes", 10_000, 10_000) == []


def test_a_reader_that_begins_to_fail_is_found_within_few_reads():
    rule = read_rule("chip", SPECS["chip"])
    rows = [(1, step, {"chip_reads": 10 * step, "chip_fails": 0}) for step in range(50)]
    rows += [
        (1, 50 + step, {"chip_reads": 500 + 4 * step, "chip_fails": 2 * step}) for step in range(10)
    ]
    turns, _ = heard([rows], [rule])
    assert [(code, raised) for code, _, _, raised in turns] == [("chip", True)]
    assert turns[0][2] <= BEGINS + STEP_S * 53


def test_a_trend_says_when_the_limit_comes():
    rule = read_rule("filling", SPECS["filling"])
    rows = [(1, step, {"storage_free": 50 - step * 0.2}) for step in range(60)]
    bench = Bench([rule])
    told = bench.judge(readings(rows), {})
    assert told.turns[0].raised
    # 0.2 in five minutes is 2.4 an hour.
    left = (told.turns[0].said["value"] - 5) / 2.4
    assert told.turns[0].said["hours_left"] == pytest.approx(left, rel=0.01)


def test_a_drift_is_seen_against_the_terminals_own_usual():
    chance = np.random.default_rng(5)
    usual = (200 + 10 * chance.standard_normal(60)).round().tolist()
    assert any(raised for _, raised in one("drift", *usual, *[400] * 5))


def test_a_new_word_counts_for_a_while():
    rule = read_rule("sim", SPECS["sim"])
    rows = [(1, step, {"iccid": "a" if step < 2 else "b"}) for step in range(12)]
    turns, _ = heard([[row] for row in rows], [rule])
    assert [(round((at - BEGINS) / STEP_S), raised) for _, _, at, raised in turns] == [
        (2, True),
        (8, False),
    ]


def test_a_rule_that_was_changed_forgets_and_others_do_not():
    day = [(1, step, {"battery_level": 10, "crashes": step}) for step in range(10)]
    bench = Bench(RULES)
    memories = dict(zip([1], bench.judge(readings(day), {}).memories, strict=True))
    changed = [read_rule("low", {**SPECS["low"], "limit": 12, "clear": 25}), *RULES[1:]]
    told = Bench(changed).judge(readings([(1, 20, {"battery_level": 11})]), memories)
    held = {changed[number].code for _, number in told.holding}
    assert "low" not in held
    assert "long" in held


@given(st.binary(max_size=200))
def test_a_memory_that_is_none_is_forgotten(junk):
    told = Bench(RULES).judge(readings([(1, 0, {"battery_level": 50})]), {1: junk})
    assert told.turns == []
