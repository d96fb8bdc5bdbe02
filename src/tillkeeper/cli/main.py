"""The command `tillkeeper`: a table of commands, each in a module that is loaded when it is called.

`tillkeeper --help` loads none of them, and so answers at once. Exit codes, for every command: 0 done; 1 done in part,
or something was found or refused; 2 wrong usage, settings or input.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from tillkeeper.cli.screen import as_json, complain
from tillkeeper.kernel.errors import Invalid, TillkeeperError

REFUSED: Final = 1
UNUSABLE: Final = 2
AS_JSON: Final = "tillkeeper.as_json"  # in the context's notes: whether --json was given


@dataclass(frozen=True, slots=True)
class Entry:
    """A command before it is loaded: its module in this package, its line of help, the panel it stands in."""

    module: str
    help: str
    panel: str


_RUN, _WORK, _MONEY = "Run", "Work with the estate", "Work with money"
_LOOK, _KEEP = "Look", "Keep in order"
COMMANDS: Final = {
    "demo": Entry(
        "demo", "Load the demonstration estate if there is none, and run the console.", _RUN
    ),
    "up": Entry("up", "Run the console and the worker until stopped.", _RUN),
    "writer": Entry(
        "writer", "Run only the writer: live state and history of what terminals send.", _RUN
    ),
    "gateway": Entry("gateway", "Run only the door for terminals.", _RUN),
    "worker": Entry("worker", "Run only the background worker.", _RUN),
    "migrate": Entry("migrate", "Bring database and static files up to this version.", _RUN),
    "import": Entry("imports", "Bring in a ledger: XLSX, XLS or CSV.", _WORK),
    "export": Entry("exports", "Write what a filter finds to XLSX or CSV.", _WORK),
    "step": Entry("steps", "Take a step with terminals: issue, suspend, withdraw ...", _WORK),
    "label": Entry("labels", "Make a sheet of labels as PDF.", _WORK),
    "enrolment": Entry("enrolment", "Let terminals enrol, revoke their keys.", _WORK),
    "action": Entry("actions", "Act on terminals from afar: self test, reboot, lock ...", _WORK),
    "match": Entry(
        "match", "Match journals, bills and statements; write what does not agree.", _MONEY
    ),
    "money": Entry(
        "money",
        "Bring files in, match days, decide cases, verify the ledger, write statements.",
        _MONEY,
    ),
    "formats": Entry("formats", "List, describe, check and convert bills and statements.", _MONEY),
    "find": Entry(
        "finding", "Find terminals, merchants, sites by part of a name or number.", _LOOK
    ),
    "alert": Entry("alerts", "Alerts: list, acknowledge; write rules and try them.", _LOOK),
    "log": Entry("logs", "Logs of terminals: what was found; judge kinds of lines.", _LOOK),
    "live": Entry("live", "Show how terminals are heard, now and before.", _LOOK),
    "audit": Entry("audit", "Read the audit trail; verify its hash chain.", _LOOK),
    "policies": Entry("policies", "List the policy numbers with source and date.", _LOOK),
    "user": Entry("people", "Add people, grant and revoke roles, issue API tokens.", _KEEP),
    "organisation": Entry("organisations", "Add and list offices.", _KEEP),
    "doctor": Entry(
        "doctor", "Say what is wrong with this installation and how to mend it.", _KEEP
    ),
    "openapi": Entry("openapi", "Print the description of the REST API.", _KEEP),
    "simulate": Entry(
        "simulate", "Let a fleet of simulated terminals enrol, check in, and break.", _KEEP
    ),
    "version": Entry("version", "Print the version.", _KEEP),
}
# These answer even when the settings are wrong.
BEFORE_DJANGO: Final = {"doctor", "version"}


class Shell(TyperGroup):
    """Loads a command when it is called, and turns refusals into a sentence and an exit code."""

    def __init__(self, **attributes: Any) -> None:
        """Stand in for every command with its line of help."""
        super().__init__(**attributes)
        for name, entry in COMMANDS.items():
            self.add_command(TyperCommand(name, help=entry.help, rich_help_panel=entry.panel))

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Note whether the answer is to be JSON: a refusal then is, too."""
        ctx.meta[AS_JSON] = "--json" in args
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # type: ignore[override]
        """Load the command that is meant, then go on as ever."""
        if args and args[0] in COMMANDS:
            self.add_command(_load(args[0], json=ctx.meta[AS_JSON]), args[0])
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Run, and say what was refused instead of how the code got there."""
        try:
            return super().invoke(ctx)
        except TillkeeperError as error:
            answers = import_module("tillkeeper.cli.answers")
            complain(answers.sentence(error))
            if ctx.meta[AS_JSON]:
                as_json(answers.as_object(error))
            raise typer.Exit(UNUSABLE if isinstance(error, Invalid) else REFUSED) from None
        except Exception as error:
            # Loaded by now, and only to ask whether it is the database or the disk that failed.
            answers = import_module("tillkeeper.cli.answers")
            code, said = answers.trouble(error)
            if not said:
                raise
            complain(said)
            if ctx.meta[AS_JSON]:
                as_json({"code": code, "sentence": said, "facts": {}})
            raise typer.Exit(UNUSABLE) from None


def _load(name: str, *, json: bool) -> TyperCommand | TyperGroup:
    if name not in BEFORE_DJANGO:
        start = import_module("tillkeeper.cli.start")
        if (problem := start.prepare()) is not None:
            complain(problem)
            if json:
                as_json({"code": "cli.settings_unusable", "sentence": problem, "facts": {}})
            raise typer.Exit(UNUSABLE)
    module = import_module(f"tillkeeper.cli.{COMMANDS[name].module}")
    command: TyperCommand | TyperGroup = typer.main.get_command(module.app)  # type: ignore[assignment]
    command.name = name
    return command


app = typer.Typer(
    cls=Shell,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done; 1 done in part, or something was found or refused; 2 wrong usage, settings or input.",
)


@app.callback()
def tillkeeper() -> None:
    """Tillkeeper keeps an estate of payment terminals earning."""


def run(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; the entry point of the package."""
    app(args=list(arguments) if arguments is not None else None, prog_name="tillkeeper")


if __name__ == "__main__":
    run()
