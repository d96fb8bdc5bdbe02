"""The label page: paste or scan serial numbers, or come with a selection of the list."""

from typing import Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from tillkeeper.formats.labels import SHEETS, label_svg
from tillkeeper.kernel.errors import TillkeeperError
from tillkeeper.parties.roles import Right
from tillkeeper.terminals.errors import BatchTooLong
from tillkeeper.terminals.queries import terminals, viewable
from tillkeeper.terminals.selection import Selection
from tillkeeper.terminals.services.label_sheets import LABELS_MAX, label_of, label_sheet
from tillkeeper.terminals.services.sets import selected_serials
from tillkeeper.web.parts import Request, blame, wants_part
from tillkeeper.web.terminals.chosen import chosen_of
from tillkeeper.web.terminals.ordering import serials_in

PREVIEWED: Final = 6
SHEET_LABELS: Final[dict[str, str | Promise]] = {
    "a4-3x8": gettext_lazy("A4, 3 × 8 labels of 70 × 37 mm"),
    "a4-3x7": gettext_lazy("A4, 3 × 7 labels of 63.5 × 38.1 mm"),
    "a4-2x7": gettext_lazy("A4, 2 × 7 labels of 99.1 × 38.1 mm"),
    "roll-60x40": gettext_lazy("Roll, 60 × 40 mm"),
    "roll-70x50": gettext_lazy("Roll, 70 × 50 mm"),
}


class LabelForm(forms.Form):
    """Which labels, on what."""

    serials = forms.CharField(
        label=gettext_lazy("Serial numbers"),
        widget=forms.Textarea(attrs={"rows": 10, "class": "mono", "spellcheck": "false", "autofocus": True}),
        help_text=gettext_lazy("One a line: paste them, or scan one after the other."),
    )  # fmt: skip
    sheet = forms.ChoiceField(
        label=gettext_lazy("Sheet"),
        choices=[(name, SHEET_LABELS.get(name, name)) for name in SHEETS],
    )
    skip = forms.IntegerField(
        label=gettext_lazy("Labels used already"), min_value=0, initial=0, required=False,
        help_text=gettext_lazy("On the first sheet, counted row by row from the top left."),
    )  # fmt: skip

    def clean_serials(self) -> list[str]:
        """Split, and refuse more than one print run takes."""
        serials = serials_in(self.cleaned_data["serials"])
        if len(serials) > LABELS_MAX:
            raise forms.ValidationError(_("At most %(n)s labels at once.") % {"n": LABELS_MAX})
        return serials

    def clean(self) -> dict[str, Any]:
        """Refuse to skip more than a sheet holds."""
        given = super().clean() or {}
        sheet = SHEETS.get(given.get("sheet", ""))
        given["skip"] = given.get("skip") or 0
        if sheet and given["skip"] >= sheet.capacity:
            text = ngettext(
                "This sheet holds %(n)s label.", "This sheet holds %(n)s labels.", sheet.capacity
            )
            self.add_error("skip", text % {"n": sheet.capacity})
        return given


@login_required
def index(request: Request) -> HttpResponse:
    """Show the form; with a selection of the list its serial numbers stand in it."""
    request.actor.require(Right.VIEW)
    initial = {"sheet": request.GET.get("sheet", next(iter(SHEETS))), "skip": 0}
    chosen = chosen_of(request)
    serials: list[str] = []
    if not chosen.nothing:
        serials = selected_serials(chosen.selection, request.actor)
        if len(serials) > LABELS_MAX:
            raise BatchTooLong(asked=len(serials), limit=LABELS_MAX)
    form = LabelForm(initial={**initial, "serials": "\n".join(serials)})
    ctx = {
        "form": form,
        "most": LABELS_MAX,
        **(_previewed(request, serials, str(initial["sheet"])) if serials else {}),
    }
    return render(request, "labels/page.html", ctx)


@login_required
@require_POST
def preview(request: Request) -> HttpResponse:
    """Show the first labels as they will be printed, and which serial numbers are unknown."""
    request.actor.require(Right.VIEW)
    form = LabelForm(request.POST)
    if not form.is_valid():
        ctx: dict[str, Any] = {
            "problems": form.errors if request.POST.get("serials", "").strip() else {}
        }
    else:
        ctx = _previewed(request, form.cleaned_data["serials"], form.cleaned_data["sheet"])
    return render(request, "labels/_preview.html", ctx)


def _previewed(request: Request, serials: list[str], sheet_name: str) -> dict[str, Any]:
    sheet = SHEETS.get(sheet_name) or next(iter(SHEETS.values()))
    seen = viewable(request.actor)
    known = set(
        terminals(seen).filter(serial__in=serials).order_by().values_list("serial", flat=True)
    )
    shown = terminals(seen).filter(serial__in=serials)[:PREVIEWED]
    # label_svg escapes all that comes from the database.
    pictures = [mark_safe(label_svg(label_of(row), sheet)) for row in shown]  # noqa: S308
    return {
        "pictures": pictures,
        "count": len(known),
        "sheets": -(-len(known) // sheet.capacity),
        "unknown": [serial for serial in serials if serial not in known],
    }


@login_required
@require_POST
def pdf(request: Request) -> HttpResponse:
    """Return the sheet as PDF."""
    request.actor.require(Right.VIEW)
    form = LabelForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            made = label_sheet(
                selection=Selection(serials=tuple(given["serials"])), sheet=given["sheet"], skip=given["skip"],
                by=request.actor, at=timezone.now(),
            )  # fmt: skip
        except TillkeeperError as error:
            blame(form, error)
        else:
            name = f"labels-{timezone.localtime():%Y%m%d-%H%M}.pdf"
            headers = {"Content-Disposition": f'attachment; filename="{name}"'}
            return HttpResponse(made, content_type="application/pdf", headers=headers)
    part = "labels/_form.html" if wants_part(request) else "labels/page.html"
    return render(request, part, {"form": form, "most": LABELS_MAX}, status=422)
