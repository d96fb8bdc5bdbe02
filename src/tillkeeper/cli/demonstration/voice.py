"""The living fleet of the demonstration: enrolled by its own proofs, with a day of history that went the real way.

The day before is played in virtual time through spool and writer, as from terminals that kept what they measured; from
then on a process of its own lets the same fleet live on.
"""

import json
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from tillkeeper.cli.simulation.keyring import Key, Keyring, base64
from tillkeeper.cli.simulation.sources import Ledger
from tillkeeper.cli.simulation.voices import enrol_message
from tillkeeper.cli.summary import Progress
from tillkeeper.engines.rehearsal.fleet import (
    Faults,
    Fleet,
    Readings,
    Terminal,
    Truth,
    write_truths,
)
from tillkeeper.formats.voice.messages import CheckIn, Reading
from tillkeeper.formats.voice.signals import SIGNALS, Kind
from tillkeeper.formats.voice.spooled import Spooled, SpooledCheckIn, pack
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import unit_of_work
from tillkeeper.kernel.policy import enter_policy
from tillkeeper.telemetry.queries.enrolments import limits, speaking
from tillkeeper.telemetry.services.enrolments import make_code
from tillkeeper.telemetry.services.proofs import enrol
from tillkeeper.telemetry.services.rounds import short_round
from tillkeeper.telemetry.services.writing.line import Line
from tillkeeper.telemetry.spool import Spool
from tillkeeper.telemetry.spool.opening import open_spool, shards

TERMINALS, SEED = 240, 20260301
INTERVAL_S: Final = 15
SILENCE: Final = {"late_intervals": 3, "offline_intervals": 8, "offline_least_s": 120}
SOURCE: Final = gettext_noop("demonstration: short, so that something is to be seen")
DAY: Final = timedelta(hours=23)  # of kept readings, then
HOUR: Final = timedelta(minutes=40)  # of check-ins as they come
KEPT_EVERY_S, TICK_S, STEP_S = 900, 60, 60
SPOKEN_EVERY_S: Final = 120
ENROLLED_AT_ONCE: Final = 100
LONGEST_LIFE: Final = timedelta(
    days=3
)  # then the fleet begins anew: nobody waits for it to be caught up with
FLEET: Final = "fleet"


@dataclass(frozen=True, slots=True)
class Story:
    """What was prepared, kept beside the keys."""

    begins: float
    terminals: int
    check_ins: int
    readings: int


def hear_terminals(progress: Progress, *, at: datetime, count: int = TERMINALS) -> Story | None:
    """Prepare the fleet once: enrol it, and play its day before. None: no terminal is in service.

    Args:
        progress: told of the stage and the share done.
        at: the moment at which the demonstration ends.
        count: how many terminals.
    """
    if (known := story()) is not None:
        return known
    terminals = Ledger().terminals(count)
    if not terminals:
        return None
    _decide_numbers(at.date())
    begins = at - DAY - HOUR
    progress(str(_("Enrolling terminals")), 0.0)
    keys = _enrolled(terminals, begins)
    terminals = [one for one in terminals if one.serial in keys]
    fleet = _fleet(terminals, begins.timestamp())
    played = _Play(fleet, keys, begins, at)
    with closing(open_spool()) as spool:
        played.through(spool, progress)
    write_truths(_folder() / "truth.jsonl", fleet.truths())
    told = Story(begins.timestamp(), len(keys), played.check_ins, played.readings)
    (_folder() / "story.json").write_text(json.dumps(asdict(told)), encoding="utf-8")
    return told


def story() -> Story | None:
    """Return what was prepared, if it was."""
    path = _folder() / "story.json"
    return msgspec.json.decode(path.read_bytes(), type=Story) if path.exists() else None


def fleet_process(at: datetime) -> dict[str, str]:
    """Return the command line of the process in which the fleet lives, by name; nothing if there is none."""
    if (told := story()) is None:
        return {}
    began = datetime.fromtimestamp(told.begins, UTC)
    since = told.begins if at - began < LONGEST_LIFE else at.timestamp()
    words = [
        sys.executable, "-m", "tillkeeper.cli.main", "simulate", "fleet",
        "--terminals", str(told.terminals), "--seconds", "0", "--seed", str(SEED),
        "--since", f"{since:.0f}", "--faults", str(_faults_path()),
        "--truth", str(_folder() / "truth-live.jsonl"), "--connections", "16", "--patience", "180",
    ]  # fmt: skip
    return {FLEET: f"exec {shlex.join(words)}"}


def truths() -> list[Truth]:
    """Return what went wrong on the day before."""
    path = _folder() / "truth.jsonl"
    if not path.exists():
        return []
    return [msgspec.json.decode(line, type=Truth) for line in path.read_bytes().splitlines()]


def _folder() -> Path:
    folder = Path(settings.TILLKEEPER_VAR) / FLEET
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _faults_path() -> Path:
    return Path(str(files(__package__).joinpath("fleet.toml")))


def _fleet(terminals: Sequence[Terminal], begins: float) -> Fleet:
    faults = Faults.read(_faults_path().read_text(encoding="utf-8"))
    return Fleet(terminals, seed=SEED, begins=begins, faults=faults, step_s=STEP_S)


