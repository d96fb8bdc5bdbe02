"""How a layout says where canonical values come from, and what it checks: the tables [canonical.*] and [[check]]."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

import polars as pl

from tillkeeper.formats.canonical.tables import (
    MOMENT,
    TABLES,
    BillState,
    Channel,
    JournalState,
    Kind,
    Role,
    SlipState,
)
from tillkeeper.formats.layouts.declaration import ISO, Check, Field, Source, Type
from tillkeeper.formats.layouts.nodes import Node

CARD_TYPES: Final = frozenset({"debit", "credit", "semi_credit", "prepaid"})
JOURNAL_KINDS: Final = frozenset({Kind.SALE, Kind.VOID, Kind.REFUND, Kind.PREAUTH, Kind.COMPLETION})
# The words that a canonical column may hold; a column that is not here holds what the file says.
_ALLOWED: Final[Mapping[tuple[Role, str], Iterable[str]]] = {
    (Role.JOURNAL, "kind"): JOURNAL_KINDS,
    (Role.JOURNAL, "state"): JournalState,
    (Role.JOURNAL, "slip"): SlipState,
    (Role.JOURNAL, "channel"): Channel,
    (Role.BILL, "kind"): Kind,
    (Role.BILL, "state"): BillState,
    (Role.BILL, "channel"): Channel,
    (Role.BILL, "card_type"): CARD_TYPES,
    (Role.STATEMENT, "status"): ("booked", "pending"),
}
WORDS: Final = {
    place: frozenset(str(word) for word in allowed) for place, allowed in _ALLOWED.items()
}
AMOUNT_TYPES: Final = frozenset({Type.YUAN, Type.FEN, Type.LETTERED})
TEXT_TYPES: Final = frozenset({Type.TEXT, Type.FREE, Type.CARD})
DIRECTIVES: Final = frozenset("YymdHMSbBjfzTFDR%I p".replace(" ", ""))


def sources_of(node: Node, role: Role, fields: tuple[Field, ...]) -> dict[str, tuple[Source, ...]]:
    """Return the ways to each canonical column.

    Raises:
        BadLayout: a column that the role does not have, a field that is not declared, and the like.
    """
    titles = frozenset(one.title for one in fields)
    made: dict[str, tuple[Source, ...]] = {}
    for column in node.left():
        if column not in TABLES[role] or column == "line":
            expected = ", ".join(name for name in TABLES[role] if name != "line")
            raise node.refuse(column, column, f"a canonical column of a {role}: {expected}")
        ways = node.tables(column)
        if not ways:
            raise node.refuse(column, "nothing", "at least one table")
        made[column] = tuple(_source(one, role, column, titles) for one in ways)
    return made


def kind_word(node: Node, key: str) -> str:
    """Take a kind, or nothing."""
    found = node.text(key, "")
    if found and found not in set(Kind):
        raise node.refuse(key, found, " | ".join(Kind))
    return found


def check_from(node: Node, role: Role) -> Check:
    """Return one check of a file against itself.

    Raises:
        BadLayout: it names no such figure, or states none.
    """
    figures = ["rows", *(c for c in TABLES[role] if c.endswith("_minor") and c != "balance_minor")]
    of = node.text("of")
    if of not in figures:
        raise node.refuse("of", of, " | ".join(figures))
    stated = node.pattern("stated", groups=1)
    if stated is None:
        raise node.refuse("stated", "nothing", "a regular expression with a group")
    made = Check(
        name=node.text("name"),
        stated=stated,
        of=of,
        type=node.choice("type", Type, Type.FEN),
        where={key: frozenset(value.split("|")) for key, value in node.mapping("where").items()},
        unsigned=node.flag("unsigned"),
    )
    if made.type not in {Type.FEN, Type.YUAN}:
        raise node.refuse("type", made.type, "fen | yuan")
    for key in made.where:
        if TABLES[role].get(key) != pl.String:
            raise node.refuse(f"where.{key}", key, "a canonical column of text")
    node.done()
    return made


def _source(node: Node, role: Role, column: str, titles: frozenset[str]) -> Source:
    kind = _type(node, role, column)
    made = Source(
        type=kind,
        fields=_titles(node, "from", titles),
        value=node.text("value") if node.has("value") else None,
        group=node.text("group", ""),
        titled=node.pattern("titled", groups=1),
        part=_part(node),
        patterns=_patterns(node, kind),
        year_from=next(iter(_titles(node, "year_from", titles)), ""),
        map=_words(node, "map", role, column),
        contains=_words(node, "contains", role, column),
        otherwise=_word(node, "otherwise", role, column),
        blank=node.texts("blank"),
        signs=_signs(node, kind),
        minus_where=_minus(node, titles),
        negate=node.flag("negate"),
        only=_only(node, role, column),
    )
    node.done()
    _refuse_sourceless(node, made)
    _refuse_wordless(node, made, WORDS.get((role, column)))
    return made


def _type(node: Node, role: Role, column: str) -> Type:
    table = TABLES[role][column]
    if table == pl.Int64:
        found, allowed = node.choice("type", Type), AMOUNT_TYPES
    elif table == pl.Date:
        found, allowed = node.choice("type", Type, Type.DATE), frozenset({Type.DATE})
    elif table == MOMENT:
        found, allowed = node.choice("type", Type, Type.MOMENT), frozenset({Type.MOMENT})
    else:
        plain = {"card": Type.CARD, "text": Type.FREE}.get(column, Type.TEXT)
        found, allowed = node.choice("type", Type, plain), TEXT_TYPES
    if found not in allowed or (column == "card" and found is not Type.CARD):
        raise node.refuse("type", found, " | ".join(sorted(allowed)))
    return found


def _titles(node: Node, key: str, titles: frozenset[str]) -> tuple[str, ...]:
    found = node.texts(key)
    for one in found:
        if one not in titles:
            raise node.refuse(key, one, "the title of a [[field]]")
    return found


def _part(node: Node) -> str:
    pattern = node.pattern("part", groups=1)
    return pattern.pattern if pattern else ""


def _patterns(node: Node, kind: Type) -> tuple[str, ...]:
    found = node.texts("patterns")
    if kind not in {Type.DATE, Type.MOMENT}:
        if found:
            raise node.refuse("patterns", found[0], "none: it is neither a date nor a time")
        return ()
    if not found and not node.has("value"):
        raise node.refuse("patterns", "nothing", 'a list such as ["%Y-%m-%d %H:%M:%S"]')
    for i, one in enumerate(found):
        if one != ISO and not _is_pattern(one, kind):
            raise node.refuse(
                f"patterns[{i}]",
                one,
                '"iso", or %Y %m %d (or only %m, then %d, first) and for a time %H %M',
            )
    return found


def _is_pattern(pattern: str, kind: Type) -> bool:
    directives = re.findall(r"%(.)", pattern)
    if not set(directives) <= DIRECTIVES or pattern.count("%") != len(
        directives
    ) + directives.count("%"):
        return False
    dated = {"m", "d"} <= set(directives) and (
        {"Y", "y"} & set(directives) or bool(re.match(r"%m\D?%d", pattern))
    )
    timed = {"H", "M"} <= set(directives)
    return bool(dated) and (timed or kind is Type.DATE or pattern.endswith("%d"))


def _words(node: Node, key: str, role: Role, column: str) -> dict[str, str]:
    found = node.mapping(key)
    allowed = WORDS.get((role, column))
    for cell, word in found.items():
        if allowed and word and word not in allowed:
            raise node.refuse(f"{key}.{cell}", word, " | ".join(sorted(allowed)))
    return found


def _word(node: Node, key: str, role: Role, column: str) -> str | None:
    if not node.has(key):
        return None
    found = node.text(key)
    allowed = WORDS.get((role, column))
    if allowed and found and found not in allowed:
        raise node.refuse(key, found, " | ".join(sorted(allowed)))
    return found


def _signs(node: Node, kind: Type) -> dict[str, int]:
    found = node.mapping("signs")
    for letter, sign in found.items():
        if len(letter.encode()) != 1 or letter.isdigit() or sign not in {"+", "-"}:
            raise node.refuse(f"signs.{letter}", sign, 'one letter each, "+" or "-"')
    if bool(found) != (kind is Type.LETTERED):
        raise node.refuse("signs", found or "nothing", 'letters with "+" or "-", for type lettered')
    return {letter: 1 if sign == "+" else -1 for letter, sign in found.items()}


def _minus(node: Node, titles: frozenset[str]) -> tuple[str, frozenset[str]] | None:
    if not node.has("minus_where"):
        return None
    table = node.table("minus_where")
    if len(table.left()) != 1 or table.left()[0] not in titles:
        raise node.refuse("minus_where", ", ".join(table.left()), "one field and its cells")
    title = table.left()[0]
    return title, frozenset(table.texts(title))


def _only(node: Node, role: Role, column: str) -> tuple[str, ...]:
    found = node.texts("only")
    allowed = WORDS.get((role, "kind"), frozenset())
    if found and column in {"kind", "currency"}:
        raise node.refuse("only", found[0], "nothing here: kinds are not known yet")
    for one in found:
        if one not in allowed:
            raise node.refuse("only", one, " | ".join(sorted(allowed)))
    return found


def _refuse_sourceless(node: Node, made: Source) -> None:
    told = [bool(made.fields), made.value is not None, bool(made.group), made.titled is not None]
    if sum(told) != 1:
        raise node.refuse("from", sum(told), "exactly one of from, value, group, titled")


def _refuse_wordless(node: Node, made: Source, allowed: frozenset[str] | None) -> None:
    if allowed and made.value and made.value not in allowed:
        raise node.refuse("value", made.value, " | ".join(sorted(allowed)))
