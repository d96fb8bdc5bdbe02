"""New terminals enter the estate when they are ordered, by the serial numbers of the maker's notice."""

import re
from typing import Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from tillkeeper.kernel.errors import TillkeeperError
from tillkeeper.kernel.money import Money
from tillkeeper.parties.queries import vendors
from tillkeeper.parties.roles import Right
from tillkeeper.terminals.queries import terminal_models
from tillkeeper.terminals.services.ordering import Purchase, order_terminals
from tillkeeper.web.parts import Request, answer, blame, wants_part
from tillkeeper.web.places import office_choices
from tillkeeper.web.terminals.outcomes import keep_outcome

BETWEEN: Final = re.compile(r"[\s,;，；、]+")
ORDERED: Final = gettext_noop("Order terminals")


def serials_in(text: str) -> list[str]:
    """Return the serial numbers in a text: one a line, or set apart by commas or blanks; each once, in order."""
    return list(dict.fromkeys(part.upper() for part in BETWEEN.split(text) if part))


class OrderForm(forms.Form):
    """What is common to the terminals of an order, and their serial numbers."""

    serials = forms.CharField(
        label=gettext_lazy("Serial numbers"),
        widget=forms.Textarea(attrs={"rows": 6, "class": "mono", "spellcheck": "false"}),
        help_text=gettext_lazy("One a line, as the maker's notice names them."),
    )  # fmt: skip
    model = forms.ChoiceField(label=gettext_lazy("Model"))
    organisation = forms.ChoiceField(label=gettext_lazy("For which organisation"))
    supplier = forms.ChoiceField(label=gettext_lazy("Supplier"))
    price = forms.DecimalField(
        label=gettext_lazy("Price"), required=False, min_value=0, max_digits=14, decimal_places=2
    )
    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3, initial="CNY")
    owner = forms.CharField(label=gettext_lazy("Owner"), max_length=120, required=False)
    document = forms.CharField(
        label=gettext_lazy("Purchase order"), max_length=40, required=False,
        help_text=gettext_lazy("Number of a paper that exists already; left empty, one is numbered here."),
    )  # fmt: skip

    def purchase(self) -> Purchase:
        """Return what is common as the service takes it."""
        given = dict(self.cleaned_data)
        given.pop("serials")
        price, currency = given.pop("price"), given["currency"].upper()
        minor = None if price is None else Money.of(price, currency).minor
        return Purchase(**{**given, "currency": currency, "price_minor": minor})


@login_required
def new(request: Request) -> HttpResponse:
    """Enter ordered terminals."""
    by = request.actor
    by.require(Right.ORDER)
    form = OrderForm(request.POST or None)
    choices: dict[str, list[tuple[str, Any]]] = {
        "model": [(row.code, row.name) for row in terminal_models()],
        "organisation": list(office_choices(by.scope(Right.ORDER))),
        "supplier": [(row.code, row.name) for row in vendors().order_by("name")],
    }
    for name, offered in choices.items():
        form.fields[name].choices = [("", _("Choose…")), *offered]  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        serials = serials_in(form.cleaned_data["serials"])
        try:
            outcome = order_terminals(
                serials=serials, purchase=form.purchase(), by=by, at=timezone.now()
            )
        except TillkeeperError as error:
            blame(form, error)
        else:
            url = keep_outcome(
                ORDERED, outcome, by=by, back=f"{reverse('web:terminals')}?state=ordered"
            )
            if wants_part(request):
                return HttpResponse(status=204, headers={"HX-Redirect": url})
            return redirect(url)
    ctx = {
        "form": form,
        "title": _("Order terminals"),
        "action": reverse("web:terminals-order"),
        "submit": _("Enter the order"),
        "cancel_url": reverse("web:terminals"),
    }
    return answer(
        request,
        "ui/drawer_form_page.html",
        "ui/_drawer_form.html",
        ctx,
        422 if form.errors else 200,
    )
