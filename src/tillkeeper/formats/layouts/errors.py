"""Why a layout file is refused."""

from dataclasses import dataclass
from typing import ClassVar

from tillkeeper.kernel.errors import Invalid


@dataclass(eq=False, kw_only=True)
class BadLayout(Invalid):
    """A layout declares something that cannot be."""

    code: ClassVar[str] = "formats.bad_layout"
    sentence: ClassVar[str] = (
        "The layout %(name)s, at %(place)s: “%(found)s” is not usable; expected %(expected)s."
    )
    name: str
    place: str  # the key path: "canonical.at.patterns[0]"; "line 3" where it is no TOML at all
    found: str
    expected: str
