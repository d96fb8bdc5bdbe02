"""Money files: the list, one of them with what was checked, its bytes, and taking it back."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import FileResponse, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tillkeeper.formats.catalogue import FORMATS
from tillkeeper.kernel.actor import Scope
from tillkeeper.kernel.errors import TillkeeperError
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.lifecycle import FileState, RunState
from tillkeeper.settlement.queries import files as queries
from tillkeeper.settlement.queries.layouts import declared_names
from tillkeeper.settlement.services.files import original, withdraw
from tillkeeper.settlement.wording import FILE_LABELS, ROLE_LABELS, RUN_LABELS, tone
from tillkeeper.web.asking import Readable, day_of, one_of, text_of, unread
from tillkeeper.web.money.file_facts import accounts_of, figure_of, told_of
from tillkeeper.web.money.said import refusal_of, said
from tillkeeper.web.paging import page_of
from tillkeeper.web.parts import Request, answer, blame, changed
from tillkeeper.web.places import narrowed, office_choices

if TYPE_CHECKING:
    from tillkeeper.settlement.models import MoneyFile

RUNS_SHOWN: Final = 20
FAILED: Final = frozenset({RunState.FAILED, RunState.CANCELLED})  # nothing came of these
SET_ASIDE_SHOWN: Final = 200
FILTERS: Final = ("q", "role", "format", "state", "day", "organisation")
READ: Final[Readable] = {
    "role": (gettext_lazy("Whose word"), ROLE_LABELS),
    "format": (gettext_lazy("Format"), FORMATS),
    "state": (gettext_lazy("State"), FILE_LABELS),
    "day": (gettext_lazy("Business day"), day_of),
}


@login_required
def index(request: Request) -> HttpResponse:
    """List the files by role, format, state and day."""
    request.actor.require(Right.MONEY_VIEW)
    scope = request.actor.scope(Right.MONEY_VIEW)
    declared = declared_names(scope)
    page = page_of(_matching(scope, request.GET, declared), request)
    ctx = {
        "page": page,
        "lines": [line_of(file) for file in page.rows],
        "roles": list(ROLE_LABELS.items()),
        "states": list(FILE_LABELS.items()),
        "formats": format_choices(declared),
        "offices": office_choices(scope),
        "filtered": any(request.GET.get(name) for name in FILTERS),
        "unread": unread(request.GET, {**READ, "format": (READ["format"][0], _formats(declared))}),
    }
    return answer(request, "money/files.html", "money/_files.html", ctx)


def format_choices(declared: Iterable[str]) -> list[tuple[str, str]]:
    """Return the formats that can be read: declared layouts, then the product's by title in the reader's language."""
    named = [(name, _(form.title)) for name, form in FORMATS.items()]
    own = [(name, name) for name in declared if name not in FORMATS]
    return [*own, *sorted(named, key=lambda pair: pair[1].lower())]


def _formats(declared: Iterable[str]) -> frozenset[str]:
    return frozenset([*FORMATS, *declared])


def _matching(
    scope: Scope, asked: Mapping[str, Any], declared: Iterable[str]
) -> "QuerySet[MoneyFile]":
    rows = queries.files(narrowed(scope, asked.get("organisation", "")))
    exact = {
        "role": one_of(asked, "role", ROLE_LABELS),
        "format": one_of(asked, "format", _formats(declared)),
        "state": one_of(asked, "state", FILE_LABELS),
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if day := day_of(asked.get("day")):
        rows = rows.filter(first_day__lte=day, last_day__gte=day)
    if text := text_of(asked, "q"):
        rows = rows.filter(Q(name__contains=text) | Q(number=text.upper()) | Q(sha256=text.lower()))
    return rows.select_related("organisation")


def line_of(file: "MoneyFile") -> dict[str, Any]:
    """Return what a table shows of a file."""
    return {
        "file": file,
        "role": ROLE_LABELS.get(file.role, file.role),
        "format": _(FORMATS[file.format].title) if file.format in FORMATS else file.format,
        "state": FILE_LABELS.get(file.state, file.state),
        "tone": tone(file.state),
        "sums": sorted(file.sums.items()),
    }


@login_required
def detail(request: Request, number: str) -> HttpResponse:
    """Show one file: its figures as stated and as found, what was set aside, and which runs used it."""
    file = queries.file(request.actor.scope(Right.MONEY_VIEW), number)
    return answer(request, "money/file.html", "money/file.html", facts_of(request, file))


def facts_of(request: Request, file: "MoneyFile") -> dict[str, Any]:
    """Return all that is known of a file, in words."""
    runs = file.runs.order_by("-at", "-pk")[:RUNS_SHOWN]
    return line_of(file) | {
        "checks": checks_of(file),
        "set_aside": [
            {**line, "reason": said(line["reason"])} for line in file.set_aside[:SET_ASIDE_SHOWN]
        ],
        "told": told_of(file),
        "accounts": accounts_of(file),
        "problem": problem_of(file),
        "runs": [(run, RUN_LABELS.get(run.state, run.state), tone(run.state)) for run in runs],
        "may_withdraw": file.state == FileState.TAKEN
        and not any(run.state not in FAILED for run in runs)
        and request.actor.may(Right.MONEY_WORK, file.path),
    }


def checks_of(file: "MoneyFile") -> list[dict[str, Any]]:
    """Return the file's own figures beside what its rows come to; those that do not hold first."""
    told = [
        {
            **check,
            "name": _(check["name"]),
            "stated": figure_of(check["stated"]),
            "found": figure_of(check["found"]),
            "holds": check["stated"] == check["found"],
        }
        for check in file.checks
    ]
    return sorted(told, key=lambda check: check["holds"])


def problem_of(file: "MoneyFile") -> str:
    """Return why a file was refused, or taken back, in the reader's language."""
    if file.state == FileState.WITHDRAWN:
        return str(file.problem.get("sentence", ""))  # a person's own words
    if file.problem.get("code") == "formats.unsound":
        return _(
            "The file's own figures do not agree with its rows, so nothing of it is used. "
            "Fetch it again, or ask its sender."
        )
    return refusal_of(file.problem) if file.problem else ""


@login_required
def download(request: Request, number: str) -> FileResponse:
    """Return the file as it came; always as a download."""
    file = queries.file(request.actor.scope(Right.MONEY_VIEW), number)
    return FileResponse(
        original(file).open("rb"),
        as_attachment=True,
        filename=file.name,
        content_type="application/octet-stream",
    )


class ReasonForm(forms.Form):
    """Why."""

    why = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


@login_required
def take_back(request: Request, number: str) -> HttpResponse:
    """Ask why, then withdraw a file that no run has used."""
    file = queries.file(request.actor.scope(Right.MONEY_VIEW), number)
    request.actor.require(Right.MONEY_WORK, file.path)
    form = ReasonForm(request.POST or None)
    page = reverse("web:money_file", args=[number])
    if request.method == "POST" and form.is_valid():
        why = form.cleaned_data["why"]
        try:
            withdraw(number=number, why=why, by=request.actor, at=timezone.now())
        except TillkeeperError as error:
            blame(form, error)
        else:
            text = _("File %(number)s has been withdrawn") % {"number": number}
            return changed(request, text, page=page)
    ctx = {
        "form": form,
        "title": _("Withdraw file %(number)s") % {"number": number},
        "lead": _("It counts no more, and the same file may be brought in again. Its row stays."),
        "action": reverse("web:money_file-withdraw", args=[number]),
        "submit": _("Withdraw"),
        "danger": True,
        "cancel_url": page,
    }
    return answer(request, "ui/form_page.html", "ui/_form.html", ctx, 422 if form.errors else 200)
