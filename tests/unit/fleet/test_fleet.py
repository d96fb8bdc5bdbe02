"""A fleet lives as terminals do, the same way for the same seed, and tells the truth about its faults."""

import csv
import json
from math import isnan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tillkeeper.engines.rehearsal.fleet import (
    Faults,
    FaultsUnreadable,
    Fleet,
    Terminal,
    write_truths,
)
from tillkeeper.engines.rehearsal.fleet.deeds import do
from tillkeeper.engines.rehearsal.fleet.logs import log_lines
from tillkeeper.formats.voice.signals import MEASURED, SIGNALS, WORDS, Kind, usable

MONDAY = 1_795_392_000.0  # 2026-11-23, midnight UTC: 8 in the morning in China
FORMS = ("countertop", "mobile", "android", "unattended", "qr_box", "pin_pad")


def terminals(count):
    return [
        Terminal(
            serial=f"S{n:04d}",
            model=f"M{n % 4}",
            form=FORMS[n % len(FORMS)],
            latitude=20 + n % 25,
            longitude=102 + n % 18,
            site=f"P{n // 4}",
            area=str(n % 3),
        )
        for n in range(count)
    ]


def fleet(text="", *, count=24, seed=7, step_s=60):
    faults = Faults.read(text) if text else Faults.none()
    return Fleet(terminals(count), seed=seed, begins=MONDAY, faults=faults, step_s=step_s)


def only(kind, **settings):
    told = "\n".join(f"{name} = {value}" for name, value in settings.items())
    return f"[fleet]\nonly = true\nwithin_s = 60\n[{kind}]\n{told}"


def same(one, other):
    return all(np.array_equal(one.values[s], other.values[s], equal_nan=True) for s in MEASURED)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(1, 1800), min_size=1, max_size=8), st.integers(0, 2**31))
def test_the_same_seed_gives_the_same_values_whatever_ticks_came_between(gaps, seed):
    ticked, at_once = (
        Fleet(terminals(12), seed=seed, begins=MONDAY, faults=Faults.default(hurry=500))
        for _ in range(2)
    )
    at = MONDAY
    for gap in gaps:
        at += gap
        last = ticked.tick(at)
    assert same(last, at_once.tick(at))
    assert ticked.truths() == at_once.truths()


def test_other_seeds_give_other_fleets():
    assert not same(fleet(seed=1).tick(MONDAY + 3600), fleet(seed=2).tick(MONDAY + 3600))


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 2**31), st.integers(0, 364))
def test_nothing_is_ever_reported_that_cannot_be(seed, day):
    everything = Faults.default(hurry=3000)
    made = Fleet(
        terminals(30), seed=seed, begins=MONDAY + day * 86_400, faults=everything, step_s=600
    )
    for hour in range(1, 30, 3):
        readings = made.tick(MONDAY + day * 86_400 + hour * 3600)
        assert set(readings.values) == set(MEASURED)
        assert set(readings.words) == set(WORDS)
        for name, values in readings.values.items():
            flag = SIGNALS[name].kind is Kind.FLAG
            told = [bool(v) if flag else v for v in values.tolist() if not isnan(v)]
            assert not any(usable(name, value) for value in told), name


def test_counters_only_go_up():
    made = fleet("[paper_out]\nrate = 100", count=40)
    before = made.tick(MONDAY).values
    for hour in range(1, 24):
        now = made.tick(MONDAY + hour * 3600).values
        for name, signal in SIGNALS.items():
            if signal.kind is Kind.COUNTER:
                assert not (now[name] < before[name]).any(), name
        before = now


def test_shops_sell_while_they_are_open():
    made = fleet()
    noon, night = (
        _sold(made, MONDAY + begin * 3600, MONDAY + end * 3600) for begin, end in ((2, 6), (15, 19))
    )  # 10 to 14 o'clock; 23 to 3
    assert noon > 0
    assert night == 0


def _sold(made, begins, ends):
    before = made.tick(begins).values["sales"].sum()
    return made.tick(ends).values["sales"].sum() - before


def test_the_north_is_colder_in_winter_than_the_south():
    made = Fleet(
        [
            Terminal("N", "M", "unattended", latitude=46),
            Terminal("S", "M", "unattended", latitude=20),
        ],
        seed=3,
        begins=MONDAY,
        faults=Faults.none(),
    )
    north, south = made.tick(MONDAY + 3600).values["temperature"].tolist()
    assert north < south - 10


