"""Who may speak for a terminal: making its activation code, taking it back, ending its key, judging doubts."""

from typing import TYPE_CHECKING

import segno
from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tillkeeper.kernel.errors import NotAllowed, NotFound, TillkeeperError
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.queries.doubts import doubts_of
from tillkeeper.telemetry.queries.enrolments import enrolment_in_force
from tillkeeper.telemetry.services.doubts import dismiss_doubt
from tillkeeper.telemetry.services.enrolments import make_code, revoke, withdraw_code
from tillkeeper.terminals.queries import terminal, viewable
from tillkeeper.web.parts import Request, answer, blame, changed

if TYPE_CHECKING:
    from tillkeeper.terminals.models import Terminal


class CodeForm(forms.Form):
    """What to know before a code is made for a terminal that has a key."""

    replaces = forms.BooleanField(
        label=gettext_lazy("Its present key ends when the new one enrols"), required=False
    )


class RevokeForm(forms.Form):
    """Why a key ends, and whose."""

    why = forms.CharField(label=gettext_lazy("Why"), max_length=200)
    confirm = forms.CharField(label=gettext_lazy("Type the serial number"), max_length=32)

    def __init__(self, *args: object, serial: str = "", **kwargs: object) -> None:
        """Take the serial number that has to be typed."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._serial = serial

    def clean_confirm(self) -> str:
        """Compare."""
        typed: str = self.cleaned_data["confirm"].strip().upper()
        if typed != self._serial:
            raise forms.ValidationError(_("This is not the serial number of the terminal."))
        return typed


class DoubtForm(forms.Form):
    """What was found out."""

    why = forms.CharField(label=gettext_lazy("What was found out"), max_length=200)


@login_required
def code(request: Request, serial: str) -> HttpResponse:
    """Make an activation code and show it once, as text and as a QR symbol."""
    found = _mine(request, serial)
    enrolled = enrolment_in_force(request.actor, found.serial) is not None
    form = CodeForm(request.POST if request.method == "POST" else None)
    if not enrolled:
        del form.fields["replaces"]
    if request.method == "POST" and form.is_valid():
        replaces = bool(form.cleaned_data.get("replaces"))
        try:
            made = make_code(
                serial=found.serial, by=request.actor, at=timezone.now(), replaces=replaces
            )
        except TillkeeperError as error:
            blame(form, error)
        else:
            symbol = segno.make_qr(made.qr(), error="m").svg_inline(
                scale=5, border=4, omitsize=True
            )
            shown = {"terminal": found, "made": made, "symbol": mark_safe(symbol)}  # noqa: S308  segno's own drawing
            return answer(request, "live/code.html", "live/_code.html", shown)
    ctx = {
        "form": form,
        "title": _("Activation code for %(serial)s") % {"serial": found.serial},
        "lead": _("The code enrols this terminal once. A code that waits already opens nothing any more."),
        "submit": _("Make the code"),
        "action": reverse("web:terminal-code", args=[found.serial]),
        "cancel_url": reverse("web:terminal-live", args=[found.serial]),
    }  # fmt: skip
    return answer(request, "ui/form_page.html", "ui/_form.html", ctx, 422 if form.errors else 200)


@login_required
@require_POST
def code_withdraw(request: Request, serial: str) -> HttpResponse:
    """Let the code that waits open nothing."""
    found = _mine(request, serial)
    withdraw_code(serial=found.serial, by=request.actor, at=timezone.now())
    return changed(
        request, _("The code opens nothing any more"), page=reverse("web:terminal-live", args=[found.serial])
    )  # fmt: skip


@login_required
def key_revoke(request: Request, serial: str) -> HttpResponse:
    """End a terminal's key."""
    found = _mine(request, serial)
    form = RevokeForm(request.POST or None, serial=found.serial)
    back = reverse("web:terminal-live", args=[found.serial])
    if request.method == "POST" and form.is_valid():
        try:
            why = form.cleaned_data["why"]
            revoke(serial=found.serial, why=why, by=request.actor, at=timezone.now())
        except TillkeeperError as error:
            blame(form, error)
        else:
            return changed(
                request, _("The key of %(serial)s has ended") % {"serial": found.serial}, page=back
            )
    ctx = {
        "form": form,
        "title": _("End the key of %(serial)s") % {"serial": found.serial},
        "lead": _("The terminal is refused at once. It speaks again only when it enrols with a new code."),
        "submit": _("End the key"),
        "action": reverse("web:terminal-revoke", args=[found.serial]),
        "danger": True,
        "cancel_url": back,
    }  # fmt: skip
    return answer(request, "ui/form_page.html", "ui/_form.html", ctx, 422 if form.errors else 200)


@login_required
def doubt_dismiss(request: Request, serial: str, doubt: int) -> HttpResponse:
    """Say that a doubt was looked into and there is one terminal only."""
    found = _mine(request, serial)
    if not doubts_of(request.actor, found.serial).filter(pk=doubt, dismissed_at=None).exists():
        raise NotFound(kind="doubt", key=str(doubt))
    form = DoubtForm(request.POST if request.method == "POST" else None)
    back = reverse("web:terminal-live", args=[found.serial])
    if request.method == "POST" and form.is_valid():
        try:
            why = form.cleaned_data["why"]
            dismiss_doubt(
                serial=found.serial, doubt=doubt, why=why, by=request.actor, at=timezone.now()
            )
        except TillkeeperError as error:
            blame(form, error)
        else:
            return changed(
                request,
                _("The doubt about %(serial)s is settled") % {"serial": found.serial},
                page=back,
            )
    ctx = {
        "form": form,
        "title": _("There is one %(serial)s only") % {"serial": found.serial},
        "lead": _(
            "Say so when somebody has seen the terminal and knows what the sign came from. "
            "With no doubt left, its tamper risk ends."
        ),
        "submit": _("The doubt is settled"),
        "action": reverse("web:terminal-doubt", args=[found.serial, doubt]),
        "cancel_url": back,
    }  # fmt: skip
    return answer(request, "ui/form_page.html", "ui/_form.html", ctx, 422 if form.errors else 200)


def _mine(request: Request, serial: str) -> "Terminal":
    found = terminal(viewable(request.actor), serial)
    if not request.actor.may(Right.ENROL, found.path):
        raise NotAllowed(right=Right.ENROL)
    return found
