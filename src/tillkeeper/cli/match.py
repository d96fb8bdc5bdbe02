"""`tillkeeper match`: files in; what does not agree and why, out. No database."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from django.utils.timezone import localdate
from django.utils.translation import gettext
from typer.core import TyperCommand

from tillkeeper.cli.answers import as_object, sentence
from tillkeeper.cli.formats import format_named, readable, refusal
from tillkeeper.cli.screen import as_json, complain, say, table
from tillkeeper.engines.matching.intake import Intake, take_in
from tillkeeper.engines.matching.reports.files import write_reports
from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.run import Outcome
from tillkeeper.engines.matching.run import match as matched
from tillkeeper.formats.canonical.reading import Format, Options
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.kernel.errors import FieldInvalid, Invalid
from tillkeeper.kernel.money import Money
from tillkeeper.settlement.wording import CAUSE_LABELS, CHANNEL_LABELS, CLASS_LABELS

app = typer.Typer(help="Match journals, bills and statements; write what does not agree.")
DIFFERENT: Final = 1
UNSOUND: Final = 2
USAGE: Final = 3
Files = Annotated[list[Path] | None, typer.Option(help="May be given several times.")]


class _Command(TyperCommand):
    """Ends with 3 where options are wrong: 2 is what an unsound file ends with."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the options."""
        try:
            return super().parse_args(ctx, args)
        except Exception as wrong:
            if getattr(wrong, "exit_code", 0) == UNSOUND:
                wrong.exit_code = USAGE  # type: ignore[attr-defined]
            raise


@contextmanager
def _usage(*, json: bool) -> Iterator[None]:
    """End with 3 where an option names what is not there or is not usable."""
    try:
        yield
    except Invalid as wrong:
        complain(sentence(wrong))
        if json:
            as_json(as_object(wrong))
        raise typer.Exit(USAGE) from None


@app.command(cls=_Command)
def match(  # noqa: PLR0913  the files and the rules are the command
    *,
    journal: Files = None,
    bill: Files = None,
    statement: Files = None,
    form: Annotated[
        list[str] | None,
        typer.Option(
            "--as",
            help="NAME=FORMAT: the file of that name is in this format; else recognised by content.",
        ),
    ] = None,
    rules: Annotated[
        Path | None, typer.Option(help="Calendars, cut-offs, tolerances, fee plans (TOML).")
    ] = None,
    as_of: Annotated[
        str, typer.Option(help="YYYY-MM-DD: what is due later is held. Today, if not given.")
    ] = "",
    out: Annotated[
        Path,
        typer.Option(
            help="Folder for differences.csv, differences.xlsx, summary.json, report.html."
        ),
    ],
    year: Annotated[
        int | None, typer.Option(help="Where lines carry no year and no name tells it.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Buckets compared at a time.")] = 1,
    json: Annotated[
        bool, typer.Option("--json", help="Print the summary as one JSON object.")
    ] = False,
) -> None:
    """Match files. Exit codes: 0 all agrees; 1 differences; 2 a file is unsound; 3 wrong usage."""
    with _usage(json=json):
        named = _named(form or [])
        sides = {
            Role.JOURNAL: journal or [],
            Role.BILL: bill or [],
            Role.STATEMENT: statement or [],
        }
        day = _day(as_of)
        _enough(sides, named)
        going_by = Rules.of_file(readable(rules)) if rules else Rules.sound()
        room = _room(out)
    with tempfile.TemporaryDirectory(prefix="tillkeeper-", dir=room) as folder:
        with _usage(json=json):
            intakes = _taken(sides, Path(folder), named, Options(year=year))
        bad = [intake for intake in intakes if not intake.sound]
        for intake in bad:
            _complain(intake)
        if bad:
            if json:
                as_json({"agrees": False, "files": [_unsound(intake) for intake in intakes]})
            raise typer.Exit(UNSOUND)
        outcome = _matched(intakes, going_by, day, workers)
        told = write_reports(outcome, intakes, out, gettext=spoken)
    if json:
        as_json(told)
    else:
        _print(told, out)
    if not outcome.agrees:
        raise typer.Exit(DIFFERENT)


def _taken(
    sides: dict[Role, list[Path]], folder: Path, named: dict[str, Format], options: Options
) -> list[Intake]:
    taken = []
    for role, files in sides.items():
        for path in files:
            intake = take_in(path, folder, format=named.get(path.name), options=options)
            taken.append(_of_role(intake, role))
    return taken


