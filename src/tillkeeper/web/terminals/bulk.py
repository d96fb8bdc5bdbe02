"""Acting on many terminals: what may be done, a dry run before it, a result for each afterwards."""

from collections.abc import Callable
from typing import Any, Final, cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.errors import TillkeeperError
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.action_words import KIND_LABELS
from tillkeeper.telemetry.lifecycle import SEIZING, right_to
from tillkeeper.terminals.errors import BatchTooLong
from tillkeeper.terminals.lifecycle import EVIDENCE, ONE_BY_ONE, STEPS, EvidenceKind, Step
from tillkeeper.terminals.queries.forecast import (
    Forecast,
    forecasts,
    selected_by_state,
    selected_count,
)
from tillkeeper.terminals.selection import BATCH_MAX
from tillkeeper.terminals.services.evidence import mark_tampered, record_evidence
from tillkeeper.terminals.services.sets import Outcome
from tillkeeper.terminals.services.steps import take_steps
from tillkeeper.terminals.wording import EVIDENCE_LABELS, GUARD_SENTENCES, STATE_LABELS, STEP_LABELS
from tillkeeper.web.parts import Request, answer, blame, sent_by_list, wants_part
from tillkeeper.web.steps.forms import DANGEROUS, ReasonForm, StepForm
from tillkeeper.web.steps.proofs import EvidenceForm
from tillkeeper.web.terminals.chosen import Chosen, chosen_of
from tillkeeper.web.terminals.outcomes import keep_outcome

GROUPS: Final[tuple[tuple[str | Promise, tuple[Step, ...]], ...]] = (
    (gettext_lazy("Stock"), (Step.RECEIVE, Step.ACCEPT, Step.REJECT, Step.CANCEL, Step.TRANSFER, Step.ISSUE, Step.LEND,
                             Step.END_LOAN, Step.PUT_BACK, Step.TAKE_IN, Step.ISOLATE, Step.CLEAR)),
    (gettext_lazy("Keys"), (Step.STAGE, Step.PREPARE, Step.UNPACK)),
    (gettext_lazy("Service"), (Step.SUSPEND, Step.RESUME, Step.REPORT_FAULT, Step.RESTORE, Step.RELOCATE,
                               Step.WITHDRAW, Step.COLLECT, Step.TAKE_DOWN)),
    (gettext_lazy("Repair"), (Step.SEND_TO_REPAIR, Step.FINISH_REPAIR)),
    (gettext_lazy("Risk and end of life"), (Step.SEAL, Step.RELEASE, Step.REPORT_LOST, Step.FIND, Step.WRITE_OFF,
                                            Step.PROPOSE_SCRAP, Step.REFUSE_SCRAP, Step.SCRAP)),
)  # fmt: skip
TAMPERED: Final = "tampered"
SHOWN_SERIALS: Final = 5


class CountMixin(forms.Form):
    """Dangerous verbs ask for the number of terminals to be typed."""

    confirm = forms.CharField(label=gettext_lazy("Type the number of terminals to confirm"))
    expected: int

    def clean_confirm(self) -> str:
        """Compare with the number that the dialog names."""
        typed = str(self.cleaned_data["confirm"]).replace(",", "").strip()
        if typed != str(self.expected):
            raise forms.ValidationError(
                _("Type %(n)s, the number of terminals chosen.") % {"n": self.expected}
            )
        return typed


class ManyStepForm(CountMixin, StepForm):
    """A step for many."""


class ManyReasonForm(CountMixin, ReasonForm):
    """The reason for a mark on many."""


@login_required
@sent_by_list("web:terminals")
def menu(request: Request) -> HttpResponse:
    """Offer what may be done with the chosen terminals, with how many of them may."""
    request.actor.require(Right.VIEW)
    chosen, count = _counted(request)
    by = request.actor
    mine = tuple(
        step for _title, steps in GROUPS for step in steps if by.scope(STEPS[step].right).paths
    )
    told = forecasts(chosen.selection, mine, by=by, on=timezone.localdate())
    groups = [
        (title, [_choice(told[step]) for step in steps if step in told and told[step].may])
        for title, steps in GROUPS
    ]
    proofs = _proof_choices(chosen, by)
    ctx = {
        "chosen": chosen,
        "count": count,
        "groups": [(title, verbs) for title, verbs in groups if verbs],
        "proofs": proofs,
        "may_mark": bool(by.scope(Right.RISK).paths),
        "afar": [
            (reverse("web:actions-new", args=[kind.value]), label, kind in SEIZING)
            for kind, label in KIND_LABELS.items()
            if by.scope(right_to(kind)).paths
        ],
    }
    return answer(request, "terminals/bulk_menu.html", "terminals/_bulk_menu.html", ctx)


def _choice(told: Forecast) -> dict[str, Any]:
    url = reverse("web:terminals-bulk-step", args=[told.step.value])
    return {
        "label": STEP_LABELS[told.step],
        "may": told.may,
        "url": url,
        "danger": told.step in DANGEROUS,
    }


def _proof_choices(chosen: Chosen, by: Actor) -> list[dict[str, Any]]:
    counts = selected_by_state(chosen.selection, by)
    found = []
    for kind, rule in EVIDENCE.items():
        may = sum(counts.get(state, 0) for state in rule.states)
        if may and by.scope(rule.right).paths:
            url = reverse("web:terminals-bulk-evidence", args=[kind.value])
            found.append({"label": EVIDENCE_LABELS[kind], "may": may, "url": url})
    return found


