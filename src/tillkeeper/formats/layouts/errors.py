"""Why a layout file is refused, or none can be proposed."""

from dataclasses import dataclass
from typing import ClassVar

from tillkeeper.formats.canonical.errors import UnreadableFile
from tillkeeper.kernel.errors import Invalid


@dataclass(eq=False, kw_only=True)
class BadLayout(Invalid):
    """A layout declares something that cannot be."""

    code: ClassVar[str] = "formats.bad_layout"
    sentence: ClassVar[str] = (
        "The layout %(name)s, line %(line)s, column %(column)s (%(place)s): “%(found)s” is not usable; "
        "expected %(expected)s."
    )
    name: str
    place: str  # the key path: "canonical.at.patterns[0]"; "file" where it is no TOML at all
    found: str
    expected: str
    line: int = 1  # of the key; where a key is missing, of the table that lacks it
    column: int = 1


@dataclass(eq=False, kw_only=True)
class NothingToPropose(UnreadableFile):
    """A sample that no layout could describe, or none that can be told."""

    code: ClassVar[str] = "formats.nothing_to_propose"
    sentence: ClassVar[str] = (
        "No layout can be proposed for %(name)s: its lines are neither divided by one sign nor all of one length. "
        "Choose a text file with some rows, or begin with an existing layout."
    )
