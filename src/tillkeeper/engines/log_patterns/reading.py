"""A log read line by line: which kinds of lines stand in it, how often, and where first. Pure."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Final

from tillkeeper.engines.log_patterns.known import Sign, coded, phrased, serious
from tillkeeper.engines.log_patterns.masking import masked
from tillkeeper.engines.log_patterns.mining import REMEMBERED, Miner

NEIGHBOURS: Final = 5  # lines shown before and after one that matters
LINES_MAX: Final = 2_000_000
EXAMPLE_MAX: Final = 300


class Verdict(StrEnum):
    """What people said of a kind of line."""

    KNOWN = "known"
    HARMLESS = "harmless"


@dataclass(slots=True)
class Found:
    """Lines of one kind in a log. Lines are counted from 1; `offset` is where the first one's neighbours begin."""

    key: str
    reads: str  # the template, the phrase, or the code in words
    fault: str
    first: int
    offset: int
    example: str  # the first line, masked
    last: int = 0
    times: int = 0
    serious: bool = False
    unexplained: bool = False  # at least one of its lines is known by no word or code


@dataclass(slots=True)
class Log:
    """What stands in a log."""

    lines: int = 0
    unsorted: int = 0  # lines like none that is known, where nothing more is learnt
    found: dict[str, Found] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What people said: of kinds by their key, and the fault of those that stand for one."""

    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)


def key_of(number: int) -> str:
    """Return the key of a kind of line that a miner found."""
    return f"kind:{number}"


class _Reader:
    """Reads one log: what people said, and what was found out about lines that look alike."""

    def __init__(self, maker: str, knows: Knowledge) -> None:
        self._maker, self._knows = maker, knows
        self._words: dict[str, tuple[Sign | None, bool]] = {}  # by masked line
        self.log = Log()

    def note(self, text: str, plain: str, number: int | None, offset: int) -> None:
        """Take one line in: as it stands, masked, its kind, and where its neighbours begin."""
        key = key_of(number) if number is not None else ""
        verdict = self._knows.verdicts.get(key)
        sign, bad = self._sign(text, plain) if verdict is None else (None, False)
        if not key:
            self.log.unsorted += 1
        else:
            fault = self._knows.faults.get(key, "") if verdict is Verdict.KNOWN else ""
            found = self._found(key, "", fault, plain, offset)
            # A line that is known by its words needs nobody to look at its template.
            found.serious = found.serious or (sign is None and bad)
            found.unexplained = found.unexplained or sign is None
        if sign is not None and self._knows.verdicts.get(sign.key) is not Verdict.HARMLESS:
            fault = self._knows.faults.get(sign.key, sign.fault)
            self._found(sign.key, sign.reads, fault, plain, offset)

    def _sign(self, text: str, plain: str) -> tuple[Sign | None, bool]:
        if (sign := coded(text, self._maker)) is not None:
            return sign, True
        known = self._words.get(plain)
        if known is None:
            known = phrased(plain), serious(plain)
            if len(self._words) < REMEMBERED:
                self._words[plain] = known
        return known

    def _found(self, key: str, reads: str, fault: str, plain: str, offset: int) -> Found:
        found = self.log.found.get(key)
        if found is None:
            found = Found(key, reads, fault, self.log.lines, offset, plain[:EXAMPLE_MAX])
            self.log.found[key] = found
        found.times += 1
        found.last = self.log.lines
        return found


def read(
    lines: Iterable[bytes],
    miner: Miner,
    *,
    maker: str = "",
    knows: Knowledge,
    learning: bool = True,
) -> Log:
    """Sort the lines of a log. What people said of a kind goes before what is known of words and codes.

    Args:
        lines: as they stand in the kept file, UTF-8, each with its end.
        miner: of this maker's logs; grows if `learning`.
        maker: family of the maker's codes.
        knows: what people said.
        learning: False: only kinds that are known are found, as when a log is read again.
    """
    reader, before, place = _Reader(maker, knows), deque[int](maxlen=NEIGHBOURS + 1), 0
    log, sort = reader.log, miner.learn if learning else miner.recognise
    for raw in islice(lines, LINES_MAX):
        log.lines += 1
        before.append(place)
        place += len(raw)
        if text := raw.decode("utf-8", "replace").strip():
            plain = masked(text)
            reader.note(text, plain, sort(plain), before[0])
    for kind in miner.kinds():
        if (found := log.found.get(key_of(kind.number))) is not None:
            found.reads = kind.template
    return log
