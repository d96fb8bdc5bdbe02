"""The tags of an MT940 or MT942 file, with their source lines, whatever headers and trailers stand around them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tillkeeper.formats.statements.lines import numbered_lines
from tillkeeper.formats.statements.swift.fields import Field

END: Final = "-"  # the tag of a block's end
_TAG: Final = re.compile(r":(\d{2}[A-Z]?|NS):(.*)", re.DOTALL)
_BARE_END: Final = re.compile(r"-\}?[\s\x00-\x1f]*(\{5:.*)?")
_ENDING: Final = re.compile(r"-\}?[A-Z0-9\x00-\x1f]{0,8}(\{5:.*)?")
_CLOSES: Final = frozenset({"62F", "62M", "64", "65", "90C", "90D"})
_SWIFT_HEADER: Final = re.compile(r"^(\{[1-4]:.*?)?(?=:20:)")


def tags(path: Path) -> Iterator[Field]:
    """Yield the tags of a file in order. What stands outside any block, such as headers, is passed over.

    A block ends with `-`. After the closing balance some banks let more follow the sign, so there it ends with that
    too; before, such a line is text.

    Raises:
        TooLarge: a line beyond the limit.
    """
    current: Field | None = None
    closed = False
    for number, raw in numbered_lines(path):
        line = _SWIFT_HEADER.sub("", raw)
        tagged = _TAG.match(line)
        if tagged:
            if current:
                yield current
            current = Field(tagged[1], number, [tagged[2]])
            closed = tagged[1] in _CLOSES or (closed and tagged[1] == "86")
        elif (_ENDING if closed else _BARE_END).fullmatch(line):
            if current:
                yield current
            yield Field(END, number, [line])
            current, closed = None, False
        elif current and line.strip():
            current.lines.append(line)
    if current:
        yield current
