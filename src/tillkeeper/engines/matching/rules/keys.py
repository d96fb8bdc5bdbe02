"""Tables of a rules file, taken key by key: each value checked as it is taken, what is left over refused."""

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NoReturn

from tillkeeper.engines.matching.rules.errors import BadRule, UnknownRule, expected

FOUND_LENGTH: Final = 80
LARGEST_MINOR: Final = 10**15
LARGEST_PERCENT: Final = 100
PER_CENT: Final = 10_000  # millionths of one per cent
CLOCK: Final = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)$|^24:00$")


@dataclass(slots=True)
class Keys:
    """One table of a rules file. `path` is how the reader finds it: fees[2].tiers[1]."""

    name: str
    path: str
    values: dict[str, Any]
    known: Iterable[str]

    def __post_init__(self) -> None:
        for key in self.values:
            if key not in self.known:
                nearest = difflib.get_close_matches(key, list(self.known), n=1, cutoff=0)
                raise UnknownRule(name=self.name, key=self.at(key), nearest=self.at(nearest[0]))

    def at(self, key: str) -> str:
        """Return the path of a key."""
        return f"{self.path}.{key}" if self.path else key

    def refuse(self, key: str, what: str, example: str, **facts: Any) -> NoReturn:
        """Refuse the value of a key."""
        found = str(self.values.get(key, "nothing"))[:FOUND_LENGTH]
        raise BadRule(
            name=self.name,
            key=self.at(key),
            found=found,
            expected=expected(what, **facts),
            example=example,
        )

    def text(self, key: str, default: str = "") -> str:
        """Return a text without blanks around it."""
        value = self.values.get(key, default)
        if not isinstance(value, str) or (key in self.values and not value.strip()):
            self.refuse(key, "text", f'{key} = "…"')
        return value.strip()

    def texts(self, key: str, among: Iterable[str] = ()) -> tuple[str, ...]:
        """Return a list of texts, in order and once each; one text alone counts as a list of it."""
        value = self.values.get(key, [])
        value = [value] if isinstance(value, str) else value
        if not isinstance(value, list) or not all(
            isinstance(part, str) and part.strip() for part in value
        ):
            self.refuse(key, "texts", f'{key} = ["…", "…"]')
        known = tuple(among)
        if known and not set(value) <= set(known):
            self.refuse(key, "one_of", f'{key} = ["{known[0]}"]', known=", ".join(known))
        return tuple(sorted({part.strip() for part in value}))

    def one_of(self, key: str, known: Iterable[str], default: str) -> str:
        """Return one of the words that are known."""
        names = tuple(known)
        value = self.values.get(key, default)
        if value not in names:
            self.refuse(key, "one_of", f'{key} = "{names[0]}"', known=", ".join(names))
        return str(value)

    def flag(self, key: str) -> bool:
        """Return true or false; false where nothing is said."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            self.refuse(key, "boolean", f"{key} = true")
        return value

    def count(self, key: str, default: int, *, most: int) -> int:
        """Return a whole number from 0 to `most`."""
        value = self.values.get(key, default)
        if not _whole(value) or not 0 <= value <= most:
            self.refuse(key, "count", f"{key} = 1", most=most)
        return int(value)

    def minor(self, key: str, default: int = 0) -> int:
        """Return an amount in minor units."""
        value = self.values.get(key, default)
        if not _whole(value) or not 0 <= value <= LARGEST_MINOR:
            self.refuse(key, "minor", f"{key} = 200")
        return int(value)

    def millionths(self, key: str) -> int:
        """Return a percentage as whole millionths: 0.38 is 3,800. Nothing said is 0."""
        value = self.values.get(key, 0)
        number = Decimal(value) if _whole(value) or isinstance(value, Decimal) else Decimal(-1)
        if not number.is_finite() or not 0 <= number <= LARGEST_PERCENT or number * PER_CENT % 1:
            self.refuse(key, "percent", f"{key} = 0.38")
        return int(number * PER_CENT)

    def clock(self, key: str, default: int) -> int:
        """Return an hour and minute as minutes after midnight; "24:00" is midnight, as "00:00" is."""
        if key not in self.values:
            return default
        value = self.values[key]
        if not isinstance(value, str) or not CLOCK.match(value):
            self.refuse(key, "clock", f'{key} = "23:00"')
        return (int(value[:2]) % 24) * 60 + int(value[3:])

    def day(self, key: str, default: date) -> date:
        """Return a date."""
        value = self.values.get(key, default)
        if not _day(value):
            self.refuse(key, "day", f"{key} = 2026-01-01")
        return value  # type: ignore[no-any-return]  # _day has looked

    def days(self, key: str, default: tuple[date, ...]) -> tuple[date, ...]:
        """Return dates, in order and once each."""
        value = self.values.get(key, list(default))
        if not isinstance(value, list) or not all(_day(part) for part in value):
            self.refuse(key, "days", f"{key} = [2026-02-16, 2026-02-17]")
        return tuple(sorted(set(value)))

    def table(self, key: str, known: Iterable[str]) -> "Keys":
        """Return a table within this one; an empty one where there is none."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            self.refuse(key, "table", f"[{self.at(key)}]")
        return Keys(self.name, self.at(key), value, known)

    def tables(self, key: str, known: Iterable[str], example: str) -> "list[Keys]":
        """Return a list of tables within this one, numbered from 1 for their reader."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
            self.refuse(key, "tables", example)
        return [
            Keys(self.name, f"{self.at(key)}[{number}]", part, known)
            for number, part in enumerate(value, 1)
        ]

    def checked(
        self, key: str, default: str, good: Callable[[str], bool], refusal: tuple[str, str]
    ) -> str:
        """Return a text that `good` accepts; `refusal` is what is expected, and an example."""
        value = self.text(key, default)
        if not good(value):
            self.refuse(key, *refusal)
        return value


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _day(value: object) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)
