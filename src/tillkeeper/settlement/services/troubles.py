"""A batch that cannot settle, led step by step to its money: opened, looked at round by round, until it is settled.

What is looked at stands in `settlement.troubles`; how it becomes a case in `services.troubles_handed`. A round reads
the lake outside any transaction and is written in one; one that finds what the last one found is not written again.
"""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.documents import issue_document
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.parties.queries import organisation as organisation_named
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.errors import TroubleEnded, TroubleStands
from tillkeeper.settlement.lifecycle import TroubleState
from tillkeeper.settlement.models import Trouble, TroubleCheck
from tillkeeper.settlement.queries.troubles import (
    answering,
    last_round,
    story,
    trouble,
    trouble_locked,
)
from tillkeeper.settlement.troubles.answers import SYMPTOMS
from tillkeeper.settlement.troubles.gathering import facts_of
from tillkeeper.settlement.troubles.judging import Finding, findings, settled
from tillkeeper.settlement.troubles.wording import english

PREFIX: Final = "TB"
WORD_MAX: Final = 1000
BATCH_DIGITS: Final = 6  # as terminals write it
LONGEST: Final = {"mid": 40, "tid": 20, "batch": 12}


def open_trouble(  # noqa: PLR0913  a trouble says whose, which batch, what was seen, by whom and when
    *,
    mid: str,
    tid: str,
    day: date,
    by: Actor,
    at: datetime,
    batch: str = "",
    symptom: str = "other",
    organisation: str = "",
) -> Trouble:
    """Write down that a batch cannot settle, and look at it for the first time.

    Args:
        mid: merchant number.
        tid: terminal id.
        day: business day of the batch.
        by: who.
        at: when.
        batch: its number; blank: all of the day.
        symptom: what was seen, one of SYMPTOMS.
        organisation: code of the node whose files tell of it; blank: the one that answers for the merchant.

    Raises:
        NotFound, NotAllowed: the organisation is none of the actor's.
        FieldInvalid: a number that is none, a day ahead, an unknown symptom, or nobody answers for the merchant.
        TroubleStands: the same batch is being looked after already.
    """
    begun = _begin(
        organisation=organisation,
        named={"mid": _number("mid", mid), "tid": _number("tid", tid), "batch": _batch(batch)},
        day=day,
        symptom=symptom,
        by=by,
        at=at,
    )
    return look(number=begun.number, by=by, at=at)


def look(*, number: str, by: Actor, at: datetime, word: str = "") -> Trouble:
    """Go through all checks; if all is in order, the batch is settled.

    Args:
        number: of the trouble.
        by: who.
        at: when.
        word: what was done since; blank: nothing is said.

    Raises:
        NotFound: no such trouble within the actor's view.
        TroubleEnded: it is settled or handed over.
    """
    row = trouble(by.scope(Right.MONEY_WORK), number)
    _require_open(row)
    if word.strip():
        add_word(number=number, text=word, by=by, at=at)
    return _write_round(number, findings(facts_of(row, at=at)), by=by, at=at)


@verb
def add_word(*, number: str, text: str, by: Actor, at: datetime) -> TroubleCheck:
    """Write down what was done between two looks.

    Raises:
        NotFound: no such trouble within the actor's view.
        TroubleEnded: it is settled or handed over.
        FieldInvalid: nothing is said.
    """
    if not (said := text.replace("\x00", "").strip()):
        raise FieldInvalid(field="text", value="", expected="what was done")
    row = trouble_locked(by.scope(Right.MONEY_WORK), number)
    _require_open(row)
    told = story(row)
    last = told[-1] if told else None
    made = TroubleCheck.objects.create(
        trouble=row,
        round=last.round if last else 0,
        position=last.position + 1 if last else 1,
        text=said[:WORD_MAX],
        by=by.name,
        at=at,
    )
    write_change(row, "word", by=by, at=at, after={"text": made.text})
    return made


