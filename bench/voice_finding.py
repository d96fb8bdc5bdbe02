"""Finding: a fleet lives for days in virtual time; what the default rules raise is held against the truth.

    python bench/voice_finding.py [--seed N ...] [--terminals N] [--days N] [--hurry X] [--kinds]

Without --seed two are drawn afresh: numbers that no test and nobody's tuning has seen. No HTTP, no database: the engine
itself, with check-ins every five minutes, a phase for each terminal, and what a terminal kept while it reached nobody.
"""

import argparse
import secrets
import statistics
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import numpy as np

from ground.lines import line
from tillkeeper.engines.alerting.beside import distance_m, faults_told
from tillkeeper.engines.alerting.joining import Lone, Usual, join
from tillkeeper.engines.alerting.judging import Bench
from tillkeeper.engines.alerting.limits import ALLOWED_M, fault_of
from tillkeeper.engines.alerting.specs import read_rule
from tillkeeper.engines.rehearsal.fleet import Faults, Fleet, Readings, Terminal, Truth
from tillkeeper.engines.rehearsal.fleet.terminals import FAMILIES
from tillkeeper.telemetry.rule_defaults import BY_CODE, DEFAULTS

INTERVAL_S, LATE, OFFLINE, OFFLINE_LEAST_S = 300, 2, 4, 900
JOIN_S, HOLD_S = 900, 300
BEGINS = 1_767_225_600.0  # 2026-01-01
MONTH_S = 30 * 86_400.0
PLACE_M = 1_000.0
SILENT = {"late", "offline"}
PROVINCES = (
    (31.23, 121.47),
    (39.90, 116.40),
    (23.13, 113.26),
    (30.57, 104.07),
    (45.80, 126.53),
    (43.82, 87.62),
)
FORMS = ("countertop", "mobile", "android", "android", "pin_pad", "unattended", "qr_box")
# Which rules find a kind of fault; a fault that is found by another rule alone is not found.
FOUND_BY = {
    "paper_out": {"paper_out"},
    "cover_open": {"cover_open"},
    "head_hot": {"head_hot"},
    "head_worn": {"head_worn", "head_spent"},
    "motor": {"printer_broken"},
    "battery_wear": {"battery_worn"},
    "battery_swell": {"battery_swelling"},
    "battery_hot": {"battery_hot"},
    "adapter": {"battery_low", "not_charging", "offline", "late"},
    "chip_reader": {"chip_reader"},
    "stripe_reader": {"stripe_reader"},
    "tap_reader": {"tap_reader"},
    "tampered": {"tampered"},
    "clock_drift": {"clock_wrong"},
    "reboot_loop": {"restarts"},
    "app_crashes": {"crashes"},
    "storage_full": {"storage_low", "storage_full"},
    "sim": SILENT,
    "weak_signal": {"weak_signal"} | SILENT,
    "latency": {"slow_network"},
    "offline": SILENT,
    "power_cut": SILENT,
    "carrier_outage": SILENT,
    "host_outage": {"host_fails"},
    "bad_version": {"crashes"},
    "moved": {"moved_away"},
}
NOT_OURS = {"cloned"}  # found by the gateway, by keys and counters


def estate(count: int, seed: int) -> list[Terminal]:
    """Shops of one to six terminals in six provinces."""
    chance = np.random.default_rng([seed, 77])
    made: list[Terminal] = []
    while len(made) < count:
        shop, province = f"shop-{len(made)}", int(chance.integers(len(PROVINCES)))
        north, east = PROVINCES[province]
        place = (north + chance.normal(0, 0.2), east + chance.normal(0, 0.2))
        opens, always = float(chance.integers(7, 11)), chance.random() < 0.05
        for _ in range(min(int(chance.choice([1, 1, 2, 2, 3, 4, 6])), count - len(made))):
            form = str(chance.choice(FORMS))
            made.append(
                Terminal(
                    serial=f"S{len(made):06d}", model=f"{'ABCD'[int(chance.integers(4))]}{form}", form=form,
                    latitude=place[0], longitude=place[1], site=shop, area=str(province),
                    opens=0.0 if always else opens, closes=0.0 if always else float(chance.integers(20, 24)),
                )
            )  # fmt: skip
    return made


@dataclass
class Raised:
    """An alert, as it would stand in the table."""

    code: str
    row: int
    at: float
    began: float
    ended: float | None = None
    group: int | None = None


