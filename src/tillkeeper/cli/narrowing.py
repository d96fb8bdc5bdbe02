"""The options that say which terminals are meant, shared by the commands that work on many."""

from typing import Annotated

import typer

from tillkeeper.cli.acting import operator
from tillkeeper.kernel.errors import FieldInvalid, NotFound
from tillkeeper.parties.queries import organisation
from tillkeeper.parties.roles import Right
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.selection import Filters, Selection

Serials = Annotated[
    list[str] | None, typer.Argument(help="Serial numbers; without any, the filters decide.")
]
Text = Annotated[str, typer.Option("--text", help="Any part of a serial number or merchant name.")]
States = Annotated[
    list[str] | None, typer.Option("--state", help=f"Repeatable: {', '.join(State)}.")
]
Model = Annotated[str, typer.Option(help="Code of the terminal model.")]
Vendor = Annotated[str, typer.Option(help="Code of the vendor.")]
Organisation = Annotated[str, typer.Option(help="Code of a node: there and below.")]
Merchant = Annotated[str, typer.Option(help="Merchant number.")]
Province = Annotated[str, typer.Option(help="Province of the site.")]


def selection(serials: list[str] | None, filters: Filters) -> Selection:
    """Return what is meant: the serial numbers if any are given, else all that the filters find."""
    return Selection(serials=tuple(serials)) if serials else Selection(filters=filters)


def node(option: str, code: str) -> str:
    """Return the code of an organisation that an option names, checked: a wrong one is wrong usage.

    Raises:
        FieldInvalid: there is no such organisation.
    """
    try:
        return organisation(operator().scope(Right.PARTIES_VIEW), code).code if code else ""
    except NotFound:
        raise FieldInvalid(
            field=option,
            value=code,
            expected="a code that `tillkeeper organisation list` shows",
        ) from None


def states(names: list[str] | None) -> tuple[str, ...]:
    """Return the states, checked.

    Raises:
        FieldInvalid: there is no such state.
    """
    for name in names or ():
        if name not in set(State):
            raise FieldInvalid(field="state", value=name, expected=", ".join(State))
    return tuple(names or ())
