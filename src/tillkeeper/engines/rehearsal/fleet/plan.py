"""When faults happen, and to whom: drawn day by day, so that it does not matter how a fleet is ticked."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self
from zlib import crc32

import numpy as np

from tillkeeper.engines.rehearsal.fleet.kinds import (
    FaultsUnreadable,
    Kind,
    default_kinds,
    read_kinds,
    yes_or_no,
)
from tillkeeper.engines.rehearsal.fleet.terminals import Body, Floats, Ints

DAY_S: Final = 86_400
MONTH_DAYS: Final = 30.44
FIRST_WITHIN_S: Final = 60.0  # at least
HURRY_MOST: Final = 1e6
OFTEN_MOST: Final = 50_000.0  # more than once a minute; more than that no machine has room for
FLEET: Final = "fleet"  # the table of a file that is no kind
SETTINGS: Final = frozenset({"hurry", "only", "within_s"})


@dataclass(frozen=True, slots=True)
class Faults:
    """What may go wrong, and how often."""

    kinds: Mapping[str, Kind]
    hurry: float = 1.0
    within_s: float = 3600.0

    @classmethod
    def default(cls, *, hurry: float = 1.0) -> Self:
        """Return the faults of the package."""
        return cls(default_kinds(), hurry)

    @classmethod
    def none(cls) -> Self:
        """Return a life without faults."""
        return cls({})

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the faults of the package, changed as a file of one's own tells.

        Raises:
            FaultsUnreadable: the text is no TOML, or not such a file.
        """
        try:
            told = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise FaultsUnreadable(str(error)) from None
        settings = told.pop(FLEET, {})
        if not isinstance(settings, dict) or not set(settings) <= SETTINGS:
            raise FaultsUnreadable(f"[{FLEET}] knows only {', '.join(sorted(SETTINGS))}")
        hurry, within = _setting(settings, "hurry", 1.0), _setting(settings, "within_s", 3600.0)
        kinds = read_kinds(told, default_kinds())
        for kind in kinds.values():
            if kind.rate * hurry > OFTEN_MOST:
                raise FaultsUnreadable(
                    f"[{kind.name}] rate times hurry is more than {OFTEN_MOST:,.0f} a month"
                )
        if _only(settings):
            kinds = {name: kind for name, kind in kinds.items() if name in told}
        return cls(kinds, hurry, within)

    def only(self, *names: str) -> Self:
        """Return some of the kinds."""
        return replace(self, kinds={name: self.kinds[name] for name in names})


def _only(settings: Mapping[str, Any]) -> bool:
    try:
        return yes_or_no(settings.get("only", False))
    except ValueError as error:
        raise FaultsUnreadable(f"[{FLEET}] only: {error}") from None


def _setting(settings: Mapping[str, Any], name: str, otherwise: float) -> float:
    value = settings.get(name, otherwise)
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not 0 <= value <= HURRY_MOST
    ):
        raise FaultsUnreadable(f"[{FLEET}] {name}: {value!r} is not a number from 0 to a million")
    return float(value)


@dataclass(frozen=True, slots=True)
class Happening:
    """A fault that happens: to these terminals, from then until then."""

    kind: Kind
    begins: float
    ends: float
    key: str
    rows: Ints
    amounts: Mapping[str, Floats]  # by knob


@dataclass(slots=True)
class Plan:
    """Draws what happens to a fleet on a day."""

    faults: Faults
    body: Body
    seed: int
    begins: float
    _groups: dict[tuple[str, str], list[tuple[str, Ints]]] = field(default_factory=dict)

    def first(self) -> list[Happening]:
        """Return what happens for certain, soon after the start."""
        made: list[Happening] = []
        for kind in self.faults.kinds.values():
            chance = self._chance(4, kind, 0)
            within = max(self.faults.within_s - kind.after_s, FIRST_WITHIN_S)
            at = self.begins + kind.after_s + np.sort(chance.random(kind.first)) * within
            made += self._drawn(kind, chance, at, moved=False)
        return made

    def of_day(self, day: int) -> list[Happening]:
        """Return what begins on a day, counted from 1970, with what people put off until the next morning."""
        made: list[Happening] = []
        for kind in self.faults.kinds.values():
            chance = self._chance(3, kind, day)
            units = self._units(kind)
            expected = kind.rate * self.faults.hurry * units / MONTH_DAYS
            at = (day + np.sort(chance.random(chance.poisson(expected)))) * DAY_S
            made += self._drawn(kind, chance, at, moved=kind.by_day)
        return [one for one in made if one.begins >= self.begins]

    def _chance(self, what: int, kind: Kind, day: int) -> np.random.Generator:
        # by the kind's name: what one kind does is not disturbed by which others there are
        return np.random.Generator(
            np.random.SFC64([self.seed, what, crc32(kind.name.encode()), day])
        )

    def _units(self, kind: Kind) -> int:
        if kind.group == "version":
            return 1
        return len(self._members(kind)) if kind.group != "terminal" else len(self._fit(kind))

    def _fit(self, kind: Kind) -> Ints:
        return np.flatnonzero(self.body.has(kind.needs))

    def _drawn(
        self, kind: Kind, chance: np.random.Generator, moments: Floats, *, moved: bool
    ) -> Iterator[Happening]:
        for at in moments.tolist():
            key, rows = self._struck(kind, chance)
            if not len(rows):
                continue
            begins = self._in_hours(at, int(rows[0]), chance.random()) if moved else at
            lasts = chance.uniform(*kind.lasts_h) * 3600
            amounts = {
                knob: chance.uniform(*extent, len(rows)) for knob, extent in kind.turns.items()
            }
            yield Happening(kind, begins, begins + lasts, key, rows, amounts)

    def _struck(self, kind: Kind, chance: np.random.Generator) -> tuple[str, Ints]:
        """Choose whom a fault strikes."""
        if kind.group == "terminal":
            fit = self._fit(kind)
            return "", fit[chance.integers(0, len(fit), 1)] if len(fit) else fit
        if kind.group == "version":
            key, fit = f"4.{chance.integers(3, 99)}.0", self._fit(kind)
        else:
            members = self._members(kind)
            if not members:
                return "", np.zeros(0, np.int64)
            key, fit = members[chance.integers(0, len(members))]
        struck = fit[chance.random(len(fit)) < kind.share]
        return key, struck

    def _members(self, kind: Kind) -> list[tuple[str, Ints]]:
        asked = (kind.group, kind.needs)
        if asked not in self._groups:
            found: dict[str, list[int]] = {}
            for row in self._fit(kind).tolist():
                if key := self._key(kind.group, row):
                    found.setdefault(key, []).append(row)
            self._groups[asked] = [(key, np.array(rows)) for key, rows in sorted(found.items())]
        return self._groups[asked]

    def _key(self, group: str, row: int) -> str:
        body, one = self.body, self.body.terminals[row]
        if group == "site":
            return one.site
        if group == "host":
            return body.host[row]
        return f"{body.carrier[row]}/{one.area}" if body.carrier[row] else ""

    def _in_hours(self, at: float, row: int, chance: float) -> float:
        """Put off what people do until the site is open."""
        body = self.body
        hour = (at + body.offset_s[row]) / 3600 % 24
        since = (hour - body.opens[row]) % 24
        if since < body.length_h[row]:
            return at
        return at + float((24 - since) + chance * body.length_h[row] * 0.8) * 3600
