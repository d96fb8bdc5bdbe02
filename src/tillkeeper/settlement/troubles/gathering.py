"""Bringing the facts of a batch together: a fixed number of questions to the database, then the lake, set-wise."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone

from tillkeeper.engines.matching.classes import DifferenceClass
from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.store import about
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.kernel.actor import Scope
from tillkeeper.parties.queries import merchants
from tillkeeper.settlement.lifecycle import CaseState, FileState, RunState
from tillkeeper.settlement.models import Case, MatchingRun, MoneyFile, RuleBook, Trouble
from tillkeeper.settlement.services.files import store_of
from tillkeeper.settlement.troubles.facts import (
    Asked,
    Facts,
    LastRun,
    Papers,
    Payout,
    Seller,
    Standing,
    Stay,
)
from tillkeeper.settlement.troubles.payouts import payouts_carrying
from tillkeeper.settlement.troubles.rows import Batch, batch_of, billed_of, taken_of
from tillkeeper.terminals.queries.stays import stays_under

DAY: Final = timedelta(days=1)
JOURNAL_DAYS: Final = (2, 1)  # before and after the business day: a batch may have begun earlier
BILL_DAYS: Final = (1, 3)  # a weekend's payments settle on Monday
PAID_WITHIN_DAYS: Final = 20  # after the day: the longest holiday and what comes late
REFUSED_WITHIN_DAYS: Final = 14  # after the day: whose refusal may explain what is missing
CASES_TOLD: Final = 200
RUNS_LOOKED_AT: Final = 10
ELEMENTS: Final = ("acquirer_code", "holder_code", "settlement_account_masked", "address")


@dataclass(frozen=True, slots=True)
class _Files:
    taken: tuple[MoneyFile, ...]
    refused: tuple[MoneyFile, ...]

    def of(self, role: Role, first: date, last: date) -> list[MoneyFile]:
        return [
            file
            for file in self.taken
            if file.role == role and file.first_day and file.last_day
            if file.first_day <= last and file.last_day >= first
        ]  # fmt: skip

    def refused_of(self, role: Role) -> tuple[str, ...]:
        """A file that was not even recognised may have been of any role."""
        return tuple(file.name for file in self.refused if file.role in (role, ""))


def facts_of(trouble: Trouble, *, at: datetime) -> Facts:
    """Return all that is known of a trouble at a moment. Reads the lake: call it outside a transaction."""
    asked = asked_of(trouble, at)
    scope = Scope((trouble.path,))
    files, book = _files(trouble), _newest_rules(trouble)
    rules = Rules.of_text(book.text, name=str(book)) if book else Rules.sound()
    journals = files.of(Role.JOURNAL, *_around(asked.day, JOURNAL_DAYS))
    bills = files.of(Role.BILL, *_around(asked.day, BILL_DAYS))
    batch = batch_of(asked, journals, bills, rules)
    taken = taken_of(batch)
    of_day = _of_day(bills, asked.day)
    payouts, statements = _paid(asked, batch, files, rules)
    return Facts(
        asked=asked,
        stay=_stay(scope, asked),
        seller=_seller(scope, asked),
        journal=_papers(_of_day(journals, asked.day), batch.journal["file"], files, Role.JOURNAL),
        bill=_papers(of_day, batch.bill["file"], files, Role.BILL),
        statement=_papers(statements, None, files, Role.STATEMENT),
        statement_days=tuple((file.first_day, file.last_day) for file in statements),  # type: ignore[misc]
        taken=taken,
        billed=billed_of(asked, batch, _channels(of_day, batch)),
        run=_run(trouble),
        cases=_standing(trouble, asked, batch, payouts),
        plans=bool(rules.plans),
        payouts=payouts,
    )


def asked_of(trouble: Trouble, at: datetime) -> Asked:
    """Return which batch a trouble is about, as seen at a moment."""
    return Asked(trouble.mid, trouble.tid, trouble.batch, trouble.day, timezone.localdate(at))


def _around(day: date, reach: tuple[int, int]) -> tuple[date, date]:
    return day - reach[0] * DAY, day + reach[1] * DAY


def _of_day(files: Sequence[MoneyFile], day: date) -> list[MoneyFile]:
    return [f for f in files if f.first_day and f.last_day and f.first_day <= day <= f.last_day]


def _files(trouble: Trouble) -> _Files:
    first, last = trouble.day - JOURNAL_DAYS[0] * DAY, trouble.day + PAID_WITHIN_DAYS * DAY
    since = timezone.make_aware(datetime.combine(trouble.day, time.min))
    until = since + REFUSED_WITHIN_DAYS * DAY
    near = Q(state=FileState.TAKEN, first_day__lte=last, last_day__gte=first)
    refused = Q(state=FileState.REFUSED, at__gte=since, at__lt=until)
    every = MoneyFile.objects.filter(near | refused, organisation_id=trouble.organisation_id)
    rows = list(every.order_by("number"))
    return _Files(
        tuple(row for row in rows if row.state == FileState.TAKEN),
        tuple(row for row in rows if row.state == FileState.REFUSED),
    )


def _newest_rules(trouble: Trouble) -> RuleBook | None:
    books = RuleBook.objects.filter(organisation_id=trouble.organisation_id)
    return books.order_by("-version").first()


def _papers(of_day: Sequence[MoneyFile], used: Any, files: _Files, role: Role) -> Papers:
    return Papers(
        of_day=tuple(file.number for file in of_day),
        used=() if used is None else tuple(used.unique().sort().to_list()),
        refused=files.refused_of(role),
        set_aside=sum(file.set_aside_count for file in of_day),
    )


def _channels(bills: Sequence[MoneyFile], batch: Batch) -> frozenset[str]:
    """Return the channels of which a bill of the day is there, whoever's rows it holds."""
    told = {name for file in bills for name in about(store_of(file)).channels}
    return frozenset(told | set(batch.bill["channel"].unique().to_list()))


