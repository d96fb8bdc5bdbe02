"""The editor of layouts: a draft from a sample, a preview that keeps nothing, the next version, out of use."""

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tillkeeper.formats.canonical.tables import Role
from tillkeeper.formats.layouts.catalogue import TEXTS, start_from
from tillkeeper.formats.layouts.errors import BadLayout
from tillkeeper.formats.layouts.trials import MOST_BYTES
from tillkeeper.kernel.errors import NotFound, TillkeeperError
from tillkeeper.parties import queries as parties
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.queries import layouts as queries
from tillkeeper.settlement.services import layouts as services
from tillkeeper.settlement.services.layouts import LONGEST, Sample
from tillkeeper.settlement.wording import ROLE_LABELS
from tillkeeper.web.money.files import ReasonForm
from tillkeeper.web.money.trying import told_of
from tillkeeper.web.parts import Request, answer, blame, changed
from tillkeeper.web.places import office_choices
from tillkeeper.web.refusals import sentence_of

if TYPE_CHECKING:
    from tillkeeper.settlement.models import Layout

MIB: Final = 1 << 20
YEARS: Final = (2000, 2100)


class SampleField(forms.FileField):
    """A file that a layout is tried on."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Refuse what is too large."""
        file = super().clean(data, initial)
        if file and file.size > MOST_BYTES:
            raise forms.ValidationError(
                _("The sample is larger than %(n)s MiB; choose a smaller file of the same kind.")
                % {"n": MOST_BYTES // MIB}
            )
        return file


class LayoutForm(forms.Form):
    """The text of a layout, a sample to try it on, and why it is written."""

    organisation = forms.ChoiceField(
        label=gettext_lazy("Organisation"),
        help_text=gettext_lazy("Whose files it reads; all below it know it too."),
    )
    sample = SampleField(
        label=gettext_lazy("Sample file"), required=False, max_length=255, allow_empty_file=True,
        help_text=gettext_lazy(
            "A real file of this kind. It is read for the draft, the preview and the proof, and never kept."
        ),
    )  # fmt: skip
    role = forms.ChoiceField(label=gettext_lazy("Whose word"), required=False)
    year = forms.IntegerField(
        label=gettext_lazy("Year"), required=False, min_value=YEARS[0], max_value=YEARS[1],
        help_text=gettext_lazy("Only for files whose lines carry no year and whose name does not tell it."),
    )  # fmt: skip
    text = forms.CharField(
        label=gettext_lazy("Layout (TOML)"), max_length=LONGEST, strip=False, required=False,
        widget=forms.Textarea(attrs={
            "rows": 30, "spellcheck": "false", "class": "code", "data-numbered": "", "wrap": "off",
            "autocapitalize": "off", "autocomplete": "off",
        }),
    )  # fmt: skip
    why = forms.CharField(
        label=gettext_lazy("Reason"), max_length=200, required=False,
        help_text=gettext_lazy("For whoever reads the history: whose letter, which page."),
    )  # fmt: skip

    def __init__(self, *args: Any, offices: list[tuple[str, str]], **kwargs: Any) -> None:
        """Offer the offices whose layouts one may write."""
        super().__init__(*args, **kwargs)
        self.fields["organisation"].choices = offices  # type: ignore[attr-defined]
        told = ("", _("told by the titles"))
        self.fields["role"].choices = [told, *ROLE_LABELS.items()]  # type: ignore[attr-defined]

    def sample_given(self) -> Sample | None:
        """Return the sample; None where there is none."""
        sent = self.cleaned_data.get("sample")
        return Sample(sent.name or "sample", sent.read()) if sent else None


@login_required
def edit(request: Request, code: str = "", name: str = "") -> HttpResponse:
    """Draft, preview and write: each of them a button of one form; only the last keeps anything."""
    request.actor.require(Right.MONEY_RULES)
    scope = request.actor.scope(Right.MONEY_RULES)
    before = queries.layout(request.actor.scope(Right.MONEY_VIEW), code, name) if code else None
    if before is not None:
        request.actor.require(Right.MONEY_RULES, before.path)
        offices = [(code, before.organisation.name)]
    else:
        offices = office_choices(scope)
    form = LayoutForm(
        request.POST or None, request.FILES or None, offices=offices,
        initial={"text": _beginning(request, before), "organisation": request.GET.get("organisation") or code},
    )  # fmt: skip
    ctx: dict[str, Any] = {"form": form, "before": before, "most": MOST_BYTES // MIB}
    if request.method == "POST" and form.is_valid():
        parties.organisation(scope, form.cleaned_data["organisation"])
        done = DEEDS.get(request.POST.get("deed", ""), _preview)(request, form, ctx)
        if done is not None:
            return done
    ctx["refused"] = bool(form.errors) or "problem" in ctx
    status = 422 if ctx["refused"] else 200
    return answer(request, "money/layout_edit.html", "money/_layout_outcome.html", ctx, status)


def _beginning(request: Request, before: "Layout | None") -> str:
    """Return what the text begins with: the newest version, a layout of the product, or another's."""
    if before is not None:
        every = queries.versions(
            request.actor.scope(Right.MONEY_VIEW), before.organisation.code, before.name
        )
        return next((one.text for one in every if one.text), "")
    if (given := request.GET.get("from", "")) in TEXTS:
        return start_from(given)
    if given:
        raise NotFound(kind="format", key=given[:60])
    return ""


def _draft(_request: Request, form: LayoutForm, ctx: dict[str, Any]) -> HttpResponse | None:
    """Put a draft into the text, and show what the sample is by it."""
    sample = _sample(form)
    if sample is None:
        return None
    given = form.cleaned_data["role"]
    try:
        text = services.draft(sample, role=Role(given) if given else None, say=_)
    except TillkeeperError as refused:
        _refuse(ctx, refused)
        return None
    form.data = {**form.data.dict(), "text": text}  # type: ignore[attr-defined]  # a QueryDict
    ctx |= {"drafted": True}
    _try(ctx, text, sample, form.cleaned_data["year"])
    if ctx.get("problem"):  # a gap of the draft is no mistake of whoever asked for it
        ctx["gap"] = ctx.pop("problem")
    return None


def _preview(_request: Request, form: LayoutForm, ctx: dict[str, Any]) -> HttpResponse | None:
    """Show what the sample is by the text; without a sample, whether the text is a layout at all."""
    sample, text = form.sample_given(), form.cleaned_data["text"]
    if sample is not None:
        _try(ctx, text, sample, form.cleaned_data["year"])
        return None
    try:
        services.loaded(text)
    except TillkeeperError as refused:
        _refuse(ctx, refused)
    else:
        ctx["sound_text"] = True
    return None


def _write(request: Request, form: LayoutForm, ctx: dict[str, Any]) -> HttpResponse | None:
    given, sample = form.cleaned_data, form.sample_given()
    try:
        made = services.write_layout(
            organisation=given["organisation"], text=given["text"], why=given["why"], sample=sample,
            year=given["year"], by=request.actor, at=timezone.now(),
        )  # fmt: skip
    except TillkeeperError as refused:
        if refused.facts().get("field") == "why":
            blame(form, refused)
        else:
            _refuse(ctx, refused)
            if sample is not None and not isinstance(refused, BadLayout):
                _try(ctx, given["text"], sample, given["year"])
        return None
    page = reverse("web:layout", args=[made.organisation.code, made.name])
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": page})
    text = _("Version %(version)s of the layout %(layout)s is in use") % {
        "version": made.version,
        "layout": made.name,
    }
    return changed(request, text, page=page)


DEEDS: Final = {"draft": _draft, "try": _preview, "write": _write}


def _sample(form: LayoutForm) -> Sample | None:
    sample = form.sample_given()
    if sample is None:
        form.add_error("sample", _("Choose a sample file first."))
    return sample


def _try(ctx: dict[str, Any], text: str, sample: Sample, year: int | None) -> None:
    try:
        ctx["trial"] = told_of(services.preview(text, sample, year), sample.name)
    except TillkeeperError as refused:
        _refuse(ctx, refused)


def _refuse(ctx: dict[str, Any], refused: TillkeeperError) -> None:
    """Say what is wrong; of a text also where, so that the page can lead there."""
    ctx["problem"] = sentence_of(refused)
    if isinstance(refused, BadLayout):
        ctx["goto"] = {"line": refused.line, "column": refused.column}


@login_required
def out_of_use(request: Request, code: str, name: str) -> HttpResponse:
    """Ask why, then let a layout read no more files."""
    row = queries.layout(request.actor.scope(Right.MONEY_VIEW), code, name)
    request.actor.require(Right.MONEY_RULES, row.path)
    form = ReasonForm(request.POST or None)
    page = reverse("web:layout", args=[code, name])
    if request.method == "POST" and form.is_valid():
        why = form.cleaned_data["why"]
        try:
            services.take_out_of_use(
                organisation=code, name=name, why=why, by=request.actor, at=timezone.now()
            )
        except TillkeeperError as error:
            blame(form, error)
        else:
            text = _("The layout %(layout)s is out of use") % {"layout": name}
            return changed(request, text, page=page)
    ctx = {
        "form": form,
        "title": _("Take the layout %(layout)s out of use") % {"layout": name},
        "lead": _(
            "It reads no more files. What it has read stays, and so do its versions; "
            "a new version takes it up again."
        ),
        "action": reverse("web:layout-out", args=[code, name]),
        "submit": _("Take out of use"),
        "danger": True,
        "cancel_url": page,
    }  # fmt: skip
    return answer(request, "ui/form_page.html", "ui/_form.html", ctx, 422 if form.errors else 200)
