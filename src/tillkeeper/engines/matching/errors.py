"""Why a run is refused before it begins."""

from dataclasses import dataclass
from typing import ClassVar

from tillkeeper.kernel.errors import Invalid


@dataclass(eq=False, kw_only=True)
class GivenTwice(Invalid):
    """Two sources of one side hold the same rows."""

    code: ClassVar[str] = "matching.given_twice"
    sentence: ClassVar[str] = (
        "%(name)s and %(other)s hold the same %(rows)s rows. Leave one of them out: nothing is counted twice."
    )
    name: str
    other: str
    rows: int


@dataclass(eq=False, kw_only=True)
class NotFinished(Invalid):
    """A store whose writing was broken off."""

    code: ClassVar[str] = "matching.not_finished"
    sentence: ClassVar[str] = (
        "%(name)s was not written to its end. Delete it and read its source file again."
    )
    name: str


@dataclass(eq=False, kw_only=True)
class WrongRole(Invalid):
    """A store given on the wrong side."""

    code: ClassVar[str] = "matching.wrong_role"
    sentence: ClassVar[str] = "%(name)s is a %(found)s, and was given as a %(expected)s."
    name: str
    found: str
    expected: str
