"""The board's live part: how terminals are heard now, what waits, and where.

The page shows what is known at once; the rest, and all that changes, comes by the stream or, where nothing streams,
by asking again.
"""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tillkeeper.kernel.actor import Scope
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.queries.board import HEARD
from tillkeeper.telemetry.queries.live import IN_USE
from tillkeeper.telemetry.wording import JOIN_LABELS, SEVERITY_LABELS, default_names
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.wording import STATE_LABELS
from tillkeeper.web.live.numbers import PARTS, QUICK, STATES, numbers_of
from tillkeeper.web.live.wording import HEARD_LABELS
from tillkeeper.web.parts import Request

HINTS: Final[dict[str, str | Promise]] = {
    "online": gettext_lazy("heard when they were due"),
    "degraded": gettext_lazy("heard, and something is wrong"),
    "late": gettext_lazy("did not come when due"),
    "offline": gettext_lazy("silent for longer than allowed"),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that the stream keeps up to date, and the list behind it. `part`: where it stands in the numbers."""

    part: str
    label: str | Promise
    count: int
    url: str
    state: str
    hint: str | Promise = ""


def live_part(scope: Scope, *, kiosk: bool) -> dict[str, Any]:
    """Return what the live part shows at once; the slow parts only if somebody has asked for them lately."""
    shared = numbers_of(scope)
    numbers = shared.told(QUICK, at=timezone.now())
    known = shared.known()
    numbers |= {name: known[name] for name in PARTS if name in known}
    return {
        "heard": sum(numbers["counts"].values()) + sum(numbers["elsewhere"].values()),
        "figures": _figures(numbers),
        "elsewhere": [
            Figure(
                f"elsewhere.{state}",
                STATE_LABELS[State(state)],
                number,
                listed(live=HEARD, state=state),
                state,
            )
            for state, number in numbers["elsewhere"].items()
        ],
        "numbers": numbers,
        "words": _words(),
        "kiosk": kiosk,
    }


@login_required
def numbers(request: Request) -> HttpResponse:
    """Return all numbers, for pages that no stream reaches."""
    request.actor.require(Right.VIEW)
    shared = numbers_of(request.actor.scope(Right.VIEW))
    return JsonResponse(
        shared.told(PARTS, at=timezone.now()), headers={"Cache-Control": "no-store"}
    )


def no_stream(request: Request) -> HttpResponse:
    """Say that nothing streams here: behind a plain WSGI server the page asks by itself."""
    del request
    return HttpResponse(status=204, headers={"Cache-Control": "no-store"})


def listed(**filters: Any) -> str:
    """Return the address of the list of terminals, narrowed."""
    return f"{reverse('web:terminals')}?{urlencode(filters, doseq=True)}"


def alerts_url(**filters: Any) -> str:
    """Return the address of the list of alerts, narrowed; nothing where there is none."""
    try:
        url = reverse("web:alerts")
    except NoReverseMatch:
        return ""
    return f"{url}?{urlencode(filters)}" if filters else url


def _figures(numbers: dict[str, Any]) -> list[Figure]:
    states = [
        Figure(
            f"counts.{state}", HEARD_LABELS[state], numbers["counts"][state], listed(live=state, state=IN_USE),
            state, HINTS[state],
        )
        for state in STATES
    ]  # fmt: skip
    waiting = [
        Figure(
            f"alerts.{severity}", label, numbers["alerts"].get(severity, 0), alerts_url(severity=severity),
            {"critical": "faulty", "warning": "soon"}.get(severity, "issued"), _("alerts that wait"),
        )
        for severity, label in SEVERITY_LABELS.items()
    ]  # fmt: skip
    return [*states, *waiting]


def _words() -> dict[str, Any]:
    """Return the words and addresses that the page's script fills numbers into."""
    return {
        "live": _("Live"),
        "polling": _("Every 5 s"),
        "stale": _("Stale"),
        "paused": _("Paused"),
        "signed_out": _("Signed out: reload the page"),
        "ago": _("updated %(n)s s ago"),
        "pause": _("Pause"),
        "resume": _("Go on"),
        "up_of": _("%(up)s of %(total)s"),
        "share": _("Online"),
        "unplaced": _("no place"),
        "waiting": _("%(n)s terminals"),
        "nothing": _("Nothing just now."),
        "risk": _("may exist twice"),
        "joined": {by: str(label) for by, label in JOIN_LABELS.items()},
        "rules": default_names(),  # the numbers are shared by readers of both languages
        "since": _("since %(time)s"),
        "terminal": reverse("web:terminal", args=["SERIAL"]),
        "terminals": reverse("web:terminals"),
        "alerts": alerts_url(),
    }
