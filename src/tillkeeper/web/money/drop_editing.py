"""Making and changing a drop. A server's key is asked for, compared by the person and saved: never trusted at sight."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.errors import TillkeeperError
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.lifecycle import DropKind
from tillkeeper.settlement.queries import drops as queries
from tillkeeper.settlement.services.drops.identity import public_key
from tillkeeper.settlement.services.drops.keeping import Wanted, add_drop, ask_server, change_drop
from tillkeeper.web.parts import Request, answer, blame, changed
from tillkeeper.web.places import office_choices
from tillkeeper.web.refusals import sentence_of

if TYPE_CHECKING:
    from tillkeeper.settlement.models import Drop

KINDS = (
    (DropKind.FOLDER.value, gettext_lazy("A folder of this server")),
    (DropKind.SFTP.value, gettext_lazy("A folder on an SFTP server")),
)


class DropForm(forms.Form):
    """Where files are fetched from."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=KINDS, widget=forms.RadioSelect)
    address = forms.CharField(
        label=gettext_lazy("Address"), max_length=400,
        help_text=gettext_lazy(
            "A folder below that of the organisation, such as unionpay; or sftp://user@host:port/folder. "
            "No password: see the how-to."
        ),
    )  # fmt: skip
    host_key = forms.CharField(
        label=gettext_lazy("Key of the server"), max_length=800, required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "class": "code"}),
        help_text=gettext_lazy("Only for SFTP. Ask the server for it, or paste what its owner gave you."),
    )  # fmt: skip
    compared = forms.BooleanField(
        label=gettext_lazy("I compared the fingerprint with the one that the server's owner gave me."),
        required=False,
    )  # fmt: skip
    enabled = forms.BooleanField(
        label=gettext_lazy("In use: the worker looks there every minute"),
        required=False,
        initial=True,
    )

    def __init__(self, *args: Any, saved: str = "", **kwargs: Any) -> None:
        """Know the key that is saved: that one was compared before."""
        super().__init__(*args, **kwargs)
        self._saved = saved

    def clean(self) -> dict[str, Any]:
        """See that a new key was compared by somebody."""
        given = super().clean() or {}
        key = given.get("host_key", "").strip()
        if (
            given.get("kind") == DropKind.SFTP
            and key not in ("", self._saved)
            and not given["compared"]
        ):
            self.add_error(
                "compared",
                _("Compare the fingerprint first: whoever holds another key reads your files."),
            )
        return given

    def wanted(self) -> Wanted:
        """Return it as the service takes it."""
        given = self.cleaned_data
        return Wanted(
            kind=given["kind"],
            address=given["address"].strip(),
            host_key=given["host_key"],
            enabled=given["enabled"],
        )


class NewDropForm(DropForm):
    """With whose it is and what it is called."""

    organisation = forms.ChoiceField(label=gettext_lazy("Organisation"))
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=40,
        help_text=gettext_lazy("Small letters, digits and -, such as unionpay-bills."),
    )  # fmt: skip
    field_order = ("organisation", "name")

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        """Offer the offices one may make drops for."""
        super().__init__(*args, **kwargs)
        self.fields["organisation"].choices = office_choices(scope)  # type: ignore[attr-defined]


@login_required
def new(request: Request) -> HttpResponse:
    """Make a drop."""
    request.actor.require(Right.MONEY_RULES)
    make = partial(NewDropForm, scope=request.actor.scope(Right.MONEY_RULES))
    if request.POST.get("deed") == "ask":
        return _asked(request, make, None)
    form = make(request.POST or None, initial={"kind": DropKind.FOLDER})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = add_drop(
                organisation=given["organisation"], name=given["name"], wanted=form.wanted(),
                by=request.actor, at=timezone.now(),
            )  # fmt: skip
        except TillkeeperError as error:
            blame(form, error)
        else:
            return _saved(request, made, _("Drop %(name)s has been made") % {"name": made.name})
    return _form(request, form, None)


@login_required
def edit(request: Request, key: int) -> HttpResponse:
    """Change where a drop fetches from, or whether."""
    row = queries.drop(request.actor.scope(Right.MONEY_VIEW), key)
    request.actor.require(Right.MONEY_RULES, row.path)
    make = partial(DropForm, saved=row.host_key)
    if request.POST.get("deed") == "ask":
        return _asked(request, make, row)
    initial = {name: getattr(row, name) for name in ("kind", "address", "host_key", "enabled")}
    form = make(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            change_drop(drop=key, wanted=form.wanted(), by=request.actor, at=timezone.now())
        except TillkeeperError as error:
            blame(form, error)
        else:
            return _saved(request, row, _("Saved"))
    return _form(request, form, row)


def _asked(request: Request, make: Callable[..., DropForm], row: "Drop | None") -> HttpResponse:
    """Ask the server for its key and write it into the form, to be compared; nothing is saved by that."""
    held = request.POST.dict() | {"kind": DropKind.SFTP, "compared": False}
    held["enabled"] = bool(request.POST.get("enabled"))
    address = str(request.POST.get("address", "")).strip()
    try:
        line, shown = ask_server(address=address, by=request.actor)
    except TillkeeperError as refused:
        return _form(request, make(initial=held), row, refused=sentence_of(refused))
    return _form(request, make(initial=held | {"host_key": line}), row, shown=shown)


def _form(request: Request, form: DropForm, row: "Drop | None", **told: str) -> HttpResponse:
    ctx = {"form": form, "drop": row, "public_key": public_key(), **told}
    status = 422 if form.errors or told.get("refused") else 200
    return answer(request, "money/drop_edit.html", "money/_drop_edit.html", ctx, status)


def _saved(request: Request, row: "Drop", text: str) -> HttpResponse:
    page = reverse("web:money_files-drop", args=[row.pk])
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": page})
    return changed(request, text, page=page)
