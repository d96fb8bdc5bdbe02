"""Which column of a sample becomes what: by its title where there is one, else by what stands in its cells."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tillkeeper.formats.canonical.tables import Role
from tillkeeper.formats.layouts.drafts import cells
from tillkeeper.formats.layouts.drafts.samples import Sample, meanings_of
from tillkeeper.formats.layouts.drafts.words import (
    CELLS,
    CLOCK,
    CREDIT,
    DAY,
    DEBIT,
    DIRECTION,
    OUTGOING,
)
from tillkeeper.formats.layouts.parsing import NEEDED

AMOUNTS: Final = frozenset({"amount_minor", "fee_minor", "net_minor", "balance_minor"})
DATES: Final = frozenset({"settled_on", "valued_on"})
# What is left out where a cell of it is not understood; of a kind or a state that would count money wrongly.
MAY_BE_LEFT_OUT: Final = frozenset({"channel", "card_type", "slip", "currency"})
_CARD: Final = re.compile(r"[2-9]\d{5}([*xX]{3,9}|\d{6,9})\d{4}$")
_BY_SHAPE: Final = (
    ("card", _CARD),
    ("amount_minor", re.compile(r"[+-]?[\d,]*\.\d\d$")),
    ("amount_minor", re.compile(r"0\d{11}$")),
    ("mid", re.compile(r"[1-9]\d{14}$")),
    ("rrn", re.compile(r"[1-9]\d{11}$")),
    ("trace", re.compile(r"\d{6}$")),
)


@dataclass(slots=True)
class Columns:
    """What was found. `ways` are the tables of [canonical]; `notes` say what a person has to look at."""

    sample: Sample
    role: Role
    titles: list[str]
    places: dict[str, int] = field(default_factory=dict)  # meaning -> column
    ways: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, tuple[str, str]] = field(default_factory=dict)  # column -> (code, cells)
    negative_is: str = ""

    def cells(self, meaning: str) -> list[str]:
        """Return the cells of what has that meaning."""
        return self.sample.column(self.places[meaning]) if meaning in self.places else []

    def title(self, meaning: str) -> str:
        """Return the title of what has that meaning."""
        return self.titles[self.places[meaning]]


def role_of(sample: Sample) -> Role:
    """Return whose word a sample looks like: the role whose titles explain most of it."""
    told = {role: {m[0] for t in sample.titles if (m := meanings_of(t, role))} for role in Role}
    if "slip" in told[Role.JOURNAL]:
        return Role.JOURNAL
    money = {CREDIT, DEBIT, "balance_minor", "counterparty", "counterparty_account"}
    if len(told[Role.STATEMENT] & money) > 1 or "balance_minor" in told[Role.STATEMENT]:
        return Role.STATEMENT
    return Role.BILL


def columns_of(sample: Sample, role: Role, titles: Sequence[str]) -> Columns:
    """Return what each column becomes."""
    made = Columns(sample, role, list(titles))
    _place_by_title(made) if sample.titles else _place_by_shape(made)
    _times(made)
    _amounts(made)
    for meaning in made.places:
        if meaning in {*AMOUNTS, DAY, CLOCK, CREDIT, DEBIT, DIRECTION, "at", "booked_on"}:
            continue
        if meaning in DATES:
            _date(made, meaning)
        elif (role, meaning) in CELLS:
            _words(made, meaning)
        else:
            made.ways[meaning] = {"from": made.title(meaning)}
    _needed(made)
    return made


def _place_by_title(made: Columns) -> None:
    for place, title in enumerate(made.sample.titles):
        for meaning in meanings_of(title, made.role):
            if meaning not in made.places and _may_be(meaning, made.sample.column(place)):
                made.places[meaning] = place
                break


def _may_be(meaning: str, column: Sequence[str]) -> bool:
    """Say whether cells bear out what a title that means several things may mean."""
    if not cells.said(column):
        return True
    if meaning == "at":
        return bool(cells.patterns_of(column, "moment"))
    if meaning == CLOCK:
        return cells.is_clock(column)
    if meaning in AMOUNTS:
        return cells.amount_of("", column) is not None
    return True


def _place_by_shape(made: Columns) -> None:
    for place in range(made.sample.width):
        column = made.sample.column(place)
        after_day = made.places.get(DAY) == place - 1
        meaning = CLOCK if after_day and cells.is_clock(column) else _shape(column)
        if meaning and meaning not in made.places:
            made.places[meaning] = place
    if made.role is Role.STATEMENT and DAY in made.places:
        made.places["booked_on"] = made.places.pop(DAY)


def _shape(column: Sequence[str]) -> str:
    told = cells.said(column)
    if not told:
        return ""
    if ":" in told[0] and cells.is_clock(told):
        return CLOCK
    if any(cells.patterns_of(told, "day")):
        return DAY
    if len(told[0]) > 11 and cells.patterns_of(told, "moment"):
        return "at"
    for meaning, pattern in _BY_SHAPE:
        if all(map(pattern.match, told)):
            return meaning
    known, unknown = cells.words_of(Role.BILL, "kind", told)
    return "kind" if known and not unknown else ""


def _times(made: Columns) -> None:
    """Find the time of a payment: one column, or a day and a clock; of a statement the day."""
    if "at" in made.places and (found := cells.patterns_of(made.cells("at"), "moment")):
        made.ways["at"] = {"from": made.title("at"), "patterns": list(found)}
    for meaning in (DAY, "booked_on"):
        if meaning in made.places:
            _day(made, meaning)


def _day(made: Columns, meaning: str) -> None:
    column, title = made.cells(meaning), made.title(meaning)
    days = cells.patterns_of(column, "day")
    whole = () if days else cells.patterns_of(column, "moment")
    if whole:
        made.ways.setdefault("at", {"from": title, "patterns": list(whole)})
        part = r"^(\S+)" if any(" " in one for one in whole) else r"^(\d{8})"
        days = cells.patterns_of([_first(part, cell) for cell in column], "day")
        if meaning == "booked_on" and days:
            made.ways["booked_on"] = {"from": title, "part": part, "patterns": list(days)}
    elif days and meaning == "booked_on":
        made.ways["booked_on"] = {"from": title, "patterns": list(days)}
    elif days and "at" not in made.ways:
        made.ways["at"] = _joined(made, title, column) or {"from": title, "patterns": list(days)}


def _joined(made: Columns, title: str, column: Sequence[str]) -> dict[str, Any] | None:
    if CLOCK not in made.places:
        return None
    both = [a + b for a, b in zip(column, made.cells(CLOCK), strict=True)]
    found = cells.patterns_of(both, "joined")
    return {"from": [title, made.title(CLOCK)], "patterns": list(found)} if found else None


def _first(pattern: str, cell: str) -> str:
    found = re.match(pattern, cell)
    return found[1] if found else ""


def _date(made: Columns, meaning: str) -> None:
    column = made.cells(meaning)
    found = cells.patterns_of(column, "day")
    if found:
        made.ways[meaning] = {"from": made.title(meaning), "patterns": list(found)}
    elif cells.said(column):
        made.notes[meaning] = ("left_out", cells.said(column)[0])


def _amounts(made: Columns) -> None:
    for meaning in sorted(AMOUNTS & set(made.places)):
        title, column = made.title(meaning), made.cells(meaning)
        way = cells.amount_of(title, column)
        if way is None:
            continue
        made.ways[meaning] = {"from": title, **way}
        if cells.is_unsure(title, column):
            made.notes[meaning] = ("unit", cells.said(column)[0])
    if made.role is Role.STATEMENT:
        _two_sides(made)
    elif made.role is Role.BILL and cells.has_negative(made.cells("amount_minor")):
        made.negative_is = "refund"


def _two_sides(made: Columns) -> None:
    """Make one amount of two columns, or of one and a column that says which way."""
    sides = []
    for meaning in (CREDIT, DEBIT):
        way = cells.amount_of("", made.cells(meaning)) if meaning in made.places else None
        if way is None:
            continue
        zeros = [one for one in ("0.00", "0", ".00") if one in made.cells(meaning)]
        one = {"from": made.title(meaning), **way}
        if zeros:
            one["blank"] = [*one.get("blank", []), *zeros]
        sides.append(one | ({"negate": True} if meaning == DEBIT else {}))
    if sides:
        made.ways["amount_minor"] = sides if len(sides) > 1 else sides[0]
        made.notes.pop("amount_minor", None)
    elif DIRECTION in made.places and "amount_minor" in made.ways:
        told = dict.fromkeys(cells.said(made.cells(DIRECTION)))
        out = [cell for cell in told if cell.strip().lower() in OUTGOING]
        if out:
            made.ways["amount_minor"]["minus_where"] = {made.title(DIRECTION): out}


def _words(made: Columns, meaning: str) -> None:
    known, unknown = cells.words_of(made.role, meaning, made.cells(meaning))
    if unknown and (meaning in MAY_BE_LEFT_OUT or len(unknown) > cells.MOST_WORDS):
        made.notes[meaning] = ("left_out", ", ".join(unknown[:3]))
        return
    made.ways[meaning] = {"from": made.title(meaning), "map": known}
    if unknown:
        made.notes[meaning] = ("words", ", ".join(unknown))


def _needed(made: Columns) -> None:
    """Fill in what a row cannot do without: by what is usual, else by a gap that the check points at."""
    usual = {"kind": "sale", "state": "approved"}
    for column in NEEDED[made.role]:
        if column in made.ways:
            continue
        if column in usual:
            made.ways[column] = {"value": usual[column]}
            made.notes[column] = ("assumed", usual[column])
        else:
            _gap(made, column)
    if not {"at", "booked_on"} & set(made.ways):
        _gap(made, "booked_on" if made.role is Role.STATEMENT else "at")


def _gap(made: Columns, column: str) -> None:
    further = {"type": "yuan"} if column == "amount_minor" else {"patterns": ["%Y-%m-%d"]}
    made.ways[column] = {"from": "?", **further}
    made.notes[column] = ("missing", "")
