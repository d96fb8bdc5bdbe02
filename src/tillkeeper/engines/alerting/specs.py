"""Rules are read from data: a kind, and the fields of that kind."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Final
from zlib import crc32

import numpy as np

from tillkeeper.engines.alerting.counts import CounterRate, Ratio
from tillkeeper.engines.alerting.courses import Change, Ewma, Peers, Trend
from tillkeeper.engines.alerting.errors import bad
from tillkeeper.engines.alerting.fields import READ, one_of, read_by
from tillkeeper.engines.alerting.limits import Code, Flag, Place, Threshold
from tillkeeper.engines.alerting.looks import Gated, Kind, Look, Now


@dataclass(frozen=True, kw_only=True)
class Silence(Gated):
    """A terminal that is not heard: told by the sweep, not by readings."""

    SLOTS: ClassVar[tuple[str, ...]] = ()
    state: str = read_by(one_of("late", "offline"), "offline")

    @property
    def needs(self) -> tuple[str, ...]:
        """Nothing that a reading holds."""
        return ()

    def look(self, now: Now) -> Look:
        """Say nothing."""
        return _nothing(now)


@dataclass(frozen=True, kw_only=True)
class Off(Gated):
    """No rule of this code counts here, whatever is written above."""

    SLOTS: ClassVar[tuple[str, ...]] = ()

    @property
    def needs(self) -> tuple[str, ...]:
        """Nothing."""
        return ()

    def look(self, now: Now) -> Look:
        """Say nothing."""
        return _nothing(now)


def _nothing(now: Now) -> Look:
    never, unknown = np.zeros(len(now.at), np.bool_), np.full(len(now.at), np.nan)
    return Look(never, never, unknown, unknown)


KINDS: Final[MappingProxyType[str, Any]] = MappingProxyType(
    {
        "threshold": Threshold,
        "flag": Flag,
        "counter_rate": CounterRate,
        "ratio": Ratio,
        "trend": Trend,
        "ewma": Ewma,
        "peers": Peers,
        "change": Change,
        "code": Code,
        "place": Place,
        "silence": Silence,
        "off": Off,
    }
)
BY_READINGS: Final = frozenset(KINDS) - {"silence", "off"}


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that can be judged. `mark` changes with every change of what it says: then it forgets what it knew."""

    code: str
    kind: str
    terms: Kind
    mark: int

    @property
    def judged_by_readings(self) -> bool:
        """Whether readings say anything to it."""
        return self.kind in BY_READINGS


def read_rule(code: str, spec: Any) -> Rule:
    """Read a rule.

    Args:
        code: its name.
        spec: from JSON: `kind`, and the fields of that kind.

    Raises:
        BadSpec: something in it cannot be used; says which field, what stands there, and what is expected.
    """
    if not isinstance(spec, Mapping):
        raise bad("spec", spec, "object")
    kind = spec.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise bad("kind", kind, "kind", known=", ".join(KINDS))
    terms = _terms(KINDS[kind], {name: value for name, value in spec.items() if name != "kind"})
    said = json.dumps([code, dict(spec)], sort_keys=True, ensure_ascii=False)
    return Rule(code, kind, terms, crc32(said.encode()))


def fields_of(kind: str) -> tuple[str, ...]:
    """Return the names of the fields of a kind of rule."""
    return tuple(field.name for field in dataclasses.fields(KINDS[kind]))


def _terms(made: Any, given: Mapping[str, Any]) -> Kind:
    fields = {field.name: field for field in dataclasses.fields(made)}
    for name, value in given.items():
        if name not in fields:
            raise bad(str(name), value, "field", known=", ".join(fields))
    for name, field in fields.items():
        if name not in given and field.default is dataclasses.MISSING:
            raise bad(name, None, "present")
    values = {name: fields[name].metadata[READ](name, value) for name, value in given.items()}
    terms: Kind = made(**values)
    return terms
