"""A TOML table that is read key by key: each value typed, each refusal with its place, unknown keys refused."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from tillkeeper.formats.layouts.errors import BadLayout
from tillkeeper.formats.layouts.patterns import Pattern, pattern_of

Choice = TypeVar("Choice", bound=StrEnum)


class Node:
    """One table. Ask for every key there may be, then call `done`."""

    def __init__(self, name: str, place: str, values: Mapping[str, Any]) -> None:
        """Take the values that stand at `place` of the layout `name`."""
        self.name, self.place = name, place
        self._values = dict(values)

    def refuse(self, key: str, found: object, expected: str) -> BadLayout:
        """Return the error for a key of this table."""
        place = ".".join(part for part in (self.place, key) if part)
        return BadLayout(name=self.name, place=place, found=str(found)[:80], expected=expected)

    def has(self, key: str) -> bool:
        """Say whether the key is there and not taken yet."""
        return key in self._values

    def done(self) -> None:
        """Refuse what was not asked for."""
        for key in self._values:
            raise self.refuse(key, key, "a key of this table; see docs/how-to/teach-a-format.md")

    def text(self, key: str, default: str | None = None) -> str:
        """Take a text; without a default it must be there."""
        found = self._take(key, default, "a text")
        if not isinstance(found, str):
            raise self.refuse(key, found, "a text")
        return found

    def texts(self, key: str, default: Iterable[str] = ()) -> tuple[str, ...]:
        """Take a text or a list of texts."""
        found = self._values.pop(key, list(default))
        listed = [found] if isinstance(found, str) else found
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            raise self.refuse(key, found, "a text or a list of texts")
        return tuple(listed)

    def number(self, key: str, default: int | None = None) -> int:
        """Take a whole number, 0 or more."""
        found = self._take(key, default, "a whole number")
        if not isinstance(found, int) or isinstance(found, bool) or found < 0:
            raise self.refuse(key, found, "a whole number, 0 or more")
        return found

    def flag(self, key: str) -> bool:
        """Take true or false; absent is false."""
        found = self._values.pop(key, False)
        if not isinstance(found, bool):
            raise self.refuse(key, found, "true or false")
        return found

    def choice(self, key: str, kind: type[Choice], default: Choice | None = None) -> Choice:
        """Take one of the words of an enumeration."""
        found = self._take(key, default, " | ".join(kind))
        if not isinstance(found, str) or found not in set(kind):
            raise self.refuse(key, found, " | ".join(kind))
        return kind(found)

    def pattern(self, key: str, groups: int = 0) -> Pattern | None:
        """Take a regular expression with at least so many groups; None where it is absent."""
        if not self.has(key):
            return None
        found = self.text(key)
        try:
            made = pattern_of(found)
        except ValueError as error:
            raise self.refuse(key, found, f"a regular expression ({error})") from error
        if made.groups < groups:
            raise self.refuse(key, found, "a regular expression with a group")
        return made

    def mapping(self, key: str) -> dict[str, str]:
        """Take a table of text to text."""
        found = self._values.pop(key, {})
        if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
            raise self.refuse(key, found, "a table of texts")
        return found

    def table(self, key: str) -> "Node":
        """Take a table; an absent one is empty."""
        found = self._values.pop(key, {})
        if not isinstance(found, dict):
            raise self.refuse(key, found, "a table")
        return Node(self.name, self._under(key), found)

    def tables(self, key: str) -> list["Node"]:
        """Take a table or a list of tables."""
        found = self._values.pop(key, [])
        listed = [found] if isinstance(found, dict) else found
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            raise self.refuse(key, found, "tables")
        many = isinstance(found, list)
        return [
            Node(self.name, self._under(f"{key}[{i}]" if many else key), one)
            for i, one in enumerate(listed)
        ]

    def left(self) -> tuple[str, ...]:
        """Return what has not been taken yet."""
        return tuple(self._values)

    def _under(self, key: str) -> str:
        return ".".join(part for part in (self.place, key) if part)

    def _take(self, key: str, default: object, expected: str) -> object:
        found = self._values.pop(key, default)
        if found is None:
            raise self.refuse(key, "nothing", expected)
        return found
