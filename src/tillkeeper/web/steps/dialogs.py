"""The dialogs for one terminal: a step, a swap, a proof, the mark of tampering."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from tillkeeper.kernel.errors import NotAllowed, TillkeeperError
from tillkeeper.parties.roles import Right
from tillkeeper.terminals.errors import NeededForStep, TerminalIdTaken
from tillkeeper.terminals.lifecycle import EVIDENCE, STEPS, EvidenceKind, Step
from tillkeeper.terminals.queries import prospects_of, terminal, viewable
from tillkeeper.terminals.selection import Selection
from tillkeeper.terminals.services.evidence import mark_tampered, record_evidence
from tillkeeper.terminals.services.sets import Outcome
from tillkeeper.terminals.services.steps import take_step
from tillkeeper.terminals.services.swaps import swap_terminals
from tillkeeper.terminals.wording import EVIDENCE_LABELS, GUARD_SENTENCES, STATE_LABELS, STEP_LABELS
from tillkeeper.web.parts import Request, answer, blame, changed
from tillkeeper.web.refusals import sentence_of
from tillkeeper.web.steps.forms import (
    BINDING,
    DANGEROUS,
    OneReasonForm,
    OneStepForm,
    SwapForm,
    fit_serial,
)
from tillkeeper.web.steps.proofs import EvidenceForm

if TYPE_CHECKING:
    from tillkeeper.terminals.models import Terminal

Deed = Callable[[], Any]


@login_required
def step(request: Request, serial: str, step: str) -> HttpResponse:
    """Ask what the step needs and take it."""
    if step not in set(Step) - {Step.OPEN}:
        raise Http404(step)
    taken, by = Step(step), request.actor
    if taken is Step.SWAP_OUT:
        return swap(request, serial)
    found = _mine(request, serial, STEPS[taken].right)
    form = OneStepForm(request.POST or None, step=taken, by=by, initial=_initial(found, taken))
    fit_serial(form, found.serial, needed=taken in DANGEROUS)

    def deed() -> None:
        take_step(
            serial=found.serial, step=taken, order=form.order(), version=form.cleaned_data["version"],
            by=by, at=timezone.now(),
        )  # fmt: skip

    said = _("%(serial)s: %(step)s, done") % {"serial": found.serial, "step": STEP_LABELS[taken]}
    ctx = {
        "title": _("%(step)s: %(serial)s") % {"step": STEP_LABELS[taken], "serial": found.serial},
        "lead": _lead(found, taken, request),
        "submit": STEP_LABELS[taken],
        "action": reverse("web:terminal-step", args=[found.serial, step]),
        "danger": taken in DANGEROUS,
    }
    return _ask_or_do(request, found, form, deed, said, ctx)


def _initial(found: "Terminal", step: Step) -> dict[str, Any]:
    """Return what the form may know already: the site it stands at, and the elements it is bound with."""
    initial: dict[str, Any] = {"version": found.version}
    if step not in BINDING or found.site is None:
        return initial
    initial |= {"merchant": found.site.merchant.number, "site": found.site.code}
    stay = found.binding
    if stay is not None:
        initial |= {
            "tid": stay.tid,
            "acquirer_code": stay.acquirer_code,
            "network_reference": stay.network_reference,
        }
    return initial


def _lead(found: "Terminal", step: Step, request: Request) -> str:
    """Return where the step leads, or the first thing that stands in its way."""
    for prospect in prospects_of(found, by=request.actor, at=timezone.now()):
        if prospect.step is step and prospect.failed:
            return _("Not possible yet: %(reason)s.") % {
                "reason": GUARD_SENTENCES[prospect.failed[0]]
            }
        if prospect.step is step and prospect.target:
            states = {"now": STATE_LABELS[found.state], "then": STATE_LABELS[prospect.target]}  # type: ignore[index]
            return _("From “%(now)s” to “%(then)s”.") % states
    return ""


@login_required
def swap(request: Request, serial: str) -> HttpResponse:
    """Take one terminal out and put another in its place."""
    found = _mine(request, serial, Right.BIND)
    form = SwapForm(request.POST or None)

    def deed() -> None:
        swap_terminals(old=found.serial, **form.cleaned_data, by=request.actor, at=timezone.now())

    said = _("%(serial)s has been swapped") % {"serial": found.serial}
    ctx = {
        "title": _("Swap %(serial)s") % {"serial": found.serial},
        "lead": _(
            "The new terminal takes over merchant, terminal id and site; this one goes into transit."
        ),
        "submit": STEP_LABELS[Step.SWAP_OUT],
        "action": reverse("web:terminal-step", args=[found.serial, Step.SWAP_OUT.value]),
    }
    return _ask_or_do(request, found, form, deed, said, ctx)


@login_required
def evidence(request: Request, serial: str, kind: str) -> HttpResponse:
    """Record a proof."""
    if kind not in set(EvidenceKind):
        raise Http404(kind)
    proof = EvidenceKind(kind)
    found = _mine(request, serial, EVIDENCE[proof].right)
    form = EvidenceForm(request.POST or None, kind=proof)

    def deed() -> None:
        _all_or_raise(
            record_evidence(
                selection=Selection(serials=(found.serial,)),
                kind=proof,
                reference=form.cleaned_data["reference"],
                facts=form.facts(),
                by=request.actor,
                at=timezone.now(),
            )
        )

    ctx = {
        "title": _("%(kind)s: %(serial)s")
        % {"kind": EVIDENCE_LABELS[proof], "serial": found.serial},
        "submit": _("Record"),
        "action": reverse("web:terminal-evidence", args=[found.serial, kind]),
    }
    return _ask_or_do(request, found, form, deed, _("The proof has been recorded"), ctx)


@login_required
def tampered(request: Request, serial: str) -> HttpResponse:
    """Mark a terminal as tampered with."""
    found = _mine(request, serial, Right.RISK)
    form = OneReasonForm(request.POST or None)
    fit_serial(form, found.serial, needed=True)

    def deed() -> None:
        chosen = Selection(serials=(found.serial,))
        _all_or_raise(
            mark_tampered(
                selection=chosen, why=form.cleaned_data["why"], by=request.actor, at=timezone.now()
            )
        )

    ctx = {
        "title": _("Mark %(serial)s as tampered") % {"serial": found.serial},
        "lead": _(
            "If it is active it is suspended at once; it sells again only after the vendor has cleared it."
        ),
        "submit": _("Mark as tampered"),
        "action": reverse("web:terminal-tampered", args=[found.serial]),
        "danger": True,
    }
    return _ask_or_do(
        request,
        found,
        form,
        deed,
        _("%(serial)s is marked as tampered") % {"serial": found.serial},
        ctx,
    )


def _all_or_raise(outcome: Outcome) -> None:
    if outcome.refused:
        raise outcome.refused[0].error


def _mine(request: Request, serial: str, right: Right) -> "Terminal":
    """Return a terminal within view; others' are not found, one's own without the right are refused."""
    found = terminal(viewable(request.actor), serial)
    if not request.actor.may(right, found.path):
        raise NotAllowed(right=right)
    return found


def _ask_or_do(
    request: Request,
    found: "Terminal",
    form: forms.Form,
    deed: Deed,
    said: str,
    ctx: dict[str, Any],
) -> HttpResponse:
    page = reverse("web:terminal", args=[found.serial])
    if request.method == "POST" and form.is_valid():
        try:
            deed()
        except TillkeeperError as error:
            blame_at_its_field(form, error)
        else:
            return changed(request, said, page=page)
    ctx |= {"form": form, "cancel_url": page}
    return answer(request, "ui/form_page.html", "ui/_form.html", ctx, 422 if form.errors else 200)


def blame_at_its_field(form: forms.Form, error: TillkeeperError) -> None:
    """Write a refusal beside the field it speaks of."""
    name = None
    if isinstance(error, TerminalIdTaken):
        name = "tid"
    elif isinstance(error, NeededForStep):
        name = error.field
    elif getattr(error, "kind", "") in ("site", "merchant", "organisation"):
        name = str(error.facts()["kind"])
    elif getattr(error, "kind", "") == "terminal" and "new" in form.fields:
        name = "new"
    if name in form.fields:
        form.add_error(name, sentence_of(error))
    else:
        blame(form, error)
