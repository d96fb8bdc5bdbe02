"""The pages of imports: list, upload, one import in whatever state it is, and what may be done with it."""

import io
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tillkeeper.formats.ledgers.columns import KINDS
from tillkeeper.formats.ledgers.templates import template_rows
from tillkeeper.formats.ledgers.writing import write_xlsx
from tillkeeper.kernel.errors import NotAllowed, TillkeeperError, kind_of_code
from tillkeeper.kernel.progress import progress
from tillkeeper.parties.roles import Right
from tillkeeper.terminals.queries import imports
from tillkeeper.terminals.services.imports import (
    apply_import,
    cancel_import,
    choose_mapping,
    note,
    reason,
    refused_file,
    start_import,
    undo_import,
)
from tillkeeper.terminals.services.imports.errors import FileForgotten
from tillkeeper.web.imports.mapping import import_of, mapping_context, stage_context
from tillkeeper.web.imports.wording import (
    KIND_HINTS,
    MADE_LABELS,
    STATUS_LABELS,
    kind_name,
    tone,
    worded,
)
from tillkeeper.web.paging import page_of
from tillkeeper.web.parts import Request, answer, blame, changed, toast
from tillkeeper.web.places import office_choices
from tillkeeper.web.refusals import sentence_of

if TYPE_CHECKING:
    from tillkeeper.terminals.models import Import

WORKING: Final = frozenset({"checking", "queued", "running"})
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LANGUAGES: Final = ("zh-hans", "en")


class UploadForm(forms.Form):
    """A file, what it lists, and under which organisation its rows come in that name none."""

    file = forms.FileField(
        label=gettext_lazy("File"), max_length=255,
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv,.txt"}),
        help_text=gettext_lazy("XLSX, XLS or CSV (UTF-8 or GB18030)."),
    )  # fmt: skip
    kind = forms.ChoiceField(label=gettext_lazy("What it lists"), initial="terminals")
    organisation = forms.ChoiceField(
        label=gettext_lazy("Organisation"),
        help_text=gettext_lazy("Rows that name none come in under this one."),
    )


@login_required
def index(request: Request) -> HttpResponse:
    """List the imports."""
    if not (request.actor.scope(Right.IMPORT).paths or request.actor.scope(Right.EXPORT).paths):
        raise NotAllowed(right=Right.IMPORT)
    page = page_of(imports(request.actor), request)
    lines = [
        (run, kind_name(run.kind), STATUS_LABELS.get(run.status, run.status), tone(run.status))
        for run in page.rows
    ]
    ctx = {
        "page": page,
        "lines": lines,
        "working": any(run.status in WORKING for run in page.rows),
        "kinds": [(name, kind_name(name)) for name in KINDS],
    }
    return answer(request, "imports/list.html", "imports/_table.html", ctx)


@login_required
def new(request: Request) -> HttpResponse:
    """Take a file."""
    by = request.actor
    by.require(Right.IMPORT)
    form = UploadForm(
        request.POST or None,
        request.FILES or None,
        initial={"kind": request.GET.get("kind", "terminals")},
    )
    form.fields["kind"].choices = [(name, kind_name(name)) for name in KINDS]  # type: ignore[attr-defined]
    form.fields["organisation"].choices = office_choices(by.scope(Right.IMPORT))  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            run = start_import(
                stream=given["file"].file, name=given["file"].name, kind=given["kind"],
                organisation=given["organisation"], by=by, at=timezone.now(),
            )  # fmt: skip
        except TillkeeperError as error:
            if error.facts().get("kind") == "organisation":
                blame(form, error)
            else:
                form.add_error("file", sentence_of(error))
        else:
            return redirect("web:import", number=run.number)
    ctx = {
        "form": form,
        "kinds": [(name, kind_name(name), KIND_HINTS[name]) for name in KINDS],
    }
    return render(request, "imports/new.html", ctx, status=422 if form.errors else 200)


