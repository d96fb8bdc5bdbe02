"""The filters of the list, from the URL and as a form. What cannot be read narrows nothing."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django import forms
from django.core.cache import cache
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from tillkeeper.kernel.actor import Actor, Scope
from tillkeeper.parties.queries import sites, vendors
from tillkeeper.parties.roles import Right
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.queries import SORTS, terminal_models, viewable
from tillkeeper.terminals.selection import Filters
from tillkeeper.terminals.wording import HOLDER_LABELS
from tillkeeper.web.live.wording import HEARD_LABELS
from tillkeeper.web.places import office_choices

TEXTS: Final = (
    "q",
    "model",
    "organisation",
    "merchant",
    "vendor",
    "site",
    "province",
    "city",
    "holder",
    "origin",
    "live",
)
DATES: Final = ("received_from", "received_to", "approval_until", "overdue_on", "slow_on")
FLAGS: Final = {"true": True, "false": False}
# Shown behind «more»; the others stand in the first line.
MORE: Final = (
    "vendor", "merchant", "province", "city", "holder", "tampered", "received_from", "received_to",
    "approval_until", "origin",
)  # fmt: skip
PLACES_KEPT_S: Final = 600
LONGEST: Final = 120


def filters_of(query: QueryDict) -> Filters:
    """Return the filters that a query string names."""
    given: dict[str, Any] = {name: query.get(name, "").strip()[:LONGEST] for name in TEXTS}
    given["live"] = given["live"] if given["live"] in HEARD_LABELS else ""
    given |= {name: _day(query.get(name, "")) for name in DATES}
    states = tuple(state for state in query.getlist("state") if state in set(State))
    return Filters(**given, state=states, tampered=FLAGS.get(query.get("tampered", "")))


def sort_of(query: QueryDict) -> str:
    """Return the sort that a query string names, if the list knows it."""
    sort = query.get("sort", "")
    return sort if sort in SORTS else "serial"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class FilterForm(forms.Form):
    """The filters as people set them; never validated, only drawn."""

    q = forms.CharField(label=_("Serial number, terminal id, merchant"), required=False)
    model = forms.ChoiceField(label=_("Model"), required=False)
    organisation = forms.ChoiceField(label=_("Organisation"), required=False)
    live = forms.ChoiceField(
        label=_("How it is heard"), required=False, choices=[("", _("How it is heard")), *HEARD_LABELS.items()]
    )  # fmt: skip
    vendor = forms.ChoiceField(label=_("Vendor"), required=False)
    merchant = forms.CharField(label=_("Merchant number"), required=False)
    province = forms.ChoiceField(label=_("Province"), required=False)
    city = forms.CharField(label=_("City"), required=False)
    holder = forms.ChoiceField(label=_("Holder"), required=False)
    tampered = forms.ChoiceField(
        label=_("Tampered"),
        required=False,
        choices=[("", "–"), ("true", _("yes")), ("false", _("no"))],
    )
    received_from = forms.DateField(label=_("Received from"), required=False)
    received_to = forms.DateField(label=_("Received until"), required=False)
    approval_until = forms.DateField(label=_("Approval ends by"), required=False)
    origin = forms.CharField(label=_("Import or order number"), required=False)

    def __init__(self, query: QueryDict, by: Actor) -> None:
        """Offer what the actor may narrow to."""
        super().__init__(initial=query.dict())
        scope = viewable(by)
        choices: Mapping[str, list[tuple[str, Any]]] = {
            "model": [(row.code, row.name) for row in terminal_models()],
            "organisation": list(office_choices(scope)),
            "vendor": [(row.code, row.name) for row in vendors().order_by("name")],
            "province": [(name, name) for name in provinces(by.scope(Right.PARTIES_VIEW))],
            "holder": [(holder.value, label) for holder, label in HOLDER_LABELS.items()],
        }
        for name, offered in choices.items():
            self.fields[name].choices = [("", self.fields[name].label), *offered]  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            field.widget.attrs |= {"aria-label": field.label, "class": _look(field)}
            if isinstance(field, forms.DateField):
                field.widget.input_type = "date"
            if name == "q":
                field.widget.input_type = "search"
                field.widget.attrs |= {"placeholder": field.label, "autocomplete": "off"}

    @property
    def more(self) -> list[forms.BoundField]:
        """The filters behind «more»."""
        return [self[name] for name in MORE]

    @property
    def more_set(self) -> int:
        """How many of them narrow."""
        return sum(1 for name in MORE if self.initial.get(name))


def _look(field: forms.Field) -> str:
    return "form-select" if isinstance(field, forms.ChoiceField) else "form-control"


def provinces(scope: Scope) -> list[str]:
    """Return the provinces of the sites in view. Asked of the database every ten minutes at most: it reads them all."""
    key = "provinces:" + ",".join(scope.paths)
    found = cache.get(key)
    if found is None:
        rows = sites(scope).exclude(province="").order_by("province")
        found = list(rows.values_list("province", flat=True).distinct())
        cache.set(key, found, PLACES_KEPT_S)
    return list(found)


def spoken(filters: Filters) -> list[tuple[Any, str]]:
    """Return what is narrowed as pairs of name and value, for the empty list and for dialogs."""
    labels = {name: field.label for name, field in FilterForm.base_fields.items()} | {
        "state": _("State")
    }
    return [(labels.get(name, name), _value(value)) for name, value in filters.facts().items()]


def _value(value: Any) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)
