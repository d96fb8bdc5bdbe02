"""The catalogue of models: list, one, new, change, approvals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from tillkeeper.kernel.errors import Stale, TillkeeperError
from tillkeeper.parties.queries import vendors
from tillkeeper.parties.roles import Right
from tillkeeper.terminals.lifecycle import FINAL
from tillkeeper.terminals.queries import terminal_model, terminal_models, viewable
from tillkeeper.terminals.queries.holdings import counts_by_model
from tillkeeper.terminals.services.catalogue import create_model, record_approval, update_model
from tillkeeper.web.catalogue.forms import (
    FORM_LABELS,
    SCHEMES,
    ApprovalForm,
    ModelChangeForm,
    ModelForm,
)
from tillkeeper.web.conflicts import Difference, over_theirs
from tillkeeper.web.estate import figures_of
from tillkeeper.web.parts import Request, answer, blame, changed
from tillkeeper.web.stories import story_of

if TYPE_CHECKING:
    from tillkeeper.terminals.models import TerminalModel

SOON_DAYS: Final = 180
STATES: Final = ("expired", "soon", "none")


@dataclass(frozen=True, slots=True)
class Line:
    """One model of the list."""

    model: "TerminalModel"
    form: Any
    until: date | None
    days: int | None
    terminals: int

    @property
    def state(self) -> str:
        """How its last approval stands."""
        if self.days is None:
            return "none"
        return "expired" if self.days < 0 else "soon" if self.days <= SOON_DAYS else "valid"


@login_required
def index(request: Request) -> HttpResponse:
    """List the models of the catalogue."""
    request.actor.require(Right.VIEW)
    today = timezone.localdate()
    held = counts_by_model(viewable(request.actor))
    asked = request.GET.get("approval", "")
    text = request.GET.get("q", "").strip().lower()
    lines = [
        line
        for line in (
            _line(row, held, today) for row in terminal_models(request.GET.get("vendor", ""))
        )
        if (asked not in STATES or line.state == asked)
        and (
            not text
            or text in f"{line.model.name} {line.model.code} {line.model.vendor.name}".lower()
        )
    ]
    ctx = {
        "lines": lines,
        "vendors": [(row.code, row.name) for row in vendors().order_by("name")],
        "filtered": any(request.GET.get(name) for name in ("vendor", "approval", "q")),
    }
    return answer(request, "models/list.html", "models/_table.html", ctx)


def _line(row: Any, held: dict[int, int], today: date) -> Line:
    until = row.approved_until
    days = (until - today).days if until else None
    return Line(row, FORM_LABELS.get(row.form, row.form), until, days, held.get(row.pk, 0))


@login_required
def detail(request: Request, code: str) -> HttpResponse:
    """Show one model with its approvals and its terminals by state."""
    request.actor.require(Right.VIEW)
    model = terminal_model(code)
    today = timezone.localdate()
    schemes = dict(SCHEMES)
    approvals = [
        (row, schemes.get(row.scheme, row.scheme), (row.expires_on - today).days)
        for row in sorted(model.approvals.all(), key=lambda row: row.expires_on, reverse=True)
    ]
    ctx = {
        "model": model,
        "form_label": FORM_LABELS.get(model.form, model.form),
        "approvals": approvals,
        "soon": SOON_DAYS,
        "today": today,
        "figures": figures_of(request.actor, model=model.code),
        "final": sorted(FINAL),
        "events": story_of(f"model:{model.code}", request.actor.scope(Right.VIEW)),
        "may_edit": bool(request.actor.scope(Right.EDIT).paths),
    }
    return answer(request, "models/detail.html", "models/_drawer.html", ctx)


@login_required
def new(request: Request) -> HttpResponse:
    """Add a model."""
    request.actor.require(Right.EDIT)
    form = ModelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = create_model(**form.cleaned_data, by=request.actor, at=timezone.now())
        except TillkeeperError as error:
            blame(form, error)
        else:
            said = _("Model %(name)s has been added") % {"name": made.name}
            return changed(request, said, page=reverse("web:model", args=[made.code]))
    return _ask(request, form, _("New model"), reverse("web:models-new"), reverse("web:models"))


@login_required
def edit(request: Request, code: str) -> HttpResponse:
    """Correct a model."""
    request.actor.require(Right.EDIT)
    model = terminal_model(code)
    names = ("name", "form", "pts_version", "end_of_sale_on", "end_of_support_on", "version")
    initial = {name: getattr(model, name) for name in names}
    form = ModelChangeForm(request.POST or None, initial=initial)
    page = reverse("web:model", args=[code])
    theirs: list[Difference] = []
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        try:
            update_model(
                code=code,
                version=given.pop("version"),
                changes=given,
                by=request.actor,
                at=timezone.now(),
            )
        except Stale as error:
            theirs = over_theirs(form, initial, error)
        except TillkeeperError as error:
            blame(form, error)
        else:
            return changed(request, _("Saved"), page=page)
    title = _("Change %(name)s") % {"name": model.name}
    return _ask(request, form, title, reverse("web:model-edit", args=[code]), page, theirs)


@login_required
def approval(request: Request, code: str) -> HttpResponse:
    """Record a certificate, or correct the one of the same scheme and number."""
    request.actor.require(Right.EDIT)
    model = terminal_model(code)
    form = ApprovalForm(request.POST or None)
    page = reverse("web:model", args=[code])
    if request.method == "POST" and form.is_valid():
        try:
            record_approval(code=code, **form.cleaned_data, by=request.actor, at=timezone.now())
        except TillkeeperError as error:
            blame(form, error)
        else:
            return changed(request, _("The approval has been recorded"), page=page)
    title = _("Approval of %(name)s") % {"name": model.name}
    return _ask(request, form, title, reverse("web:model-approval-new", args=[code]), page)


def _ask(
    request: Request,
    form: forms.Form,
    title: str,
    action: str,
    cancel: str,
    theirs: Sequence[Difference] = (),
) -> HttpResponse:
    ctx = {
        "form": form,
        "theirs": theirs,
        "title": title,
        "action": action,
        "submit": _("Save"),
        "cancel_url": cancel,
    }
    return answer(request, "ui/form_page.html", "ui/_form.html", ctx, 422 if form.errors else 200)
