"""Writing alert rules: new ones, changes, switching on and off."""

import tomllib
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.errors import TillkeeperError
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.lifecycle import Severity
from tillkeeper.telemetry.queries import rules as queries
from tillkeeper.telemetry.services.rules import RuleDraft, enable_rule, save_rule
from tillkeeper.telemetry.wording import JOIN_LABELS, SEVERITY_LABELS
from tillkeeper.web.parts import Request, answer, blame, changed
from tillkeeper.web.places import office_choices
from tillkeeper.web.toml_text import as_toml, of_toml

if TYPE_CHECKING:
    from tillkeeper.telemetry.models import AlertRule

EXAMPLE: Final = {
    "kind": "threshold",
    "signal": "battery_level",
    "op": "below",
    "limit": 15,
    "clear": 25,
}


class RuleForm(forms.Form):
    """A rule as people write it."""

    organisation = forms.ChoiceField(label=gettext_lazy("Counts at and below"))
    code = forms.RegexField(
        r"^[a-z][a-z0-9_]{1,39}$", label=gettext_lazy("Code"),
        help_text=gettext_lazy("The nearest rule of a code counts: take a default's code to replace it here."),
    )  # fmt: skip
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    severity = forms.ChoiceField(
        label=gettext_lazy("Severity"),
        choices=list(SEVERITY_LABELS.items()),
        widget=forms.RadioSelect,
    )
    spec = forms.CharField(
        label=gettext_lazy("What is looked for"), max_length=4_000, strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "code"}),
        help_text=gettext_lazy("A line each: kind, signal, limit … as the reference of alert rules tells."),
    )  # fmt: skip
    join = forms.MultipleChoiceField(
        label=gettext_lazy("Joined by"), choices=list(JOIN_LABELS.items()), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    quiet_from = forms.TimeField(
        label=gettext_lazy("Quiet from"), required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )  # fmt: skip
    quiet_to = forms.TimeField(
        label=gettext_lazy("Quiet until"), required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        help_text=gettext_lazy("By the site's clock. What begins then is told when it is over."),
    )  # fmt: skip
    incident = forms.BooleanField(label=gettext_lazy("Becomes an incident"), required=False)
    enabled = forms.BooleanField(label=gettext_lazy("Switched on"), required=False, initial=True)

    def __init__(self, *args: Any, scope: Scope, fixed: bool = False, **kwargs: Any) -> None:
        """Offer the places where the writer may write; a rule that exists keeps its place and code."""
        super().__init__(*args, **kwargs)
        self.fields["organisation"].choices = office_choices(scope)  # type: ignore[attr-defined]
        if fixed:
            del self.fields["organisation"], self.fields["code"]

    def clean_spec(self) -> dict[str, Any]:
        """Read the lines."""
        try:
            return of_toml(self.cleaned_data["spec"])
        except tomllib.TOMLDecodeError as error:
            raise forms.ValidationError(
                _("This cannot be read: %(why)s. Write a line each, like limit = 15.")
                % {"why": error}
            ) from None

    def draft(self, code: str) -> RuleDraft:
        """Return it as the service takes it."""
        told = self.cleaned_data
        begins, ends = told["quiet_from"], told["quiet_to"]
        quiet = {"from": f"{begins:%H:%M}", "to": f"{ends:%H:%M}"} if begins and ends else {}
        return RuleDraft(
            code=code, name=told["name"], spec=told["spec"], severity=told["severity"], join=told["join"],
            quiet=quiet, incident=told["incident"], enabled=told["enabled"],
        )  # fmt: skip


@login_required
def new(request: Request) -> HttpResponse:
    """Write a rule; `like` names one whose fields it begins with."""
    request.actor.require(Right.ALERT_RULES)
    scope = request.actor.scope(Right.ALERT_RULES)
    like = request.GET.get("like", "")
    model = (
        queries.alert_rule(request.actor, int(like)) if like.isdigit() and len(like) < 19 else None
    )
    form = RuleForm(request.POST or None, scope=scope, initial=_initial(model))
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        made = _saved(request, form, told["organisation"], told["code"], None)
        if made is not None:
            return redirect("web:alert-rule", made.pk)
    return _asked(request, form, _("New alert rule"), reverse("web:alerts-rules"))


@login_required
def edit(request: Request, number: int) -> HttpResponse:
    """Write a rule anew."""
    row = queries.alert_rule(request.actor, number)
    request.actor.require(Right.ALERT_RULES, row.path)
    page = reverse("web:alert-rule", args=[number])
    if row.organisation is None:  # a default is nobody's: one of its code is written instead
        return redirect(f"{reverse('web:alerts-rules-new')}?like={number}")
    initial = _initial(row) | {"version": row.version}
    form = RuleForm(request.POST or None, scope=Scope(()), fixed=True, initial=initial)
    version = request.POST.get("version", str(row.version))
    if request.method == "POST" and form.is_valid() and version.isdigit() and len(version) < 10:
        made = _saved(request, form, row.organisation.code, row.code, int(version))
        if made is not None:
            return changed(request, _("Rule saved; it counts from the next round on"), page=page)
    return _asked(request, form, row.name, page, version=version)


@login_required
@require_POST
def switch(request: Request, number: int) -> HttpResponse:
    """Switch a rule on or off."""
    row = queries.alert_rule(request.actor, number)
    on = request.POST.get("enabled") == "1"
    enable_rule(number=number, enabled=on, version=row.version, by=request.actor, at=timezone.now())
    text = _("Switched on") if on else _("Switched off")
    return changed(request, text, page=reverse("web:alert-rule", args=[number]))


def _initial(row: "AlertRule | None") -> dict[str, Any]:
    if row is None:
        return {"spec": as_toml(EXAMPLE), "severity": Severity.WARNING.value, "enabled": True}
    return {
        "code": row.code, "name": row.name, "severity": row.severity, "spec": as_toml(row.spec),
        "join": row.join, "quiet_from": row.quiet.get("from"), "quiet_to": row.quiet.get("to"),
        "incident": row.incident, "enabled": row.enabled,
    }  # fmt: skip


def _saved(
    request: Request, form: RuleForm, place: str, code: str, version: int | None
) -> "AlertRule | None":
    try:
        return save_rule(
            organisation=place,
            draft=form.draft(code),
            version=version,
            by=request.actor,
            at=timezone.now(),
        )
    except TillkeeperError as refused:
        blame(form, refused)
        return None


def _asked(
    request: Request, form: RuleForm, title: str, page: str, version: str = ""
) -> HttpResponse:
    ctx = {
        "form": form, "title": title, "submit": _("Save"), "action": request.get_full_path(),
        "cancel_url": page, "version": version,
    }  # fmt: skip
    status = 422 if form.errors else 200
    return answer(request, "alerts/rule_edit.html", "alerts/rule_edit.html", ctx, status)
