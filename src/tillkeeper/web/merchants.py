"""Merchants: list, one, new, change."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tillkeeper.formats.identifiers import mask_phone
from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.errors import AlreadyExists, Invalid, Stale
from tillkeeper.kernel.search import contains
from tillkeeper.parties import queries
from tillkeeper.parties.roles import Right
from tillkeeper.parties.services.merchants import create_merchant, update_merchant
from tillkeeper.web.conflicts import Difference, over_theirs
from tillkeeper.web.estate import figures_of
from tillkeeper.web.paging import page_of
from tillkeeper.web.parts import Request, answer, blame, changed
from tillkeeper.web.places import narrowed, office_choices
from tillkeeper.web.stories import story_of

if TYPE_CHECKING:
    from tillkeeper.parties.models import Merchant

SORTS: Final = ("number", "-number", "name", "-name")
SITES_SHOWN: Final = 10


class MerchantForm(forms.Form):
    """The facts a merchant is filed with."""

    number = forms.CharField(label=gettext_lazy("Merchant number"), max_length=20)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    parent_code = forms.ChoiceField(
        label=gettext_lazy("Belongs to"), widget=forms.Select(attrs={"data-search": ""})
    )
    uscc = forms.CharField(
        label=gettext_lazy("Unified social credit code"), max_length=18, required=False,
        help_text=gettext_lazy("18 characters. A merchant without one is filed under the id number of its owner."),
    )  # fmt: skip
    id_number = forms.CharField(
        label=gettext_lazy("Id number of the responsible person"), max_length=18, required=False,
        help_text=gettext_lazy("Kept masked; nobody can read it back."),
    )  # fmt: skip
    settlement_account = forms.CharField(
        label=gettext_lazy("Settlement account"), max_length=40, required=False,
        help_text=gettext_lazy("Kept masked; nobody can read it back."),
    )  # fmt: skip
    mcc = forms.CharField(
        label=gettext_lazy("Merchant category (MCC)"), max_length=4, required=False
    )
    contact = forms.CharField(label=gettext_lazy("Contact"), max_length=60, required=False)
    phone = forms.CharField(label=gettext_lazy("Telephone"), max_length=30, required=False)

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        """Offer the offices that the actor may file under."""
        super().__init__(*args, **kwargs)
        self.fields["parent_code"].choices = office_choices(scope)  # type: ignore[attr-defined]


class MerchantChangeForm(MerchantForm):
    """The same facts of a filed merchant. What is only kept masked stays as it is when left empty."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    forget_id_number = forms.BooleanField(
        label=gettext_lazy("Remove the id number on file"), required=False
    )

    KEPT: Final = ("id_number", "settlement_account", "phone")

    def __init__(self, *args: Any, merchant: "Merchant", **kwargs: Any) -> None:
        """Say beside each masked field what is on file."""
        super().__init__(*args, scope=Scope(()), **kwargs)
        for name in ("number", "parent_code"):
            del self.fields[name]
        on_file = {
            "id_number": merchant.id_number_masked,
            "settlement_account": merchant.settlement_account_masked,
            "phone": masked_phone(merchant.phone),
        }
        for name, value in on_file.items():
            if value:
                self.fields[name].help_text = _("On file: %(value)s. Leave empty to keep it.") % {
                    "value": value
                }
        if not merchant.id_number_masked:
            del self.fields["forget_id_number"]

    def changes(self) -> dict[str, Any]:
        """Return the facts as the service takes them."""
        given = dict(self.cleaned_data)
        given.pop("version")
        forget = given.pop("forget_id_number", False)
        for name in self.KEPT:
            if not given[name] and not (name == "id_number" and forget):
                given.pop(name)
        return given


@login_required
def index(request: Request) -> HttpResponse:
    """List merchants by text and place."""
    request.actor.require(Right.PARTIES_VIEW)
    scope = request.actor.scope(Right.PARTIES_VIEW)
    sort = request.GET.get("sort", "")
    sort = sort if sort in SORTS else "number"
    tie = "-pk" if sort.startswith("-") else "pk"
    page = page_of(_matching(scope, request.GET).order_by(sort, tie), request)
    ctx = {
        "page": page,
        "sites": _site_counts(scope, page.rows),
        "sort": sort,
        "offices": office_choices(scope),
        "filtered": any(request.GET.get(name) for name in ("q", "organisation")),
    }
    return answer(request, "merchants/list.html", "merchants/_table.html", ctx)


