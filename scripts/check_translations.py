"""Compare what the code says with what the Chinese catalogue holds; needs no gettext on the machine.

    python scripts/check_translations.py                       complain
    python scripts/check_translations.py --merge [FILE.json ...]  add what is missing, from {"English": "中文"} files
    python scripts/check_translations.py --merge --prune       and drop what the code no longer says

Sentences are found in Python in the gettext functions, in the class attribute `sentence` of errors and in tables
named SENTENCES; in templates as Django finds them. Exit 0: complete; 1: something is missing, empty, fuzzy,
obsolete or has other placeholders.
"""

import argparse
import ast
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polib
from django.utils.translation.template import templatize

PACKAGE: Final = Path(__file__).resolve().parent.parent / "src" / "tillkeeper"
CATALOGUE: Final = PACKAGE / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
# Function name -> positions of (context, singular, plural) among its arguments.
FUNCTIONS: Final[dict[str, tuple[int | None, int, int | None]]] = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
}
IN_TEMPLATE: Final = re.compile(r"(?<![\w.])(_|n?p?gettext)\(")
STRING: Final = re.compile(r"""u?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
PLACEHOLDER: Final = re.compile(r"%\(\w+\)[a-z]|%(?!\()[a-z]|\{\w*\}")
HEADER: Final = {
    "Project-Id-Version": "Tillkeeper",
    "Language": "zh_Hans",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}


@dataclass(frozen=True, slots=True)
class Message:
    """One sentence that people read."""

    text: str
    plural: str = ""
    context: str | None = None

    @property
    def key(self) -> tuple[str | None, str]:
        """What a catalogue finds it by."""
        return self.context, self.text


def main() -> int:
    """Merge if asked, then compare and print every complaint."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--merge",
        nargs="*",
        metavar="FILE.json",
        help="add missing sentences, translated by these files",
    )
    parser.add_argument(
        "--prune",
        action="store_true",
        help="with --merge: drop sentences that the code no longer says",
    )
    options = parser.parse_args()
    said = collect()
    catalogue = (
        polib.pofile(str(CATALOGUE), encoding="utf-8", wrapwidth=110)
        if CATALOGUE.exists()
        else new_catalogue()
    )
    if options.merge is not None:
        merge(catalogue, said, dictionary(options.merge), prune=options.prune)
    complaints = compare(catalogue, said)
    for complaint in complaints:
        print(complaint)
    print(f"translations: {len(said)} sentences, {len(complaints)} complaints")
    return int(bool(complaints))


def collect() -> dict[tuple[str | None, str], Message]:
    """Return every sentence of the package, by its key; of two with one key, the one with a plural form."""
    found: dict[tuple[str | None, str], Message] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if "migrations" not in path.parts:
            for message in in_python(path.read_text(encoding="utf-8")):
                keep(found, message)
    for pattern in ("*.html", "*.txt"):
        for path in sorted(PACKAGE.rglob(pattern)):
            if "templates" in path.parts:
                for message in in_template(path.read_text(encoding="utf-8")):
                    keep(found, message)
    return found


def keep(found: dict[tuple[str | None, str], Message], message: Message) -> None:
    """Add one message."""
    if message.text and (message.plural or message.key not in found):
        found[message.key] = message


def in_python(source: str) -> Iterator[Message]:
    """Yield the sentences of a Python module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield from called(node)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield from declared(node)


def called(node: ast.Call) -> Iterator[Message]:
    """Yield the sentence of a gettext call whose arguments are written out."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name not in FUNCTIONS:
        return
    context, singular, plural = (
        "" if at is None else literal(node.args, at) for at in FUNCTIONS[name]
    )
    if singular:
        yield Message(singular, plural or "", context or None)


def literal(arguments: list[ast.expr], at: int) -> str | None:
    """Return the argument at a position if it is a string as it stands; refuse an f-string."""
    if at >= len(arguments):
        return None
    argument = arguments[at]
    if isinstance(argument, ast.JoinedStr):
        raise SystemExit(f"an f-string cannot be translated: {ast.unparse(argument)}")
    return (
        argument.value
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        else None
    )


def declared(node: ast.AnnAssign) -> Iterator[Message]:
    """Yield `sentence: ClassVar[str] = "..."`, and the values of a table named SENTENCES."""
    if isinstance(node.target, ast.Name) and node.target.id == "sentence":
        text = literal([node.value] if node.value else [], 0)
        if text:
            yield Message(text)
    elif isinstance(node.target, ast.Name) and node.target.id == "SENTENCES":
        for part in ast.walk(node.value) if node.value else ():
            if isinstance(part, ast.Dict):
                texts = (literal([value], 0) for value in part.values)
                yield from (Message(text) for text in texts if text)


