"""Correcting a terminal's facts, and what belongs to it: accessories and files."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tillkeeper.kernel.errors import Stale, TillkeeperError
from tillkeeper.kernel.money import Money
from tillkeeper.parties.queries import vendors
from tillkeeper.parties.roles import Right
from tillkeeper.terminals.queries import terminal, viewable
from tillkeeper.terminals.services.exports import EXPORT_COLUMNS
from tillkeeper.terminals.services.facts import (
    DATE_FACTS,
    TEXT_FACTS,
    add_accessory,
    attach_file,
    attached_file,
    papers_right,
    remove_accessory,
    update_terminal,
)
from tillkeeper.web.conflicts import Difference, over_theirs
from tillkeeper.web.parts import Request, answer, blame, changed

if TYPE_CHECKING:
    from tillkeeper.terminals.models import Terminal

FILE_MAX_MIB: Final = 20
LENGTHS: Final = {"owner": 120, "remark": 200, "sim_iccid": 22}


def _label(name: str) -> Any:
    return EXPORT_COLUMNS[name][0]


class FactsForm(forms.Form):
    """The facts that people may correct; state, place, holder and binding change by steps alone."""

    tusn = forms.CharField(
        label=_label("tusn"), max_length=20, required=False, help_text=gettext_lazy("20 digits")
    )
    supplier = forms.ChoiceField(label=gettext_lazy("Supplier"), required=False)
    price = forms.DecimalField(
        label=_label("price"), required=False, min_value=0, max_digits=14, decimal_places=2
    )
    currency = forms.CharField(label=_label("currency"), max_length=3)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Add the plain texts and dates."""
        super().__init__(*args, **kwargs)
        for name in TEXT_FACTS:
            self.fields[name] = forms.CharField(
                label=_label(name), max_length=LENGTHS.get(name, 40), required=False
            )
        for name in DATE_FACTS:
            day = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            self.fields[name] = forms.DateField(label=_label(name), required=False, widget=day)
        rows = vendors().order_by("name")
        self.fields["supplier"].choices = [("", "–"), *((row.code, row.name) for row in rows)]  # type: ignore[attr-defined]
        self.order_fields(
            ["asset_tag", "owner", "tusn", "supplier", "price", "currency", *DATE_FACTS]
        )

    def changes(self) -> dict[str, Any]:
        """Return the facts as the service takes them."""
        given = dict(self.cleaned_data)
        given.pop("version")
        price: Decimal | None = given.pop("price")
        currency = given["currency"].upper()
        given["price_minor"] = None if price is None else Money.of(price, currency).minor
        return given


def _initial(found: "Terminal") -> dict[str, Any]:
    initial = {
        name: getattr(found, name)
        for name in (*TEXT_FACTS, *DATE_FACTS, "tusn", "currency", "version")
    }
    price = None if found.price_minor is None else Money(found.price_minor, found.currency).major
    return initial | {"price": price, "supplier": found.supplier.code if found.supplier else ""}


@login_required
def edit(request: Request, serial: str) -> HttpResponse:
    """Correct facts; if somebody else was quicker, show both and let the person decide."""
    found = terminal(viewable(request.actor), serial)
    request.actor.require(Right.EDIT, found.path)
    form = FactsForm(request.POST or None, initial=_initial(found))
    page = reverse("web:terminal", args=[found.serial])
    theirs: list[Difference] = []
    if request.method == "POST" and form.is_valid():
        try:
            version = form.cleaned_data["version"]
            update_terminal(
                serial=serial,
                changes=form.changes(),
                version=version,
                by=request.actor,
                at=timezone.now(),
            )
        except Stale as error:
            present = terminal(viewable(request.actor), serial)
            theirs = over_theirs(form, _initial(present), error)
        except TillkeeperError as error:
            blame(form, error)
        else:
            return changed(request, _("Saved"), page=page)
    ctx = {
        "form": form,
        "theirs": theirs,
        "title": _("Correct %(serial)s") % {"serial": found.serial},
        "action": reverse("web:terminal-edit", args=[found.serial]),
        "submit": _("Save"),
        "cancel_url": page,
    }
    return answer(
        request, "terminals/edit.html", "terminals/_edit.html", ctx, 422 if form.errors else 200
    )