@login_required
def template(request: Request, kind: str, language: str) -> FileResponse:
    """Return an empty ledger with its titles and one example row."""
    request.actor.require(Right.IMPORT)
    if kind not in KINDS or language not in LANGUAGES:
        raise Http404(kind)
    titles, example = template_rows(kind, language)
    made = io.BytesIO()
    write_xlsx(
        made,
        titles,
        [example],
        sheet=KINDS[kind].zh if language.startswith("zh") else KINDS[kind].en,
    )
    made.seek(0)
    return FileResponse(
        made, as_attachment=True, filename=f"{kind}-{language}.xlsx", content_type=XLSX
    )


@login_required
def detail(request: Request, number: str) -> HttpResponse:
    """Show an import as it stands: coming back later shows the same."""
    record = import_of(request, number)
    phase = _phase(record, request)
    ctx: dict[str, Any] = {
        "record": record,
        "phase": phase,
        "may_import": _may_import(request, record),
        **stage_context(record),
    }
    if phase == "mapping":
        ctx |= mapping_context(record)
    elif phase == "work":
        ctx |= _work(record)
    if phase != "work":
        ctx |= _counts(record) | _refusals(request, record)
    ctx["problem"] = _problem(record)
    return answer(request, "imports/detail.html", "imports/_refusals.html", ctx)


def _phase(record: "Import", request: Request) -> str:
    if record.status in WORKING:
        return "work"
    if record.status in ("done", "undone"):
        return "result"
    if record.result.get("problem", {}).get("code") == FileForgotten.code:
        return "forgotten"  # nothing can follow: there is no file any more
    if record.status == "checked" and not request.GET.get("mapping"):
        return "checked"
    return "mapping"


def _work(record: "Import") -> dict[str, Any]:
    stages = {
        "checking": _("Checking every row"),
        "queued": _("Waiting"),
        "running": _("Bringing rows in"),
    }
    said = progress(record.number)
    waiting = said is None or said.stage == "queued"
    return {
        "progress": None if waiting else said,
        "stage_label": stages[record.status],
        "record": record,
    }


@login_required
def progress_part(request: Request, number: str) -> HttpResponse:
    """Say how far it is; once it is over the page is loaded anew."""
    record = import_of(request, number)
    if record.status not in WORKING:
        if request.htmx:
            return HttpResponse(
                status=204, headers={"HX-Redirect": reverse("web:import", args=[number])}
            )
        return redirect("web:import", number=number)
    ctx = _work(record) | {"may_import": _may_import(request, record)}
    return render(request, "imports/_progress.html", ctx)


def _may_import(request: Request, record: "Import") -> bool:
    return request.actor.may(Right.IMPORT, record.path)


def _counts(record: "Import") -> dict[str, Any]:
    """Return the counts of the last pass, whether it wrote or not."""
    told = record.result if "new" in record.result else record.dry_run
    if "new" not in told:
        return {"counts": None}
    return {
        "counts": [
            (_("New"), told["new"], "ok"),
            (_("Changed"), told["changed"], "running"),
            (_("Same"), told["same"], ""),
            (_("Refused"), told["refused"], "failed" if told["refused"] else ""),
        ],
        "made": [
            (label, told["made"][name])
            for name, label in MADE_LABELS.items()
            if told.get("made", {}).get(name)
        ],
        "notes": [note(line["code"], line) for line in told.get("notes", ())],
        "reasons": _reasons(record, told),
        "good": told["new"] + told["changed"],
        # All or nothing would come to nothing: said before it is tried, and not offered.
        "stopped_by": told["refused"] if record.all_or_nothing else 0,
    }


def _reasons(record: "Import", told: dict[str, Any]) -> list[tuple[str, int]]:
    """Return how often each reason stopped a row, in words: those of the first row it stopped."""
    codes = sorted(told.get("refused_codes", {}).items(), key=lambda item: -item[1])
    first = {
        row.code: row
        for row in record.refusals.filter(code__in=[code for code, _n in codes]).order_by("-pk")
    }
    return [(_said(first[code]), n) for code, n in codes if code in first]


