"""Sites: list, one, new, change."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.errors import AlreadyExists, Invalid, Stale
from tillkeeper.kernel.search import contains
from tillkeeper.parties import queries
from tillkeeper.parties.roles import Right
from tillkeeper.parties.services.sites import create_site, update_site
from tillkeeper.web.conflicts import Difference, over_theirs
from tillkeeper.web.estate import figures_of
from tillkeeper.web.merchants import masked_phone
from tillkeeper.web.paging import page_of
from tillkeeper.web.parts import Request, answer, blame, changed
from tillkeeper.web.places import narrowed, office_choices
from tillkeeper.web.stories import story_of

if TYPE_CHECKING:
    from tillkeeper.parties.models import Site

SORTS: Final = ("code", "-code", "name", "-name")
PROVINCES_SHOWN: Final = 60


class SiteForm(forms.Form):
    """The facts a site is filed with."""

    merchant_number = forms.CharField(label=gettext_lazy("Merchant number"), max_length=20)
    code = forms.CharField(label=gettext_lazy("Code"), max_length=39)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    address = forms.CharField(
        label=gettext_lazy("Address"), max_length=200,
        help_text=gettext_lazy("Where the terminals stand, as it is filed with the acquirer."),
    )  # fmt: skip
    province = forms.CharField(label=gettext_lazy("Province"), max_length=40, required=False)
    city = forms.CharField(label=gettext_lazy("City"), max_length=40, required=False)
    latitude = forms.DecimalField(
        label=gettext_lazy("Latitude"), required=False, min_value=-90, max_value=90
    )
    longitude = forms.DecimalField(
        label=gettext_lazy("Longitude"), required=False, min_value=-180, max_value=180
    )
    contact = forms.CharField(label=gettext_lazy("Contact"), max_length=60, required=False)
    phone = forms.CharField(label=gettext_lazy("Telephone"), max_length=30, required=False)


class SiteChangeForm(SiteForm):
    """The same facts of a filed site; the telephone number stays as it is when left empty."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, site: "Site", **kwargs: Any) -> None:
        """Leave out what does not change, and say which telephone number is on file."""
        super().__init__(*args, **kwargs)
        for name in ("merchant_number", "code"):
            del self.fields[name]
        if site.phone:
            on_file = {"value": masked_phone(site.phone)}
            self.fields["phone"].help_text = (
                _("On file: %(value)s. Leave empty to keep it.") % on_file
            )

    def changes(self) -> dict[str, Any]:
        """Return the facts as the service takes them."""
        given = dict(self.cleaned_data)
        given.pop("version")
        if not given["phone"]:
            given.pop("phone")
        return given


@login_required
def index(request: Request) -> HttpResponse:
    """List sites by text, province, place and merchant."""
    request.actor.require(Right.PARTIES_VIEW)
    scope = request.actor.scope(Right.PARTIES_VIEW)
    sort = request.GET.get("sort", "")
    sort = sort if sort in SORTS else "code"
    tie = "-pk" if sort.startswith("-") else "pk"
    ctx = {
        "page": page_of(_matching(scope, request.GET).order_by(sort, tie), request),
        "sort": sort,
        "offices": office_choices(scope),
        "provinces": _provinces(scope),
        "filtered": any(
            request.GET.get(name) for name in ("q", "organisation", "province", "merchant")
        ),
    }
    return answer(request, "sites/list.html", "sites/_table.html", ctx)


def _matching(scope: Scope, asked: Mapping[str, Any]) -> "QuerySet[Site]":
    rows = queries.sites(narrowed(scope, asked.get("organisation", ""))).select_related("merchant")
    if province := asked.get("province"):
        rows = rows.filter(province=province)
    if merchant := asked.get("merchant"):
        rows = rows.filter(merchant__number=merchant)
    if text := asked.get("q", "").strip():
        named = contains("parties_site", "name", text) | contains("parties_site", "address", text)
        rows = rows.filter(Q(code__startswith=text) | named)
    return rows


def _provinces(scope: Scope) -> list[str]:
    found = (
        queries.sites(scope)
        .exclude(province="")
        .order_by("province")
        .values_list("province", flat=True)
    )
    return list(found.distinct()[:PROVINCES_SHOWN])


@login_required
def detail(request: Request, code: str) -> HttpResponse:
    """Show one site."""
    site = queries.site(request.actor.scope(Right.PARTIES_VIEW), code)
    return answer(request, "sites/detail.html", "sites/_drawer.html", facts_of(request, site))


def facts_of(request: Request, site: "Site") -> dict[str, Any]:
    """Return what the page and the drawer of a site show."""
    return {
        "site": site,
        "phone": masked_phone(site.phone),
        "figures": figures_of(request.actor, site=site.code),
        "events": story_of(f"site:{site.code}", request.actor.scope(Right.PARTIES_VIEW)),
        "may_edit": request.actor.may(Right.PARTIES_EDIT, site.organisation.path),
    }


@login_required
def new(request: Request) -> HttpResponse:
    """File a site; `?merchant=` fills in whose it is."""
    request.actor.require(Right.PARTIES_EDIT)
    form = SiteForm(
        request.POST or None, initial={"merchant_number": request.GET.get("merchant", "")}
    )
    if request.method == "POST" and form.is_valid():
        try:
            site = create_site(**form.cleaned_data, by=request.actor, at=timezone.now())
        except (Invalid, AlreadyExists) as error:
            blame(form, error)
        else:
            text = _("Site %(name)s has been added") % {"name": site.name}
            return changed(request, text, page=reverse("web:site", args=[site.code]))
    ctx = {
        "form": form,
        "title": _("New site"),
        "action": reverse("web:sites-new"),
        "submit": _("Add"),
        "cancel_url": reverse("web:sites"),
    }
    return answer(
        request,
        "ui/drawer_form_page.html",
        "ui/_drawer_form.html",
        ctx,
        422 if form.errors else 200,
    )


@login_required
def edit(request: Request, code: str) -> HttpResponse:
    """Change a site's facts."""
    site = queries.site(request.actor.scope(Right.PARTIES_VIEW), code)
    request.actor.require(Right.PARTIES_EDIT, site.organisation.path)
    shown = ("name", "address", "province", "city", "latitude", "longitude", "contact", "version")
    initial = {name: getattr(site, name) for name in shown}
    form = SiteChangeForm(request.POST or None, site=site, initial=initial)
    page = reverse("web:site", args=[code])
    theirs: list[Difference] = []
    if request.method == "POST" and form.is_valid():
        try:
            version, changes = form.cleaned_data["version"], form.changes()
            update_site(
                code=code, changes=changes, version=version, by=request.actor, at=timezone.now()
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
        "title": _("Change %(name)s") % {"name": site.name},
        "action": reverse("web:site-edit", args=[code]),
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
    path("", index, name="sites"),
    path("new", new, name="sites-new"),
    path("<str:code>", detail, name="site"),
    path("<str:code>/edit", edit, name="site-edit"),
]
