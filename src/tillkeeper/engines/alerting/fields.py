"""How one field of a rule is read from JSON: a reader for each sort of value."""

import dataclasses
from collections.abc import Callable, Collection
from typing import Any, Final

from tillkeeper.engines.alerting.errors import bad
from tillkeeper.formats.voice.signals import SIGNALS, Kind

Reader = Callable[[str, Any], Any]
READ: Final = "read"
DERIVED: Final = frozenset({"away_m", "skew_s"})  # what the server works out itself


def read_by(reader: Reader, default: Any = dataclasses.MISSING) -> Any:
    """Declare a field of a rule: its reader, and its default if it may be left out."""
    if default is dataclasses.MISSING:
        return dataclasses.field(metadata={READ: reader})
    return dataclasses.field(default=default, metadata={READ: reader})


def number(least: float, most: float) -> Reader:
    """A number in a range, both of whose ends are finite."""

    def read(field: str, value: Any) -> float:
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        if not fits or not least <= value <= most:  # a NaN lies in no range
            raise bad(field, value, "number", least=f"{least:g}", most=f"{most:g}")
        return float(value)

    return read


def perhaps(reader: Reader) -> Reader:
    """What may also be null."""

    def read(field: str, value: Any) -> Any:
        return None if value is None else reader(field, value)

    return read


def whole(least: int, most: int) -> Reader:
    """A whole number in a range."""

    def read(field: str, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise bad(field, value, "whole", least=least, most=most)
        return value

    return read


def one_of(*known: str) -> Reader:
    """One word of some."""

    def read(field: str, value: Any) -> str:
        if value not in known or not isinstance(value, str):
            raise bad(field, value, "one_of", known=", ".join(known))
        return value

    return read


def boolean(field: str, value: Any) -> bool:
    """Yes or no."""
    if not isinstance(value, bool):
        raise bad(field, value, "boolean")
    return value


def signal(*kinds: Kind) -> Reader:
    """The name of a signal of some kinds."""
    known = [name for name, found in SIGNALS.items() if found.kind in kinds]
    good = {*known, *(DERIVED if Kind.GAUGE in kinds else ())}

    def read(field: str, value: Any) -> str:
        if not isinstance(value, str) or value not in good:
            raise bad(field, value, "signal", known=", ".join(known[:3]))
        return value

    return read


def signals(*kinds: Kind) -> Reader:
    """A list of one to four names of signals, each once."""
    one = signal(*kinds)
    known = [name for name, found in SIGNALS.items() if found.kind in kinds]
    most = 4

    def read(field: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not 1 <= len(value) <= most:
            raise bad(field, value, "signals", known=", ".join(known[:3]))
        return tuple(dict.fromkeys(one(field, name) for name in value))

    return read


def words(known: Collection[str]) -> Reader:
    """A list of words, each one of those known."""

    def read(field: str, value: Any) -> tuple[str, ...]:
        fits = isinstance(value, list) and value
        if not fits or not all(isinstance(word, str) and word in known for word in value):
            raise bad(field, value, "words", known=", ".join(sorted(known)[:3]))
        return tuple(dict.fromkeys(value))

    return read
