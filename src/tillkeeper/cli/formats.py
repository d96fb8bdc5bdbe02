"""`tillkeeper formats`: which files of money can be read, whether one is sound, and what it says in one common form."""

from collections.abc import Callable, Mapping
from json import loads as json_of
from pathlib import Path
from types import MappingProxyType
from typing import IO, Annotated, Any, Final

import typer
from django.utils.dateparse import parse_datetime
from django.utils.timezone import localtime
from django.utils.translation import gettext

from tillkeeper.cli import answers
from tillkeeper.cli.screen import as_json, complain, say, table
from tillkeeper.formats.canonical.errors import UnreadableFile
from tillkeeper.formats.canonical.reading import Format, Options, Verdict
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.formats.catalogue import FORMATS, read_file, recognise
from tillkeeper.formats.converted.writing import CsvRows, ParquetRows, Writer
from tillkeeper.formats.layouts.loading import load_layout
from tillkeeper.formats.statements.amounts import figure_told
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.kernel.money import Money
from tillkeeper.settlement.wording import FACT_LABELS

app = typer.Typer(help="Read bills, statements and journals: list, show, check, convert.")
UNSOUND: Final = 2
MOST_SHOWN: Final = 20
SEVERAL: Final = "statements"  # JSON: what each statement of a file tells of itself
WRITERS: Final[Mapping[str, Callable[[IO[bytes], Role], Writer]]] = MappingProxyType(
    {"parquet": ParquetRows, "csv": CsvRows}
)
MOMENTS: Final = frozenset({"from", "to"})
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
As = Annotated[
    str,
    typer.Option(
        "--as", help="Name of the format, or a layout file (TOML); else recognised by content."
    ),
]
Year = Annotated[
    int | None, typer.Option(help="Where lines carry no year and the file's name does not tell.")
]


@app.callback(invoke_without_command=True)
def formats(ctx: typer.Context) -> None:
    """Read bills, statements and journals. Without a further word: list the formats."""
    if ctx.invoked_subcommand is None:
        table(
            "",
            [gettext("Format"), gettext("Kind"), gettext("What it is")],
            [(one.name, gettext(one.role.value), gettext(one.title)) for one in FORMATS.values()],
        )


@app.command()
def show(name: str, *, json: AsJson = False) -> None:
    """Describe a format: where it is from, its columns, and what becomes of them. Exit codes: 0; 2 no such format."""
    one = format_named(name)
    if json:
        as_json(_described(one))
        return
    say(f"{one.name}: {gettext(one.title)} ({gettext(one.role.value)})")
    say(one.source)
    say()
    table("", [gettext("In the file"), gettext("Read as")], one.columns)


@app.command()
def check(file: Path, *, form: As = "", year: Year = None, json: AsJson = False) -> None:
    """Read a file whole and hold it against its own figures. Exit codes: 0 sound; 2 not, or not readable."""
    verdict = read_file(
        readable(file), lambda _frame: None, format=chosen(form), options=Options(year=year)
    )
    if json:
        as_json({"file": file.name, **told(verdict)})
    else:
        _print(file, verdict)
    if not verdict.sound:
        raise typer.Exit(UNSOUND)


@app.command()
def convert(
    file: Path,
    *,
    to: Annotated[str, typer.Option(help="parquet or csv.")],
    out: Annotated[
        Path | None, typer.Option(help="The file to write; beside the source if not given.")
    ] = None,
    form: As = "",
    year: Year = None,
) -> None:
    """Write a file's rows in the canonical form. Exit codes: 0 written; 2 not sound, not readable, or no such form."""
    if to not in WRITERS:
        raise FieldInvalid(field="--to", value=to, expected="parquet or csv")
    target = out or file.with_name(f"{file.name}.{to}")
    aside = target.with_name(target.name + ".part")
    one = chosen(form) or recognise(readable(file))
    try:
        with aside.open("wb") as stream:
            writer = WRITERS[to](stream, one.role)
            verdict = read_file(file, writer.take, format=one, options=Options(year=year))
            writer.close(verdict)
        if verdict.sound:
            aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)
    if not verdict.sound:
        _print(file, verdict)
        raise typer.Exit(UNSOUND)
    say(gettext("%(n)s rows written to %(file)s.") % {"n": f"{verdict.rows:,}", "file": target})