def in_template(source: str) -> Iterator[Message]:
    """Yield the sentences of a template: Django turns it into calls, these are read like Python's."""
    calls = templatize(source)
    for start in IN_TEMPLATE.finditer(calls):
        context, singular, plural = FUNCTIONS[start[1]]
        parts = strings(calls, start.end())
        pick = [
            parts[at] if at is not None and at < len(parts) else ""
            for at in (context, singular, plural)
        ]
        yield Message(pick[1], pick[2], pick[0] or None)


def strings(calls: str, at: int) -> list[str]:
    """Return the string literals that follow each other, separated by commas, from a position on."""
    found = []
    while match := STRING.match(calls, at):
        # `templatize` doubles the percent signs of what is not a placeholder; gettext is asked for the same.
        found.append(str(ast.literal_eval(match[1])))
        at = match.end() + 2 if calls[match.end() : match.end() + 2] == ", " else match.end()
    return found


def new_catalogue() -> polib.POFile:
    """Return an empty catalogue."""
    catalogue = polib.POFile(encoding="utf-8", wrapwidth=110)
    catalogue.metadata = dict(HEADER)
    catalogue.fpath = str(CATALOGUE)
    return catalogue


def dictionary(names: list[str]) -> dict[str, str]:
    """Return the pairs of all files; a later file goes before an earlier one."""
    pairs: dict[str, str] = {}
    for name in names:
        pairs.update(json.loads(Path(name).read_text(encoding="utf-8")))
    return pairs


def merge(
    catalogue: polib.POFile,
    said: dict[tuple[str | None, str], Message],
    pairs: dict[str, str],
    *,
    prune: bool,
) -> None:
    """Add what is missing, fill what is empty, and write the catalogue in a settled order."""
    entries = {(entry.msgctxt, entry.msgid): entry for entry in catalogue if not entry.obsolete}
    for key, message in said.items():
        if key not in entries or entries[key].msgid_plural != message.plural:
            entries[key] = entry_of(message, entries.get(key))
        fill(entries[key], pairs.get(message.text, ""))
    kept = [entry for key, entry in entries.items() if not prune or key in said]
    catalogue[:] = sorted(
        kept, key=lambda entry: (entry.msgid.lower(), entry.msgid, entry.msgctxt or "")
    )
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(CATALOGUE))


def entry_of(message: Message, before: polib.POEntry | None) -> polib.POEntry:
    """Return a new entry that keeps what was translated already."""
    text = translated(before)[0] if before is not None and translated(before) else ""
    if message.plural:
        return polib.POEntry(
            msgctxt=message.context,
            msgid=message.text,
            msgid_plural=message.plural,
            msgstr_plural={0: text},
        )
    return polib.POEntry(msgctxt=message.context, msgid=message.text, msgstr=text)


def fill(entry: polib.POEntry, text: str) -> None:
    """Give an entry without a translation this one."""
    if not text or all(translated(entry)):
        return
    if entry.msgid_plural:
        entry.msgstr_plural = {0: text}
    else:
        entry.msgstr = text


def translated(entry: polib.POEntry) -> list[str]:
    """Return the translations of an entry: one, or one for each plural form."""
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def compare(catalogue: polib.POFile, said: dict[tuple[str | None, str], Message]) -> list[str]:
    """Return one line for each thing that is wrong."""
    entries = {(entry.msgctxt, entry.msgid): entry for entry in catalogue if not entry.obsolete}
    missing = [f"missing: {text}" for _, text in said if (_, text) not in entries]
    no_longer = [f"no longer said: {text}" for _, text in entries if (_, text) not in said]
    obsolete = [f"obsolete: {entry.msgid}" for entry in catalogue.obsolete_entries()]
    return (
        missing
        + no_longer
        + obsolete
        + [line for entry in entries.values() for line in faults(entry)]
    )


def faults(entry: polib.POEntry) -> Iterator[str]:
    """Yield what is wrong with one entry."""
    if entry.fuzzy:
        yield f"fuzzy: {entry.msgid}"
    for text in translated(entry):
        if not text:
            yield f"not translated: {entry.msgid}"
        elif not same_placeholders(entry, text):
            yield f"other placeholders: {entry.msgid} -> {text}"


def same_placeholders(entry: polib.POEntry, text: str) -> bool:
    """Say whether the translation fills in what the sentence does; a plural may leave the number to its other form."""
    wanted = set(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
    found = set(PLACEHOLDER.findall(text))
    return (
        found == wanted
        if not entry.msgid_plural
        else found <= wanted | set(PLACEHOLDER.findall(entry.msgid))
    )


if __name__ == "__main__":
    sys.exit(main())