def write_change(
    row: Trouble, action: str, *, by: Actor, at: datetime, after: dict[str, Any]
) -> None:
    """Raise the version of a locked trouble, write it, and tell the audit trail."""
    row.version += 1
    row.save(update_fields=["state", "case", "ended_at", "version"])
    record_change(
        action=f"trouble.{action}",
        subject=f"trouble:{row.number}",
        place=row.path,
        by=by,
        at=at,
        after=after,
    )


@verb
def _begin(
    *, organisation: str, named: dict[str, str], day: date, symptom: str, by: Actor, at: datetime
) -> Trouble:
    if symptom not in SYMPTOMS:
        raise FieldInvalid(field="symptom", value=symptom, expected=", ".join(SYMPTOMS))
    if day > timezone.localdate(at):
        raise FieldInvalid(field="day", value=str(day), expected="a day that has begun")
    scope = by.scope(Right.MONEY_WORK)
    by.require(Right.MONEY_WORK)
    found = (
        organisation_named(scope, organisation) if organisation else answering(scope, named["mid"])
    )
    if found is None:
        told = "an organisation whose files tell of it"
        raise FieldInvalid(field="organisation", value="", expected=told)
    by.require(Right.MONEY_WORK, found.path)
    same = {"organisation_id": found.pk, "day": day, **named}
    _refuse_standing(same)
    row = Trouble(
        number=issue_document(prefix=PREFIX, kind="trouble", place=found.path, by=by, at=at),
        path=found.path,
        symptom=symptom,
        state=TroubleState.OPEN,
        by=by.name,
        at=at,
        **same,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # another opened it in this very moment
        _refuse_standing(same)
        raise
    record_change(
        action="trouble.open",
        subject=f"trouble:{row.number}",
        place=row.path,
        by=by,
        at=at,
        after={"day": day, "symptom": symptom, **named},
    )
    return row


@verb
def _write_round(number: str, found: Sequence[Finding], *, by: Actor, at: datetime) -> Trouble:
    row = trouble_locked(by.scope(Right.MONEY_WORK), number)
    _require_open(row)
    told = story(row)
    last = last_round(told)
    fresh = [(one.code, _plain({"answer": one.answer, **one.facts})) for one in found]
    if [(one.check_code, one.facts) for one in last] == fresh:
        return row
    number_of_round = max((one.round for one in told), default=0) + 1
    TroubleCheck.objects.bulk_create(
        TroubleCheck(
            trouble=row,
            round=number_of_round,
            position=position,
            check_code=one.code,
            verdict=one.verdict,
            facts=facts,
            text=english(one.code, facts)[:WORD_MAX],
            by=by.name,
            at=at,
        )
        for position, (one, (_, facts)) in enumerate(zip(found, fresh, strict=True), start=1)
    )
    verdicts = {one.code: one.verdict for one in found}
    if settled(found):
        row.state, row.ended_at = TroubleState.SETTLED, at
        write_change(row, "settle", by=by, at=at, after={"round": number_of_round})
    else:
        write_change(row, "look", by=by, at=at, after={"round": number_of_round, **verdicts})
    return row


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    """Return facts as they come back from the database, so that two rounds can be compared."""
    plain: dict[str, Any] = json.loads(json.dumps(facts))
    return plain


def _require_open(row: Trouble) -> None:
    if row.state != TroubleState.OPEN:
        raise TroubleEnded(number=row.number, state=row.state)


def _refuse_standing(same: dict[str, Any]) -> None:
    standing = Trouble.objects.filter(ended_at=None, **same).first()
    if standing is not None:
        raise TroubleStands(number=standing.number)


def _number(name: str, text: str) -> str:
    cleaned = text.replace("\x00", "").strip()
    if not cleaned or len(cleaned) > LONGEST[name]:
        told = "a merchant number" if name == "mid" else "a terminal id"
        raise FieldInvalid(field=name, value=cleaned[:60], expected=told)
    return cleaned


def _batch(text: str) -> str:
    cleaned = text.strip()
    if cleaned and not (
        cleaned.isascii() and cleaned.isdigit() and len(cleaned) <= LONGEST["batch"]
    ):
        raise FieldInvalid(field="batch", value=cleaned[:60], expected="digits of a batch number")
    return cleaned.zfill(BATCH_DIGITS) if cleaned else ""
