"""The board: figures, charts with tables beside them, what ends soon and what wants a person."""

from dataclasses import asdict, dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tillkeeper.parties.roles import Right
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.queries import Bar, Board, board
from tillkeeper.terminals.wording import STATE_LABELS
from tillkeeper.web.board.live import live_part
from tillkeeper.web.home import home
from tillkeeper.web.imports.wording import STATUS_LABELS, tone
from tillkeeper.web.live.numbers import kept
from tillkeeper.web.parts import Request, answer

ATTENTION: Final[MappingProxyType[str, tuple[str | Promise, str | Promise]]] = MappingProxyType(
    {
        "tampered": (
            _("Marked as tampered"),
            _("Seal them, send them to the vendor, or scrap them."),
        ),
        "overdue": (_("Due back and not returned"), _("Ask who holds them.")),
        "slow": (
            _("Too long in one state"),
            _("Faulty for a week, on the way back for two, in quarantine for a month …"),
        ),
        "without_approval": (
            _("Models without any approval on file"),
            _("Nothing guards their use: record their certificates."),
        ),
    }
)
MODELS_SHOWN: Final = 12
SOON_DAYS: Final = 90


@dataclass(frozen=True, slots=True)
class Kpi:
    """One figure that leads to its list."""

    label: str | Promise
    count: int
    url: str
    state: str
    hint: str | Promise = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One bar of a chart, and one line of the table beside it."""

    label: str
    count: int
    url: str
    state: str = ""


@login_required
def index(request: Request) -> HttpResponse:
    """Show the estate as it is now; whoever may not see it goes to the first area that is theirs."""
    if not request.actor.scope(Right.VIEW).paths:
        return home(request)
    today = timezone.localdate()
    scope = request.actor.scope(Right.VIEW)
    # Read in full by each opening: of a large estate that takes longer than people wait.
    figures = kept(("ledger", scope, today), lambda: board(by=request.actor, on=today))
    if not figures.by_state and not figures.imports:
        return render(request, "board/first_run.html")
    kiosk = request.GET.get("kiosk") == "1"
    ctx = shown(figures, today) | live_part(scope, kiosk=kiosk)
    return answer(
        request, "board/kiosk.html" if kiosk else "board/index.html", "board/_board.html", ctx
    )


def shown(figures: Board, today: date) -> dict[str, Any]:
    """Return what the board draws."""
    states = {bar.key: bar.count for bar in figures.by_state}
    charts = {
        "by_state": [
            Line(str(STATE_LABELS[State(bar.key)]), bar.count, _list(state=bar.key), bar.key)
            for bar in figures.by_state
        ],
        "by_model": _bars(figures.by_model, "model"),
        "by_branch": _bars(figures.by_branch, "organisation"),
    }
    return {
        "kpis": _kpis(figures, states),
        "charts": charts,
        "drawn": {name: [asdict(line) for line in lines] for name, lines in charts.items()},
        "expiries": figures.expiries,
        "soon": SOON_DAYS,
        "imports": [
            (run, STATUS_LABELS.get(run.status, run.status), tone(run.status))
            for run in figures.imports
        ],
        "attention": [_attention(item) for item in figures.attention],
        "today": today,
    }


def _kpis(figures: Board, states: dict[str, int]) -> list[Kpi]:
    def of(*several: State) -> tuple[int, str]:
        return sum(states.get(state, 0) for state in several), _list(
            state=[state.value for state in several]
        )

    active, active_url = of(State.ACTIVE)
    stock, stock_url = of(State.IN_STOCK, State.READY)
    faulty, faulty_url = of(State.FAULTY)
    bench, bench_url = of(State.QUARANTINE, State.REPAIR)
    waiting = sum(item.count for item in figures.attention)
    return [
        Kpi(_("Terminals"), figures.total, reverse("web:terminals"), "", _("in the estate")),
        Kpi(
            _("Active"),
            active,
            active_url,
            State.ACTIVE,
            _share(active, figures.total),
        ),
        Kpi(_("In stock"), stock, stock_url, State.IN_STOCK, _("in stock or ready")),
        Kpi(
            _("Faulty"),
            faulty,
            faulty_url,
            State.FAULTY,
            _share(faulty, figures.total),
        ),
        Kpi(_("In the workshop"), bench, bench_url, State.REPAIR, _("quarantine or repair")),
        Kpi(_("Attention"), waiting, "#attention", "soon" if waiting else "ok", _("want a person")),
    ]


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else ""


def _bars(bars: list[Bar], name: str) -> list[Line]:
    return [Line(bar.title, bar.count, _list(**{name: bar.key})) for bar in bars[:MODELS_SHOWN]]


def _list(**filters: Any) -> str:
    return f"{reverse('web:terminals')}?{urlencode(filters, doseq=True)}"


def _attention(item: Any) -> dict[str, Any]:
    title, what = ATTENTION.get(item.kind, (item.kind, ""))
    url = (
        f"{reverse('web:models')}?approval=none"
        if item.kind == "without_approval"
        else f"{reverse('web:terminals')}?{item.query}"
    )
    return {"title": title, "what": what, "count": item.count, "url": url, "kind": item.kind}