def test_a_terminal_reports_only_what_it_has():
    values = fleet().tick(MONDAY + 60).values
    assert isnan(values["battery_level"][0])  # on the counter
    assert not isnan(values["battery_level"][1])
    assert isnan(values["print_km"][4])  # shows codes only


@pytest.mark.parametrize(
    ("kind", "signal"),
    [("paper_out", "paper_out"), ("cover_open", "cover_open"), ("tampered", "tampered")],
)
def test_a_fault_shows_in_its_signal_and_is_told(kind, signal):
    made = fleet(only(kind, first=1, rate=0, lasts_h=1))
    readings = made.tick(MONDAY + 120)
    (truth,) = made.truths()
    row = int(truth.serial[1:])
    assert (truth.kind, truth.begins <= MONDAY + 60) == (kind, True)
    assert readings.values[signal][row] == 1
    assert truth.seen_at is not None
    assert truth.begins <= truth.seen_at <= MONDAY + 120
    after = made.tick(MONDAY + 7200)
    assert after.values[signal][row] == 0


def test_a_power_cut_takes_the_whole_site_but_for_what_has_a_battery():
    made = fleet(only("power_cut", first=1, rate=0, lasts_h=1))
    readings = made.tick(MONDAY + 120)
    rows = [int(truth.serial[1:]) for truth in made.truths()]
    assert len({truth.key for truth in made.truths()}) == 1
    assert len(rows) == 4
    for row in rows:
        assert readings.on[row] == made.body.battery[row]
        assert not readings.values["mains"][row]
    others = np.setdiff1d(np.arange(24), rows)
    assert readings.on[others].all()


def test_who_is_off_the_network_goes_on_measuring():
    made = fleet(only("offline", first=1, rate=0, lasts_h=1))
    readings = made.tick(MONDAY + 120)
    row = int(made.truths()[0].serial[1:])
    assert readings.on[row]
    assert not readings.reaches[row]
    assert made.truths()[0].shows == ("silence",)


def test_an_outage_of_a_host_is_seen_in_unanswered_requests_of_its_terminals_only():
    made = fleet(only("host_outage", first=1, rate=0, lasts_h=4))
    before = made.tick(MONDAY + 60).values["host_fails"]
    failed = made.tick(MONDAY + 4 * 3600).values["host_fails"] - before
    struck = {int(truth.serial[1:]) for truth in made.truths()}
    key = made.truths()[0].key
    assert all((made.about(row)["host"] == key) == (row in struck) for row in range(24))
    assert failed[sorted(struck)].mean() > 5 * (1 + failed[sorted(set(range(24)) - struck)].mean())


def test_a_bad_version_is_told_by_those_that_have_it():
    made = fleet(only("bad_version", first=1, rate=0, share=0.5, lasts_h=4))
    words = made.tick(MONDAY + 120).words
    told = {int(truth.serial[1:]): truth.key for truth in made.truths()}
    assert told
    assert all(words["app_version"][row] == version for row, version in told.items())


def test_faults_come_about_as_often_as_told():
    made = fleet(only("latency", rate=30, lasts_h=0.5), count=60, step_s=600)
    made.tick(MONDAY + 5 * 86_400)
    expected = 30 * 60 * 5 / 30.44
    assert abs(len(made.truths()) - expected) < 5 * expected**0.5


def test_what_people_do_happens_while_the_site_is_open():
    made = fleet(only("cover_open", rate=60, lasts_h=0.5), count=60, step_s=600)
    made.tick(MONDAY + 3 * 86_400)
    hours = [(truth.begins / 3600 + 8) % 24 for truth in made.truths()]
    assert hours
    assert all(9 <= hour < 22 for hour in hours)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[", "at end of document"),
        ("[fleet]\nhaste = 1", "knows only"),
        ("[fleet]\nhurry = -1", "hurry"),
        ("[paper_out]\nrate = -1", "paper_out"),
        ("[paper_out]\nrate = true", "paper_out"),
        ("[paper_out]\nlasts_h = [3, 1]", "does not go up"),
        ("[paper_out]\ncolour = 1", "colour"),
        ("[paper_out]\nturns = { colour = 1 }", "turns"),
        ('[paper_out]\nsign = "colour > 1"', "no signal"),
        ('[paper_out]\ngroup = "street"', "street"),
        ("[mine]\nrate = 1", r"\[mine\] is a new kind: it must say sign, turns"),
        ("[paper_out]\nlasts_h = []", "a least and a most"),
        ("[paper_out]\nlasts_h = [1, 2, 3]", "a least and a most"),
        ('[paper_out]\nsign = "paper_out > nan"', "'nan' is no number"),
        ('[paper_out]\nsign = "paper_out > much"', "'much' is no number"),
        ('[paper_out]\nby_day = "no"', "true or false"),
        ('[fleet]\nonly = "no"', "true or false"),
        ('[paper_out]\nshows = "paper_out"', "list of signals"),
        ('[paper_out]\nshows = ["colour"]', "no signal"),
        ("[paper_out]\nfirst = 1.5", "whole number"),
        ("[paper_out]\nfirst = 1000000", "whole number"),
        ("[paper_out]\nrate = 1000000", "more than 50,000 a month"),
        ("[fleet]\nhurry = 1000000", "more than 50,000 a month"),
        ("paper_out = 1", "must be a table"),
    ],
)
def test_a_file_of_faults_that_says_nonsense_is_refused_with_the_place(text, why):
    with pytest.raises(FaultsUnreadable, match=why):
        Faults.read(text)


