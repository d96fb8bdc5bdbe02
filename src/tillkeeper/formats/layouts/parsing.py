"""A layout from TOML. Whatever cannot be is refused with the place it stands at and what is expected there."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tillkeeper.formats.canonical.tables import TABLES, Role
from tillkeeper.formats.layouts.declaration import (
    Field,
    Header,
    Layout,
    Lines,
    Outgoing,
    Recognition,
    Shape,
    Source,
    Wrong,
)
from tillkeeper.formats.layouts.errors import BadLayout
from tillkeeper.formats.layouts.nodes import Node
from tillkeeper.formats.layouts.parsing_sources import check_from, kind_word, sources_of
from tillkeeper.formats.layouts.syntax import values_of
from tillkeeper.formats.layouts.whereabouts import place_of

LARGEST_LAYOUT: Final = 1 << 20  # bytes
LONGEST_RECORD: Final = 1 << 16
MOST_FIELDS: Final = 1_000
# What a row cannot do without. A statement's day may stand in `booked_on` or `at`.
NEEDED: Final = {
    Role.JOURNAL: ("kind", "amount_minor", "at", "state"),
    Role.BILL: ("kind", "amount_minor"),
    Role.STATEMENT: ("amount_minor",),
}


def layout_from(path: Path) -> Layout:
    """Return the layout that a TOML file declares.

    Raises:
        BadLayout: it declares something that cannot be; says where, and what is expected.
        OSError: the file cannot be read.
    """
    if path.stat().st_size > LARGEST_LAYOUT:
        raise BadLayout(name=path.name, place="file", found="its size", expected="at most 1 MiB")
    return layout_of(path.read_bytes(), path.name)


def layout_of(data: bytes, name: str) -> Layout:
    """Return the layout that TOML text declares; `name` is how refusals call it.

    Raises:
        BadLayout: as `layout_from`.
    """
    text, values = values_of(data, name)
    try:
        return _layout(Node(name, "", values))
    except BadLayout as error:
        line, column = place_of(text, error.place)
        raise BadLayout(**(error.facts() | {"line": line, "column": column})) from error


def _layout(root: Node) -> Layout:
    role = root.choice("role", Role)
    file = root.table("file")
    shape = file.choice("shape", Shape)
    record = file.number("record", 0 if shape is Shape.DELIMITED else None)
    fields = tuple(_fields(root, shape, file.number("gap", 0), record))
    layout = Layout(
        name=_name(root),
        role=role,
        title=root.text("title"),
        source=root.text("source"),
        shape=shape,
        encodings=_encodings(file),
        fields=fields,
        canonical=sources_of(root.table("canonical"), role, fields),
        delimiters=_delimiters(file),
        quote=_quote(file),
        record=record,
        zone=file.text("zone", ""),
        lines=_lines(root.table("lines")),
        recognition=_recognition(root.table("recognise")),
        checks=tuple(check_from(one, role) for one in root.tables("check")),
        outgoing=file.choice("outgoing", Outgoing, Outgoing.EITHER),
        negative_is=kind_word(file, "negative_is"),
    )
    file.done()
    root.done()
    _refuse_gaps(root, layout)
    return layout


def _name(root: Node) -> str:
    found = root.text("name")
    if not re.fullmatch(r"[a-z0-9]+([._-][a-z0-9]+)*", found):
        raise root.refuse("name", found, "small letters, digits, and . _ - between them")
    return found


def _encodings(file: Node) -> tuple[str, ...]:
    found = file.texts("encoding", ("utf-8", "gb18030"))
    for one in found:
        try:
            right = "\n".encode(one) == b"\n" and codecs.lookup(one)
        except (LookupError, UnicodeError, ValueError):
            right = False
        if not right:
            raise file.refuse("encoding", one, "utf-8, gb18030 or another extension of ASCII")
    return found or ("utf-8",)


def _delimiters(file: Node) -> tuple[str, ...]:
    found = file.texts("delimiter", (",",))
    for one in found:
        if len(one) != 1 or not one.isascii() or one in '\r\n"' or one.isalnum():
            raise file.refuse("delimiter", one, "one ASCII character, or a list of such")
    return found


def _quote(file: Node) -> str:
    found = file.text("quote", '"')
    if found not in {"", '"', "'"}:
        raise file.refuse("quote", found, 'a quotation mark (" or \'), or "" for none')
    return found


def _fields(root: Node, shape: Shape, gap: int, record: int) -> Iterator[Field]:
    at, seen = 0, set[str]()
    nodes = root.tables("field")
    if len(nodes) > MOST_FIELDS:
        raise root.refuse("field", len(nodes), f"at most {MOST_FIELDS} fields")
    for node in nodes:
        one = _field(node, shape, at)
        if one.title in seen:
            raise node.refuse("title", one.title, "a title that no other field has")
        seen.add(one.title)
        at = one.offset + one.length + gap
        yield one
    if not nodes:
        raise root.refuse("field", "nothing", "at least one [[field]]")
    if shape is Shape.FIXED and at - gap != record:
        raise root.refuse("file.record", record, f"{at - gap}, where the last field ends")


def _field(node: Node, shape: Shape, at: int) -> Field:
    title = node.text("title")
    if not title.strip():
        raise node.refuse("title", title, "a title")
    fixed = shape is Shape.FIXED
    offset = node.number("offset", at) if fixed else 0
    length = node.number("length") if fixed else 0
    if fixed and not (at <= offset <= LONGEST_RECORD and 1 <= length <= LONGEST_RECORD):
        raise node.refuse("offset", offset, f"{at} or more, and a length of 1 to {LONGEST_RECORD}")
    made = Field(title, node.texts("aliases"), node.flag("optional"), offset, length)
    node.done()
    return made


def _lines(node: Node) -> Lines:
    made = Lines(
        header=node.choice("header", Header, Header.ALWAYS),
        titles=node.texts("titles"),
        end=node.texts("end"),
        end_required=node.flag("end_required"),
        wrong=node.choice("wrong", Wrong, Wrong.REFUSE),
    )
    for key, listed in (("titles", made.titles), ("end", made.end)):
        if "" in listed:
            raise node.refuse(key, "", "how such a line begins")
    if made.end_required and not made.end:
        raise node.refuse("end_required", "true", "false where `end` names no line")
    node.done()
    return made


def _recognition(node: Node) -> Recognition:
    made = Recognition(node.pattern("file_name"), node.pattern("row"))
    node.done()
    return made


def _refuse_gaps(root: Node, layout: Layout) -> None:
    for column in NEEDED[layout.role]:
        if column not in layout.canonical:
            raise root.refuse(f"canonical.{column}", "nothing", "a table: no row is whole without")
    groups = set(layout.recognition.file_name.names if layout.recognition.file_name else ())
    for column, sources in layout.canonical.items():
        for source in sources:
            _refuse_group(root, column, source, groups)
    if not set(TABLES[layout.role]) & {"at", "booked_on"} & set(layout.canonical):
        raise root.refuse("canonical.at", "nothing", "a time, or for a statement `booked_on`")


def _refuse_group(root: Node, column: str, source: Source, groups: set[str]) -> None:
    if source.group and source.group not in groups:
        raise root.refuse(
            f"canonical.{column}.group", source.group, "a named group of recognise.file_name"
        )
