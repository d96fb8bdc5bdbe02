"""The list of terminals: filters in the URL, tabs by state, pages, columns and saved views."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tillkeeper.kernel.errors import TillkeeperError
from tillkeeper.parties.queries import saved_views
from tillkeeper.parties.roles import Right
from tillkeeper.parties.services.preferences import set_preferences
from tillkeeper.parties.services.views import delete_view, save_view
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.queries import counts_by_state, terminals, viewable
from tillkeeper.terminals.wording import STATE_LABELS
from tillkeeper.web.paging import Page, page_of
from tillkeeper.web.parts import Request, answer, blame, changed
from tillkeeper.web.places import office_choices
from tillkeeper.web.terminals.columns import (
    PAGE,
    USUAL,
    chosen_names,
    column,
    known,
    lines,
    offered,
)
from tillkeeper.web.terminals.filters import FilterForm, filters_of, sort_of, spoken

# Tabs that are there before the counts have come; others appear with theirs.
FIRST_TABS: Final = (State.IN_STOCK, State.READY, State.ISSUED, State.ACTIVE, State.SUSPENDED, State.FAULTY,
                     State.QUARANTINE, State.REPAIR)  # fmt: skip
AROUND: Final = 2
# In the URL, but no field of the filter form.
CARRIED: Final = ("size", "columns", "site")
NOT_A_FILTER: Final = ("page", "size", "sort", "columns", "view")


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab over the list; its count comes later."""

    label: str | Promise
    url: str
    count: int
    now: bool


@login_required
def index(request: Request) -> HttpResponse:
    """Show the list, or its table alone."""
    request.actor.require(Right.VIEW)
    filters, sort = filters_of(request.GET), sort_of(request.GET)
    scope = viewable(request.actor)
    page = page_of(terminals(scope, filters, sort), request, shown=terminals(scope, sort=sort))
    columns = [column(name) for name in chosen_names(request)]
    ctx: dict[str, Any] = {
        "page": page,
        "columns": columns,
        "lines": lines(page.rows, columns, request.actor),
        "sort": sort,
        "filters": filters,
        "spoken": spoken(filters) if not page.rows else (),
        "tabs": _tabs(request.GET, filters.state, None),
        "numbers": numbers(page),
        "query": request.GET.urlencode(),
        "state_now": filters.state,
        "carried": [(name, request.GET[name]) for name in CARRIED if request.GET.get(name)],
    }
    if not request.htmx or request.htmx.target != "table":
        ctx |= {"form": FilterForm(request.GET, request.actor), "views": _views(request)}
    return answer(request, "terminals/list.html", "terminals/_table.html", ctx)


@login_required
def tabs(request: Request) -> HttpResponse:
    """Return the tabs with their counts: asked for after the list, since counting reads every match."""
    request.actor.require(Right.VIEW)
    filters = filters_of(request.GET)
    counts = counts_by_state(viewable(request.actor), filters)
    ctx = {"tabs": _tabs(request.GET, filters.state, counts), "counted": True}
    return render(request, "terminals/_tabs.html", ctx)