def _said(row: Any) -> str:
    facts = {"line": row.line, "column": row.column, "value": row.value, **row.facts}
    return reason(row.code, worded(row.code, facts))


def _refusals(request: Request, record: "Import") -> dict[str, Any]:
    page = page_of(record.refusals.order_by("line", "pk"), request)
    return {"page": page, "refusals": [(row, _said(row)) for row in page.rows]}


def _problem(record: "Import") -> str:
    """Return why an import failed, in the reader's language where the kind of refusal is known."""
    told = record.result.get("problem")
    if not told:
        return record.problem if record.status in ("failed", "cancelled") else ""
    kind = kind_of_code(told.get("code", ""))
    try:
        return sentence_of(kind(**told["facts"])) if kind else record.problem
    except (TypeError, KeyError, ValueError):
        return record.problem  # written by an older version with other facts


@login_required
@require_POST
def apply(request: Request, number: str) -> HttpResponse:
    """Bring the good rows in, or all or nothing if that is chosen."""
    record = import_of(request, number)
    wanted = bool(request.POST.get("all_or_nothing"))
    if wanted != record.all_or_nothing:
        choose_mapping(number=number, all_or_nothing=wanted, by=request.actor, at=timezone.now())
    apply_import(number=number, by=request.actor, at=timezone.now())
    return redirect("web:import", number=number)


@login_required
@require_POST
def stop(request: Request, number: str) -> HttpResponse:
    """Stop it; nothing of it is kept."""
    record = cancel_import(
        number=import_of(request, number).number, by=request.actor, at=timezone.now()
    )
    said = (
        _("Stopping: nothing will be kept.")
        if record.status in WORKING
        else _("The import has been put away.")
    )
    if request.htmx:
        return toast(HttpResponse(status=204), said)
    return redirect("web:import", number=number)


@login_required
def undo(request: Request, number: str) -> HttpResponse:
    """Ask, then take back what an import brought in."""
    record = import_of(request, number)
    request.actor.require(Right.IMPORT, record.path)
    form = UndoForm(request.POST or None)
    form.number = number
    page = reverse("web:import", args=[number])
    if request.method == "POST" and form.is_valid():
        try:
            undo_import(number=number, by=request.actor, at=timezone.now())
        except TillkeeperError as error:
            form.add_error(None, sentence_of(error))
        else:
            said = _("Import %(number)s has been taken back") % {"number": number}
            if request.htmx:
                return HttpResponse(status=204, headers={"HX-Redirect": page})
            return changed(request, said, page=page)
    lead = _("What it brought in is deleted (%(new)s) and what it changed is put back (%(changed)s). "
             "It is refused if anything has been built on it since.")  # fmt: skip
    ctx = {
        "form": form,
        "title": _("Take back import %(number)s") % {"number": number},
        "lead": lead
        % {
            "new": f"{record.result.get('new', 0):,}",
            "changed": f"{record.result.get('changed', 0):,}",
        },
        "action": reverse("web:import-undo", args=[number]),
        "submit": _("Take it back"),
        "danger": True,
        "cancel_url": page,
    }
    return answer(request, "ui/form_page.html", "ui/_form.html", ctx, 422 if form.errors else 200)


class UndoForm(forms.Form):
    """The number of the import, typed."""

    confirm = forms.CharField(
        label=gettext_lazy("Type the import's number to confirm"), max_length=40
    )
    number = ""

    def clean_confirm(self) -> str:
        """Compare."""
        typed = str(self.cleaned_data["confirm"]).strip().upper()
        if typed != self.number.upper():
            raise forms.ValidationError(
                _("That is not its number (%(number)s).") % {"number": self.number}
            )
        return typed


@login_required
def refused(request: Request, number: str) -> FileResponse:
    """Return the refused rows in the layout of the original, to be mended and brought in again."""
    kept = refused_file(number=number, by=request.actor, at=timezone.now())
    return FileResponse(
        kept.path.open("rb"), as_attachment=True, filename=kept.name, content_type=kept.media_type
    )
