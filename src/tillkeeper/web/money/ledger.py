"""The money ledger: balances, postings with their entries, the proof that it adds up, and one merchant's account."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.decorators import login_required
from django.db.models import Count, QuerySet, Sum
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.errors import NotFound
from tillkeeper.parties import queries as parties
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.lifecycle import Account
from tillkeeper.settlement.queries.ledger import Balance, balances, entries, postings
from tillkeeper.settlement.wording import ACCOUNT_LABELS, CHANNEL_LABELS, POSTING_LABELS
from tillkeeper.web.asking import Readable, day_of, one_of, text_of, unread
from tillkeeper.web.money.statements import issued_for
from tillkeeper.web.paging import page_of
from tillkeeper.web.parts import Request, answer
from tillkeeper.web.places import narrowed, office_choices

if TYPE_CHECKING:
    from tillkeeper.settlement.models import Entry, Posting

FAULTS_SHOWN: Final = 50
NARROWING: Final = ("q", "kind", "day", "organisation")
READ: Final[Readable] = {"kind": (_("Kind"), POSTING_LABELS), "day": (_("Business day"), day_of)}


@login_required
def index(request: Request) -> HttpResponse:
    """Show what stands on each account, and the postings."""
    request.actor.require(Right.MONEY_VIEW)
    scope = narrowed(request.actor.scope(Right.MONEY_VIEW), request.GET.get("organisation", ""))
    page = page_of(_matching(scope, request.GET), request)
    ctx = {
        "page": page,
        "lines": [(row, POSTING_LABELS.get(row.kind, row.kind)) for row in page.rows],
        "balances": standing(balances(scope, until=day_of(request.GET.get("until")))),
        "kinds": list(POSTING_LABELS.items()),
        "offices": office_choices(request.actor.scope(Right.MONEY_VIEW)),
        "filtered": any(request.GET.get(name) for name in NARROWING),
        "unread": unread(request.GET, READ),
    }
    return answer(request, "money/ledger.html", "money/_postings.html", ctx)


def _matching(scope: Scope, asked: Mapping[str, Any]) -> "QuerySet[Posting]":
    rows = postings(scope).annotate(entry_count=Count("entries"))
    if kind := one_of(asked, "kind", POSTING_LABELS):
        rows = rows.filter(kind=kind)
    if day := day_of(asked.get("day")):
        rows = rows.filter(day=day)
    if text := text_of(asked, "q"):
        rows = rows.filter(number=text.upper())
    return rows.select_related("organisation")


def standing(told: Iterable[Balance]) -> list[dict[str, Any]]:
    """Return the balances by currency, every account in its usual order, with their sum, which is zero."""
    by_currency: dict[str, dict[str, Balance]] = {}
    for one in told:
        by_currency.setdefault(one.currency, {})[one.account] = one
    order = [account.value for account in Account]
    return [
        {
            "currency": currency,
            "lines": [
                (account, ACCOUNT_LABELS[account], of[account].minor, of[account].payments)
                for account in order
                if account in of
            ],
            "sum": sum(one.minor for one in of.values()),
        }
        for currency, of in sorted(by_currency.items())
    ]


@login_required
def proof(request: Request) -> HttpResponse:
    """Add every posting up again and say whether each comes to zero."""
    request.actor.require(Right.MONEY_VIEW)
    scope = request.actor.scope(Right.MONEY_VIEW)
    rows = entries(scope).order_by()
    sums = rows.values_list("posting__number", "currency").annotate(total=Sum("amount_minor"))
    ctx = {
        "postings": postings(scope).count(),
        "entries": rows.count(),
        "faults": list(
            sums.exclude(total=0).order_by("posting__number", "currency")[:FAULTS_SHOWN]
        ),
    }
    return answer(request, "money/proof.html", "money/_proof.html", ctx)


@login_required
def detail(request: Request, number: str) -> HttpResponse:
    """Show one posting with its entries and what it reverses, or is reversed by."""
    rows = postings(request.actor.scope(Right.MONEY_VIEW)).filter(number=number)
    found = rows.select_related(
        "organisation", "run", "decision", "reverses", "reversed_by"
    ).first()
    if found is None:
        raise NotFound(kind="posting", key=number)
    page = page_of(found.entries.order_by("pk"), request)
    ctx = {
        "posting": found,
        "kind": POSTING_LABELS.get(found.kind, found.kind),
        "page": page,
        "lines": [_line(entry) for entry in page.rows],
        "reversed_by": getattr(found, "reversed_by", None),
        "sums": list(
            found.entries.order_by("currency")
            .values_list("currency")
            .annotate(s=Sum("amount_minor"))
        ),
    }
    return answer(request, "money/posting.html", "money/_entries.html", ctx)


def _line(entry: "Entry") -> dict[str, Any]:
    return {
        "entry": entry,
        "account": ACCOUNT_LABELS.get(entry.account, entry.account),
        "channel": CHANNEL_LABELS.get(entry.channel, entry.channel or "–"),
    }


@login_required
def merchant(request: Request, mid: str) -> HttpResponse:
    """Show what stands on one merchant's accounts, and how it came there.

    Raises:
        NotFound: the ledger has nothing of the merchant within the actor's view, nor is there one of that number.
    """
    if "\x00" in mid:  # PostgreSQL takes none, and no number has one
        raise NotFound(kind="merchant", key=mid.replace("\x00", ""))
    scope = request.actor.scope(Right.MONEY_VIEW)
    rows = entries(scope).filter(mid=mid).select_related("posting").order_by("-posting_id", "-pk")
    page = page_of(rows, request)
    filed = parties.merchants(request.actor.scope(Right.PARTIES_VIEW)).filter(number=mid).first()
    if not page.rows and (filed is None or not scope.covers(filed.organisation.path)):
        raise NotFound(kind="merchant", key=mid)
    ctx = {
        "mid": mid,
        "merchant": filed,
        "page": page,
        "lines": [_line(entry) for entry in page.rows],
        "balances": standing(balances(scope, mid=mid)),
        "of_merchant": True,
        **issued_for(request, mid),
    }
    return answer(request, "money/account.html", "money/_entries.html", ctx)