class AccessoryForm(forms.Form):
    """What belongs to a terminal."""

    kind = forms.CharField(
        label=gettext_lazy("What it is"), max_length=60,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Power supply, base, PIN pad …")}),
    )  # fmt: skip
    accessory_serial = forms.CharField(label=_label("serial"), max_length=40, required=False)
    quantity = forms.IntegerField(
        label=gettext_lazy("How many"), min_value=1, max_value=99, initial=1
    )


@login_required
def accessory_new(request: Request, serial: str) -> HttpResponse:
    """Note an accessory."""
    found = terminal(viewable(request.actor), serial)
    request.actor.require(Right.EDIT, found.path)
    form = AccessoryForm(request.POST or None)
    page = reverse("web:terminal", args=[found.serial])
    if request.method == "POST" and form.is_valid():
        try:
            add_accessory(serial=serial, **form.cleaned_data, by=request.actor, at=timezone.now())
        except TillkeeperError as error:
            blame(form, error)
        else:
            return changed(request, _("The accessory has been added"), page=page)
    ctx = {
        "form": form,
        "title": _("Add an accessory"),
        "action": reverse("web:terminal-accessory-new", args=[found.serial]),
        "submit": _("Add"),
        "cancel_url": page,
    }
    return answer(request, "ui/form_page.html", "ui/_form.html", ctx, 422 if form.errors else 200)


@login_required
@require_POST
def accessory_remove(request: Request, serial: str, accessory: int) -> HttpResponse:
    """Strike an accessory off."""
    remove_accessory(serial=serial, accessory=accessory, by=request.actor, at=timezone.now())
    return changed(
        request, _("The accessory has been removed"), page=reverse("web:terminal", args=[serial])
    )


class FileForm(forms.Form):
    """A file with a title."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=120, required=False)
    file = forms.FileField(label=gettext_lazy("File"), max_length=255)

    def clean_file(self) -> Any:
        """Refuse what is too large."""
        file = self.cleaned_data["file"]
        if file.size > FILE_MAX_MIB * 1024 * 1024:
            raise forms.ValidationError(
                _("The file is larger than %(n)s MiB.") % {"n": FILE_MAX_MIB}
            )
        return file


@login_required
def file_new(request: Request, serial: str) -> HttpResponse:
    """Keep a photo, form or certificate with a terminal."""
    found = terminal(viewable(request.actor), serial)
    request.actor.require(papers_right(request.actor), found.path)
    form = FileForm(request.POST or None, request.FILES or None)
    page = reverse("web:terminal", args=[found.serial])
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            attach_file(
                serial=serial, title=form.cleaned_data["title"], name=file.name, stream=file.file,
                media_type=file.content_type or "application/octet-stream", by=request.actor, at=timezone.now(),
            )  # fmt: skip
        except TillkeeperError as error:
            blame(form, error)
        else:
            return changed(request, _("The file has been kept"), page=page)
    ctx = {
        "form": form,
        "title": _("Add a file"),
        "action": reverse("web:terminal-file-new", args=[found.serial]),
        "submit": _("Upload"),
        "cancel_url": page,
    }
    return answer(
        request, "terminals/file.html", "terminals/_file.html", ctx, 422 if form.errors else 200
    )


@login_required
def file(request: Request, serial: str, sha256: str) -> FileResponse:
    """Return a kept file, always as a download: what others uploaded is never run in the console's origin."""
    kept = attached_file(serial=serial, sha256=sha256, by=request.actor)
    row = next(
        row for row in terminal(viewable(request.actor), serial).files.all() if row.sha256 == sha256
    )
    return FileResponse(
        kept.path.open("rb"),
        as_attachment=True,
        filename=row.name,
        content_type="application/octet-stream",
    )
