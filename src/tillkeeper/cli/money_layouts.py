"""`tillkeeper money layout`: declared layouts written, listed, shown, checked, drafted, taken out of use."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from django.utils.timezone import now
from django.utils.translation import gettext

from tillkeeper.cli.acting import operator
from tillkeeper.cli.answers import sentence
from tillkeeper.cli.formats import UNSOUND, readable, told
from tillkeeper.cli.narrowing import node
from tillkeeper.cli.refusals import NoOrganisationYet
from tillkeeper.cli.screen import as_json, complain, say, table
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.formats.layouts.trials import MOST_BYTES, Trial
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.parties.queries import root_organisation
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.queries import layouts as queries
from tillkeeper.settlement.services import layouts as services
from tillkeeper.settlement.services.layouts import LONGEST, Sample

if TYPE_CHECKING:
    from tillkeeper.settlement.models import Layout

app = typer.Typer(
    no_args_is_help=True, help="Layouts that teach bills and statements of an organisation's own."
)
MOST_TOLD: Final = 20
Organisation = Annotated[str, typer.Option(help="Code of the node; the head office if not given.")]
Year = Annotated[int | None, typer.Option(help="Where the sample's lines carry no year.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="The layout, TOML.")],
    *,
    why: Annotated[str, typer.Option(help="The reason, for whoever reads the history.")],
    sample: Annotated[
        Path | None, typer.Option(help="A real file that proves it; it must be sound.")
    ] = None,
    organisation: Organisation = "",
    year: Year = None,
    json: AsJson = False,
) -> None:
    """Write a layout, or its next version. Exit codes: 0 written; 2 refused, or wrong usage."""
    made = services.write_layout(
        organisation=_node(organisation),
        text=_text(file),
        why=why,
        sample=_sample(sample) if sample else None,
        year=year,
        by=operator(),
        at=now(),
    )
    if json:
        as_json(_described(made))
        return
    state = gettext("proven") if made.proof else gettext("unproven")
    say(f"{made.organisation.code}/{made.name}/{made.version}: {state}")


@app.command("list")
def listed(*, json: AsJson = False) -> None:
    """List the newest version of each layout. Exit codes: 0."""
    rows = [_described(row) for row in queries.newest_layouts(operator().scope(Right.MONEY_VIEW))]
    if json:
        as_json(rows)
        return
    titles = [gettext(t) for t in ("Organisation", "Layout", "Version", "State", "Reason", "When")]
    shown = [
        [one["organisation"], one["name"], str(one["version"]), _state(one), one["why"], one["at"][:10]]
        for one in rows
    ]  # fmt: skip
    table("", titles, shown)


@app.command()
def show(
    name: str,
    *,
    organisation: Organisation = "",
    version: Annotated[int | None, typer.Option(help="The newest if not given.")] = None,
    json: AsJson = False,
) -> None:
    """Print the text of a layout. Exit codes: 0; 1 there is none; 2 wrong usage."""
    scope = operator().scope(Right.MONEY_VIEW)
    row = queries.layout(scope, _node(organisation), name, version)
    if json:
        as_json(_described(row) | {"text": row.text, "proof": row.proof})
        return
    say(
        f"# {row.organisation.code}/{row.name}/{row.version} · {_state(_described(row))} · {row.why}"
    )
    say(row.text)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The layout, TOML.")],
    sample: Annotated[Path, typer.Argument(help="A file to read by it.")],
    *,
    year: Year = None,
    json: AsJson = False,
) -> None:
    """Read a sample by a layout and keep nothing. Exit codes: 0 sound; 2 not, or not readable."""
    trial = services.preview(_text(file), _sample(sample), year)
    if json:
        as_json({"file": sample.name, **_told(trial)})
    else:
        _print(sample.name, trial)
    if not trial.sound:
        raise typer.Exit(UNSOUND)


@app.command()
def draft(
    sample: Annotated[Path, typer.Argument(help="A file of the new kind.")],
    *,
    role: Annotated[str, typer.Option(help="bill, statement or journal, if told wrongly.")] = "",
) -> None:
    """Print a layout that a sample suggests, to be mended. Exit codes: 0; 2 none can be proposed."""
    if role and role not in set(Role):
        raise FieldInvalid(field="--role", value=role, expected=", ".join(Role))
    say(services.draft(_sample(sample), role=Role(role) if role else None, say=gettext))


@app.command()
def out(
    name: str,
    *,
    why: Annotated[str, typer.Option(help="The reason.")],
    organisation: Organisation = "",
) -> None:
    """Take a layout out of use. Exit codes: 0; 1 there is none in use; 2 wrong usage."""
    services.take_out_of_use(
        organisation=_node(organisation), name=name, why=why, by=operator(), at=now()
    )
    say(gettext("The layout %(layout)s is out of use") % {"layout": name})


def _node(code: str) -> str:
    if code:
        return node("--organisation", code)
    if (root := root_organisation()) is None:
        raise NoOrganisationYet
    return root.code


def _text(path: Path) -> str:
    if readable(path).stat().st_size > LONGEST * 4:
        raise FieldInvalid(field="FILE", value=path.name, expected=f"at most {LONGEST} characters")
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise FieldInvalid(field="FILE", value=path.name, expected="UTF-8 text") from None


def _sample(path: Path) -> Sample:
    if readable(path).stat().st_size > MOST_BYTES:
        expected = f"at most {MOST_BYTES >> 20} MiB; prove it with `tillkeeper formats check FILE --as LAYOUT`"
        raise FieldInvalid(field="SAMPLE", value=path.name, expected=expected)
    return Sample(path.name, path.read_bytes())


def _described(row: "Layout") -> dict[str, Any]:
    return {
        "organisation": row.organisation.code,
        "name": row.name,
        "version": row.version,
        "in_use": bool(row.text),
        "proven": bool(row.proof),
        "sha256": row.sha256,
        "why": row.why,
        "by": row.by,
        "at": row.at.isoformat(),
    }


def _state(one: dict[str, Any]) -> str:
    if not one["in_use"]:
        return gettext("out of use")
    return gettext("proven") if one["proven"] else gettext("unproven")


def _told(trial: Trial) -> dict[str, Any]:
    verdict = told(trial.verdict) if trial.verdict else {"sound": False}
    refused = trial.refused
    problem = {"code": refused.code, "sentence": str(refused), "facts": refused.facts()} if refused else {}  # fmt: skip
    return {**verdict, "problem": problem}


def _print(name: str, trial: Trial) -> None:
    verdict = trial.verdict
    if trial.refused is not None:
        complain(sentence(trial.refused))
    if verdict is not None:
        say(
            gettext("%(file)s: %(format)s, %(n)s rows.")
            % {"file": name, "format": verdict.format, "n": f"{verdict.rows:,}"}
        )
        for one in verdict.checks:
            line = f"  {'✓' if one.holds else '✗'} {one.name}: {one.stated} / {one.found}"
            (say if one.holds else complain)(line)
    for left in trial.set_aside[:MOST_TOLD]:
        complain(f"  {left.line} {left.column} “{left.value}”: {gettext(left.reason)}")