def _counted(request: Request) -> tuple[Chosen, int]:
    """Return what was chosen and how many that is.

    Raises:
        BatchTooLong: more than one batch takes.
    """
    chosen = chosen_of(request)
    count = 0 if chosen.nothing else selected_count(chosen.selection, request.actor)
    if count > BATCH_MAX:
        raise BatchTooLong(asked=count, limit=BATCH_MAX)
    return chosen, count


@login_required
@sent_by_list("web:terminals")
def step(request: Request, step: str) -> HttpResponse:
    """Ask how, with a dry run; then take the step with all that may."""
    if step not in set(Step) - ONE_BY_ONE - {Step.OPEN}:
        raise Http404(step)
    taken, by = Step(step), request.actor
    by.require(STEPS[taken].right)
    chosen, count = _counted(request)
    form = ManyStepForm(request.POST if "confirmed" in request.POST else None, step=taken, by=by)
    _fit_confirmation(form, count, needed=taken in DANGEROUS)

    def deed() -> Outcome:
        return take_steps(
            selection=chosen.selection, step=taken, order=form.order(), by=by, at=timezone.now()
        )

    told = forecasts(chosen.selection, (taken,), by=by, on=timezone.localdate())[taken]
    dialog = {"title": STEP_LABELS[taken], "told": _dry_run(told), "danger": taken in DANGEROUS,
              "action": reverse("web:terminals-bulk-step", args=[step])}  # fmt: skip
    return _ask_or_do(request, form, deed, {"chosen": chosen, "count": count, **dialog})


@login_required
@sent_by_list("web:terminals")
def evidence(request: Request, kind: str) -> HttpResponse:
    """Record one proof for many."""
    if kind not in set(EvidenceKind):
        raise Http404(kind)
    proof, by = EvidenceKind(kind), request.actor
    by.require(EVIDENCE[proof].right)
    chosen, count = _counted(request)
    form = EvidenceForm(request.POST if "confirmed" in request.POST else None, kind=proof)
    counts = selected_by_state(chosen.selection, by)
    may = sum(counts.get(state, 0) for state in EVIDENCE[proof].states)
    reasons = [
        (STATE_LABELS[state], counts[state])
        for state in STATE_LABELS
        if counts.get(state) and state not in EVIDENCE[proof].states
    ]

    def deed() -> Outcome:
        return record_evidence(
            selection=chosen.selection, kind=proof, reference=form.cleaned_data["reference"], facts=form.facts(),
            by=by, at=timezone.now(),
        )  # fmt: skip

    dialog = {"title": EVIDENCE_LABELS[proof], "told": {"may": may, "refused": count - may, "states": reasons},
              "action": reverse("web:terminals-bulk-evidence", args=[kind])}  # fmt: skip
    return _ask_or_do(request, form, deed, {"chosen": chosen, "count": count, **dialog})


@login_required
@sent_by_list("web:terminals")
def tampered(request: Request) -> HttpResponse:
    """Mark many as tampered with."""
    by = request.actor
    by.require(Right.RISK)
    chosen, count = _counted(request)
    form = ManyReasonForm(request.POST if "confirmed" in request.POST else None)
    _fit_confirmation(form, count, needed=True)

    def deed() -> Outcome:
        return mark_tampered(
            selection=chosen.selection, why=form.cleaned_data["why"], by=by, at=timezone.now()
        )

    dialog = {"title": _("Mark as tampered"), "danger": True, "action": reverse("web:terminals-bulk-tampered"),
              "lead": _("Those in service are suspended at once.")}  # fmt: skip
    return _ask_or_do(request, form, deed, {"chosen": chosen, "count": count, **dialog})


def _fit_confirmation(form: CountMixin, count: int, *, needed: bool) -> None:
    form.expected = count
    if not needed:
        del form.fields["confirm"]
    else:
        form.fields["confirm"].widget.attrs |= {
            "inputmode": "numeric",
            "autocomplete": "off",
            "placeholder": str(count),
        }
        form.order_fields([name for name in form.fields if name != "confirm"])


def _dry_run(told: Forecast) -> dict[str, Any]:
    """Return a forecast in words."""
    return {
        "may": told.may,
        "refused": told.refused,
        "states": [(STATE_LABELS[state], n) for state, n in told.wrong_state.most_common()],
        "guards": [(GUARD_SENTENCES[guard], n) for guard, n in told.stopped.most_common()],
        "not_yours": told.not_yours,
    }


def _ask_or_do(
    request: Request, form: forms.Form, deed: Callable[[], Outcome], ctx: dict[str, Any]
) -> HttpResponse:
    if "confirmed" in request.POST and form.is_valid():
        try:
            outcome = deed()
        except TillkeeperError as error:
            blame(form, error)
        else:
            chosen = cast("Chosen", ctx["chosen"])
            back = f"{reverse('web:terminals')}?{chosen.query}"
            url = keep_outcome(str(ctx["title"]), outcome, by=request.actor, back=back)
            if wants_part(request):
                return HttpResponse(status=204, headers={"HX-Redirect": url})
            return redirect(url)
    count = ctx["count"]
    heading = ngettext("%(what)s: %(n)s terminal", "%(what)s: %(n)s terminals", count) % {
        "what": ctx["title"], "n": f"{count:,}"}  # fmt: skip
    ctx |= {"form": form, "heading": heading, "some": ctx["chosen"].serials[:SHOWN_SERIALS]}
    return answer(
        request, "terminals/bulk.html", "terminals/_bulk.html", ctx, 422 if form.errors else 200
    )
