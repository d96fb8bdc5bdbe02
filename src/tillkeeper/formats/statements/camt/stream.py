"""XML as a stream of few elements, within bounds: no DTD, no entities, nothing from outside, no depth, no bulk.

The beginning goes through expat, which tells of a document type before anything in it is read, as defusedxml does;
the document then goes through lxml. libxml2's own limits stay on: 256 levels, 10 MB in one text.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NoReturn
from xml.parsers import expat

from lxml import etree  # type: ignore[import-untyped]

from tillkeeper.formats.canonical.cards import quoted
from tillkeeper.formats.canonical.errors import (
    BadLine,
    Hostile,
    TooLarge,
    Truncated,
    UnreadableFile,
)

Element = Any  # lxml carries no types

STATEMENTS: Final = frozenset({"Stmt", "Ntfctn"})
WATCHED: Final = (
    *STATEMENTS,
    "Ntry",
    "TxDtls",
    "Bal",
    "Acct",
    "FrToDt",
    "TxsSummry",
    "ElctrncSeqNb",
)
MOST_WITHOUT_ENTRY: Final = (
    16 << 20
)  # bytes between two entries, or two payments of one: what bounds the memory
_CHUNK: Final = 1 << 16
_PROLOG: Final = 1 << 20  # bytes before the root element


class _RootSeen(Exception):
    """The prolog is over."""


def elements(path: Path) -> Iterator[tuple[str, Element]]:
    """Yield ("start", statement) and ("end", watched element) in file order. What was yielded is cleared later on.

    Raises:
        Hostile: a document type, or elements too deep.
        TooLarge: more than `MOST_WITHOUT_ENTRY` bytes without an entry.
        Truncated: the document is not closed.
        BadLine: it is no XML.
    """
    _refuse_document_type(path)
    tags = [f"{{*}}{name}" for name in WATCHED]
    parser = etree.XMLPullParser(
        events=("start", "end"),
        tag=tags,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    with path.open("rb") as file:
        idle = 0
        while chunk := file.read(_CHUNK):
            idle += len(chunk)
            _feed(parser, chunk, path)
            for event, element in parser.read_events():
                idle = 0 if _is_progress(event, element) else idle
                if event == "end" or name_of(element) in STATEMENTS:
                    yield event, element
            if idle > MOST_WITHOUT_ENTRY:
                raise TooLarge(
                    name=path.name, what="one element", found=idle, limit=MOST_WITHOUT_ENTRY
                )
    _close(parser, path)


def name_of(element: Element) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def forget(element: Element) -> None:
    """Let go of an element that was used, and of what stands before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def forget_twin(element: Element) -> None:
    """Let go of an element's content and of the one before it, if that is of the same name; others are needed yet."""
    element.clear()
    before = element.getprevious()
    if before is not None and before.tag == element.tag:
        element.getparent().remove(before)


def _is_progress(event: str, element: Element) -> bool:
    """Say whether an entry, or a payment of one, came to its end where it belongs."""
    parent = element.getparent()
    if event != "end" or parent is None:
        return False
    name = name_of(element)
    if name == "Ntry":
        return name_of(parent) in STATEMENTS
    return name == "TxDtls" and name_of(parent) == "NtryDtls"


def _refuse_document_type(path: Path) -> None:
    with path.open("rb") as file:
        data = file.read(_PROLOG)
    parser = expat.ParserCreate()

    def document_type(*_: object) -> NoReturn:
        raise Hostile(name=path.name, what="a document type with entities (DOCTYPE)")

    def root(*_: object) -> NoReturn:
        raise _RootSeen

    parser.StartDoctypeDeclHandler = document_type
    parser.StartElementHandler = root
    try:
        parser.Parse(data, len(data) < _PROLOG)
    except _RootSeen:
        return
    except expat.ExpatError as error:
        raise _no_xml(path, error.lineno, str(error)) from error
    except (ValueError, LookupError) as error:  # an encoding that expat does not know
        raise _no_xml(path, 1, str(error)) from error
    raise TooLarge(
        name=path.name,
        what="what stands before its first element",
        found=path.stat().st_size,
        limit=_PROLOG,
    )


def _feed(parser: Element, chunk: bytes, path: Path) -> None:
    try:
        parser.feed(chunk)
    except etree.XMLSyntaxError as error:
        raise _refusal(path, error) from error


def _close(parser: Element, path: Path) -> None:
    try:
        parser.close()
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        for fault in parser.feed_error_log:
            if fault.type_name == "ERR_UNDECLARED_ENTITY":
                raise _no_xml(path, fault.line, fault.message) from error
        raise Truncated(name=path.name, line=line, missing="the end of the document") from error


def _refusal(path: Path, error: Element) -> UnreadableFile:
    said = str(error)
    if "depth" in said:
        return Hostile(name=path.name, what="elements nested more than 256 deep")
    if "huge" in said.lower() or "too long" in said.lower():
        size = path.stat().st_size
        return TooLarge(name=path.name, what="one text or name", found=size, limit=10_000_000)
    return _no_xml(path, error.lineno or 1, said)


def _no_xml(path: Path, line: int, said: str) -> BadLine:
    return BadLine(
        name=path.name, line=line, column="XML", value=quoted(said), reason="makes it no XML"
    )