@dataclass
class Heard:
    """The columns the engine asks for."""

    terminal: np.ndarray
    at: np.ndarray
    values: dict
    words: dict


@dataclass
class Room:
    """What the writer, the sweep and the rounds do, in memory."""

    fleet: Fleet
    bench: Bench
    codes: list[str]
    memories: dict = field(default_factory=dict)
    alerts: list[Raised] = field(default_factory=list)
    open: dict = field(default_factory=dict)
    groups: list = field(default_factory=list)
    grows: dict = field(default_factory=dict)
    kept: dict = field(default_factory=lambda: defaultdict(list))
    readings: int = 0
    engine_s: float = 0.0

    def __post_init__(self) -> None:
        n = len(self.fleet.terminals)
        self.heard_at = np.full(n, self.fleet.now)
        self.level = np.zeros(n, int)  # 0 heard, 1 late, 2 offline
        self.about = [self.fleet.about(row) for row in range(n)]
        self.sizes = Counter(
            key for row in range(n) for key in self.keys(row, BY_CODE["offline"].join)
        )

    def keys(self, row: int, join_by: tuple[str, ...]) -> list[tuple[str, str]]:
        about, found = self.about[row], []
        for by in join_by:
            if name := about.get(by):
                found.append((by, name))
                if by == "carrier":
                    found.append((by, f"{name}/{about['area']}"))
        return found

    def hear(self, now: Readings, due: np.ndarray) -> None:
        """Take in the check-ins of those due."""
        runs = due[now.on[due]]
        for row in runs[~now.reaches[runs]].tolist():
            self.kept[row].append((now.at, self.cut(now, np.array([row]))))
            del self.kept[row][:-200]
        speaks = runs[now.reaches[runs]]
        batches = [(np.full(len(speaks), now.at), speaks, self.cut(now, speaks))]
        for row in speaks.tolist():
            for at, columns in self.kept.pop(row, ()):
                batches.append((np.array([at]), np.array([row]), columns))
        if not len(speaks):
            return
        self.judge(batches, now.at)
        self.heard_at[speaks] = now.at
        back = speaks[self.level[speaks] > 0]
        for row in back.tolist():
            for code in SILENT:
                self.over(code, row, now.at)
        self.level[speaks] = 0

    def cut(self, now: Readings, rows: np.ndarray) -> dict:
        values = {name: column[rows] for name, column in now.values.items()}
        values["skew_s"] = now.skew_s[rows]
        words = {name: [told[row] for row in rows.tolist()] for name, told in now.words.items()}
        for row in rows.tolist():
            self.about[row]["version"] = now.words["app_version"][row] or ""
        return {"values": values, "words": words}

    def judge(self, batches: list, at: float) -> None:
        begin = time.process_time()
        moments = np.concatenate([one[0] for one in batches])
        rows = np.concatenate([one[1] for one in batches])
        order = np.lexsort((moments, rows))
        values = {
            name: np.concatenate([one[2]["values"][name] for one in batches])[order]
            for name in batches[0][2]["values"]
        }
        words = {}
        for name in batches[0][2]["words"]:
            told = [word for one in batches for word in one[2]["words"][name]]
            words[name] = [told[place] for place in order.tolist()]
        rows, moments = rows[order], moments[order]
        verdicts = self.bench.judge(
            Heard(rows, moments, values, words), self.memories, beside=self.beside(rows, values)
        )
        self.memories.update(zip(verdicts.terminals, verdicts.memories, strict=True))
        self.engine_s += time.process_time() - begin
        self.readings += len(rows)
        for turn in verdicts.turns:
            code = self.codes[turn.rule]
            if turn.raised:
                self.raises(code, turn.terminal, at, turn.began)
            else:
                self.over(code, turn.terminal, at)

    def beside(self, rows: np.ndarray, values: dict) -> dict:
        body = self.fleet.body
        home = (body.latitude[rows], body.longitude[rows])
        away = distance_m((values["latitude"], values["longitude"]), home)
        told = {
            fault_of(name): faults_told(
                name, values[name], lambda row: FAMILIES[body.family[rows[row]]]
            )
            for name in ("printer_code", "ped_code")
        }
        return {
            "away_m": away - np.nan_to_num(values["accuracy"]),
            ALLOWED_M: np.full(len(rows), PLACE_M),
            **told,
        }

    def raises(self, code: str, row: int, at: float, began: float) -> None:
        if (code, row) not in self.open:
            alert = self.open[code, row] = Raised(code, row, at, began)
            self.alerts.append(alert)

    def over(self, code: str, row: int, at: float) -> None:
        if (alert := self.open.pop((code, row), None)) is not None:
            alert.ended = at

    def sweep(self, at: float) -> None:
        """Find who is late, and who is offline."""
        silent = at - self.heard_at
        level = np.where(silent > LATE * INTERVAL_S, 1, 0)
        level = np.where(silent > max(OFFLINE * INTERVAL_S, OFFLINE_LEAST_S), 2, level)
        for row in np.flatnonzero(level > self.level).tolist():
            if level[row] == 2:
                self.over("late", row, at)
            self.raises("offline" if level[row] == 2 else "late", row, at, self.heard_at[row])
            self.level[row] = level[row]

    def join(self, at: float) -> None:
        """Join what is open and belongs to no group yet."""
        by_rule = defaultdict(list)
        for alert in self.open.values():
            seed = BY_CODE[alert.code]
            window = max(
                JOIN_S,
                2 * seed.spec.get("window_s", 0) if seed.spec["kind"] == "counter_rate" else 0,
            )
            if seed.join and alert.group is None and at - alert.at < window:
                by_rule[alert.code, window].append(alert)
        for (code, window), alerts in by_rule.items():
            self.join_rule(code, window, alerts, at)
        self.grows = {
            (code, key): told
            for (code, key), told in self.grows.items()
            if at - told[1] < max(JOIN_S, 2 * BY_CODE[code].spec.get("window_s", 0))
        }

    def join_rule(self, code: str, window: float, alerts: list[Raised], at: float) -> None:
        left = []
        for alert in alerts:
            keys = self.keys(alert.row, BY_CODE[code].join)
            home = next(((code, key) for key in keys if (code, key) in self.grows), None)
            if home is None:
                left.append((alert, tuple(keys)))
            else:
                alert.group = self.grows[home][0]
                self.grows[home] = (alert.group, at)
        if len(left) < 2:
            return
        if "version" in BY_CODE[code].join:
            for key in [key for key in self.sizes if key[0] == "version"]:
                del self.sizes[key]
            self.sizes.update(("version", one["version"]) for one in self.about)
        usual = {
            key: Usual(self.sizes[key], self.sizes[key] * window / MONTH_S)
            for _, keys in left
            for key in keys
        }
        lone = [Lone(place, alert.at, keys) for place, (alert, keys) in enumerate(left)]
        for found in join(lone, usual):
            number = len(self.groups)
            self.groups.append(found)
            self.grows[code, (found.by, found.key)] = (number, at)
            for place in found.numbers:
                left[place][0].group = number


