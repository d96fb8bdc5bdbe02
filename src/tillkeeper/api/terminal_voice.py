"""/terminals/{serial}/live and beside it: what a terminal says, said, and how it could be heard."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from django.http import HttpRequest
from django.utils.timezone import now
from ninja import Field, Query, Router, Schema
from pydantic import AwareDatetime

from tillkeeper.api.authentication import actor
from tillkeeper.api.problems import LISTING, READING
from tillkeeper.api.refusals import BodyInvalid
from tillkeeper.api.schemas import Asked
from tillkeeper.formats.voice.signals import MEASURED, SIGNALS
from tillkeeper.telemetry.lifecycle import LiveState
from tillkeeper.telemetry.queries import history as histories
from tillkeeper.telemetry.queries import live as lives
from tillkeeper.telemetry.queries import states

router = Router(tags=["voice"])
LONGEST: Final = timedelta(days=800)
DAY: Final = timedelta(days=1)


class LatestOut(Schema):
    """The newest value of one signal."""

    value: float | bool | str
    at: float = Field(description="Seconds since 1970 UTC, by the server's clock.")


class LiveOut(Schema):
    """A terminal as it was last heard; `state` is null if it never was."""

    serial: str
    state: LiveState | None
    since: datetime | None = None
    why: list[str] = Field(
        default_factory=list, description="Codes of the alert rules that hold, or `silent`."
    )
    heard_at: datetime | None = None
    read_at: datetime | None = Field(None, description="When the newest reading was taken.")
    interval_s: int | None = Field(None, description="How often it was told to come.")
    skew_s: float = Field(0, description="Its clock less the server's.")
    signals: dict[str, LatestOut] = Field(default_factory=dict)
    refused: dict[str, int] = Field(
        default_factory=dict, description="Signals whose value could not be, how often."
    )
    latitude: float | None = None
    longitude: float | None = None
    placed_at: datetime | None = None
    away_m: float | None = Field(None, description="Metres from its site.")
    away: bool = Field(default=False, description="Further than the policy allows.")
    app_version: str = ""
    firmware_version: str = ""
    carrier: str = ""
    tamper_risk: bool = False


class PointOut(Schema):
    """What a signal did in one step."""

    at: datetime
    low: float
    mean: float
    high: float
    count: int


class SeriesOut(Schema):
    """One signal over the span, oldest first."""

    signal: str
    unit: str
    raw: bool = Field(description="No reading was joined with another.")
    points: list[PointOut]


class ChangeOut(Schema):
    """A terminal came, went, or changed how it is."""

    at: datetime
    from_state: str = Field(description="Blank: heard for the first time.")
    to_state: LiveState
    why: list[str]


class UptimeOut(Schema):
    """What part of a span a terminal could be heard."""

    share: float | None = Field(description="0 to 1; null: nothing counts yet.")
    counted_s: float
    heard_s: float
    by_state_s: dict[str, float]


class OutlookOut(Schema):
    """A worn part's way to its limit."""

    signal: str
    now: float
    limit: float
    per_day: float
    days: float
    fit: float = Field(description="0 to 1.")


class SignalOut(Schema):
    """A signal that terminals may report."""

    name: str
    kind: str
    unit: str
    group: str
    least: float | None
    most: float | None
    warn: float | None
    critical: float | None
    worse: str


class SpanIn(Asked):
    """From when to when; the last day if nothing is said."""

    begins: AwareDatetime | None = None
    ends: AwareDatetime | None = None

    def span(self) -> tuple[datetime, datetime]:
        """Return both ends."""
        ends = self.ends or now()
        begins = self.begins or ends - DAY
        if not timedelta() < ends - begins <= LONGEST:
            raise _wrong("begins", f"before `ends`, by at most {LONGEST.days} days")
        return begins, ends


class HistoryIn(SpanIn):
    """Which signals, over which span."""

    signal: Annotated[list[str], Field(min_length=1, max_length=12)]
    points: int = Field(500, ge=2, le=2_000)


class LiveCountsOut(Schema):
    """How many terminals in use within view are in each live state."""

    online: int
    degraded: int
    late: int
    offline: int
    not_in_use: dict[str, int] = Field(
        description="How many were heard before and are not at a site now, by their state in the ledger."
    )
    attention: dict[str, int] = Field(description="How many want a look, by kind.")


@router.get("/{path:serial}/live", response={200: LiveOut, **READING})
def get_live(request: HttpRequest, serial: str) -> Any:
    """Show how a terminal is heard, and the newest value of each of its signals."""
    found = lives.live_of(actor(request), serial)
    return {"serial": serial, "state": None} if found is None else asdict(found)


@router.get("/{path:serial}/live/history", response={200: list[SeriesOut], **READING})
def get_history(request: HttpRequest, serial: str, asked: Query[HistoryIn]) -> Any:
    """Show what signals did over a span; of long ones low, mean and high of each step."""
    for name in asked.signal:
        if name not in MEASURED:
            raise _wrong("signal", "a measured signal, see /signals")
    begins, ends = asked.span()
    found = histories.history(
        actor(request), serial, asked.signal, begins=begins, ends=ends, points=asked.points
    )
    return [asdict(series) for series in found]


@router.get("/{path:serial}/live/states", response={200: list[ChangeOut], **READING})
def list_live_states(request: HttpRequest, serial: str, asked: Query[SpanIn]) -> Any:
    """List when a terminal came, went, or changed how it is: the newest first, at most 200."""
    begins, ends = asked.span()
    return states.state_changes(actor(request), serial, begins=begins, ends=ends)


@router.get("/{path:serial}/live/uptime", response={200: UptimeOut, **READING})
def get_uptime(request: HttpRequest, serial: str, asked: Query[SpanIn]) -> Any:
    """Show what part of a span a terminal could be heard."""
    begins, ends = asked.span()
    found = states.uptime(actor(request), serial, begins=begins, ends=ends)
    return {**asdict(found), "share": found.share}


@router.get("/{path:serial}/live/outlooks", response={200: list[OutlookOut], **READING})
def list_outlooks(request: HttpRequest, serial: str) -> Any:
    """List the worn parts whose trend leads to their limit, the nearest first."""
    return histories.outlooks(actor(request), serial, at=now())


overall = Router(tags=["voice"])


@overall.get("/live", response={200: LiveCountsOut, **LISTING})
def count_live(request: HttpRequest) -> Any:
    """Count terminals in use by live state."""
    who = actor(request)
    return {
        **lives.live_counts(who),
        "not_in_use": lives.not_in_use(who),
        "attention": lives.attention(who),
    }


@overall.get("/signals", response={200: list[SignalOut], **LISTING})
def list_signals(request: HttpRequest) -> Any:
    """List the signals that terminals may report, with their ranges."""
    return list(SIGNALS.values())


def _wrong(field: str, expected: str) -> BodyInvalid:
    told = {"in": "query", "field": field, "problem": "value_error", "message": expected}
    return BodyInvalid(count=1, fields=[told])
