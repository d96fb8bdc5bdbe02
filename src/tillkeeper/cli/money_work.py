"""`tillkeeper money work`: one verb for many cases, named or found by the filters of the queue."""

import sys
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Final

import typer
from django.utils.timezone import now
from django.utils.translation import gettext, ngettext

from tillkeeper.cli.acting import operator
from tillkeeper.cli.answers import sentence
from tillkeeper.cli.screen import as_json, complain, say
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.lifecycle import CaseState, Remedy
from tillkeeper.settlement.queries.cases import CaseFilters, cases, numbers_of
from tillkeeper.settlement.services import deeds
from tillkeeper.settlement.services.case_sets import Outcome, do_for_all
from tillkeeper.settlement.services.settling import Confirm, Refuse

SOME_REFUSED: Final = 1
REFUSALS_TOLD: Final = 100
VERBS: Final = ("assign", "hold", "resume", "dispute", "decide", "confirm", "refuse")


def work(  # noqa: PLR0913  which cases, which verb, and what the verb asks for
    verb: Annotated[str, typer.Argument(help=f"One of: {', '.join(VERBS)}.")],
    numbers: Annotated[
        list[int] | None, typer.Argument(metavar="CASE...", help="Numbers of cases.")
    ] = None,
    *,
    difference: Annotated[str, typer.Option("--class", help="Class of difference.")] = "",
    cause: Annotated[str, typer.Option(help="Cause.")] = "",
    state: Annotated[
        list[str] | None, typer.Option(help="Repeatable; all that is not settled if not given.")
    ] = None,
    mid: Annotated[str, typer.Option(help="Merchant number.")] = "",
    owner: Annotated[str, typer.Option(help="Whose cases.")] = "",
    run: Annotated[str, typer.Option(help="Number of the matching run that found them.")] = "",
    at_least_minor: Annotated[
        int | None, typer.Option(help="At stake at least, in minor units.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every case, where no filter is given.")
    ] = False,
    to: Annotated[
        str, typer.Option(help="For assign: whose they shall be; nobody's if blank.")
    ] = "",
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="For hold.")] = None,
    deadline: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="For dispute.")
    ] = None,
    remedy: Annotated[str, typer.Option(help=f"For decide: {', '.join(Remedy)}.")] = "",
    why: Annotated[str, typer.Option(help="The reason.")] = "",
    json: Annotated[
        bool, typer.Option("--json", help="Print JSON: cases, moved, refused.")
    ] = False,
) -> None:
    """Do one verb with many cases: those named, or all that the filters find. Each is judged by itself.

    Exit codes: 0 all moved; 1 some or all were refused, each with its reason on stderr; 2 wrong usage.
    """
    deed = _deed(verb, to=to, until=_day(until), deadline=_day(deadline), remedy=remedy, why=why)
    for one in state or ():
        if one not in set(CaseState):
            raise FieldInvalid(field="--state", value=one, expected=", ".join(CaseState))
    filters = CaseFilters(
        difference=difference,
        cause=cause,
        state=tuple(state or ()),
        mid=mid,
        owner=owner,
        run=run,
        at_least_minor=at_least_minor,
    )
    wanted = _wanted(numbers or [], filters, everything=everything)
    outcome = do_for_all(
        numbers=wanted, deed=deed, by=operator(), at=now(), heard=_heard(len(wanted), quiet=json)
    )
    if json:
        as_json(_facts(wanted, outcome))
    else:
        _tell(outcome)
    if outcome.refused:
        raise typer.Exit(SOME_REFUSED)


def _wanted(numbers: list[int], filters: CaseFilters, *, everything: bool) -> list[int]:
    narrowed = filters != CaseFilters()
    if numbers and (narrowed or everything):
        raise FieldInvalid(
            field="CASE", value=str(len(numbers)), expected="either cases or filters, not both"
        )
    if numbers:
        return numbers
    if not (narrowed or everything):
        raise FieldInvalid(field="CASE", value="", expected="cases, filters, or --all")
    return numbers_of(cases(operator().scope(Right.MONEY_VIEW), filters))


def _deed(
    verb: str, *, to: str, until: date | None, deadline: date | None, remedy: str, why: str
) -> deeds.Deed:
    made: dict[str, Callable[[], deeds.Deed]] = {
        "assign": lambda: deeds.Assign(owner=to),
        "hold": lambda: deeds.Hold(until=_needed("--until", until), why=why),
        "resume": lambda: deeds.Resume(why=why),
        "dispute": lambda: deeds.Dispute(deadline=_needed("--deadline", deadline), why=why),
        "decide": lambda: deeds.Decide(deeds.Proposal(remedy=_remedy(remedy), why=why)),
        "confirm": lambda: Confirm(why),
        "refuse": lambda: Refuse(why),
    }
    if verb not in made:
        raise FieldInvalid(field="VERB", value=verb, expected=", ".join(VERBS))
    return made[verb]()


def _needed(option: str, day: date | None) -> date:
    if day is None:
        raise FieldInvalid(field=option, value="", expected="YYYY-MM-DD")
    return day


def _remedy(name: str) -> Remedy:
    if name not in set(Remedy):
        raise FieldInvalid(field="--remedy", value=name, expected=", ".join(Remedy))
    return Remedy(name)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _heard(total: int, *, quiet: bool) -> Callable[[int], bool]:
    def heard(seen: int) -> bool:
        if not quiet and sys.stderr.isatty():
            sys.stderr.write(f"\r{seen:,} / {total:,}" + ("\n" if seen >= total else ""))
        return False

    return heard


def _facts(wanted: list[int], outcome: Outcome) -> dict[str, Any]:
    refused = [
        {"case": number, "code": error.code, "reason": sentence(error)}
        for number, error in outcome.refused
    ]
    return {"cases": len(set(wanted)), "moved": len(outcome.moved), "refused": refused}


def _tell(outcome: Outcome) -> None:
    for number, error in outcome.refused[:REFUSALS_TOLD]:
        complain(f"{number}: {sentence(error)}")
    moved, refused = outcome.counts
    if refused > REFUSALS_TOLD:
        more = gettext("… and %(n)s more; --json tells all of them.")
        complain(more % {"n": f"{refused - REFUSALS_TOLD:,}"})
    say(ngettext("%(n)s case moved", "%(n)s cases moved", moved) % {"n": f"{moved:,}"})
    if refused:
        say(ngettext("%(n)s case refused", "%(n)s cases refused", refused) % {"n": f"{refused:,}"})
