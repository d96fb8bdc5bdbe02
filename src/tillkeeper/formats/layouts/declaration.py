"""What a layout says, as frozen values. `parsing` makes them from TOML and refuses what cannot be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from tillkeeper.formats.canonical.tables import Role
from tillkeeper.formats.layouts.patterns import Pattern


class Shape(StrEnum):
    """How a line is divided."""

    DELIMITED = "delimited"
    FIXED = "fixed"


class Header(StrEnum):
    """Whether a line of column titles stands above the rows."""

    ALWAYS = "always"
    NEVER = "never"
    MAYBE = "maybe"


class Type(StrEnum):
    """How a cell is written."""

    TEXT = "text"
    FREE = "free"  # text by people: card numbers in it are masked
    CARD = "card"
    YUAN = "yuan"  # major units with a decimal point
    FEN = "fen"  # minor units
    LETTERED = "lettered"  # a letter that is the sign, then minor units: D000000000024
    DATE = "date"
    MOMENT = "moment"


class Outgoing(StrEnum):
    """How a bill writes rows that take money from the merchant: refunds, voids, reversals."""

    EITHER = "either"  # negative; or positive, and then its fee and net are turned as well
    AS_WRITTEN = "as_written"  # amounts without sign; fee and net carry their own


class Wrong(StrEnum):
    """What is done with a line that cannot be used."""

    REFUSE = "refuse"
    SET_ASIDE = "set_aside"


ISO: Final = "iso"  # as a pattern: ISO 8601 with an offset


@dataclass(frozen=True, slots=True)
class Field:
    """One column of the file."""

    title: str
    aliases: tuple[str, ...] = ()
    optional: bool = False  # a header may lack it
    offset: int = 0  # bytes; fixed width only
    length: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """One way to get a canonical value. Several are tried in order: the first that gives something stands."""

    type: Type
    fields: tuple[str, ...] = ()  # titles; their cells are joined
    value: str | None = None  # a constant
    group: str = ""  # of the file name's pattern
    titled: Pattern | None = None  # its first group, found in the title lines
    part: str = ""  # a pattern whose first group is taken of the cell
    patterns: tuple[str, ...] = ()  # of dates and times
    year_from: str = ""  # the field that dates a time without a year: its first 8 digits
    map: Mapping[str, str] = field(default_factory=dict)  # cell -> value
    contains: Mapping[str, str] = field(default_factory=dict)  # part of a cell -> value
    otherwise: str | None = None  # for cells that no map knows; None refuses them
    blank: tuple[str, ...] = ()  # cells that say nothing: "-", "0.00"
    signs: Mapping[str, int] = field(default_factory=dict)  # of LETTERED: letter -> 1 or -1
    minus_where: tuple[str, frozenset[str]] | None = None  # (field, cells) that make it negative
    negate: bool = False
    only: tuple[str, ...] = ()  # kinds of rows it speaks for; () speaks for all


@dataclass(frozen=True, slots=True)
class Check:
    """A figure that the file states of itself, and what it is held against."""

    name: str
    stated: Pattern  # searched in the title and end lines; its first group
    of: str  # "rows" or a canonical amount column
    type: Type = Type.FEN
    where: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unsigned: bool = False  # of amounts: refunds count positive


@dataclass(frozen=True, slots=True)
class Lines:
    """Which lines are not rows."""

    header: Header = Header.ALWAYS
    titles: tuple[str, ...] = ()  # beginnings of lines above the rows, where there is no header
    end: tuple[str, ...] = ()  # beginnings: from the first such line near the end on, no rows
    end_required: bool = False
    wrong: Wrong = Wrong.REFUSE


@dataclass(frozen=True, slots=True)
class Recognition:
    """How such a file is told from others."""

    file_name: Pattern | None = None
    row: Pattern | None = None  # every row seen begins like this


@dataclass(frozen=True, slots=True)
class Layout:
    """A kind of file."""

    name: str
    role: Role
    title: str
    source: str
    shape: Shape
    encodings: tuple[str, ...]
    fields: tuple[Field, ...]
    canonical: Mapping[str, tuple[Source, ...]]
    delimiters: tuple[str, ...] = (",",)
    quote: str = '"'
    record: int = 0  # bytes of a line without its end; fixed width only
    zone: str = ""  # "" leaves it to the options
    lines: Lines = Lines()
    recognition: Recognition = Recognition()
    checks: tuple[Check, ...] = ()
    outgoing: Outgoing = Outgoing.EITHER
    negative_is: str = ""  # the kind of a sale with a negative amount; "" refuses it

    def used(self) -> tuple[str, ...]:
        """Return the titles of the fields that canonical values are made from, in file order."""
        wanted = {
            title
            for sources in self.canonical.values()
            for source in sources
            for title in (
                *source.fields,
                source.year_from,
                source.minus_where[0] if source.minus_where else "",
            )
        }
        return tuple(one.title for one in self.fields if one.title in wanted)

    def field(self, title: str) -> Field:
        """Return a field by its title."""
        return next(one for one in self.fields if one.title == title)
