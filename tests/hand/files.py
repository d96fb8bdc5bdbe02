"""Files of money written by hand, as a newcomer writes them from the published layouts; nothing of ours is asked.

Each tells of the same two payments of 2 March 2026: 12,345.67 with a fee of 46.91 and 123.45 with one of 0.47. A
statement tells of the two as credits. Stripe and Adyen have them in dollars and euros.
"""

from dataclasses import dataclass
from typing import Final

MID, TID = "898310154110001", "10000001"
SUM_MINOR: Final = 1_246_912
Cells = list[str]


@dataclass(frozen=True, slots=True)
class Hand:
    """A file: its name, its text, and how it is encoded."""

    name: str
    text: str
    encoding: str = "utf-8"
    currency: str = "CNY"
    empty: str | None = None  # the file of a day without payments; None: there is no such file

    @property
    def data(self) -> bytes:
        """Return its bytes."""
        return self.text.encode(self.encoding)


def lines(*told: str, end: str = "\n") -> str:
    """Return lines, each with its end."""
    return "".join(line + end for line in told)


def delimited(titles: str, rows: list[Cells], by: str = ",", end: str = "\n") -> str:
    """Return a header, if there is one, and rows."""
    head = [titles] if titles else []
    return lines(*head, *(by.join(row) for row in rows), end=end)