def _of_role(intake: Intake, role: Role) -> Intake:
    """Refuse a bill that was given as a statement: it would stand on the wrong side."""
    found = intake.verdict.role if intake.verdict else role
    if found != role:
        raise FieldInvalid(
            field=f"--{role.value}",
            value=intake.name,
            expected=f"a {role.value}; this is a {found.value}",
        )
    return intake


def _matched(intakes: Sequence[Intake], rules: Rules, day: date, workers: int) -> Outcome:
    by_role = {
        role: [
            i.source
            for i in intakes
            if i.source is not None and i.verdict is not None and i.verdict.role == role
        ]
        for role in Role
    }
    return matched(
        by_role[Role.JOURNAL],
        by_role[Role.BILL],
        by_role[Role.STATEMENT],
        rules=rules,
        as_of=day,
        workers=workers,
    )


def _named(pairs: Sequence[str]) -> dict[str, Format]:
    named = {}
    for pair in pairs:
        name, equals, form = pair.partition("=")
        if not equals:
            raise FieldInvalid(field="--as", value=pair, expected="NAME=FORMAT")
        named[name] = format_named(form)
    return named


def _enough(sides: dict[Role, list[Path]], named: dict[str, Format]) -> None:
    files = [path for paths in sides.values() for path in paths]
    for path in files:
        readable(path)
    if sum(bool(paths) for paths in sides.values()) < 2:
        raise FieldInvalid(
            field="--journal, --bill, --statement",
            value=str(len(files)),
            expected="files of two sides at least",
        )
    names = {path.name for path in files}
    for name in named:
        if name not in names:
            raise FieldInvalid(field="--as", value=name, expected="the name of one of the files")


def _day(text: str) -> date:
    if not text:
        return localdate()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise FieldInvalid(field="--as-of", value=text, expected="YYYY-MM-DD") from None


def _room(out: Path) -> Path:
    """Return the folder in which to work: beside the answer, where there is room for as much as the files have."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise FieldInvalid(
            field="--out", value=f"{out} ({why})", expected="a folder to write to"
        ) from None
    return out


def _complain(intake: Intake) -> None:
    if intake.refused is not None:
        complain(refusal(intake.refused))
        return
    for check in intake.verdict.checks if intake.verdict else ():
        if not check.holds:
            complain(
                gettext(
                    "%(name)s: %(check)s: the file says %(stated)s, its rows come to %(found)s."
                )
                % {
                    "name": intake.name,
                    "check": gettext(check.name),
                    "stated": check.stated,
                    "found": check.found,
                }
            )


def _unsound(intake: Intake) -> dict[str, Any]:
    one = {"name": intake.name, "sha256": intake.sha256, "sound": intake.sound}
    if intake.refused is not None:
        return one | {
            "code": intake.refused.code,
            "sentence": str(intake.refused),
            "facts": intake.refused.facts(),
        }
    checks = intake.verdict.checks if intake.verdict else ()
    return one | {
        "checks": [
            {"name": c.name, "stated": c.stated, "found": c.found, "holds": c.holds} for c in checks
        ]
    }


def _print(told: dict[str, Any], out: Path) -> None:
    files = [
        (of["name"], of["format"], of["rows"], _sums(of["sums"]), of["set_aside"])
        for of in told["files"]
    ]
    table("", [gettext(t) for t in ("File", "Format", "Number of rows", "Sum", "Set aside")], files)
    for currency, of in told.get("balance", {}).items():
        bar = [(gettext(name), str(Money(of[name], currency))) for name in of]
        table(gettext("Balance"), ["", currency], bar)
    classes = [
        (spoken(code), of["count"], _sums(of["sums"])) for code, of in told["classes"].items()
    ]
    if classes:
        table("", [gettext(t) for t in ("Class", "Count", "Sum")], classes)
        channels = [
            (spoken(name) if name else "—", sum(one["count"] for one in of["classes"].values()))
            for name, of in told["channels"].items()
        ]
        table("", [gettext(t) for t in ("Channel", "Differences")], channels)
    else:
        say(gettext("Everything agrees."))
    say(
        gettext(
            "Written to %(folder)s: differences.csv, differences.xlsx, summary.json, report.html."
        )
        % {"folder": out}
    )


def spoken(text: str) -> str:
    """Return a code of class, cause or channel by its label, and any other text as the catalogue has it."""
    label = CLASS_LABELS.get(text) or CAUSE_LABELS.get(text) or CHANNEL_LABELS.get(text)
    return str(label) if label else gettext(text)


def _sums(sums: dict[str, int]) -> str:
    return " · ".join(str(Money(minor, currency)) for currency, minor in sums.items())
