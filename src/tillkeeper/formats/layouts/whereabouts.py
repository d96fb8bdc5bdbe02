"""Where in a TOML text each key stands: Python's reader tells the values and not their places.

The text is valid TOML when it comes here, so that only its marks have to be told apart, not judged.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

Place = tuple[int, int]  # line and column, from 1
START: Final[Place] = (1, 1)
_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_TEXT: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL
)
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_PLAIN: Final = re.compile(r"[^,\]}#\n]*")
_DOT: Final = re.compile(r"[ \t]*\.[ \t]*")


def place_of(text: str, path: str) -> Place:
    """Return where a key path stands, e.g. `canonical.at.patterns[0]`; of one that is missing, where its table does."""
    try:
        places = _Reader(text.replace("\r\n", "\n")).places()
    except RecursionError:  # nested deeper than any layout is
        return START
    while path:
        if path in places:
            return places[path]
        cut = max(path.rfind("."), path.rfind("["))
        path = path[:cut] if cut > 0 else ""
    return START


@dataclass(slots=True)
class _Reader:
    """Goes through the text once; `at` is where it is."""

    text: str
    at: int = 0
    found: dict[str, Place] = field(default_factory=dict)
    tables: dict[str, int] = field(default_factory=dict)  # of [[arrays]]: the last index
    starts: list[int] = field(default_factory=list)

    def places(self) -> Mapping[str, Place]:
        self.starts = [0, *(one.end() for one in re.finditer("\n", self.text))]
        self.at = 1 if self.text.startswith("\ufeff") else 0
        table = ""
        while self._more():
            table = self._head() if self.text[self.at] == "[" else self._pair(table)
        return self.found

    def _more(self) -> bool:
        self._skip(_BLANK)
        return self.at < len(self.text)

    def _head(self) -> str:
        """Take `[table]` or `[[array]]` and return its path."""
        start, many = self.at, self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        names = self._key()
        self.at += 2 if many else 1
        path = self._resolved(names[:-1])
        whole = _joined(path, names[-1])
        if many:
            self.tables[whole] = self.tables.get(whole, -1) + 1
            self.found.setdefault(whole, self._place(start))
            whole = f"{whole}[{self.tables[whole]}]"
        self.found.setdefault(whole, self._place(start))
        return whole

    def _resolved(self, names: list[str]) -> str:
        path = ""
        for name in names:
            path = _joined(path, name)
            if path in self.tables:
                path = f"{path}[{self.tables[path]}]"
        return path

    def _pair(self, table: str) -> str:
        """Take `key = value` below a table, and return that table."""
        start, path = self.at, table
        for name in self._key():
            path = _joined(path, name)
            self.found.setdefault(path, self._place(start))
        self._skip(_BLANK)
        self.at += 1  # the sign of equality
        self._skip(_BLANK)
        self._value(path)
        return table

    def _value(self, path: str) -> None:
        opens = self.text[self.at : self.at + 1]
        if opens == "[":
            self._list(path)
        elif opens == "{":
            self._table(path)
        elif (quoted := _TEXT.match(self.text, self.at)) is not None:
            self.at = quoted.end()
        else:
            self._skip(_PLAIN)

    def _list(self, path: str) -> None:
        self.at += 1
        number = 0
        while self._more() and self.text[self.at] != "]":
            self.found.setdefault(f"{path}[{number}]", self._place(self.at))
            self._value(f"{path}[{number}]")
            number += 1
            self._comma()
        self.at += 1

    def _table(self, path: str) -> None:
        self.at += 1
        while self._more() and self.text[self.at] != "}":
            self._pair(path)
            self._comma()
        self.at += 1

    def _comma(self) -> None:
        self._skip(_BLANK)
        if self.text.startswith(",", self.at):
            self.at += 1

    def _key(self) -> list[str]:
        self._skip(_BLANK)
        names = [self._name()]
        while (dot := _DOT.match(self.text, self.at)) is not None:
            self.at = dot.end()
            names.append(self._name())
        self._skip(_BLANK)
        return names

    def _name(self) -> str:
        found = _TEXT.match(self.text, self.at) or _BARE.match(self.text, self.at)
        if found is None:  # no key: go on, so that the reader ends
            self.at += 1
            return ""
        self.at = found.end()
        return found[0][1:-1] if found[0][0] in "\"'" else found[0]

    def _skip(self, what: re.Pattern[str]) -> None:
        found = what.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _place(self, at: int) -> Place:
        line = bisect_right(self.starts, at)
        return line, at - self.starts[line - 1] + 1


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
