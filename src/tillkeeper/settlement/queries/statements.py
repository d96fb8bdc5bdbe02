"""What a merchant is told of a period: from the money ledger, by day and channel, in whole minor units."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from django.db.models import QuerySet, Sum

from tillkeeper.kernel.actor import STEP_WIDTH, Scope
from tillkeeper.kernel.errors import NotFound
from tillkeeper.parties.queries import within
from tillkeeper.settlement.lifecycle import Account, What
from tillkeeper.settlement.models import Entry, MerchantStatement

if TYPE_CHECKING:
    from tillkeeper.parties.models import Merchant

# Column of a statement, by what an entry is. What is neither is money that was paid out to him.
MOVEMENTS: Final[Mapping[str, str]] = {
    What.SALES: "sales",
    What.REFUNDS: "refunds",
    What.FEES: "fees",
    What.DOUBT: "doubtful",
    What.DECIDED: "decided",
    "": "paid_out",
}


def entries_of(merchant: "Merchant", currency: str) -> QuerySet[Entry]:
    """Return what was ever written on a merchant's account, whoever of the organisation wrote it."""
    return Entry.objects.filter(
        account=Account.MERCHANT_PAYABLE,
        mid=merchant.number,
        currency=currency,
        posting__path__startswith=merchant.organisation.path[:STEP_WIDTH],
    )


def balance_of(entries: QuerySet[Entry]) -> int:
    """Return what a merchant is owed, in minor units: the account is a credit."""
    return -(entries.aggregate(minor=Sum("amount_minor"))["minor"] or 0)


def told(merchant: "Merchant", first: date, last: date, currency: str) -> dict[str, Any]:
    """Return a statement: merchant, period, opening, movements, closing, and a row for each day and channel.

    Amounts are positive where they go to the merchant. `closing_minor` is the ledger's own, not the sum.
    """
    entries = entries_of(merchant, currency)
    rows = _rows(entries.filter(posting__day__range=(first, last)))
    return {
        "merchant": merchant.number,
        "name": merchant.name,
        "first_day": str(first),
        "last_day": str(last),
        "currency": currency,
        "opening_minor": balance_of(entries.filter(posting__day__lt=first)),
        "movements": {name: sum(row[name] for row in rows) for name in MOVEMENTS.values()},
        "closing_minor": balance_of(entries.filter(posting__day__lte=last)),
        "payments": sum(row["payments"] for row in rows),
        "rows": rows,
    }


def proved(statement: Mapping[str, Any]) -> int:
    """Return what a statement's opening and movements come to; its closing, if it is sound."""
    return int(statement["opening_minor"] + sum(statement["movements"].values()))


def canonical_text(statement: Mapping[str, Any]) -> str:
    """Return the one text of a statement that its hash is taken over."""
    return json.dumps(statement, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest_of(statement: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a statement's canonical text."""
    return hashlib.sha256(canonical_text(statement).encode()).hexdigest()


def statements(scope: Scope) -> QuerySet[MerchantStatement]:
    """Return the statements that were issued within a scope, the newest first."""
    rows = MerchantStatement.objects.filter(within(scope)).select_related("merchant")
    return rows.order_by("-at", "-pk")


def statement(scope: Scope, number: str) -> MerchantStatement:
    """Return one statement.

    Raises:
        NotFound: no such statement within the scope.
    """
    found = statements(scope).filter(number=number).first()
    if found is None:
        raise NotFound(kind="statement", key=number)
    return found


def _rows(entries: QuerySet[Entry]) -> list[dict[str, Any]]:
    sums = (
        entries.values_list("posting__day", "channel", "what")
        .annotate(minor=Sum("amount_minor"), number=Sum("payments"))
        .order_by("posting__day", "channel", "what")
    )
    rows: dict[tuple[date, str], dict[str, Any]] = {}
    for day, channel, what, minor, number in sums:
        blank = {
            "day": str(day),
            "channel": channel,
            "payments": 0,
            **dict.fromkeys(MOVEMENTS.values(), 0),
        }
        row = rows.setdefault((day, channel), blank)
        row[MOVEMENTS[what]] -= minor
        if what in (What.SALES, What.REFUNDS):
            row["payments"] += number
    return [row for row in rows.values() if any(row[name] for name in MOVEMENTS.values())]
