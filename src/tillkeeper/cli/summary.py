"""What `tillkeeper demo` says when the demonstration estate is loaded: the values, and how they are printed."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from tillkeeper.cli.screen import say, table

Progress = Callable[[str, float], None]
"""Told of the stage in words and of the share done, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Brought:
    """One import, as it ended."""

    number: str
    file: str
    new: int
    changed: int
    same: int
    refused: int


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody to sign in as."""

    username: str
    password: str
    role: str | Promise
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The estate in numbers, and what to do with it. Words are in the reader's language already, or lazy."""

    counts: tuple[tuple[str | Promise, int], ...] = ()  # what there is: (terminals, 10000)
    brought: tuple[Brought, ...] = ()
    refused: tuple[tuple[str | Promise, int], ...] = ()  # (why, how many rows)
    states: tuple[tuple[str | Promise, int], ...] = ()
    money: tuple[tuple[str | Promise, str], ...] = ()  # of the last matched day: (what, figure)
    differences: tuple[tuple[str | Promise, int, str], ...] = ()  # (class, how many, sum)
    voice: tuple[tuple[str | Promise, str], ...] = ()  # of the living fleet: (what, figure)
    attention: tuple[tuple[str | Promise, int, str], ...] = ()  # (what, how many, page)
    accounts: tuple[Account, ...] = ()
    look_first: tuple[tuple[str | Promise, str], ...] = field(default=())  # (what, page)


def print_summary(summary: Summary) -> None:
    """Print what there is, what came of the imports, the states, and what wants attention."""
    table(_("Demonstration estate (made-up data)"), (_("What"), _("How many")), summary.counts)
    table(
        _("Brought in"),
        (_("Import"), _("File"), _("New"), _("Changed"), _("Same"), _("Refused")),
        ((b.number, b.file, b.new, b.changed, b.same, b.refused) for b in summary.brought),
    )
    if summary.refused:
        table(_("Refused, and why"), (_("Why"), _("Rows")), summary.refused)
    table(_("Terminals by state"), (_("State"), _("Terminals")), summary.states)
    if summary.money:
        table(_("A payment day, matched"), ("", ""), summary.money)
        table("", (_("Class"), _("Count"), _("Sum")), summary.differences)
    if summary.voice:
        table(_("A living fleet"), ("", ""), summary.voice)
    if summary.attention:
        table(_("Needs attention"), (_("What"), _("How many"), _("Page")), summary.attention)


def print_invitation(summary: Summary, address: str) -> None:
    """Print where the console is, who may sign in, and what to look at first."""
    accounts = ((a.username, a.password, a.role, a.place) for a in summary.accounts)
    table(
        _("Demonstration accounts"),
        (_("Name"), _("Password"), _("Role"), _("Organisation")),
        accounts,
    )
    if summary.look_first:
        pages = ((what, address + page) for what, page in summary.look_first)
        table(_("What to look at first"), (_("What"), _("Page")), pages)
    say()
    say(_("The console: %(address)s  (stop with Ctrl+C)") % {"address": address})
