"""What there is in the demonstration estate, asked of the same queries as the pages do."""

from collections import Counter
from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tillkeeper.cli.demonstration.heard import heard
from tillkeeper.cli.demonstration.people import HEAD_OFFICE, POSTS, Post
from tillkeeper.cli.demonstration.tree import TOP
from tillkeeper.cli.summary import Account, Brought, Summary
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.money import Money
from tillkeeper.parties.queries import (
    grants_of,
    merchants,
    organisations,
    people,
    person,
    root_organisation,
    sites,
    vendors,
)
from tillkeeper.parties.roles import Right
from tillkeeper.parties.tree import OFFICES
from tillkeeper.parties.wording import ROLE_LABELS
from tillkeeper.settlement.queries.runs import runs
from tillkeeper.settlement.wording import CLASS_LABELS
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.queries import board, counts_by_state, imports, terminal_models
from tillkeeper.terminals.selection import Filters
from tillkeeper.terminals.services.imports import refusal_rows
from tillkeeper.terminals.wording import STATE_LABELS

ATTENTION: Final = MappingProxyType(
    {
        "tampered": _("Terminals marked as tampered"),
        "overdue": _("Loans and issues past their day"),
        "slow": _("Terminals that stay too long in a state"),
        "without_approval": _("Models without any approval"),
    }
)
EXPIRED: Final = _("Models whose approval has ended")
EXPIRING: Final = _("Models whose approval ends within 90 days")
SOON_DAYS: Final = 90
LOOK_FIRST: Final = (
    (_("The board: states, branches, approvals that end"), "/"),
    (_("Terminals that are faulty, oldest first"), "/terminals/?state=faulty&sort=state_since"),
    (_("The imports, and why rows were refused"), "/imports/"),
    (_("A matched day: payments that do not agree, and why"), "/money/"),
    (_("Models and their approvals"), "/models/"),
    (_("Who changed what"), "/audit/"),
)


def summary() -> Summary:
    """Return the estate in numbers. Accounts are told only of an estate that was made here."""
    by = Actor.system("demonstration")
    seen = by.scope(Right.VIEW)
    states = counts_by_state(seen, Filters())
    return Summary(
        counts=(
            (_("terminals"), sum(states.values())),
            (_("terminal models"), terminal_models().count()),
            (_("vendors"), vendors().count()),
            (_("merchants"), merchants().count()),
            (_("sites"), sites().count()),
            (_("organisations"), organisations().filter(kind__in=OFFICES).count()),
            (_("people"), people(by.scope(Right.PEOPLE)).count()),
        ),
        brought=tuple(_brought(by)),
        refused=tuple(_refused(by)),
        states=tuple((STATE_LABELS[State(s)], states[s]) for s in State if states.get(s)),
        money=tuple(_money(by)),
        differences=tuple(_differences(by)),
        voice=tuple(heard(by)),
        attention=tuple(_attention(by)),
        accounts=tuple(map(_account, POSTS)) if is_ours() else (),
        look_first=LOOK_FIRST,
    )


def _brought(by: Actor) -> Iterator[Brought]:
    for run in imports(by).order_by("pk"):
        got = run.result
        yield Brought(
            number=run.number,
            file=run.file_name,
            new=got.get("new", 0),
            changed=got.get("changed", 0),
            same=got.get("same", 0),
            refused=got.get("refused", 0),
        )


def _refused(by: Actor) -> list[tuple[str, int]]:
    """Return each cause of a refusal, in the words of its first case, and how often it came."""
    counted: Counter[str] = Counter()
    words: dict[str, str] = {}
    for run in imports(by).order_by("pk"):
        for cell in refusal_rows(run.number):
            counted[cell["code"]] += 1
            words.setdefault(cell["code"], cell["reason"])
    return [(words[code], count) for code, count in counted.most_common()]


def _attention(by: Actor) -> Iterator[tuple[str | Promise, int, str]]:
    figures = board(by=by, on=timezone.localdate())
    for item in figures.attention:
        page = f"/terminals/?{item.query}" if item.query else "/models/"
        yield ATTENTION.get(item.kind, item.kind), item.count, page
    ended = sum(expiry.days < 0 for expiry in figures.expiries)
    soon = sum(0 <= expiry.days <= SOON_DAYS for expiry in figures.expiries)
    for label, count in ((EXPIRED, ended), (EXPIRING, soon)):
        if count:
            yield label, count, "/models/"


def _money(by: Actor) -> Iterator[tuple[str | Promise, str]]:
    """Return the last matched day in figures: rows of either side, and what share agrees."""
    run = runs(by.scope(Right.MONEY_VIEW)).filter(state="done").first()
    if run is None:
        return
    yield _("Day matched"), f"{run.day:%Y-%m-%d} ({run.number})"
    for role, label in (
        (Role.JOURNAL, _("Rows of the journal")),
        (Role.BILL, _("Rows of the bills")),
    ):
        of = run.summary["rows"][role.value]
        yield label, f"{of['rows']:,}"
        if of["rows"]:
            in_order = of["agreed"] + of["without_difference"]
            yield _("of these in order"), f"{in_order / of['rows']:.2%}"


def _differences(by: Actor) -> Iterator[tuple[str | Promise, int, str]]:
    """Return the classes of difference of the last matched day: how many, and their sum."""
    run = runs(by.scope(Right.MONEY_VIEW)).filter(state="done").first()
    for code, of in (run.summary["classes"] if run else {}).items():
        sums = " · ".join(str(Money(minor, currency)) for currency, minor in of["sums"].items())
        yield CLASS_LABELS.get(code, code), of["count"], sums


def is_ours() -> bool:
    """Say whether the estate here is the demonstration's, not somebody's own."""
    top = root_organisation()
    return top is not None and (top.code, top.name) == (HEAD_OFFICE, TOP)


def _account(post: Post) -> Account:
    place = grants_of(person(post.username)).first()
    where = place.organisation.name if place else ""
    return Account(post.username, post.password, ROLE_LABELS[post.role], where)
