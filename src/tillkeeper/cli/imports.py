"""`tillkeeper import`: what the console's import does, in one command, in this process."""

import shutil
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from tillkeeper.cli.acting import operator
from tillkeeper.cli.answers import sentence
from tillkeeper.cli.exports import writable
from tillkeeper.cli.narrowing import node
from tillkeeper.cli.refusals import NoOrganisationYet
from tillkeeper.cli.screen import as_json, aside, complain, say, table
from tillkeeper.formats.ledgers.columns import KINDS
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.errors import FieldInvalid, NotFound
from tillkeeper.kernel.phrases import Phrase
from tillkeeper.parties.queries import root_organisation
from tillkeeper.terminals.services import imports as services
from tillkeeper.terminals.services.imports.errors import RowsRefused

if TYPE_CHECKING:
    from tillkeeper.terminals.models import Import

app = typer.Typer()

SHOWN: Final = 20
COLUMNS: Final = "{task.description}", "{task.percentage:3.0f} %", "{task.fields[rows]:,}"


@app.command("import")
def bring_in(  # noqa: PLR0913  what a person may choose on the import's page
    *,
    kind: Annotated[str, typer.Argument(help=f"One of: {', '.join(KINDS)}.")],
    file: Annotated[Path, typer.Argument(help="XLSX, XLS or CSV (UTF-8 or GB18030).")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Judge every row, write nothing.")
    ] = False,
    all_or_nothing: Annotated[
        bool, typer.Option("--all-or-nothing", help="Write nothing if any row is refused.")
    ] = False,
    organisation: Annotated[
        str,
        typer.Option(
            help="Code of the node for rows that name none; the head office if not given."
        ),
    ] = "",
    sheet: Annotated[str, typer.Option(help="Name of the sheet, if not the first that fits.")] = "",
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", help='"title=field", repeatable; "title=" leaves a column out.'),
    ] = None,
    refused: Annotated[
        Path | None, typer.Option(help="Write the refused rows here, in the original layout.")
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object: new, changed, same, refused.")
    ] = False,
) -> None:
    """Bring in a ledger. One bad row never stops the good ones; the same file again changes nothing.

    Exit codes: 0 every row was taken; 1 some were refused; 2 wrong usage, or the file cannot be read.
    """
    by = operator()
    record = _draft(kind, file, organisation, by)
    _choose(record, sheet, mapping or [], all_or_nothing=all_or_nothing, by=by)
    counts = _work(record, dry_run=dry_run, by=by)
    if refused is not None and counts["refused"]:
        _write_refused(record.number, refused, by)
    if json:
        as_json(_facts(record.number, counts))
    else:
        _tell(record.number, counts, dry_run=dry_run)
    raise typer.Exit(int(bool(counts["refused"])))


def _draft(kind: str, file: Path, organisation: str, by: Actor) -> "Import":
    try:
        with file.open("rb") as stream:
            code = node("--organisation", organisation) or _head_office()
            return services.start_import(
                stream=stream, name=file.name, kind=kind, organisation=code, by=by, at=now()
            )
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise FieldInvalid(
            field="FILE", value=f"{file} ({why})", expected="a file that can be read"
        ) from None


def _head_office() -> str:
    root = root_organisation()
    if root is None:
        raise NoOrganisationYet
    return root.code


def _choose(
    record: "Import", sheet: str, mapping: list[str], *, all_or_nothing: bool, by: Actor
) -> None:
    if sheet and sheet not in record.layout["sheets"]:
        expected = ", ".join(record.layout["sheets"]) or "none: the file is no workbook"
        raise FieldInvalid(field="--sheet", value=sheet, expected=expected)
    if sheet:
        services.choose_mapping(number=record.number, sheet=sheet, by=by, at=now())
        record.refresh_from_db()
    if mapping or all_or_nothing:
        services.choose_mapping(
            number=record.number,
            mapping=_mapped(record, mapping) if mapping else None,
            all_or_nothing=all_or_nothing,
            by=by,
            at=now(),
        )


def _mapped(record: "Import", pairs: list[str]) -> dict[str, str]:
    titles: list[str] = record.layout["titles"]
    chosen = dict(record.mapping)
    for pair in pairs:
        title, is_pair, field = pair.rpartition("=")
        if not is_pair or title not in titles:
            raise FieldInvalid(
                field="--map",
                value=pair,
                expected=Phrase(
                    "title=field, with a title of: %(titles)s", titles=", ".join(titles)
                ),
            )
        # A field has one column: whoever had it before gives way.
        chosen = {index: "" if held == field else held for index, held in chosen.items()}
        chosen[str(titles.index(title))] = field
    return chosen


def _work(record: "Import", *, dry_run: bool, by: Actor) -> dict[str, Any]:
    ask, run = (
        (services.check_import, services.run_check)
        if dry_run
        else (services.apply_import, services.run_apply)
    )
    ask(number=record.number, by=by, at=now(), queue=False)
    text, percent, rows = COLUMNS
    columns = (
        TextColumn(text),
        BarColumn(),
        TextColumn(percent),
        TextColumn(rows),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=aside(), transient=True) as bar:
        task = bar.add_task(_("Checking") if dry_run else _("Bringing in"), total=1.0, rows=0)
        try:
            done = run(
                number=record.number,
                by=by,
                at=now(),
                tell=lambda share, seen: bar.update(task, completed=share, rows=seen),
            )
        except RowsRefused as error:
            complain(sentence(error))
            record.refresh_from_db()
            made = dict.fromkeys(record.dry_run["made"], 0)
            return {**record.dry_run, "new": 0, "changed": 0, "made": made, "notes": []}
    return dict(done.dry_run if dry_run else done.result)


def _write_refused(number: str, target: Path, by: Actor) -> None:
    try:
        kept = services.refused_file(number=number, by=by, at=now())
    except NotFound:
        return
    shutil.copyfile(kept.path, writable(target))
    complain(_("Refused rows written to %(file)s.") % {"file": target})


def _facts(number: str, counts: dict[str, Any]) -> dict[str, Any]:
    names = ("new", "changed", "same")
    return {
        "import": number,
        **{name: counts[name] for name in names},
        "refused": list(services.refusal_rows(number)) if counts["refused"] else [],
        "made": counts["made"],
        "notes": _notes(counts["notes"]),
    }


def _notes(notes: Iterable[dict[str, Any]]) -> list[str]:
    return [services.note(line["code"], line) for line in notes]


def _tell(number: str, counts: dict[str, Any], *, dry_run: bool) -> None:
    title = (
        _("Import %(number)s: dry run, nothing was written") if dry_run else _("Import %(number)s")
    )
    say(title % {"number": number})
    table(
        "",
        (_("New"), _("Changed"), _("Same"), _("Refused")),
        [[counts[name] for name in ("new", "changed", "same", "refused")]],
    )
    for text in _notes(counts["notes"]):
        say(text)
    if counts["refused"]:
        _tell_refused(number, counts["refused"])


def _tell_refused(number: str, rows: int) -> None:
    first = list(islice(services.refusal_rows(number), SHOWN))
    columns = (_("Row"), _("Column"), _("Value"), _("Why it was refused"))
    table(
        "",
        columns,
        ((cell["row"], cell["column"], cell["value"], cell["reason"]) for cell in first),
    )
    if rows > len(first):
        left = ngettext("%(n)s row was refused.", "%(n)s rows were refused.", rows) % {
            "n": f"{rows:,}"
        }
        say(left + " " + _("--refused FILE writes them all to a file to mend."))
