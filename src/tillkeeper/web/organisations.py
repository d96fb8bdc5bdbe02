"""The organisation tree: looked at, grown, renamed, moved."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.errors import AlreadyExists, Conflict, Invalid, NotFound, Stale
from tillkeeper.parties import queries
from tillkeeper.parties.queries import TreeRow
from tillkeeper.parties.roles import Right
from tillkeeper.parties.services.organisations import (
    create_organisation,
    move_organisation,
    update_organisation,
)
from tillkeeper.parties.tree import OFFICES, PARENTS
from tillkeeper.parties.wording import KIND_LABELS
from tillkeeper.web.conflicts import Difference, over_theirs
from tillkeeper.web.estate import figures_of
from tillkeeper.web.parts import Request, answer, blame, changed
from tillkeeper.web.places import INDENT
from tillkeeper.web.stories import story_of

if TYPE_CHECKING:
    from tillkeeper.parties.models import Organisation

OPEN_LEVELS: Final = 2  # of the tree, before anybody has touched it


@dataclass(slots=True)
class Node:
    """A node with what hangs below it, as the page nests it."""

    organisation: "Organisation"
    kind_label: Any
    depth: int
    may_edit: bool
    children: list["Node"] = field(default_factory=list)

    @property
    def opened(self) -> bool:
        """Say whether it shows its children from the start."""
        return self.depth < OPEN_LEVELS


def nested(rows: Iterable[TreeRow], editable: Scope) -> list[Node]:
    """Hang the rows of an indented list below each other."""
    tops: list[Node] = []
    line: list[Node] = []
    for row in rows:
        there = row.organisation
        node = Node(there, KIND_LABELS[there.kind], row.depth, editable.covers(there.path))
        while line and not there.path.startswith(line[-1].organisation.path):
            line.pop()
        (line[-1].children if line else tops).append(node)
        line.append(node)
    return tops


class NewForm(forms.Form):
    """A branch or an agent below a node."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"))
    code = forms.CharField(
        label=gettext_lazy("Code"), max_length=39,
        help_text=gettext_lazy("Letters, digits, . - _; it cannot be changed later."),
    )  # fmt: skip
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)

    def __init__(self, *args: Any, parent: "Organisation", **kwargs: Any) -> None:
        """Offer the kinds that may stand below the parent."""
        super().__init__(*args, **kwargs)
        kinds = [kind for kind in OFFICES if parent.kind in PARENTS[kind]]
        self.fields["kind"].choices = [(kind, KIND_LABELS[kind]) for kind in kinds]  # type: ignore[attr-defined]


