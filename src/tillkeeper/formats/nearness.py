"""Which format a file that none fits comes nearest to, by its titles: so that a missing column can be named. Pure."""

import re
from collections.abc import Iterable
from typing import Final

from tillkeeper.formats.canonical.errors import NearlyRecognised
from tillkeeper.formats.canonical.reading import Format, Head

NEAR: Final = 0.6  # share of a line's cells that are titles of the format
FEWEST: Final = 5  # cells that must be
LINES: Final = 40  # titles may stand below a preamble
NAMED: Final = 6  # missing columns that are named
_DELIMITERS: Final = ",\t|;"
_WORD: Final = re.compile(r"[,;、\s]+")


def nearest(beginning: Head, among: Iterable[Format], encoding: str) -> NearlyRecognised | None:
    """Return the refusal that names the nearest format and what the file has not of it; None if none is near."""
    best: tuple[float, Format, frozenset[str]] | None = None
    formats = list(among)
    for line in beginning.text(encoding).splitlines()[:LINES]:
        for cells in _cells(line):
            for one in formats:
                share = len(cells & _titles(one)) / len(cells)
                if share >= NEAR and len(cells & _titles(one)) >= FEWEST:
                    best = max(best or (0.0, one, cells), (share, one, cells), key=lambda of: of[0])
    if best is None:
        return None
    _share, one, cells = best
    missing = [
        theirs for theirs, ours in one.columns if ours and _plain(theirs) and theirs not in cells
    ]
    if not missing:
        return None
    told = ", ".join(missing[:NAMED])
    return NearlyRecognised(name=beginning.name, nearest=one.name, columns=told)


def _cells(line: str) -> Iterable[frozenset[str]]:
    for delimiter in _DELIMITERS:
        cells = frozenset(cell.strip(' "`\t') for cell in line.split(delimiter)) - {""}
        if len(cells) >= FEWEST:
            yield cells


def _titles(one: Format) -> frozenset[str]:
    return frozenset(
        word for theirs, _ours in one.columns for word in (theirs, *_WORD.split(theirs))
    )


def _plain(title: str) -> bool:
    return _WORD.search(title) is None
