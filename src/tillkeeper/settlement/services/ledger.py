"""The money ledger: double entry, append-only. Every posting sums to zero by currency; a correction is a posting too.

Nothing else writes postings and entries. Sources of the accounts: docs/explanation/money-ledger.md.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.bulk import chunks
from tillkeeper.kernel.documents import issue_documents
from tillkeeper.kernel.errors import FieldInvalid, NotFound
from tillkeeper.parties.queries import organisations
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.errors import ReversedAlready, ReversedWithItsCase, Unbalanced
from tillkeeper.settlement.lifecycle import Account, PostingKind
from tillkeeper.settlement.models import Entry, Posting

PREFIX: Final = "ML"
WRITTEN_AT_ONCE: Final = 5_000
WHY_MAX: Final = 400


@dataclass(frozen=True, slots=True)
class Line:
    """An amount on an account, to be posted. A debit is positive."""

    account: Account
    amount_minor: int
    currency: str
    mid: str = ""
    channel: str = ""
    payments: int = 0
    what: str = ""  # see lifecycle.What


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a posting is for."""

    kind: PostingKind
    why: str
    day: date
    organisation_id: int
    path: str
    run_id: int | None = None
    decision_id: int | None = None
    reverses_id: int | None = None


@verb
def post(*, lines: Iterable[Line], occasion: Occasion, by: Actor, at: datetime) -> Posting:
    """Write one posting with its entries; lines of nothing are left out.

    Raises:
        Unbalanced: the lines do not sum to zero in some currency; nothing is written.
    """
    return post_each(postings=[(lines, occasion)], by=by, at=at)[0]


@verb
def post_each(
    *, postings: Sequence[tuple[Iterable[Line], Occasion]], by: Actor, at: datetime
) -> list[Posting]:
    """Write postings of one place, each with its entries, in as few statements as one of them takes.

    Raises:
        Unbalanced: the lines of one do not sum to zero in some currency; nothing is written.
    """
    if not postings:
        return []
    told = [([line for line in lines if line.amount_minor], on) for lines, on in postings]
    for lines, _on in told:
        _balanced(lines)
    numbers = issue_documents(
        prefix=PREFIX,
        kind="posting",
        place=told[0][1].path,
        by=by,
        at=at,
        titles=[on.why[:80] for _lines, on in told],
    )
    # `bulk_create` gives them their keys: both databases say which rows they wrote.
    made = Posting.objects.bulk_create(
        [_posting(number, on, by, at) for number, (_lines, on) in zip(numbers, told, strict=True)],
        batch_size=WRITTEN_AT_ONCE,
    )
    entries = (
        _entry(posting, line)
        for posting, (lines, _on) in zip(made, told, strict=True)
        for line in lines
    )
    for some in chunks(entries, WRITTEN_AT_ONCE):
        Entry.objects.bulk_create(some)
    for posting, (lines, on) in zip(made, told, strict=True):
        record_change(
            action="ledger.post",
            subject=f"posting:{posting.number}",
            place=on.path,
            by=by,
            at=at,
            after={"kind": on.kind, "day": on.day, "entries": len(lines)},
        )
    return made


def _posting(number: str, on: Occasion, by: Actor, at: datetime) -> Posting:
    return Posting(
        number=number,
        organisation_id=on.organisation_id,
        path=on.path,
        kind=on.kind,
        why=on.why[:WHY_MAX],
        day=on.day,
        run_id=on.run_id,
        decision_id=on.decision_id,
        reverses_id=on.reverses_id,
        by=by.name,
        at=at,
    )


def _entry(posting: Posting, line: Line) -> Entry:
    return Entry(
        posting=posting,
        account=line.account,
        mid=line.mid,
        channel=line.channel,
        currency=line.currency,
        amount_minor=line.amount_minor,
        payments=line.payments,
        what=line.what,
    )


@verb
def reverse(*, number: str, why: str, by: Actor, at: datetime) -> Posting:
    """Undo a posting by its mirror image. Both stay.

    Raises:
        NotFound: no such posting within the actor's view.
        ReversedAlready: it has its mirror image.
        ReversedWithItsCase: it was written for a case, and goes back with it.
        FieldInvalid: no reason is given.
    """
    if not why.strip():
        raise FieldInvalid(field="why", value="", expected="a reason")
    scope = by.scope(Right.MONEY_APPROVE)
    posting = Posting.objects.select_for_update().filter(number=number).first()
    if posting is None or not scope.covers(posting.path):
        raise NotFound(kind="posting", key=number)
    if place := _of_cases(posting):
        raise ReversedWithItsCase(posting=number, place=place)
    return mirror(posting, why=why, by=by, at=at)


def _of_cases(posting: Posting) -> str:
    """Return whose case or match a posting was written for; "" if it stands for itself.

    What lies on suspense is what unsettled cases have at stake. A posting of theirs that were reversed alone would
    break that, and leave a case closed that nothing stands for.
    """
    if posting.decision is not None:
        match = posting.decision.hand_match
        return match.number if match else f"#{posting.decision.case_id}"
    if posting.kind == PostingKind.DOUBT:
        return posting.run.number if posting.run else posting.why
    return ""


def mirror(posting: Posting, *, why: str, by: Actor, at: datetime) -> Posting:
    """Write the posting that reverses another; the caller has locked it and judged who may.

    Raises:
        ReversedAlready: it has one.
    """
    if before := Posting.objects.filter(reverses=posting).first():
        raise ReversedAlready(posting=posting.number, by=before.number)
    occasion = Occasion(
        PostingKind.REVERSAL,
        why,
        posting.day,
        posting.organisation_id,
        posting.path,
        reverses_id=posting.pk,
    )
    return post(lines=_mirrored(posting), occasion=occasion, by=by, at=at)


def keep_others_out(organisation_id: int) -> None:
    """Let no other run of an organisation write cases and postings until the transaction ends."""
    # No key: rows that merely point at the organisation are not to wait.
    list(organisations().select_for_update(no_key=True).filter(pk=organisation_id))


def _mirrored(posting: Posting) -> Sequence[Line]:
    written = [
        Line(Account(e.account), e.amount_minor, e.currency, e.mid, e.channel, e.payments, e.what)
        for e in posting.entries.order_by("pk")
    ]
    return [
        replace(line, amount_minor=-line.amount_minor, payments=-line.payments) for line in written
    ]


def _balanced(lines: Iterable[Line]) -> None:
    sums: Counter[str] = Counter()
    for line in lines:
        sums[line.currency] += line.amount_minor
    for currency, total in sorted(sums.items()):
        if total:
            raise Unbalanced(sum=total, currency=currency)
