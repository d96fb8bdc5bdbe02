"""The draft as TOML, with a word beside whatever a person has to look at."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from tillkeeper.formats.layouts.drafts.columns import Columns
from tillkeeper.formats.layouts.drafts.samples import Sample

# Comments of a draft, by the codes of its notes.
SENTENCES: Final = {
    "begin": "A draft, made from the sample %(name)s. Look at every line, most of all at those with a remark.",
    "missing": "Not found: write the title of the field it comes from.",
    "assumed": "The sample does not say; taken to be “%(told)s” everywhere.",
    "words": "Not known, say what they are: %(told)s",
    "left_out": "%(column)s is left out: it holds %(told)s, which is not known.",
    "unit": "Whole numbers: yuan, or fen?",
    "untold": "Fields that nothing is made from may be absent.",
    "end": "How the line below the rows begins.",
    "check": "The sample's own figure.",
}
Say = Callable[[str], str]
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_STEM: Final = re.compile(r"[a-z]+(?:[._-][a-z]+)*")
_DATED: Final = re.compile(r"^(.*?[^\d])((?:19|20)\d{6})(?!\d)")
LONGEST_NAME: Final = 40
LONGEST_BEGINNING: Final = 12


def name_for(file: str, taken: Sequence[str] = ()) -> str:
    """Return a name for a layout from that of a file."""
    stem = PurePosixPath(file.lower()).stem
    found = _STEM.search(stem)
    name = found[0][:LONGEST_NAME].rstrip("._-") if found else "mine"
    while name in taken:
        name += ".own"
    return name


def draft_text(
    made: Columns, *, name: str, file: str, checks: Sequence[Mapping[str, Any]], say: Say
) -> str:
    """Return the text. `say` puts the remarks into the reader's language."""
    parts = [
        [f"# {say(SENTENCES['begin']) % {'name': _one_line(file)}}"],
        _head(made, name, file),
        _fields(made, say),
        ["[file]", *_file(made)],
        ["[recognise]", *_recognition(made, file)],
        ["[lines]", *_lines(made, say)],
        ["[canonical]", *_canonical(made, say)],
        *(
            [f"# {say(SENTENCES['check'])}", "[[check]]", *_pairs(one)] for one in checks
        ),
    ]  # fmt: skip
    return (
        "\n\n".join("\n".join(part) for part in parts if len(part) > 1 or part is parts[0]) + "\n"
    )


def _head(made: Columns, name: str, file: str) -> list[str]:
    shown = _one_line(PurePosixPath(file).stem) or name
    told = {
        "name": name,
        "role": str(made.role),
        "title": shown,
        "source": f"sample {_one_line(file)}",
    }
    return list(_pairs(told))


def _fields(made: Columns, say: Say) -> list[str]:
    used = _used(made.ways)
    told = []
    for place, title in enumerate(made.titles):
        one: dict[str, Any] = {"title": title}
        if made.sample.titles and title not in used:
            one["optional"] = True
        if made.sample.record:
            one["length"] = made.sample.widths[place]
        told.append(f"    {_value(one)},")
    remark = [f"# {say(SENTENCES['untold'])}"] if any("optional" in one for one in told) else []
    return [*remark, "field = [", *told, "]"]


def _used(ways: Mapping[str, Any]) -> set[str]:
    used = set[str]()
    for told in ways.values():
        for one in told if isinstance(told, list) else [told]:
            fields = one.get("from", [])
            used |= {fields} if isinstance(fields, str) else set(fields)
            used |= set(one.get("minus_where", {}))
    return used


def _file(made: Columns) -> Iterator[str]:
    sample = made.sample
    yield from _pairs({"shape": "fixed" if sample.record else "delimited"})
    # Both, since a file of plain digits does not tell them apart.
    order = ["gb18030", "utf-8"] if sample.encoding == "gb18030" else ["utf-8", "gb18030"]
    yield from _pairs({"encoding": order})
    if sample.record:
        yield from _pairs({"record": sample.record})
    else:
        yield from _pairs({"delimiter": sample.delimiter, "quote": sample.quote})
    if made.negative_is:
        yield from _pairs({"negative_is": made.negative_is})


def _recognition(made: Columns, file: str) -> Iterator[str]:
    dated = _DATED.match(file)
    if dated and len(dated[1]) > 1:
        pattern = "^" + _escaped(dated[1]) + r"(?P<date>\d{8})"
        yield f"file_name = {_literal(pattern)}"
    if not made.sample.titles and (row := _row_pattern(made.sample)):
        yield f"row = {_literal(row)}"


def _row_pattern(sample: Sample) -> str:
    """Return how rows of a file without titles begin: by the first column, where it is digits of one length."""
    first = [cell for cell in sample.column(0) if cell]
    lengths = {len(cell) for cell in first}
    if len(first) < len(sample.rows) or len(lengths) != 1 or not all(c.isdigit() for c in first):
        return ""
    behind = "" if sample.record else rf'"?\s*{_escaped(sample.delimiter)}'
    return rf'^\s*"?\d{{{lengths.pop()}}}{behind}'


def _lines(made: Columns, say: Say) -> Iterator[str]:
    sample = made.sample
    if not sample.record:
        yield from _pairs({"header": "always" if sample.titles else "never"})
    if sample.below and not sample.record and (begins := beginning_of(sample.below[0])):
        yield f"end = {_value([begins])}  # {say(SENTENCES['end'])}"
        yield "end_required = true"


def beginning_of(line: str) -> str:
    """Return how such a line begins whatever its figures are."""
    words = re.match(r"\s*[^\d\s,|;\t:：]+", line)
    return words[0].strip()[:LONGEST_BEGINNING] if words else ""


def _canonical(made: Columns, say: Say) -> Iterator[str]:
    for column, (code, told) in made.notes.items():
        if column not in made.ways:
            yield f"# {say(SENTENCES[code]) % {'told': _one_line(told), 'column': column}}"
    for column, way in made.ways.items():
        code, told = made.notes.get(column, ("", ""))
        remark = (
            f"  # {say(SENTENCES[code]) % {'told': _one_line(told), 'column': column}}"
            if code
            else ""
        )
        yield f"{column} = {_value(way)}{remark}"


def _pairs(told: Mapping[str, Any]) -> Iterator[str]:
    yield from (
        f"{key} = {_literal(value) if key == 'stated' else _value(value)}"
        for key, value in told.items()
    )


def _value(value: Any) -> str:
    """Return a value as TOML: texts, numbers, flags, lists and inline tables."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _literal(value) if {"\\", '"'} & set(value) else _text(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return f"{{ {', '.join(f'{_key(key)} = {_value(one)}' for key, one in value.items())} }}"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _text(value: str) -> str:
    plain = json.dumps(value, ensure_ascii=False)  # escapes as TOML does, but for one
    return plain.replace("\x7f", "\\u007f")


def _literal(value: str) -> str:
    """Return a text in single quotation marks, as patterns are read best."""
    plain = value.isprintable() and "'" not in value
    return f"'{value}'" if plain else _text(value)


def _escaped(text: str) -> str:
    """Return a text as a pattern that stands for itself in both engines."""
    return re.sub(r"([^\w\s])", r"\\\1", text).replace("\t", r"\t")


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text).strip()[:120]
