"""Handing a trouble over: to the case that already stands for it, or to one opened by hand with all that was found."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.utils import timezone

from tillkeeper.engines.matching.classes import DifferenceClass
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.errors import TroubleEnded
from tillkeeper.settlement.lifecycle import CaseState, CaseStep, TroubleState, Verdict
from tillkeeper.settlement.models import Case, CaseNote, Trouble
from tillkeeper.settlement.queries.troubles import last_round, story, trouble_locked
from tillkeeper.settlement.services.differences import key_of
from tillkeeper.settlement.services.doubt import Doubt, occasion_of
from tillkeeper.settlement.services.ledger import keep_others_out
from tillkeeper.settlement.services.same_payout import already_decided, standing_again
from tillkeeper.settlement.services.troubles import write_change
from tillkeeper.settlement.services.whole_batches import explained, left_of, standing_whole
from tillkeeper.settlement.stakes import at_stake_minor
from tillkeeper.settlement.troubles.handing import About, Fit, fitting
from tillkeeper.settlement.troubles.wording import sentence

Facts = Mapping[str, Mapping[str, Any]]


@verb
def hand_over(*, number: str, by: Actor, at: datetime, why: str = "") -> Case:
    """End a trouble in a case: the one that stands for it, else one that is opened by hand.

    Args:
        number: of the trouble.
        by: who.
        at: when.
        why: what the next person should know.

    Raises:
        NotFound: no such trouble within the actor's view.
        TroubleEnded: it is settled or handed over.
    """
    row = trouble_locked(by.scope(Right.MONEY_WORK), number)
    if row.state != TroubleState.OPEN:
        raise TroubleEnded(number=row.number, state=row.state)
    keep_others_out(row.organisation_id)
    found = {one.check_code: one.facts for one in last_round(story(row))}
    fit = fitting(About(row.number, row.tid, row.batch or str(row.day)), found)
    case = _standing(row, fit, found, by=by, at=at) or _opened(row, fit, by=by, at=at)
    _note(case, row, why, by=by, at=at)
    row.state, row.case, row.ended_at = TroubleState.HANDED_OVER, case, at
    write_change(row, "hand_over", by=by, at=at, after={"case": case.pk, "why": why.strip()})
    return case


def _standing(row: Trouble, fit: Fit, found: Facts, *, by: Actor, at: datetime) -> Case | None:
    """Return the case that stands for it.

    Of a payout its own; else the largest of those that the checks found open; else the one that was opened for the
    same batch before.
    """
    cases = Case.objects.select_for_update().filter(organisation_id=row.organisation_id)
    if fit.of_payout:
        case = cases.filter(key=_payout_key(row, fit)).first()
        if case is None or _taken_up(case, row, by=by, at=at):
            return case
        return standing_again(case)
    told = [
        number for check in ("cases", "fees") for number in found.get(check, {}).get("cases", ())
    ]
    open_ones = cases.filter(pk__in=told, closed_at=None)
    return open_ones.order_by("-size_minor", "pk").first() or standing_whole(row)


def _taken_up(case: Case, row: Trouble, *, by: Actor, at: datetime) -> bool:
    """Open a vanished case again, its money in doubt again; say whether the case may be joined."""
    if case.state == CaseState.CLOSED:
        return False
    if case.state == CaseState.VANISHED:
        case.take(CaseStep.REOPEN)
        case.closed_at = case.held_until = None
        case.save(update_fields=["state", "version", "closed_at", "held_until"])
        _doubt(case, row.number, by=by, at=at)
    return True


def _opened(row: Trouble, fit: Fit, *, by: Actor, at: datetime) -> Case:
    key = _payout_key(row, fit) if fit.of_payout else ""
    if not key or Case.objects.filter(organisation_id=row.organisation_id, key=key).exists():
        key = sha256(f"trouble\x1f{row.number}".encode()).hexdigest()
    case = Case(
        organisation_id=row.organisation_id,
        path=row.path,
        key=key,
        difference=fit.difference,
        cause=fit.cause,
        confidence=fit.confidence,
        mid=row.mid,
        tid="" if fit.of_payout else row.tid,
        batch=fit.payout_no if fit.of_payout else row.batch,
        channel=fit.channel,
        currency=fit.currency,
        amount_minor=fit.amount_minor,
        other_minor=fit.other_minor,
        at_stake_minor=at_stake_minor(_as_row(row, fit)),
        day=fit.settled_on or row.day,
        due_on=fit.due_on,
        sentence=fit.sentence,
        evidence={"trouble": row.number, "found": _evidence(row)},
        state=CaseState.OPEN,
        opened_at=at,
    )
    known = already_decided(case) if fit.of_payout else explained(case)
    case.at_stake_minor = left_of(case.at_stake_minor, known)
    case.size_minor = abs(case.at_stake_minor)
    case.save(force_insert=True)
    _doubt(case, row.number, by=by, at=at)
    record_change(
        action="case.open",
        subject=f"case:{case.pk}",
        place=case.path,
        by=by,
        at=at,
        after={
            "difference": fit.difference,
            "at_stake_minor": case.at_stake_minor,
            "trouble": row.number,
        },
    )
    return case


def _doubt(case: Case, why: str, *, by: Actor, at: datetime) -> None:
    doubt = Doubt()
    doubt.put(case)
    doubt.post(on=occasion_of(case, why=why, day=timezone.localdate(at)), by=by, at=at)


def _payout_key(row: Trouble, fit: Fit) -> str:
    """Return what a matching run knows that payout by, so that it finds this case again and opens no second one."""
    return key_of(_as_row(row, fit))


def _as_row(row: Trouble, fit: Fit) -> dict[str, Any]:
    """Return the case as a row of differences would tell it."""
    return {
        "class": DifferenceClass(fit.difference),
        "mid": row.mid,
        "currency": fit.currency,
        "channel": fit.channel,
        "batch": fit.payout_no,
        "day": fit.settled_on,
        "trace": "",
        "order_no": "",
        "rrn": "",
        "at": None,
        "amount_minor": fit.amount_minor,
        "other_minor": fit.other_minor,
        "fee_minor": None,
        "expected_fee_minor": None,
    }


def _evidence(row: Trouble) -> dict[str, Any]:
    """Return what every check came to, in the words in which it was kept."""
    return {
        one.check_code: {"verdict": one.verdict, "text": one.text, "facts": one.facts}
        for one in last_round(story(row))
    }


def _note(case: Case, row: Trouble, why: str, *, by: Actor, at: datetime) -> None:
    """Write what is not in order into the story of the case."""
    wrong = [
        sentence(one.check_code, one.facts) or one.text
        for one in last_round(story(row))
        if one.verdict == Verdict.FAILED
    ]
    told = " · ".join([row.number, *([why.strip()] if why.strip() else []), *wrong])
    CaseNote.objects.create(case=case, text=told[:1000], by=by.name, at=at)
