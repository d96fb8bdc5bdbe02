"""One terminal's voice: how it is heard and why, its readings, their history, where it is, and who may speak for it."""

from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from tillkeeper.formats.voice.signals import MEASURED, SIGNALS
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.parties.roles import Right
from tillkeeper.telemetry.action_words import ACTION_LABELS, KIND_LABELS
from tillkeeper.telemetry.lifecycle import ActionKind, ActionState, LiveState
from tillkeeper.telemetry.queries.alerts import alerts_of
from tillkeeper.telemetry.queries.doubts import doubts_of, is_doubted
from tillkeeper.telemetry.queries.enrolments import enrolment_in_force, waiting_code
from tillkeeper.telemetry.queries.history import history, outlooks
from tillkeeper.telemetry.queries.live import LiveRow, allowed_m, live_rows
from tillkeeper.telemetry.queries.orders import actions_of
from tillkeeper.telemetry.queries.rules import alert_rules
from tillkeeper.telemetry.queries.states import Change, state_changes, uptime
from tillkeeper.telemetry.signal_words import SIGNAL_LABELS
from tillkeeper.telemetry.wording import SEVERITY_LABELS, rule_name, rule_names
from tillkeeper.terminals.discretion import is_outsider
from tillkeeper.terminals.queries import terminal, viewable
from tillkeeper.web.live.readings import groups_of, metres, one, strength, told
from tillkeeper.web.live.wording import DOUBT_LABELS, HEARD_LABELS, why_told
from tillkeeper.web.parts import Request, answer, wants_part
from tillkeeper.web.stories import Event

if TYPE_CHECKING:
    from tillkeeper.terminals.models import Terminal

SPANS: Final[MappingProxyType[str, tuple[str | Promise, timedelta]]] = MappingProxyType(
    {
        "1h": (gettext_lazy("1 hour"), timedelta(hours=1)),
        "24h": (gettext_lazy("24 hours"), timedelta(days=1)),
        "7d": (gettext_lazy("7 days"), timedelta(days=7)),
        "30d": (gettext_lazy("30 days"), timedelta(days=30)),
    }
)
OWN: Final = "own"
USUAL_SPAN: Final = "24h"
LONGEST: Final = timedelta(days=1100)
POINTS: Final = 500
SIGNALS_AT_ONCE: Final = 40
CHANGES_SHOWN: Final = 20
LISTED: Final = 20
UPTIME: Final = timedelta(days=30)
HEARD_TONES: Final = MappingProxyType(
    {
        LiveState.ONLINE: ("wifi", "good"),
        LiveState.DEGRADED: ("triangle-alert", "warn"),
        LiveState.LATE: ("clock", "warn"),
        LiveState.OFFLINE: ("wifi-off", "bad"),
    }
)


@require_safe
@login_required
def page(request: Request, serial: str) -> HttpResponse:
    """Show a terminal's voice; htmx asks for the part that changes all the time."""
    found = terminal(viewable(request.actor), serial)
    ctx = {"terminal": found, **voice_of(request.actor, found)}
    if wants_part(request):
        return render(request, "live/_now.html", ctx)
    by, now = request.actor, timezone.now()
    voice: LiveRow | None = ctx["voice"]
    chartable = [name for name in MEASURED if voice and name in voice.signals]
    ctx |= {
        "chartable": [(name, SIGNAL_LABELS[name]) for name in chartable],
        "chosen": _chosen(request, chartable),
        "spans": [(name, label) for name, (label, _length) in SPANS.items()],
        "span": request.GET.get("span", USUAL_SPAN),
        "events": [_event(one, ctx["rules"]) for one in state_changes(by, serial, limit=CHANGES_SHOWN)],
        "alerts": [
            (row, rule_name(row.rule), SEVERITY_LABELS[row.severity])
            for row in alerts_of(by, serial, limit=LISTED)
        ],
        "actions": [
            (row, KIND_LABELS[ActionKind(row.order.kind)], ACTION_LABELS[ActionState(row.state)])
            for row in actions_of(by, serial)[:LISTED]
        ],
        "map": None if is_outsider(viewable(by)) else _map(found, voice, now),
        "words": _words(),
        **_enrolled(by, found, now),
        "doubts": [(row, DOUBT_LABELS.get(row.code, row.code)) for row in doubts_of(by, serial)[:LISTED]],
    }  # fmt: skip
    return answer(request, "live/page.html", "live/_now.html", ctx)


def voice_of(by: Actor, found: "Terminal") -> dict[str, Any]:
    """Return how a terminal is heard, in words: for its pages and the drawer. Two statements at most.

    One that was never heard may be doubted all the same: its second key may come before its first check-in.
    """
    voice = live_rows([found.pk]).get(found.pk)
    if voice is None:
        return {"voice": None, "rules": {}, "doubted": is_doubted(found.pk)}
    rules = rule_names({rule.code: rule.name for rule in alert_rules(by)}) if voice.why else {}
    return {
        "voice": voice,
        "rules": rules,
        "voice_word": HEARD_LABELS[voice.state],
        "voice_why": why_told(voice.why, rules),
        "voice_groups": groups_of(voice),
        "voice_brief": [r for r in (one(voice, "battery_level"), strength(voice)) if r],
        "voice_away": metres(voice.away_m),
    }


