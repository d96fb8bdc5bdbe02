"""Statements for merchants: frozen with their hash, printed from what was frozen."""

import calendar
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from django.utils import timezone

from tillkeeper.formats.merchant_statements import Say, statement_pdf, statement_xlsx
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.documents import issue_document
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.kernel.money import CURRENCIES, Money
from tillkeeper.parties.queries import merchant as merchant_named
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.errors import StatementDoesNotProve
from tillkeeper.settlement.models import MerchantStatement
from tillkeeper.settlement.queries.statements import digest_of, proved, told
from tillkeeper.settlement.wording import CHANNEL_LABELS

PREFIX: Final = "MS"
MONTH_LENGTH: Final = len("2026-03")


def period_of(text: str) -> tuple[date, date]:
    """Return first and last day of a day (2026-03-02) or of a month (2026-03).

    Raises:
        FieldInvalid: it is neither.
    """
    try:
        if len(text) != MONTH_LENGTH:
            day = date.fromisoformat(text)
            return day, day
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise FieldInvalid(
            field="period", value=text, expected="a day (YYYY-MM-DD) or a month (YYYY-MM)"
        ) from None
    return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])


@verb
def issue_statement(
    *, merchant: str, period: str, by: Actor, at: datetime, currency: str = "CNY"
) -> MerchantStatement:
    """Freeze what a merchant is told of a day or a month. The same again, unchanged, is the same statement.

    Args:
        merchant: number.
        period: a day (YYYY-MM-DD) or a month (YYYY-MM), begun at least.
        by: who.
        at: when.
        currency: ISO 4217; each has statements of its own.

    Raises:
        NotFound, NotAllowed: the merchant is none of the actor's.
        FieldInvalid: no period, or one that lies ahead; no currency.
        StatementDoesNotProve: the ledger holds something else; nothing is issued.
    """
    row = merchant_named(by.scope(Right.MONEY_WORK), merchant)
    first, last = period_of(period)
    if first > timezone.localdate(at):
        raise FieldInvalid(field="period", value=period, expected="a period that has begun")
    if currency not in CURRENCIES:
        raise FieldInvalid(field="currency", value=currency, expected="a code of ISO 4217")
    said = told(row, first, last, currency)
    if (sum_minor := proved(said)) != said["closing_minor"]:
        raise StatementDoesNotProve(
            merchant=row.number,
            told=str(Money(sum_minor, currency)),
            held=str(Money(said["closing_minor"], currency)),
        )
    digest, path = digest_of(said), row.organisation.path
    before = MerchantStatement.objects.filter(merchant=row, sha256=digest).first()
    if before is not None:
        return before
    made = MerchantStatement.objects.create(
        number=issue_document(prefix=PREFIX, kind="merchant_statement", place=path, by=by, at=at),
        merchant=row,
        path=path,
        first_day=first,
        last_day=last,
        currency=currency,
        totals=said,
        sha256=digest,
        by=by.name,
        at=at,
    )
    record_change(
        action="statement.issue",
        subject=f"statement:{made.number}",
        place=path,
        by=by,
        at=at,
        after={"merchant": row.number, "period": period, "sha256": digest},
    )
    return made


def as_xlsx(statement: MerchantStatement, say: Say = str) -> bytes:
    """Return a frozen statement as a workbook."""
    said = _worded(statement.totals)
    return statement_xlsx(said, number=statement.number, sha256=statement.sha256, say=say)


def as_pdf(statement: MerchantStatement, say: Say = str) -> bytes:
    """Return a frozen statement as PDF."""
    return statement_pdf(
        _worded(statement.totals),
        number=statement.number,
        sha256=statement.sha256,
        say=say,
        made=statement.at,
    )


def _worded(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return a statement whose channels are words of the language that is spoken just now."""
    rows = [
        row | {"channel": str(CHANNEL_LABELS.get(row["channel"], row["channel"] or "–"))}
        for row in said["rows"]
    ]
    return dict(said) | {"rows": rows}