def test_a_file_may_bring_a_fault_of_its_own():
    made = fleet(
        '[fleet]\nonly = true\n[hot_kitchen]\nfirst = 1\nrate = 0\nlasts_h = 2\nneeds = "printer"\n'
        'turns = { head_heat = 60 }\nsign = "head_temperature > 65"\ncode = "E-TEMP"'
    )
    made.tick(MONDAY + 3700)
    (truth,) = made.truths()
    assert (truth.kind, truth.code, truth.seen_at is not None) == ("hot_kitchen", "E-TEMP", True)


def test_the_truth_is_written_as_csv_and_as_lines_of_json(tmp_path):
    made = fleet(only("power_cut", first=2, rate=0, lasts_h=1))
    made.tick(MONDAY + 300)
    written = write_truths(tmp_path / "t.csv", made.truths())
    assert write_truths(tmp_path / "t.jsonl", made.truths()) == written == len(made.truths())
    with (tmp_path / "t.csv").open() as file:
        rows = list(csv.DictReader(file))
    lines = [json.loads(line) for line in (tmp_path / "t.jsonl").read_text().splitlines()]
    assert [row["serial"] for row in rows] == [line["serial"] for line in lines]
    assert {"cause", "kind", "group", "key", "begins", "ends", "seen_at"} <= set(lines[0])


def test_a_self_test_tells_the_truth():
    made = fleet(only("paper_out", first=1, rate=0, lasts_h=1))
    made.tick(MONDAY + 120)
    struck = int(made.truths()[0].serial[1:])
    well = next(row for row in range(24) if made.body.printer[row] and row != struck)
    failed = do(made, struck, "self_test", {"parts": ["printer", "sensors"]})
    assert (failed.outcome, failed.code) == ("failed", "printer_paper_out")
    assert failed.facts == {"printer": "printer_paper_out", "sensors": "ok"}
    assert do(made, well, "self_test", {"parts": ["printer"]}).outcome == "confirmed"


def test_deeds_change_how_a_terminal_is():
    made = fleet()
    made.tick(MONDAY + 3600 * 2)
    restarts = made.life.counts["restarts"][1]
    assert do(made, 1, "reboot", {}).outcome == "confirmed"
    assert do(made, 1, "configure", {"values": {"printer.density": 3}}).outcome == "confirmed"
    assert do(made, 2, "lock", {}).outcome == "confirmed"
    before = made.tick(MONDAY + 3600 * 2).values["sales"][2]
    after = made.tick(MONDAY + 3600 * 6)
    assert made.life.counts["restarts"][1] == restarts + 1
    assert after.values["uptime"][1] <= 3600 * 4
    assert after.words["config_version"][1].startswith("c-")
    assert after.values["sales"][2] == before
    assert do(made, 3, "dance", {}).code == "unknown_kind"


def test_a_log_shows_what_is_wrong_in_the_makers_own_code():
    made = fleet(only("paper_out", first=1, rate=0, lasts_h=1))
    made.tick(MONDAY + 120)
    row = int(made.truths()[0].serial[1:])
    lines = log_lines(made, row, lines=300)
    code = int(made.tick(MONDAY + 120).values["printer_code"][row])
    assert len(lines) == 300
    assert any(f"status {code}: out of paper" in line for line in lines)
    assert not any("out of paper" in line for line in log_lines(made, row + 1, lines=300))