class RenameForm(forms.Form):
    """Another name."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    version = forms.IntegerField(widget=forms.HiddenInput)


class MoveForm(forms.Form):
    """Another place."""

    parent_code = forms.ChoiceField(
        label=gettext_lazy("Move below"), widget=forms.Select(attrs={"data-search": ""})
    )

    def __init__(self, *args: Any, node: "Organisation", scope: Scope, **kwargs: Any) -> None:
        """Offer the places where such a node may stand, without itself and what lies below it."""
        super().__init__(*args, **kwargs)
        self.fields["parent_code"].choices = [  # type: ignore[attr-defined]
            (row.organisation.code, INDENT * row.depth + row.organisation.name)
            for row in queries.organisation_tree(scope)
            if row.organisation.kind in PARENTS[node.kind]
            and not row.organisation.path.startswith(node.path)
        ]


@login_required
def index(request: Request) -> HttpResponse:
    """Show the offices as a tree."""
    request.actor.require(Right.PARTIES_VIEW)
    rows = queries.organisation_tree(request.actor.scope(Right.PARTIES_VIEW))
    nodes = nested(rows, request.actor.scope(Right.PARTIES_EDIT))
    return answer(
        request,
        "organisations/tree.html",
        "organisations/_tree.html",
        {"nodes": nodes, "total": len(rows)},
    )


@login_required
def detail(request: Request, code: str) -> HttpResponse:
    """Show one node."""
    scope = request.actor.scope(Right.PARTIES_VIEW)
    node = queries.organisation(scope, code)
    ctx = {
        "node": node,
        "kind_label": KIND_LABELS[node.kind],
        "is_office": node.kind in OFFICES,
        "figures": figures_of(request.actor, organisation=code),
        "events": story_of(f"organisation:{code}", scope),
        "may_edit": request.actor.may(Right.PARTIES_EDIT, node.path),
    }
    return answer(request, "organisations/detail.html", "organisations/_drawer.html", ctx)


@login_required
def new(request: Request, code: str) -> HttpResponse:
    """Make a node below this one."""
    parent = _editable(request, code)
    form = NewForm(request.POST or None, parent=parent)
    if request.method == "POST" and form.is_valid():
        try:
            made = create_organisation(
                **form.cleaned_data, parent_code=parent.code, by=request.actor, at=timezone.now()
            )
        except (Invalid, AlreadyExists) as error:
            blame(form, error)
        else:
            return changed(
                request, _("%(name)s has been added") % {"name": made.name}, page=_page(made.code)
            )
    ctx = {
        "form": form,
        "title": _("New below %(name)s") % {"name": parent.name},
        "action": reverse("web:organisation-new", args=[code]),
        "submit": _("Add"),
    }
    return _dialog(request, ctx)


@login_required
def rename(request: Request, code: str) -> HttpResponse:
    """Give a node another name; if somebody else was quicker, show both and let the person decide."""
    node = _editable(request, code)
    theirs: list[Difference] = []
    form = RenameForm(request.POST or None, initial={"name": node.name, "version": node.version})
    if request.method == "POST" and form.is_valid():
        try:
            update_organisation(code=code, **form.cleaned_data, by=request.actor, at=timezone.now())
        except Stale as error:
            theirs = over_theirs(form, {"name": _editable(request, code).name}, error)
        except Invalid as error:
            blame(form, error)
        else:
            return changed(request, _("Saved"), page=_page(code))
    ctx = {
        "form": form,
        "theirs": theirs,
        "title": _("Rename %(name)s") % {"name": node.name},
        "action": reverse("web:organisation-rename", args=[code]),
        "submit": _("Save"),
    }
    return _dialog(request, ctx)


@login_required
def move(request: Request, code: str) -> HttpResponse:
    """Put a node, and all below it, under another one."""
    node = _editable(request, code)
    form = MoveForm(request.POST or None, node=node, scope=request.actor.scope(Right.PARTIES_EDIT))
    if request.method == "POST" and form.is_valid():
        try:
            move_organisation(code=code, **form.cleaned_data, by=request.actor, at=timezone.now())
        except Conflict as error:
            blame(form, error)
        else:
            return changed(
                request, _("%(name)s has been moved") % {"name": node.name}, page=_page(code)
            )
    ctx = {
        "form": form,
        "title": _("Move %(name)s") % {"name": node.name},
        "lead": _(
            "Everything below it moves along: merchants, sites, terminals, and what people may see."
        ),
        "action": reverse("web:organisation-move", args=[code]),
        "submit": _("Move"),
    }
    return _dialog(request, ctx)


def _editable(request: Request, code: str) -> "Organisation":
    node = queries.organisation(request.actor.scope(Right.PARTIES_VIEW), code)
    if node.kind not in OFFICES:
        raise NotFound(kind="organisation", key=code)
    request.actor.require(Right.PARTIES_EDIT, node.path)
    return node


def _page(code: str) -> str:
    return reverse("web:organisation", args=[code])


def _dialog(request: Request, ctx: dict[str, Any]) -> HttpResponse:
    ctx["cancel_url"] = reverse("web:organisations")
    return answer(
        request, "ui/form_page.html", "ui/_form.html", ctx, 422 if ctx["form"].errors else 200
    )


urlpatterns = [
    path("", index, name="organisations"),
    path("<str:code>", detail, name="organisation"),
    path("<str:code>/new", new, name="organisation-new"),
    path("<str:code>/rename", rename, name="organisation-rename"),
    path("<str:code>/move", move, name="organisation-move"),
]
