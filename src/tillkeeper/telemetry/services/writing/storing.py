"""Live rows read and written for many terminals at once: one statement each, whatever their number.

Moments go in and out as epoch seconds, and JSON as text, so that nothing is made that is only looked through.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from django.db import connection

from tillkeeper.telemetry.known import Known

_JSON: Final = msgspec.json.Encoder()
_OBJECT: Final = msgspec.json.Decoder(dict[str, Any])
_LIST: Final = msgspec.json.Decoder(list[str])

COLUMNS: Final = {  # of telemetry_live, with the type that PostgreSQL reads it as from JSON
    "terminal_id": "bigint",
    "state": "text",
    "since": "moment",
    "why": "jsonb",
    "enrolment_id": "bigint",
    "heard_at": "moment",
    "interval_s": "integer",
    "read_at": "moment",
    "seq": "bigint",
    "seen": "bigint",
    "counter": "bigint",
    "skew_s": "float8",
    "signals": "jsonb",
    "refused": "jsonb",
    "memory": "bytes",
    "latitude": "float8",
    "longitude": "float8",
    "placed_at": "moment",
    "away_m": "float8",
    "away": "boolean",
    "app_version": "text",
    "firmware_version": "text",
    "carrier": "text",
    "tamper_risk": "boolean",
}
KEY: Final = "terminal_id"


class Row(
    msgspec.Struct,
    array_like=False,
    rename=dict(zip(COLUMNS, "abcdefghijklmnopqrstuvwx", strict=True)),
):
    """A live row on its way into PostgreSQL: short names, for each is sent with each row."""

    terminal_id: int
    state: str
    since: float
    why: list[str]
    enrolment_id: int | None
    heard_at: float
    interval_s: int
    read_at: float | None
    seq: int
    seen: int
    counter: int
    skew_s: float
    signals: dict[str, list[Any]]
    refused: dict[str, int]
    memory: bytes
    latitude: float | None
    longitude: float | None
    placed_at: float | None
    away_m: float | None
    away: bool
    app_version: str
    firmware_version: str
    carrier: str
    tamper_risk: bool


def known_of(terminals: Iterable[int]) -> dict[int, Known]:
    """Return what is known of terminals; those that are not in the ledger are left out. One statement."""
    ids = sorted(set(terminals))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_READ_LARGE, [ids])
        else:
            cursor.execute(_READ_LITE, [msgspec.json.encode(ids).decode()])
        return {found[0]: _known(found) for found in cursor.fetchall()}


def keep(rows: Sequence[Known]) -> None:
    """Write live rows, in the order of their keys. One statement, two where some are new."""
    rows = sorted(rows, key=lambda row: row.terminal)
    if connection.vendor == "postgresql":
        _keep_large(rows)
    elif rows:
        with connection.cursor() as cursor:
            cursor.executemany(_KEEP_LITE, [_lite(row) for row in rows])


def _select(moment: str, text: str) -> str:
    columns = [
        moment.format(name)
        if kind == "moment"
        else text.format(name)
        if kind == "jsonb"
        else f"l.{name}"
        for name, kind in COLUMNS.items()
        if name != KEY
    ]
    return (
        f"SELECT t.id, {', '.join(columns)}, s.latitude, s.longitude, s.city "
        "FROM terminals_terminal t LEFT JOIN telemetry_live l ON l.terminal_id = t.id "
        "LEFT JOIN parties_site s ON s.id = t.site_id WHERE t.id "
    )


_READ_LARGE: Final = _select("extract(epoch FROM l.{0})::float8", "l.{0}::text") + "= ANY(%s)"
_READ_LITE: Final = (
    _select("round((julianday(l.{0}) - 2440587.5) * 86400.0, 3)", "l.{0}")
    + "IN (SELECT value FROM json_each(%s))"
)
_TYPES: Final = {"moment": "float8", "bytes": "text"}
_CASTS: Final = {"moment": "to_timestamp(n.{0})", "bytes": "decode(n.{0}, 'base64')"}
_SHORT: Final = dict(zip(COLUMNS, "abcdefghijklmnopqrstuvwx", strict=True))
_RECORD: Final = (
    "json_to_recordset(%s) AS n("
    + ", ".join(f"{_SHORT[name]} {_TYPES.get(kind, kind)}" for name, kind in COLUMNS.items())
    + ")"
)


def _cast(name: str) -> str:
    return _CASTS.get(COLUMNS[name], "n.{0}").format(_SHORT[name])


# The flag of tampering is taken away elsewhere, meanwhile perhaps: here it is only put.
_RISK: Final = "tamper_risk"
_UPDATE: Final = (
    "UPDATE telemetry_live AS l SET "
    + ", ".join(f"{name} = {_cast(name)}" for name in COLUMNS if name not in {KEY, _RISK})
    + f", {_RISK} = l.{_RISK} OR {_cast(_RISK)} FROM {_RECORD} WHERE l.{KEY} = n.{_SHORT[KEY]}"
)
_INSERT: Final = (
    f"INSERT INTO telemetry_live ({', '.join(COLUMNS)}) "
    f"SELECT {', '.join(map(_cast, COLUMNS))} FROM {_RECORD}"
)
_KEEP_LITE: Final = (
    f"INSERT INTO telemetry_live ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))}) "
    f"ON CONFLICT ({KEY}) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name not in {KEY, _RISK})
    + f", {_RISK} = telemetry_live.{_RISK} OR excluded.{_RISK}"
)


def _known(found: Sequence[Any]) -> Known:
    (
        terminal,
        state,
        since,
        why,
        enrolment,
        heard_at,
        interval_s,
        read_at,
        seq,
        seen,
        counter,
        skew_s,
    ) = found[:12]
    (
        signals,
        refused,
        memory,
        latitude,
        longitude,
        placed_at,
        away_m,
        away,
        app,
        firmware,
        carrier,
    ) = found[12:23]
    site_latitude, site_longitude, city = found[24:]
    placed = site_latitude is not None and site_longitude is not None
    site = (float(site_latitude), float(site_longitude), bool(city)) if placed else None
    if state is None:
        return Known(terminal, site=site)
    return Known(
        terminal,
        state,
        since,
        _LIST.decode(why),
        -1 if enrolment is None else enrolment,
        heard_at,
        interval_s,
        read_at,
        seq,
        seen,
        counter,
        skew_s,
        _OBJECT.decode(signals),
        _OBJECT.decode(refused),
        bytes(memory),
        latitude,
        longitude,
        placed_at,
        away_m,
        bool(away),
        app,
        firmware,
        carrier,
        at_risk=bool(found[23]),
        was=state,
        site=site,
    )


def _row(row: Known) -> Row:
    return Row(
        row.terminal,
        row.state,
        row.since,
        row.why,
        None if row.enrolment < 0 else row.enrolment,
        row.heard_at,
        row.interval_s,
        row.read_at,
        row.seq,
        row.seen,
        row.counter,
        row.skew_s,
        row.signals,
        row.refused,
        row.memory,
        row.latitude,
        row.longitude,
        row.placed_at,
        row.away_m,
        row.away,
        row.app_version,
        row.firmware_version,
        row.carrier,
        row.tampered,
    )


def _keep_large(rows: Sequence[Known]) -> None:
    new, old = [_row(row) for row in rows if not row.was], [_row(row) for row in rows if row.was]
    with connection.cursor() as cursor:
        for statement, told in ((_UPDATE, old), (_INSERT, new)):
            if told:
                cursor.execute(statement, [_JSON.encode(told).decode()])


def _lite(row: Known) -> tuple[Any, ...]:
    told: Mapping[str, Any] = msgspec.structs.asdict(_row(row))
    casts: dict[str, Callable[[Any], Any]] = {"moment": _moment, "jsonb": _text}
    return tuple(casts.get(kind, _same)(told[name]) for name, kind in COLUMNS.items())


def _moment(at: float | None) -> str | None:
    """Return a moment as Django writes it into SQLite."""
    return None if at is None else str(datetime.fromtimestamp(at, UTC).replace(tzinfo=None))


def _text(value: Any) -> str:
    return _JSON.encode(value).decode()


def _same(value: Any) -> Any:
    return value