def _matching(scope: Scope, asked: Mapping[str, Any]) -> "QuerySet[Merchant]":
    rows = queries.merchants(narrowed(scope, asked.get("organisation", ""))).select_related(
        "organisation__parent"
    )
    if text := asked.get("q", "").strip():
        rows = rows.filter(Q(number__startswith=text) | contains("parties_merchant", "name", text))
    return rows


def _site_counts(scope: Scope, rows: Any) -> dict[int, int]:
    """Return how many sites each merchant of a page has, in one statement."""
    counted = queries.sites(scope).filter(merchant__in=[row.pk for row in rows]).order_by()
    return dict(counted.values_list("merchant").annotate(n=Count("pk")))


@login_required
def detail(request: Request, number: str) -> HttpResponse:
    """Show one merchant."""
    scope = request.actor.scope(Right.PARTIES_VIEW)
    merchant = queries.merchant(scope, number)
    return answer(
        request, "merchants/detail.html", "merchants/_drawer.html", facts_of(request, merchant)
    )


def facts_of(request: Request, merchant: "Merchant") -> dict[str, Any]:
    """Return what the page and the drawer of a merchant show."""
    scope = request.actor.scope(Right.PARTIES_VIEW)
    return {
        "merchant": merchant,
        "phone": masked_phone(merchant.phone),
        "sites": queries.sites(scope).filter(merchant=merchant).order_by("code")[:SITES_SHOWN],
        "figures": figures_of(request.actor, merchant=merchant.number),
        "events": story_of(f"merchant:{merchant.number}", scope),
        "may_edit": request.actor.may(Right.PARTIES_EDIT, merchant.organisation.path),
    }


def masked_phone(phone: str) -> str:
    """Return a telephone number as far as everybody may see it."""
    return mask_phone(phone) if phone else ""


@login_required
def new(request: Request) -> HttpResponse:
    """File a merchant."""
    request.actor.require(Right.PARTIES_EDIT)
    form = MerchantForm(request.POST or None, scope=request.actor.scope(Right.PARTIES_EDIT))
    if request.method == "POST" and form.is_valid():
        try:
            merchant = create_merchant(**form.cleaned_data, by=request.actor, at=timezone.now())
        except (Invalid, AlreadyExists) as error:
            blame(form, error)
        else:
            text = _("Merchant %(name)s has been added") % {"name": merchant.name}
            return changed(request, text, page=reverse("web:merchant", args=[merchant.number]))
    ctx = {
        "form": form,
        "title": _("New merchant"),
        "action": reverse("web:merchants-new"),
        "submit": _("Add"),
        "cancel_url": reverse("web:merchants"),
    }
    return answer(
        request,
        "ui/drawer_form_page.html",
        "ui/_drawer_form.html",
        ctx,
        422 if form.errors else 200,
    )


@login_required
def edit(request: Request, number: str) -> HttpResponse:
    """Change a merchant's facts."""
    merchant = queries.merchant(request.actor.scope(Right.PARTIES_VIEW), number)
    request.actor.require(Right.PARTIES_EDIT, merchant.organisation.path)
    initial = {
        name: getattr(merchant, name) for name in ("name", "uscc", "mcc", "contact", "version")
    }
    form = MerchantChangeForm(request.POST or None, merchant=merchant, initial=initial)
    page = reverse("web:merchant", args=[number])
    theirs: list[Difference] = []
    if request.method == "POST" and form.is_valid():
        try:
            version, changes = form.cleaned_data["version"], form.changes()
            update_merchant(
                number=number, changes=changes, version=version, by=request.actor, at=timezone.now()
            )
        except Stale as error:
            theirs = over_theirs(form, initial, error)
        except Invalid as error:
            blame(form, error)
        else:
            return changed(request, _("Saved"), page=page)
    ctx = {
        "form": form,
        "theirs": theirs,
        "title": _("Change %(name)s") % {"name": merchant.name},
        "action": reverse("web:merchant-edit", args=[number]),
        "submit": _("Save"),
        "cancel_url": page,
        "cancel_part": True,
    }
    return answer(
        request,
        "ui/drawer_form_page.html",
        "ui/_drawer_form.html",
        ctx,
        422 if form.errors else 200,
    )


urlpatterns = [
    path("", index, name="merchants"),
    path("new", new, name="merchants-new"),
    path("<str:number>", detail, name="merchant"),
    path("<str:number>/edit", edit, name="merchant-edit"),
]
