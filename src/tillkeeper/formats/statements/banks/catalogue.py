"""Each bank's export as a format, told by its titles, or by the bank's name above them or in the file's name."""

from collections.abc import Callable
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Final

from tillkeeper.formats.canonical.errors import UnreadableFile
from tillkeeper.formats.canonical.reading import Format, Head
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.formats.statements.banks.headers import are_titles, plain, titles_of
from tillkeeper.formats.statements.banks.profiles import BANKS, Bank
from tillkeeper.formats.statements.banks.reading import reader_of
from tillkeeper.formats.statements.banks.rows import (
    TITLES_WITHIN,
    Row,
    encoding_of,
    is_workbook,
    rows_of,
    split_rows,
)
from tillkeeper.formats.statements.banks.writing import writer_of

_SOURCE: Final = "Exports of the bank's own app or web banking"
_CANONICAL: Final = {
    "day": "booked_on",
    "time": "at",
    "currency_word": "currency",
    "amount": "amount_minor",
    "income": "amount_minor",
    "outgo": "amount_minor",
    "direction": "amount_minor",
    "balance": "balance_minor",
    "both": "counterparty_account, counterparty",
    "": "-",
}


def _recogniser(bank: Bank) -> Callable[[Head], float]:
    def recognise(head: Head) -> float:
        rows = _beginning(head)
        found = next((n for n, (_line, cells) in enumerate(rows) if are_titles(cells)), None)
        if found is None or titles_of(0, rows[found][1]).missing:
            return 0.0
        titles = {plain(cell) for cell in rows[found][1]}
        return _score(bank, titles, _named(bank, head.name, rows[:found]))

    return recognise


def _score(bank: Bank, titles: set[str], named: bool) -> float:
    """Return how well titles and name fit: the more of the bank's columns are there, the better."""
    known = {plain(title) for title, _field in bank.columns}
    share = len(known & titles) / len(known)
    signed = bool(bank.signature) and {plain(title) for title in bank.signature} <= titles
    if signed:
        return 0.8 + 0.1 * share + (0.05 if named else 0.0)
    return 0.6 + 0.1 * share if named else 0.0


def _named(bank: Bank, name: str, above: list[Row]) -> bool:
    said = name.upper() + " ".join(" ".join(cells) for _line, cells in above)
    chinese = [word for word in bank.known_as if not word.isascii()]
    codes = [word for word in bank.known_as if word.isascii()]
    words = name.upper().replace(".", " ").replace("-", " ").replace("_", " ").split()
    return any(word in said for word in chinese) or any(code in words for code in codes)


def _beginning(head: Head) -> list[Row]:
    """Return the first rows of a text or a workbook; none where it cannot be opened."""
    if is_workbook(head.data):
        if head.path is None:
            return []
        return _sheet_beginning(head.path, head.size, head.path.stat().st_mtime_ns)
    encoding = encoding_of(head.data)
    lines = head.data.decode(encoding, errors="ignore").removeprefix("\ufeff").splitlines()
    return list(islice(split_rows(lines[: TITLES_WITHIN + 1]), TITLES_WITHIN))


@lru_cache(maxsize=4)  # each bank asks for it; opening a workbook reads it whole
def _sheet_beginning(path: Path, _size: int, _changed: int) -> list[Row]:
    try:
        return list(islice(rows_of(path), TITLES_WITHIN))
    except UnreadableFile:
        return []


def _format(bank: Bank) -> Format:
    return Format(
        name=bank.name,
        role=Role.STATEMENT,
        title=bank.title,
        source=_SOURCE if bank.verified else f"{_SOURCE}; unverified",
        recognise=_recogniser(bank),
        read=reader_of(bank),
        write=writer_of(bank),
        columns=tuple((title, _CANONICAL.get(field, field)) for title, field in bank.columns),
    )


FORMATS: Final = tuple(_format(bank) for bank in BANKS)