def format_named(name: str) -> Format:
    """Return a format by its name, or the one that a layout file teaches.

    Raises:
        FieldInvalid: there is neither.
    """
    if name in FORMATS:
        return FORMATS[name]
    if name.endswith(".toml"):
        return load_layout(readable(Path(name)))
    raise FieldInvalid(
        field="--as",
        value=name,
        expected="a name that `tillkeeper formats` lists, or a layout file",
    )


def chosen(name: str) -> Format | None:
    """Return the format that was named; None: it is to be recognised."""
    return format_named(name) if name else None


def readable(path: Path) -> Path:
    """Return the path if a file is there.

    Raises:
        FieldInvalid: there is none.
    """
    if not path.is_file():
        raise FieldInvalid(field="FILE", value=str(path), expected="a file that is there")
    return path


def told(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as JSON has it."""
    return {
        "format": verdict.format,
        "role": verdict.role.value,
        "sound": verdict.sound,
        "rows": verdict.rows,
        "sums_minor": verdict.sums,
        "facts": verdict.facts,
        "checks": [
            {
                "name": one.name,
                "stated": one.stated,
                "found": one.found,
                "line": one.line,
                "holds": one.holds,
            }
            for one in verdict.checks
        ],
        "set_aside": [
            {"line": one.line, "column": one.column, "value": one.value, "reason": one.reason}
            for one in verdict.set_aside
        ],
    }


def refusal(error: UnreadableFile) -> str:
    """Return a refusal in the reader's language."""
    return answers.sentence(error)


def _described(one: Format) -> dict[str, Any]:
    return {
        "name": one.name,
        "role": one.role.value,
        "title": one.title,
        "source": one.source,
        "columns": [{"file": theirs, "canonical": ours} for theirs, ours in one.columns],
    }


def _print(file: Path, verdict: Verdict) -> None:
    say(
        gettext("%(file)s: %(format)s, %(n)s rows.")
        % {"file": file.name, "format": verdict.format, "n": f"{verdict.rows:,}"}
    )
    _print_facts(verdict.facts)
    for one in verdict.checks:
        line = gettext(one.name) + f": {figure_told(one.stated)} / {figure_told(one.found)}"
        (say if one.holds else complain)(f"  {'✓' if one.holds else '✗'} {line}")
    for left in verdict.set_aside[:MOST_SHOWN]:
        complain(f"  {left.line} {left.column} “{left.value}”: {gettext(left.reason)}")
    if not verdict.sound:
        complain(
            gettext(
                "The file does not add up with itself and is not to be used. Fetch it again or ask its sender."
            )
        )


def _print_facts(facts: Mapping[str, str]) -> None:
    """Say what a file tells of itself: times in the local zone, amounts as people write them."""
    currency = facts.get("currency", "CNY")
    for name, value in facts.items():
        if name == SEVERAL:
            several = json_of(value)
            for one in several if len(several) > 1 else ():
                period, rows = one["period"], gettext("%(n)s rows") % {"n": one["rows"]}
                say(f"  {one['account']} {one['number']} {period} {one['currency']}: {rows}")
        else:
            say(f"  {FACT_LABELS.get(name, name)}: {_fact(name, value, currency)}")


def _fact(name: str, value: str, currency: str) -> str:
    if name.endswith("_minor") and value.lstrip("-").isdigit():
        return str(Money(int(value), currency))
    if name in MOMENTS and (at := parse_datetime(value)) is not None:
        return localtime(at).strftime("%Y-%m-%d %H:%M:%S")
    return value