def _paid(
    asked: Asked, batch: Batch, files: _Files, rules: Rules
) -> tuple[tuple[Payout, ...], list[MoneyFile]]:
    """Return the payouts that carry the batch, and the statements of the days from the first due one on."""
    if batch.bill.is_empty():
        return (), []
    days = [day for day in (*batch.bill["settled_on"], *batch.bill["day"]) if day is not None]
    first, last = min(days, default=asked.day), max(days, default=asked.day)
    statements = files.of(Role.STATEMENT, first, last + PAID_WITHIN_DAYS * DAY)
    bills = files.of(Role.BILL, first, last)
    payouts = payouts_carrying(batch, asked, bills, statements, rules)
    due = min((payout.due_on for payout in payouts), default=first)
    return payouts, [file for file in statements if file.last_day and file.last_day >= due]


def _stay(scope: Scope, asked: Asked) -> Stay | None:
    """Return the binding of that day, best with the merchant asked for; else the last there was."""
    begins = timezone.make_aware(datetime.combine(asked.day, time.min))
    ends = begins + DAY
    stays = list(stays_under(scope, asked.tid)[:RUNS_LOOKED_AT])
    if not stays:
        return None

    def on_the_day(stay: Any) -> bool:
        return stay.valid_from < ends and (stay.valid_to is None or stay.valid_to > begins)

    best = max(
        stays,
        key=lambda stay: (on_the_day(stay), stay.merchant.number == asked.mid, stay.valid_from),
    )
    account = best.merchant.settlement_account_hash
    return Stay(
        serial=best.terminal.serial,
        state=best.terminal.state,
        since=timezone.localdate(best.terminal.state_since),
        bound=on_the_day(best),
        mid=best.merchant.number,
        bound_from=timezone.localdate(best.valid_from),
        missing=tuple(name for name in ELEMENTS if not getattr(best, name)),
        account_agrees=not account
        or not best.settlement_account_hash
        or account == best.settlement_account_hash,
    )


def _seller(scope: Scope, asked: Asked) -> Seller | None:
    found = merchants(scope).filter(number=asked.mid).first()
    return Seller(found.number, found.name, found.settlement_account_masked) if found else None


def _run(trouble: Trouble) -> LastRun | None:
    """Return the last run of the day or of the one after, which judges it too: one that is done before others."""
    days = (trouble.day, trouble.day + DAY)
    runs = MatchingRun.objects.filter(organisation_id=trouble.organisation_id, day__in=days)
    rows = list(runs.prefetch_related("files").order_by("-at", "-pk")[:RUNS_LOOKED_AT])
    rows = [run for run in rows if run.state != RunState.CANCELLED]
    best = next((run for run in rows if run.state == RunState.DONE), rows[0] if rows else None)
    if rows and rows[0].state in (RunState.QUEUED, RunState.RUNNING):
        best = rows[0]
    if best is None:
        return None
    files = frozenset(file.number for file in best.files.all())
    return LastRun(best.number, best.state, files, str(best.problem.get("sentence", "")))


def _standing(
    trouble: Trouble, asked: Asked, batch: Batch, payouts: Sequence[Payout]
) -> tuple[Standing, ...]:
    """Return the unsettled cases of the batch's payments and of its payouts."""
    days = [day for day in batch.journal["day"] if day is not None] or [asked.day]
    of_payment = Q(tid=asked.tid, at__isnull=False, day__range=(min(days), max(days)))
    paid_on = {payout.settled_on for payout in payouts}
    of_payout = Q(at=None, tid="", day__in=paid_on)
    own = Q(troubles=trouble)
    cases = Case.objects.filter(
        of_payment | of_payout | own,
        organisation_id=trouble.organisation_id,
        mid=asked.mid,
        closed_at=None,
    )
    told = cases.order_by("-size_minor", "pk").distinct()[:CASES_TOLD]
    return tuple(_case(case) for case in told if _touches(case, asked, batch, payouts))


def _touches(case: Case, asked: Asked, batch: Batch, payouts: Sequence[Payout]) -> bool:
    """Say whether a case is of this batch, where the day alone does not tell it."""
    if case.tid == "":
        numbers = {(payout.channel, payout.payout_no) for payout in payouts}
        return (case.channel, case.batch) in numbers
    if not asked.batch or case.trace == "":
        return True
    if case.batch:
        return case.batch.lstrip("0") == asked.batch.lstrip("0")
    traces = {trace.lstrip("0") for trace in (*batch.journal["trace"], *batch.bill["trace"])}
    return case.trace.lstrip("0") in traces


def _case(case: Case) -> Standing:
    held = case.difference == DifferenceClass.HELD or case.state == CaseState.HELD
    return Standing(case.pk, case.difference, held, case.currency, case.at_stake_minor)