def _decide_numbers(on: date) -> None:
    for rule, value in (("telemetry.interval_s", INTERVAL_S), ("telemetry.silence", SILENCE)):
        enter_policy(rule=rule, value=value, effective_from=on, source=SOURCE)


def _enrolled(terminals: Sequence[Terminal], at: datetime) -> dict[str, tuple[int, int]]:
    """Enrol terminals, each by its own proof; return the ledger's key and the enrolment of each serial."""
    address = f"http://{settings.TILLKEEPER_DEVICE_HOST}:{settings.TILLKEEPER_DEVICE_PORT}"
    ring, by = Keyring.of(_folder(), address), Actor.system("demonstration")
    bounds = limits(at)
    rows = speaking([one.serial for one in terminals])
    made: dict[str, tuple[int, int]] = {}
    for begin in range(0, len(terminals), ENROLLED_AT_ONCE):
        keys: list[Key] = []
        with unit_of_work():
            for one in terminals[begin : begin + ENROLLED_AT_ONCE]:
                code = make_code(serial=one.serial, by=by, at=at, replaces=True).code
                private = Ed25519PrivateKey.generate()
                said = enrol_message(one.serial, code, private, int(at.timestamp() * 1000))
                granted = enrol(said, limits=bounds, source="127.0.0.1", at=at)
                secret = base64(private.private_bytes_raw())
                keys.append(Key(one.serial, str(granted.enrolment), secret))
                made[one.serial] = (rows[one.serial], granted.enrolment)
        ring.add(keys)
    return made


class _Play:
    """Plays the fleet's past in virtual time: what it would have said goes into the spool, and on to the writer."""

    def __init__(
        self, fleet: Fleet, keys: dict[str, tuple[int, int]], begins: datetime, ends: datetime
    ) -> None:
        self.fleet, self._begins, self._ends = fleet, begins, ends
        self._keys = [keys[one.serial] for one in fleet.terminals]
        self._kept: list[list[Reading]] = [[] for _ in fleet.terminals]
        self.check_ins = self.readings = 0

    def through(self, spool: Spool, progress: Progress) -> None:
        """Play it all."""
        lines = [Line(spool, shard) for shard in range(shards())]
        held = [line for line in lines if line.holds()]
        at = self._begins
        while at < self._begins + DAY:
            at += timedelta(seconds=KEPT_EVERY_S)
            self._measure(self.fleet.tick(at.timestamp()), range(len(self._keys)))
        progress(str(_("A day of readings")), 0.3)
        self._say(spool, self.fleet.tick(at.timestamp()), range(len(self._keys)), at)
        _written(held, at)
        turns = SPOKEN_EVERY_S // TICK_S
        number = 0
        while at + timedelta(seconds=TICK_S) <= self._ends:
            at += timedelta(seconds=TICK_S)
            now_ = self.fleet.tick(at.timestamp())
            some = range(number % turns, len(self._keys), turns)
            number += 1
            self._measure(now_, some)
            self._say(spool, now_, some, at)
            _written(held, at)
            short_round(shards=shards(), at=at)
            progress(str(_("A day of readings")), 0.3 + 0.7 * (at - self._begins - DAY) / HOUR)
        for line in held:
            line.end(at=at)

    def _measure(self, readings: Readings, rows: Sequence[int]) -> None:
        columns = list(_columns(readings))
        for row in rows:
            if readings.on[row]:
                at = int((readings.at + readings.skew_s[row]) * 1000)
                values = {name: column[row] for name, column in columns if column[row] is not None}
                self._kept[row].append(Reading(int(readings.at * 1000), at, values))
                self.readings += 1

    def _say(self, spool: Spool, readings: Readings, rows: Sequence[int], at: datetime) -> None:
        """Let those speak that can be heard; each check-in is what a gateway would have kept."""
        at_ms = int(at.timestamp() * 1000)
        packed: dict[int, list[Spooled]] = {}
        for row in rows:
            if not readings.reaches[row] or not self._kept[row]:
                continue
            terminal, enrolment = self._keys[row]
            clock = at_ms + int(readings.skew_s[row] * 1000)
            said = CheckIn(at_ms, clock, self._kept[row])
            self._kept[row] = []
            item = SpooledCheckIn(terminal, enrolment, at_ms, SPOKEN_EVERY_S, said)
            packed.setdefault(terminal % shards(), []).append(item)
            self.check_ins += 1
        bodies = [
            (shard, pack(items[begin : begin + 50]))
            for shard, items in packed.items()
            for begin in range(0, len(items), 50)
        ]
        if bodies:
            spool.append(bodies)


def _written(lines: Sequence[Line], at: datetime) -> None:
    for line in lines:
        while line.go_round(at=at, wait_s=0):
            line.record(at=at)


def _columns(readings: Readings) -> Iterator[tuple[str, list[Any]]]:
    yield from readings.words.items()
    for name, values in readings.values.items():
        flag = SIGNALS[name].kind is Kind.FLAG
        column = values.tolist()
        yield name, [None if v != v else v > 0.5 if flag else v for v in column]  # noqa: PLR0124  NaN