@require_safe
@login_required
def wear(request: Request, serial: str) -> HttpResponse:
    """Return what wears out when, and how much of a month the terminal was heard: asked for after the page."""
    by, now = request.actor, timezone.now()
    heard = uptime(by, serial, begins=now - UPTIME, ends=now)
    ctx = {
        "outlooks": [
            {
                "label": SIGNAL_LABELS[one.signal],
                "now": told(SIGNALS[one.signal], one.now),
                "limit": told(SIGNALS[one.signal], one.limit),
                "days": round(one.days),
                "on": now + timedelta(days=one.days),
            }
            for one in outlooks(by, serial, at=now)
        ],
        "share": None if heard.share is None else f"{100 * heard.share:.2f} %",
        "days": UPTIME.days,
    }
    return render(request, "live/_wear.html", ctx)


@require_safe
@login_required
def readings(request: Request, serial: str) -> JsonResponse:
    """Return the history of signals as JSON: per step the moment, the least, the mean, the greatest.

    Raises:
        FieldInvalid: the span cannot be read, ends before it begins, or is too long.
    """
    begins, ends = span_of(request)
    names = [n for n in request.GET.get("signals", "").split(",") if n in MEASURED]
    points = request.GET.get("points", "")
    count = int(points) if points.isascii() and points.isdigit() and len(points) < 5 else POINTS
    found = history(
        request.actor, serial, names[:SIGNALS_AT_ONCE], begins=begins, ends=ends, points=max(2, min(count, POINTS))
    )  # fmt: skip
    series = [
        {
            "signal": s.signal,
            "label": str(SIGNAL_LABELS[s.signal]),
            "unit": s.unit,
            "raw": s.raw,
            "warn": SIGNALS[s.signal].warn,
            "critical": SIGNALS[s.signal].critical,
            "points": [[round(p.at.timestamp()), p.low, p.mean, p.high] for p in s.points],
        }
        for s in found
    ]
    told_here = {"begins": begins.timestamp(), "ends": ends.timestamp(), "series": series}
    return JsonResponse(told_here, headers={"Cache-Control": "no-store"})


def span_of(request: HttpRequest) -> tuple[datetime, datetime]:
    """Return the span that a request names: one of SPANS up to now, or its own."""
    name, now = request.GET.get("span", USUAL_SPAN), timezone.now()
    if name != OWN:
        return now - SPANS.get(name, SPANS[USUAL_SPAN])[1], now
    begins, ends = _moment(request, "from"), _moment(request, "to")
    if ends <= begins or ends - begins > LONGEST:
        raise FieldInvalid(
            field="to", value=request.GET.get("to", ""), expected="a moment after `from`, within three years"
        )  # fmt: skip
    return begins, ends


def _moment(request: HttpRequest, name: str) -> datetime:
    text = request.GET.get(name, "")
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise FieldInvalid(field=name, value=text[:40], expected="a moment like 2026-03-02T09:30")
    return found if found.tzinfo else timezone.make_aware(found)


def _chosen(request: HttpRequest, chartable: list[str]) -> str:
    asked = request.GET.get("signal", "")
    if asked in chartable:
        return asked
    return chartable[0] if chartable else ""


def _event(change: Change, rules: dict[str, str]) -> Event:
    icon, tone = HEARD_TONES[change.to_state]
    title = HEARD_LABELS[change.to_state] if change.from_state else _("heard for the first time")
    return Event(change.at, title, "", icon, tone, why=", ".join(why_told(change.why, rules)))


def _map(found: "Terminal", voice: LiveRow | None, now: datetime) -> dict[str, Any] | None:
    """Return where it was last, where it belongs and how far it may be from there."""
    if voice is None or voice.latitude is None or voice.longitude is None:
        return None
    drawn: dict[str, Any] = {"at": [voice.longitude, voice.latitude]}
    site, allowed = found.site, None
    if site is not None and site.latitude is not None and site.longitude is not None:
        allowed = allowed_m(city=bool(site.city), on=timezone.localdate(now))
        drawn |= {"site": [float(site.longitude), float(site.latitude)], "allowed_m": allowed}
    return {
        "drawn": drawn,
        "away": voice.away,
        "distance": metres(voice.away_m),
        "placed": allowed is not None,
        "allowed": metres(allowed),
    }


def _enrolled(by: Actor, found: "Terminal", now: datetime) -> dict[str, Any]:
    return {
        "enrolment": enrolment_in_force(by, found.serial),
        "code": waiting_code(by, found.serial, at=now),
        "may_enrol": by.may(Right.ENROL, found.path),
    }


def _words() -> dict[str, str]:
    """Return the words of the charts."""
    return {
        "nothing": _("Nothing was heard in this span."),
        "failed": _("The history could not be read. Try again."),
        "least": _("least"),
        "mean": _("mean"),
        "most": _("most"),
        "warn": _("warning"),
        "critical": _("critical"),
        "site": _("its site"),
        "here": _("last heard here"),
        "allowed": _("allowed"),
        "zone": settings.TIME_ZONE,
    }
