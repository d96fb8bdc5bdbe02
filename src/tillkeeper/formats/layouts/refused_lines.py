"""A line that cannot be used, on its way to refuse the file or to be set aside."""

from dataclasses import dataclass
from typing import Final

from tillkeeper.formats.canonical.cards import quoted
from tillkeeper.formats.canonical.errors import BadLine
from tillkeeper.formats.canonical.reading import SetAside
from tillkeeper.formats.layouts.reasons import reason
from tillkeeper.kernel.phrases import Phrase

MOST_SET_ASIDE: Final = 10_000  # more are no accident: the layout does not fit the file


@dataclass(frozen=True, slots=True)
class Misfit:
    """What is wrong with one line. The first of a line is enough."""

    line: int
    column: str
    value: str
    reason: Phrase

    def error(self, name: str) -> BadLine:
        """Return it as the refusal of the file `name`."""
        return BadLine(
            name=name,
            line=self.line,
            column=self.column,
            value=quoted(self.value),
            reason=self.reason,
        )

    def aside(self) -> SetAside:
        """Return it as a line set aside."""
        value = quoted(self.value)
        told = reason("aside", value=value, column=self.column, reason=self.reason)
        return SetAside(self.line, self.column, value, told)
