"""Declared layouts: those an organisation's files are read by, with their versions; and the product's formats."""

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from tillkeeper.formats.catalogue import FORMATS
from tillkeeper.formats.layouts.catalogue import TEXTS
from tillkeeper.formats.layouts.errors import BadLayout
from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.errors import NotFound
from tillkeeper.parties import queries as parties
from tillkeeper.parties.roles import Right
from tillkeeper.parties.tree import above
from tillkeeper.settlement.queries import layouts as queries
from tillkeeper.settlement.wording import ROLE_LABELS
from tillkeeper.web.parts import Request
from tillkeeper.web.places import office_choices

if TYPE_CHECKING:
    from tillkeeper.parties.models import Organisation
    from tillkeeper.settlement.models import Layout

VERSIONS_SHOWN: Final = 50
LAYOUTS_SHOWN: Final = 200
AROUND: Final = 3  # lines that are shown around a change


@login_required
def index(request: Request) -> HttpResponse:
    """List the layouts that an organisation knows, and the formats of the product."""
    request.actor.require(Right.MONEY_VIEW)
    scope = request.actor.scope(Right.MONEY_VIEW)
    offices = office_choices(scope)
    node = _node(scope, request.GET.get("organisation", ""), offices)
    rows = _known(node)[:LAYOUTS_SHOWN] if node else []
    in_force = {row.pk for row in queries.layouts_in_force(node.path)} if node else set()
    ctx = {
        "node": node,
        "offices": offices,
        "rows": [_line(row, in_force=row.pk in in_force) for row in rows],
        "built_in": built_in(),
        "may_write": bool(node and request.actor.may(Right.MONEY_RULES, node.path)),
    }
    return render(request, "money/layouts.html", ctx)


def built_in() -> list[dict[str, Any]]:
    """Return the formats of the product by their titles, those that are layouts first."""
    told = [
        {
            "name": name,
            "title": _(form.title),
            "role": ROLE_LABELS[form.role],
            "layout": name in TEXTS,
        }
        for name, form in FORMATS.items()
    ]
    return sorted(told, key=lambda one: (not one["layout"], str(one["title"]).lower()))


def _node(scope: Scope, code: str, offices: list[tuple[str, str]]) -> "Organisation | None":
    """Return the organisation that is asked for, else the first."""
    if code:
        return parties.organisation(scope, code)
    return parties.organisation(scope, offices[0][0]) if offices else None


def _known(node: "Organisation") -> "list[Layout]":
    rows = queries.newest_layouts(Scope((node.path,)))
    return list(rows.filter(path__in=above(node.path)))


def _line(row: "Layout", *, in_force: bool) -> dict[str, Any]:
    """Return what a table shows of a layout. An older version of the product may have taken what this one refuses."""
    try:
        made = queries.declaration(row.text, row.name) if row.text else None
    except BadLayout:
        made = None
    return {
        "row": row,
        "title": made.title if made else "",
        "role": ROLE_LABELS[made.role] if made else "",
        "state": ("broken", _("no longer loads"))
        if row.text and made is None
        else state_of(row, in_force=in_force),
    }


def state_of(row: "Layout", *, in_force: bool) -> tuple[str, str]:
    """Return the colour and the word for how a layout stands."""
    if not row.text:
        return "expired", _("out of use")
    if not in_force:
        return "soon", _("hidden by a nearer one")
    return ("ok", _("proven")) if row.proof else ("soon", _("unproven"))


@login_required
def detail(request: Request, code: str, name: str, number: int | None = None) -> HttpResponse:
    """Show a layout, or one version of it, as it was written, with what its sample proved."""
    request.actor.require(Right.MONEY_VIEW)
    scope = request.actor.scope(Right.MONEY_VIEW)
    row = queries.layout(scope, code, name, number)
    every = list(queries.versions(scope, code, name)[:VERSIONS_SHOWN])
    newest = every[0].version
    ctx = {
        "row": row,
        "is_newest": row.version == newest,
        "newest": newest,
        "form": _form(row),
        "checks": [
            {**one, "holds": one["stated"] == one["found"]} for one in row.proof.get("checks", [])
        ],
        "sums": sorted(row.proof.get("sums", {}).items()),
        "versions": [(one, _before(one, every)) for one in every],
        "may_write": request.actor.may(Right.MONEY_RULES, row.path),
    }
    return render(request, "money/layout.html", ctx)


def _form(row: "Layout") -> Any:
    if not row.text:
        return None
    try:
        form = queries.form_of(row)
    except BadLayout:
        return None
    return {
        "title": form.title,
        "role": ROLE_LABELS[form.role],
        "source": form.source,
        "columns": form.columns,
    }


def _before(row: "Layout", every: "list[Layout]") -> int:
    """Return the version before one, 0 for the first."""
    return max((one.version for one in every if one.version < row.version), default=0)


@login_required
def format_detail(request: Request, name: str) -> HttpResponse:
    """Show a format of the product: its columns, and its text where it is a layout."""
    request.actor.require(Right.MONEY_VIEW)
    if name not in FORMATS:
        raise NotFound(kind="format", key=name)
    form = FORMATS[name]
    ctx = {
        "form": form,
        "title": _(form.title),
        "role": ROLE_LABELS[form.role],
        "text": TEXTS.get(name, ""),
        "may_write": bool(request.actor.scope(Right.MONEY_RULES).paths),
    }
    return render(request, "money/layout_format.html", ctx)


@dataclass(frozen=True, slots=True)
class Changed:
    """A line of a difference: kept, gone or come, with its number on either side."""

    kind: str  # same | gone | come | gap
    old: int | None
    new: int | None
    text: str

    @property
    def mark(self) -> str:
        """What stands before it, so that colour is not all that tells."""
        return {"gone": "−", "come": "+", "gap": "…"}.get(self.kind, "")


@login_required
def compare(request: Request, code: str, name: str, old: int, new: int) -> HttpResponse:
    """Show what is different between two versions, line by line."""
    request.actor.require(Right.MONEY_VIEW)
    scope = request.actor.scope(Right.MONEY_VIEW)
    if old == new:
        raise Http404
    first = queries.layout(scope, code, name, old)
    second = queries.layout(scope, code, name, new)
    lines = difference(first.text, second.text)
    return render(
        request, "money/layout_compare.html", {"first": first, "second": second, "lines": lines}
    )


def difference(old: str, new: str) -> list[Changed]:
    """Return the lines that differ between two texts, with some around them; [] where none does."""
    before, after = old.splitlines(), new.splitlines()
    told: list[Changed] = []
    groups = SequenceMatcher(None, before, after).get_grouped_opcodes(AROUND)
    for number, group in enumerate(groups):
        if number:
            told.append(Changed("gap", None, None, ""))
        for kind, a, b, c, d in group:
            if kind == "equal":
                told += [Changed("same", a + i + 1, c + i + 1, before[a + i]) for i in range(b - a)]
            else:
                told += [Changed("gone", i + 1, None, before[i]) for i in range(a, b)]
                told += [Changed("come", None, i + 1, after[i]) for i in range(c, d)]
    return told
