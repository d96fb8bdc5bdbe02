"""`tillkeeper match`: files in; what does not agree and why, out. No database."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import uuid4

import typer
from django.utils.timezone import localdate
from django.utils.translation import gettext, gettext_noop
from typer.core import TyperCommand

from tillkeeper.cli.answers import as_object, sentence
from tillkeeper.cli.disk import working_folder
from tillkeeper.cli.formats import format_named, readable, refusal
from tillkeeper.cli.screen import as_json, complain, say, table
from tillkeeper.engines.matching.intake import Intake, take_in
from tillkeeper.engines.matching.reports.files import write_reports
from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.run import Outcome
from tillkeeper.engines.matching.run import match as matched
from tillkeeper.engines.matching.workplaces import Workplace, workplace
from tillkeeper.formats.canonical.reading import Format, Options
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.formats.statements.amounts import figure_told
from tillkeeper.kernel.errors import Busy, FieldInvalid, Invalid, LakeUnreachable, TillkeeperError
from tillkeeper.kernel.lake import LakePath, answering, lake_path, make_new, remove
from tillkeeper.kernel.money import Money
from tillkeeper.kernel.room import no_room
from tillkeeper.settlement.wording import CAUSE_LABELS, CHANNEL_LABELS, CLASS_LABELS

app = typer.Typer(help="Match journals, bills and statements; write what does not agree.")
DIFFERENT: Final = 1
UNSOUND: Final = 2
USAGE: Final = 3
WITH_ROOM: Final = gettext_noop("a folder with room for what is written to it")
Files = Annotated[list[Path] | None, typer.Option(help="May be given several times.")]
Forms = Annotated[
    list[str] | None,
    typer.Option(
        "--as",
        help="NAME=FORMAT: the file of that name is in this format; else recognised by content.",
    ),
]
RulesFile = Annotated[
    Path | None, typer.Option(help="Calendars, cut-offs, tolerances, fee plans (TOML).")
]
AsOf = Annotated[
    str, typer.Option(help="YYYY-MM-DD: what is due later is held. Today, if not given.")
]
Out = Annotated[
    Path,
    typer.Option(help="Folder for differences.csv, differences.xlsx, summary.json, report.html."),
]
Merchant = Annotated[
    str, typer.Option(help="The merchant number bills must be for; another's is refused.")
]
Year = Annotated[int | None, typer.Option(help="Where lines carry no year and no name tells it.")]
Workers = Annotated[int, typer.Option(min=1, help="Buckets compared at a time.")]
Cluster = Annotated[
    str, typer.Option(help="ray://HOST:PORT: compare on a Ray cluster; else on this machine.")
]
Lake = Annotated[
    str,
    typer.Option(
        help="Folder or s3://BUCKET/PATH for the rows meanwhile, which a cluster must reach. Beside the answer, "
        "if not given."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as one JSON object.")]


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
    """End with 3 where an option names what is not there or is not usable, or a lake or cluster does not answer."""
    try:
        yield
    except (Invalid, Busy) as wrong:
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
    form: Forms = None,
    rules: RulesFile = None,
    as_of: AsOf = "",
    out: Out,
    mid: Merchant = "",
    year: Year = None,
    workers: Workers = 1,
    on: Cluster = "",
    lake: Lake = "",
    json: AsJson = False,
) -> None:
    """Match files.

    Exit codes: 0 all agrees; 1 differences; 2 a file is unsound; 3 wrong usage, or a lake or cluster does not answer.
    """
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
    with _enough_room(out, json=json), ExitStack() as until_the_end:
        with _usage(json=json):
            there = until_the_end.enter_context(workplace(on, workers=workers))
            folder = until_the_end.enter_context(_rows_of(lake_path(lake or room)))
            intakes = _taken(sides, folder, named, Options(year=year, mid=mid))
        _all_sound(intakes, json=json)
        with _answering(json=json):
            outcome = _matched(intakes, going_by, day, there)
        told = write_reports(outcome, intakes, out, gettext=spoken)
    if json:
        as_json(told)
    else:
        _print(told, out)
    if not outcome.agrees:
        raise typer.Exit(DIFFERENT)


def _all_sound(intakes: Sequence[Intake], *, json: bool) -> None:
    """End with 2 where a file is unsound, after saying of each such file why."""
    bad = [intake for intake in intakes if not intake.sound]
    for intake in bad:
        _complain(intake)
    if bad:
        if json:
            as_json({"agrees": False, "files": [_unsound(intake) for intake in intakes]})
        raise typer.Exit(UNSOUND)


@contextmanager
def _answering(*, json: bool) -> Iterator[None]:
    """End with 3 where a lake or cluster stops answering; what is wrong with the files is told as ever."""
    try:
        yield
    except Busy as silent:
        with _usage(json=json):
            raise silent from None


@contextmanager
def _rows_of(lake: LakePath) -> Iterator[LakePath]:
    """Give a new folder for the rows of this run, and take it away at the end."""
    if isinstance(lake, Path):
        lake.mkdir(parents=True, exist_ok=True)
        with working_folder(lake) as made:
            yield made
        return
    folder = lake / f"tillkeeper-{uuid4().hex}"
    with answering(folder):
        make_new(folder)
    try:
        yield folder
    finally:
        with suppress(OSError, LakeUnreachable):
            remove(folder)


def _taken(
    sides: dict[Role, list[Path]], folder: LakePath, named: dict[str, Format], options: Options
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


def _matched(intakes: Sequence[Intake], rules: Rules, day: date, there: Workplace) -> Outcome:
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
        at=there,
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


@contextmanager
def _enough_room(out: Path, *, json: bool) -> Iterator[None]:
    """End with 3 where the disk is full: that is nothing a file can help, and fetching it again would not mend it."""
    try:
        yield
    except (TillkeeperError, typer.Exit):
        raise
    except Exception as error:
        if (why := no_room(error)) is None:
            raise
        with _usage(json=json):
            raise FieldInvalid(field="--out", value=f"{out} ({why})", expected=WITH_ROOM) from error


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
                    "stated": figure_told(check.stated),
                    "found": figure_told(check.found),
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
    _print_fees(told.get("fees", ()))
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


def _print_fees(totals: Iterable[Mapping[str, Any]]) -> None:
    rows = [
        (
            of["file"],
            of["rows"],
            _sums({of["currency"]: of["fee_minor"]}),
            _sums({of["currency"]: of["expected_fee_minor"]}),
            of["unjudged"],
        )
        for of in totals
    ]
    if rows:
        heads = [
            gettext("File"),
            gettext("Rows judged"),
            gettext("Fees charged"),
            gettext("Fees expected"),
            gettext("Rows no plan claims"),
        ]
        table(gettext("Fees by file"), heads, rows)


def spoken(text: str) -> str:
    """Return a code of class, cause or channel by its label, and any other text as the catalogue has it."""
    label = CLASS_LABELS.get(text) or CAUSE_LABELS.get(text) or CHANNEL_LABELS.get(text)
    return str(label) if label else gettext(text)


def _sums(sums: dict[str, int]) -> str:
    return " · ".join(str(Money(minor, currency)) for currency, minor in sums.items())