def numbers(page: Page) -> list[int | None]:
    """Return the page numbers to offer: the first, those near the present one, the last if known; None is a gap."""
    last = -(-page.total // page.size) if page.exact else page.number + (1 if page.more else 0)
    near = range(max(1, page.number - AROUND), min(max(last, 1), page.number + AROUND) + 1)
    offered = sorted({1, *near, *([last] if page.exact and last else [])})
    found: list[int | None] = []
    for number in offered:
        if found and found[-1] is not None and number > found[-1] + 1:
            found.append(None)
        found.append(number)
    return found


def _tabs(query: QueryDict, chosen: tuple[str, ...], counts: Mapping[str, int] | None) -> list[Tab]:
    """Return the tabs: all, those of several states at once if the URL names such, and one a state."""
    told = counts or {}
    shown = [s for s in State if told.get(s) or s in chosen] if counts else list(FIRST_TABS)
    every = Tab(_("All"), _with_states(query, ()), sum(told.values()), not chosen)
    several = []
    if len(chosen) > 1:
        label = ", ".join(str(STATE_LABELS[State(state)]) for state in chosen)
        several = [
            Tab(label, _with_states(query, chosen), sum(told.get(s, 0) for s in chosen), now=True)
        ]
    ones = [
        Tab(STATE_LABELS[s], _with_states(query, (s,)), told.get(s, 0), chosen == (s,))
        for s in shown
    ]
    return [every, *several, *ones]


def _with_states(query: QueryDict, states: tuple[str, ...]) -> str:
    changed_query = query.copy()
    changed_query.pop("page", None)
    changed_query.setlist("state", list(states))
    encoded = changed_query.urlencode()
    return reverse("web:terminals") + (f"?{encoded}" if encoded else "")


def _views(request: Request) -> list[dict[str, Any]]:
    """Return the saved views as links; the one whose query is this page's is the present one."""
    here = _bare(request.GET)
    found = []
    for view in saved_views(request.user, PAGE):
        query = view.query + (f"&columns={','.join(view.columns)}" if view.columns else "")
        found.append(
            {
                "id": view.pk,
                "name": view.name,
                "query": query,
                "shared_at": view.shared_at,
                "own": view.person_id == request.user.pk,
                "owner": view.person.display_name or view.person.username,
                "now": here == _bare(QueryDict(view.query)) and bool(view.query),
            }
        )
    return found


def _bare(query: QueryDict) -> str:
    """Return a query without what is no filter, in one order."""
    pairs = [
        (name, value)
        for name, values in query.lists()
        for value in values
        if name not in NOT_A_FILTER and value
    ]
    return repr(sorted(pairs))


@login_required
def columns(request: Request) -> HttpResponse:
    """Choose columns and their order; kept for the person."""
    query = request.GET if request.method == "GET" else QueryDict(request.POST.get("query", ""))
    back = f"{reverse('web:terminals')}?{_without_columns(query)}"
    if request.method == "POST":
        names = list(USUAL) if "usual" in request.POST else known(request.POST.getlist("columns"))
        set_preferences(request.user, columns={PAGE: names or list(USUAL)})
        response = HttpResponse(status=204, headers={"HX-Redirect": back})
        return response if request.htmx else redirect(back)
    now = chosen_names(request)
    rest = [name for name in offered(request) if name not in now]
    ctx = {
        "chosen": [column(name) for name in now],
        "rest": [column(name) for name in rest],
        "query": _without_columns(request.GET),
        "back": back,
    }
    return answer(request, "terminals/columns.html", "terminals/_columns.html", ctx)


def _without_columns(query: QueryDict) -> str:
    kept = query.copy()
    for name in ("columns", "page"):
        kept.pop(name, None)
    return kept.urlencode()


class ViewForm(forms.Form):
    """A name for the present filters, and with whom to share them."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    shared_at = forms.ChoiceField(
        label=gettext_lazy("Share with"), required=False,
        help_text=gettext_lazy("Everybody with a role there or below sees the view; each sees in it what is theirs."),
    )  # fmt: skip
    query = forms.CharField(widget=forms.HiddenInput, required=False)
    columns = forms.CharField(widget=forms.HiddenInput, required=False)


@login_required
def views_new(request: Request) -> HttpResponse:
    """Keep the present filters and columns under a name."""
    query = request.GET.copy()
    for name in ("page", "columns", "view"):
        query.pop(name, None)
    initial = {"query": query.urlencode(), "columns": ",".join(chosen_names(request))}
    form = ViewForm(request.POST or None, initial=initial)
    offices = office_choices(viewable(request.actor))
    form.fields["shared_at"].choices = [("", _("nobody: my own view")), *offices]  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            save_view(
                person=request.user, page=PAGE, name=given["name"], query=given["query"],
                columns=known(given["columns"].split(",")), shared_at_code=given["shared_at"] or None,
                by=request.actor, at=timezone.now(),
            )  # fmt: skip
        except TillkeeperError as error:
            blame(form, error)
        else:
            url = f"{reverse('web:terminals')}?{given['query']}"
            if request.htmx:
                return HttpResponse(status=204, headers={"HX-Redirect": url})
            return redirect(url)
    ctx = {
        "form": form,
        "title": _("Save this view"),
        "action": reverse("web:terminals-view-new"),
        "submit": _("Save"),
        "cancel_url": reverse("web:terminals"),
    }
    return answer(request, "ui/form_page.html", "ui/_form.html", ctx, 422 if form.errors else 200)


@login_required
def views_manage(request: Request) -> HttpResponse:
    """List the saved views, to look at or remove them."""
    manages = request.actor.scope(Right.PEOPLE)
    views = [
        {
            **view,
            "removable": view["own"]
            or bool(view["shared_at"] and manages.covers(view["shared_at"].path)),
        }
        for view in _views(request)
    ]
    return answer(request, "terminals/views.html", "terminals/_views_dialog.html", {"views": views})


@login_required
@require_POST
def views_delete(request: Request, view_id: int) -> HttpResponse:
    """Remove a saved view."""
    delete_view(view_id=view_id, by=request.actor, at=timezone.now())
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("web:terminals")})
    return changed(request, _("The view has been removed"), page=reverse("web:terminals"))
