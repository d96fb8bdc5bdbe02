"""TOML text into values. What is no TOML is refused with its line and column, and with what to write there instead."""

import re
import tomllib
from typing import Any, Final

from tillkeeper.formats.layouts.errors import BadLayout

LONGEST_QUOTED: Final = 80  # characters of a line that a refusal shows
# What Python's reader complains of, by a part of its words -> what is to stand there.
SENTENCES: Final = {
    "Expected '='": "a key, the sign = and a value",
    "Invalid value": "a value: text in quotation marks, a number, true or false, [a list] or {a table}",
    "Invalid statement": "a key, the sign = and a value; or a [table]",
    "Expected newline": "the end of the line after the value",
    "Cannot overwrite": "each key once in its table",
    "Cannot declare": "each table once",
    "Cannot mutate": "a table that is written in one place",
    "Unterminated string": "a text that ends with the quotation mark it begins with",
    "Expected '\"": "a text that ends with the quotation mark it begins with",
    'Expected "': "a text that ends with the quotation mark it begins with",
    "Illegal character": "a text that ends on its line, and no control characters",
    "Unescaped": "a backslash doubled, or the text in single quotation marks",
    "Unclosed array": "a list that is closed by ]",
    "Unclosed inline table": "a table that is closed by } on its line",
    "Expected ']": "a table's name closed by ]",
    "Duplicate inline table key": "each key once in its table",
    "Invalid initial character": "a key: letters, digits, _ and -; others in quotation marks",
}
_AT: Final = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def values_of(data: bytes, name: str) -> tuple[str, dict[str, Any]]:
    """Return the text and what it says.

    Raises:
        BadLayout: it is not UTF-8, or no TOML.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        found = data[error.start : error.start + 4].hex(" ")
        raise BadLayout(
            name=name, place="file", found=found, expected="UTF-8 text", line=line, column=column
        ) from error
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _no_toml(str(error), text, name) from error
    except RecursionError as error:
        raise BadLayout(
            name=name, place="file", found="[[[[", expected="lists and tables of few levels"
        ) from error


def _no_toml(said: str, text: str, name: str) -> BadLayout:
    lines = text.replace("\r\n", "\n").split("\n")
    at = _AT.search(said)
    line, column = (int(at[1]), int(at[2])) if at and at[1] else (len(lines), len(lines[-1]) + 1)
    shown = lines[line - 1].strip() if line <= len(lines) else ""
    expected = next((what for words, what in SENTENCES.items() if words in said), "TOML")
    return BadLayout(
        name=name,
        place="file",
        found=shown[:LONGEST_QUOTED] or _AT.sub("", said),
        expected=expected,
        line=line,
        column=column,
    )
