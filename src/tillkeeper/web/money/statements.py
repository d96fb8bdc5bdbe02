"""Merchants' statements: those that were issued, one as a page with its proof, as PDF and as a workbook."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tillkeeper.formats.merchant_statements import COLUMNS, SENTENCES, noted
from tillkeeper.kernel.errors import NotFound, TillkeeperError
from tillkeeper.kernel.money import CURRENCIES
from tillkeeper.parties import queries as parties
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.queries import statements as queries
from tillkeeper.settlement.services.statements import as_pdf, as_xlsx, issue_statement
from tillkeeper.settlement.wording import CHANNEL_LABELS
from tillkeeper.web.asking import day_of, text_of
from tillkeeper.web.paging import page_of
from tillkeeper.web.parts import Request, answer, blame

if TYPE_CHECKING:
    from tillkeeper.settlement.models import MerchantStatement

DAY, MONTH = "day", "month"
SHOWN: Final = 12
FORMS: Final = {
    "pdf": ("application/pdf", as_pdf),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
}


class IssueForm(forms.Form):
    """Whose statement, and of which day or month."""

    merchant = forms.CharField(
        label=gettext_lazy("Merchant number"),
        max_length=40,
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off"}),
    )
    period = forms.ChoiceField(
        label=gettext_lazy("Period"),
        choices=[(MONTH, gettext_lazy("the month")), (DAY, gettext_lazy("the day"))],
    )
    on = forms.DateField(
        label=gettext_lazy("Day of the period"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=gettext_lazy("For a month: any of its days."),
    )
    currency = forms.ChoiceField(
        label=gettext_lazy("Currency"), choices=[(code, code) for code in sorted(CURRENCIES)]
    )

    def asked(self) -> dict[str, str]:
        """Return what the service wants to know."""
        told = self.cleaned_data
        on = told["on"].isoformat()
        period = on if told["period"] == DAY else on[: len("2026-03")]
        return {"merchant": told["merchant"], "period": period, "currency": told["currency"]}


@login_required
def index(request: Request) -> HttpResponse:
    """List the statements that were issued, of all merchants or of one."""
    request.actor.require(Right.MONEY_VIEW)
    rows = queries.statements(request.actor.scope(Right.MONEY_VIEW))
    if text := text_of(request.GET, "q", 40):
        rows = rows.filter(merchant__number=text) | rows.filter(number=text.upper())
    page = page_of(rows, request)
    ctx = {"page": page, "lines": page.rows, "filtered": bool(text)}
    return answer(request, "money/statements.html", "money/_statements.html", ctx)


@login_required
def new(request: Request) -> HttpResponse:
    """Ask whose and of when, then issue; what was issued before and is unchanged is shown again."""
    request.actor.require(Right.MONEY_WORK)
    form = IssueForm(request.POST or None, initial=_initial(request.GET))
    if request.method == "POST" and form.is_valid():
        try:
            made = issue_statement(**form.asked(), by=request.actor, at=timezone.now())
        except TillkeeperError as error:
            blame(form, error)
        else:
            page = reverse("web:ledger-statement", args=[made.number])
            if request.htmx:
                return HttpResponse(status=204, headers={"HX-Redirect": page})
            return HttpResponse(status=303, headers={"Location": page})
    ctx = {
        "form": form,
        "title": _("Issue a statement"),
        "lead": _("It is frozen as it is issued. Issued again unchanged, it is the same one."),
        "action": reverse("web:ledger-statements-new"),
        "submit": _("Issue a statement"),
        "cancel_url": reverse("web:ledger-statements"),
    }
    return answer(request, "ui/form_page.html", "ui/_form.html", ctx, 422 if form.errors else 200)


def _initial(asked: Mapping[str, Any]) -> dict[str, Any]:
    last_month = timezone.localdate().replace(day=1) - timedelta(days=1)
    day = day_of(asked.get("day"))
    return {
        "merchant": text_of(asked, "merchant", 40),
        "period": DAY if day else MONTH,
        "on": day or last_month,
        "currency": "CNY",
    }


@login_required
def detail(request: Request, number: str) -> HttpResponse:
    """Show a statement as it was issued, and whether the ledger says the same today."""
    row = queries.statement(request.actor.scope(Right.MONEY_VIEW), number)
    return answer(request, "money/statement.html", "money/statement.html", _context(row))


def _context(row: "MerchantStatement") -> dict[str, Any]:
    said = row.totals
    return {
        "statement": row,
        "said": said,
        "monthly": row.first_day != row.last_day,
        "movements": [(name, _(SENTENCES[name]), said["movements"][name]) for name in COLUMNS],
        "columns": [_(SENTENCES[name]) for name in COLUMNS],
        "rows": [_row(one) for one in said["rows"]],
        "sums": [said["movements"][name] for name in COLUMNS],
        "together": sum(said["movements"].values()),
        "notes": [(_(SENTENCES[name]), _(SENTENCES[note])) for name, note in noted(said)],
        "come_to": queries.proved(said),
        **_held(row),
    }


def _row(one: Mapping[str, Any]) -> dict[str, Any]:
    amounts = [one[name] for name in COLUMNS]
    return {
        "day": one["day"],
        "channel": CHANNEL_LABELS.get(one["channel"], one["channel"] or "–"),
        "payments": one["payments"],
        "amounts": amounts,
        "together": sum(amounts),
    }


def _held(row: "MerchantStatement") -> dict[str, Any]:
    """Return what the ledger holds today at the end of the period, and whether a statement would say the same."""
    now = queries.told(row.merchant, row.first_day, row.last_day, row.currency)
    return {
        "held": now["closing_minor"],
        "same": queries.digest_of(now) == row.sha256,
        "sound": queries.digest_of(row.totals) == row.sha256,
    }


@login_required
def download(request: Request, number: str, form: str) -> HttpResponse:
    """Return a statement as PDF or workbook, in the reader's language.

    Raises:
        NotFound: no such statement within the actor's view, or no such form.
    """
    row = queries.statement(request.actor.scope(Right.MONEY_VIEW), number)
    if form not in FORMS:
        raise NotFound(kind="file", key=form)
    media_type, write = FORMS[form]
    response = HttpResponse(write(row, _), content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{row.number}.{form}"'
    return response


def issued_for(request: Request, mid: str) -> dict[str, Any]:
    """Return what the page of a merchant's account shows of statements: the last ones, and whether one may issue."""
    rows = queries.statements(request.actor.scope(Right.MONEY_VIEW)).filter(merchant__number=mid)
    filed = parties.merchants(request.actor.scope(Right.MONEY_WORK)).filter(number=mid).exists()
    return {"statements": list(rows[:SHOWN]), "may_issue": filed}