def run(seed: int, terminals: int, days: float, hurry: float) -> tuple[Room, float]:
    fleet = Fleet(
        estate(terminals, seed), seed=seed, begins=BEGINS, faults=Faults.default(hurry=hurry)
    )
    rules = [read_rule(one.code, one.spec) for one in DEFAULTS]
    judged = [rule for rule in rules if rule.judged_by_readings]
    room = Room(fleet, Bench(judged), [rule.code for rule in judged])
    phase = np.random.default_rng([seed, 78]).integers(0, INTERVAL_S // 60, terminals)
    for minute in range(1, int(days * 1440) + 1):
        now = fleet.tick(BEGINS + minute * 60)
        room.hear(now, np.flatnonzero((minute + phase) % (INTERVAL_S // 60) == 0))
        room.sweep(now.at)
        room.join(now.at)
    return room, terminals * days * 86_400 / MONTH_S


@dataclass
class Outcome:
    """What was found of the truth."""

    delays: dict = field(
        default_factory=lambda: defaultdict(list)
    )  # intervals by kind; None: never
    told: dict = field(default_factory=lambda: defaultdict(set))  # groups and lone alerts by cause

    def take(self, truth: Truth, alerts: list[Raised], until: float) -> None:
        """Hold one truth against the alerts of its terminal."""
        fits = [alert for alert in alerts if _fits(alert, truth)]
        if truth.group != "terminal" and truth.seen_at is not None:
            for alert in fits:
                if alert.at >= truth.begins and BY_CODE[alert.code].severity != "info":
                    told = ("alone", id(alert)) if alert.group is None else ("group", alert.group)
                    self.told[truth.cause].add(told)
        seen = _detectable(truth, until)
        if truth.kind not in NOT_OURS and seen is not None:
            delays = [max(0.0, alert.at - seen) / INTERVAL_S for alert in fits]
            self.delays[truth.kind].append(min(delays, default=None))


def _fits(alert: Raised, truth: Truth) -> bool:
    fits = alert.code in FOUND_BY.get(truth.kind, ()) and alert.at <= truth.ends + 2 * INTERVAL_S
    return fits and (alert.ended is None or alert.ended >= truth.begins)


def _detectable(truth: Truth, until: float) -> float | None:
    """Return when it showed, if it did so for long enough to be found in two intervals."""
    seen = truth.seen_at
    if seen is None or min(truth.ends, until) - seen < 2 * INTERVAL_S:
        return None
    return seen


def judged(seed: int, room: Room, months: float, *, kinds: bool) -> None:
    number = {one.serial: row for row, one in enumerate(room.fleet.terminals)}
    truths, by_row, outcome = room.fleet.truths(), defaultdict(list), Outcome()
    for alert in room.alerts:
        by_row[alert.row].append(alert)
    for truth in truths:
        outcome.take(truth, by_row[number[truth.serial]], room.fleet.now)
    every = [delay for told in outcome.delays.values() for delay in told]
    found = [delay for delay in every if delay is not None]
    share, tell = sum(delay <= 2 for delay in found) / max(1, len(every)), f"seed {seed}"
    line(f"voice_found_within_two_intervals {tell}", share, "share", met=share >= 0.95,
         goal=f"95 % of {len(every)} detectable faults")  # fmt: skip
    line(f"voice_found_at_all {tell}", len(found) / max(1, len(every)), "share", goal="all")
    line(
        f"voice_delay_median {tell}",
        statistics.median(found or [0]),
        "intervals",
        limit=2,
        goal="within 2",
    )
    unfounded = unexplained(room, truths, number)
    loud = [alert for alert in unfounded if BY_CODE[alert.code].severity != "info"]
    line(f"voice_false_alerts {tell}", len(loud) / months, "a terminal-month", limit=0.05,
         goal=f"under 0.05; {len(loud)} in {months:.0f} months")  # fmt: skip
    line(
        f"voice_false_notes {tell}",
        (len(unfounded) - len(loud)) / months,
        "a terminal-month",
        goal="info only",
    )
    sizes = Counter(truth.cause for truth in truths)
    shared = [len(told) for cause, told in outcome.told.items() if sizes[cause] > 1]
    line(f"voice_told_per_shared_cause {tell}", statistics.mean(shared or [0]), "groups and lone alerts",
         goal=f"1 at best, {len(shared)} causes of many terminals")  # fmt: skip
    line(f"voice_judging {tell}", room.engine_s / max(1, room.readings) * 1e6, "us of CPU a reading",
         goal=f"{room.readings} readings in small batches, {len(room.codes)} rules")  # fmt: skip
    if kinds:
        show(outcome, unfounded)


def show(outcome: Outcome, unfounded: list[Raised]) -> None:
    """Print each kind of fault, for whoever looks into it."""
    for kind, told in sorted(outcome.delays.items()):
        hit = [one for one in told if one is not None]
        in_time, worst = sum(one <= 2 for one in hit), max(hit or [0])
        missed = len(told) - len(hit)
        print(
            f"#   {kind:16} {len(told):5} detectable {in_time:5} in time {missed:4} missed, worst {worst:.1f}"
        )
    print("# false:", Counter(alert.code for alert in unfounded))


def unexplained(room: Room, truths: list, number: dict) -> list[Raised]:
    spans = defaultdict(list)
    for truth in truths:
        spans[number[truth.serial]].append((truth.begins, truth.ends + 12 * INTERVAL_S))
    return [
        alert
        for alert in room.alerts
        if not any(begins <= alert.at and alert.began <= ends for begins, ends in spans[alert.row])
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, action="append")
    parser.add_argument("--terminals", type=int, default=600)
    parser.add_argument("--days", type=float, default=5)
    parser.add_argument("--hurry", type=float, default=4.0, help="times the rate of faults")
    parser.add_argument("--kinds", action="store_true", help="show each kind of fault")
    told = parser.parse_args()
    for seed in told.seed or [secrets.randbits(40) for _ in range(2)]:
        room, months = run(seed, told.terminals, told.days, told.hurry)
        judged(seed, room, months, kinds=told.kinds)


if __name__ == "__main__":
    main()
