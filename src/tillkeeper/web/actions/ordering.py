"""Asking chosen terminals for something from afar: what, why and when; for locking and wiping the number is typed."""

from datetime import timedelta
from typing import Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tillkeeper.kernel.errors import TillkeeperError
from tillkeeper.telemetry.action_words import KIND_LABELS
from tillkeeper.telemetry.lifecycle import FOUR_EYES, SEIZING, ActionKind, right_to
from tillkeeper.telemetry.services.actions.orders import Wanted, order_actions
from tillkeeper.terminals.queries.forecast import selected_count
from tillkeeper.web.actions.wording import PARTS
from tillkeeper.web.parts import Request, answer, blame, sent_by_list, wants_part
from tillkeeper.web.terminals.bulk import SHOWN_SERIALS, CountMixin
from tillkeeper.web.terminals.chosen import chosen_of
from tillkeeper.web.toml_text import of_toml

EXPIRIES: Final = {
    "1": gettext_lazy("after an hour"),
    "24": gettext_lazy("after a day"),
    "168": gettext_lazy("after a week"),
    "720": gettext_lazy("after 30 days"),
}
TOML_ERROR: Final = gettext_lazy("Write a line each, like printer.density = 3.")


class OrderForm(CountMixin, forms.Form):
    """What any kind of action needs to be told; fields of one kind are left out for the others."""

    parts = forms.MultipleChoiceField(
        label=gettext_lazy("What is tested"), choices=list(PARTS.items()), initial=list(PARTS),
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    hours = forms.IntegerField(
        label=gettext_lazy("Of the last hours"), initial=24, min_value=1, max_value=720
    )
    values = forms.CharField(
        label=gettext_lazy("Settings"), max_length=4_000, strip=False, help_text=TOML_ERROR,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "class": "code"}),
    )  # fmt: skip
    zh = forms.CharField(label=gettext_lazy("Message in Chinese"), max_length=200)
    en = forms.CharField(label=gettext_lazy("Message in English"), max_length=200)
    why = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    opens = forms.TimeField(
        label=gettext_lazy("Only from"), required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )  # fmt: skip
    shuts = forms.TimeField(
        label=gettext_lazy("until"), required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        help_text=gettext_lazy("By each site's clock; empty: as soon as the terminal calls."),
    )  # fmt: skip
    expires = forms.ChoiceField(
        label=gettext_lazy("Expires"), choices=list(EXPIRIES.items()), initial="168"
    )

    OF_KIND: Final = {
        ActionKind.SELF_TEST: ("parts",),
        ActionKind.FETCH_LOG: ("hours",),
        ActionKind.CONFIGURE: ("values",),
        ActionKind.MESSAGE: ("zh", "en"),
    }

    def __init__(self, *args: Any, kind: ActionKind, count: int, **kwargs: Any) -> None:
        """Keep the fields of this kind; ask for the number where terminals are taken from people."""
        super().__init__(*args, **kwargs)
        self.kind, self.expected = kind, count
        for name in (name for names in self.OF_KIND.values() for name in names):
            if name not in self.OF_KIND.get(kind, ()):
                del self.fields[name]
        if kind in SEIZING:
            self.fields["confirm"].widget.attrs |= {
                "inputmode": "numeric",
                "placeholder": str(count),
            }
            self.order_fields([name for name in self.fields if name != "confirm"])
        else:
            del self.fields["confirm"]

    def clean_values(self) -> dict[str, Any]:
        """Read the lines."""
        try:
            return of_toml(self.cleaned_data["values"])
        except ValueError:
            raise forms.ValidationError(TOML_ERROR) from None

    def wanted(self) -> Wanted:
        """Return it as the service takes it."""
        told, at = self.cleaned_data, timezone.now()
        opens, shuts = told["opens"], told["shuts"]
        return Wanted(
            kind=self.kind,
            why=told["why"],
            arguments=self._arguments(),
            window={"from": f"{opens:%H:%M}", "to": f"{shuts:%H:%M}"} if opens and shuts else {},
            expires_at=at + timedelta(hours=int(told["expires"])),
        )

    def _arguments(self) -> dict[str, Any]:
        told, at = self.cleaned_data, timezone.now()
        if self.kind is ActionKind.FETCH_LOG:
            return {"from": at - timedelta(hours=told["hours"]), "to": at}
        if self.kind is ActionKind.CONFIGURE:
            return {"values": _flat(told["values"])}
        return {name: told[name] for name in self.OF_KIND.get(self.kind, ())}


@login_required
@sent_by_list("web:terminals")
def new(request: Request, kind: str) -> HttpResponse:
    """Ask what a kind of action needs; then order it for the chosen terminals."""
    if kind not in set(ActionKind):
        raise Http404(kind)
    wanted = ActionKind(kind)
    request.actor.require(right_to(wanted))
    chosen = chosen_of(request)
    count = 0 if chosen.nothing else selected_count(chosen.selection, request.actor)
    sent = request.POST if "confirmed" in request.POST else None
    form = OrderForm(sent, kind=wanted, count=count)
    if sent is not None and form.is_valid():
        try:
            order = order_actions(
                wanted=form.wanted(),
                selection=chosen.selection,
                by=request.actor,
                at=timezone.now(),
            )
        except TillkeeperError as refused:
            blame(form, refused)
        else:
            page = reverse("web:action", args=[order.number])
            if wants_part(request):
                return HttpResponse(status=204, headers={"HX-Redirect": page})
            return redirect(page)
    heading = ngettext("%(what)s: %(n)s terminal", "%(what)s: %(n)s terminals", count)
    ctx = {
        "form": form,
        "chosen": chosen,
        "count": count,
        "some": chosen.serials[:SHOWN_SERIALS],
        "heading": heading % {"what": KIND_LABELS[wanted], "n": f"{count:,}"},
        "title": KIND_LABELS[wanted],
        "lead": _("A second person has to approve it.") if wanted in FOUR_EYES else "",
        "danger": wanted in SEIZING,
        "action": request.path,
    }
    status = 422 if form.errors else 200
    return answer(request, "terminals/bulk.html", "terminals/_bulk.html", ctx, status)


def _flat(values: dict[str, Any], before: str = "") -> dict[str, Any]:
    """Return tables of TOML as names with dots, the way terminals are told settings."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        found |= (
            _flat(value, f"{before}{name}.") if isinstance(value, dict) else {before + name: value}
        )
    return found
