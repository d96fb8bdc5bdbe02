"""Drops: the places files are fetched from, their last round, making and changing them, fetching now."""

from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tillkeeper.kernel.errors import NotFound
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.lifecycle import DropKind
from tillkeeper.settlement.queries import drops as queries
from tillkeeper.settlement.services.drops.asking import ask_to_fetch, ask_to_stop, fetching
from tillkeeper.settlement.services.drops.identity import password_of, public_key, variable_of
from tillkeeper.settlement.services.drops.keeping import remove_drop
from tillkeeper.settlement.services.drops.rounds import LOOKS, SETTLED
from tillkeeper.settlement.services.drops.sftp import fingerprint
from tillkeeper.settlement.wording import DROP_LABELS, FETCHING_LABELS
from tillkeeper.web.money.files import line_of as file_line
from tillkeeper.web.money.said import refusal_of
from tillkeeper.web.paging import page_of
from tillkeeper.web.parts import Request, answer, changed

if TYPE_CHECKING:
    from tillkeeper.settlement.models import Drop

FILES_SHOWN: Final = 20
LEFT_SHOWN: Final = 50


@login_required
def index(request: Request) -> HttpResponse:
    """List the drops with what came of their last round."""
    request.actor.require(Right.MONEY_VIEW)
    page = page_of(queries.drops_with_arrivals(request.actor.scope(Right.MONEY_VIEW)), request)
    may_make = bool(request.actor.scope(Right.MONEY_RULES).paths)
    ctx = {
        "page": page,
        "lines": [line_of(row) for row in page.rows],
        "may_make": may_make,
        "public_key": public_key() if may_make else "",
        "no_server_allowed": may_make and not settings.TILLKEEPER_SFTP_HOSTS,
    }
    return answer(request, "money/drops.html", "money/_drops.html", ctx)


def line_of(row: "Drop") -> dict[str, Any]:
    """Return what a table shows of a drop."""
    problem = refusal_of(row.problem) if row.problem else ""
    tone, state = ("failed", _("in trouble")) if problem else ("ok", _("well"))
    if not row.enabled:
        tone, state = "", _("out of use")
    elif row.looked_at is None:
        tone, state = "running", _("not looked at yet")
    return {
        "drop": row,
        "kind": DROP_LABELS.get(row.kind, row.kind),
        "address": row.address
        if row.kind == DropKind.SFTP
        else f"{row.organisation.code}/{row.address}",
        "problem": problem,
        "state": state,
        "tone": tone,
    }


@login_required
def detail(request: Request, key: int) -> HttpResponse:
    """Show one drop: where it fetches from, what came, what was left, how far a round is."""
    row = _seen(request, key)
    sftp = row.kind == DropKind.SFTP
    code = row.organisation.code
    ctx = line_of(row) | _work(row) | {
        "folder": "" if sftp else f"{settings.TILLKEEPER_DROPS}/{code}/{row.address}",
        "fingerprint": fingerprint(row.host_key),
        "variable": variable_of(code, row.name) if sftp else "",
        "password_set": sftp and password_of(code, row.name) is not None,
        "public_key": public_key() if sftp else "",
        "files": [file_line(file) for file in queries.files_from(row)[:FILES_SHOWN]],
        "left": _left(row),
        "growing": len(row.seen.get(LOOKS, {})),
        "may_work": request.actor.may(Right.MONEY_WORK, row.path),
        "may_change": request.actor.may(Right.MONEY_RULES, row.path),
    }  # fmt: skip
    return render(request, "money/drop.html", ctx)


def _left(row: "Drop") -> list[tuple[str, str]]:
    """Return the files that lie there and became no money file, with the reason."""
    told = row.seen.get(SETTLED, {}).items()
    left = [(name, refusal_of(problem)) for name, (_look, number, problem) in told if not number]
    return left[:LEFT_SHOWN]


def _work(row: "Drop") -> dict[str, Any]:
    said = fetching(row)
    waiting = said is None or (said.stage not in FETCHING_LABELS and not said.silent)
    return {
        "drop": row,
        "working": said is not None,
        "progress": None if waiting else said,
        "stage_label": FETCHING_LABELS.get(said.stage, "") if said else "",
    }


@login_required
def progress_part(request: Request, key: int) -> HttpResponse:
    """Say how far a round is; once it is over the page is loaded anew."""
    row = _seen(request, key)
    ctx = _work(row) | {"may_work": request.actor.may(Right.MONEY_WORK, row.path)}
    if ctx["working"]:
        return render(request, "money/_drop_progress.html", ctx)
    page = reverse("web:money_files-drop", args=[key])
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": page})
    return redirect(page)


@login_required
@require_POST
def fetch_now(request: Request, key: int) -> HttpResponse:
    """Have the worker go round now."""
    row = ask_to_fetch(drop=key, by=request.actor)
    text = _("Fetching from %(name)s has been asked for") % {"name": row.name}
    return changed(request, text, page=reverse("web:money_files-drop", args=[key]))


@login_required
@require_POST
def stop(request: Request, key: int) -> HttpResponse:
    """Have a round end."""
    ask_to_stop(drop=key, by=request.actor)
    page = reverse("web:money_files-drop", args=[key])
    return changed(request, _("It stops at the next piece"), page=page)


@login_required
def remove(request: Request, key: int) -> HttpResponse:
    """Ask once more, then remove a drop."""
    row = _seen(request, key)
    request.actor.require(Right.MONEY_RULES, row.path)
    page = reverse("web:money_files-drops")
    if request.method == "POST":
        remove_drop(drop=key, by=request.actor, at=timezone.now())
        if request.htmx:
            return HttpResponse(status=204, headers={"HX-Redirect": page})
        return changed(request, _("Drop %(name)s has been removed") % {"name": row.name}, page=page)
    ctx = {
        "title": _("Remove drop %(name)s") % {"name": row.name},
        "lead": _("Nothing is fetched from there any more. The files that came from it stay."),
        "action": reverse("web:money_files-drop-remove", args=[key]),
        "submit": _("Remove"),
        "danger": True,
        "cancel_url": reverse("web:money_files-drop", args=[key]),
    }
    return answer(request, "ui/form_page.html", "ui/_form.html", ctx)


def _seen(request: Request, key: int) -> Any:
    found = (
        queries.drops_with_arrivals(request.actor.scope(Right.MONEY_VIEW)).filter(pk=key).first()
    )
    if found is None:
        raise NotFound(kind="drop", key=str(key))
    return found
