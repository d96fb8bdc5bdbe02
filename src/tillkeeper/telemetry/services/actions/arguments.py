"""What a kind of action needs to be told, checked before anything is ordered."""

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import orjson
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_noop

from tillkeeper.formats.identifiers import mask_pans_in
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.kernel.phrases import Phrase
from tillkeeper.telemetry.lifecycle import ActionKind
from tillkeeper.terminals.services.lines import line

Arguments = Mapping[str, Any]

PARTS: Final = ("printer", "network", "reader", "sensors")
TEXT_MAX: Final = 200
LANGUAGES: Final = ("zh", "en")
KEYS_MAX: Final = 64
VALUE_MAX: Final = 200
VALUES_BYTES_MAX: Final = 8 * 1024
LOG_BYTES_MAX: Final = 64 * 2**20
LOG_BYTES_USUAL: Final = 8 * 2**20
KEY: Final = re.compile(r"[a-z][a-z0-9_.-]{0,39}", re.ASCII)
# What is set from afar is set in the clear: no secret goes this way.
SECRET: Final = re.compile(r"pass|pin|secret|token|(^|[_.-])key($|[_.-])", re.ASCII)
NUMBER_MOST: Final = 2**53 - 1


def checked(kind: ActionKind, arguments: Arguments) -> dict[str, Any]:
    """Return arguments as they are kept and sent.

    Raises:
        FieldInvalid: one is missing, unknown, of another kind, or too large.
    """
    known, read = READERS[kind]
    for name in arguments:
        if name not in known:
            raise _wrong(str(name), "", ", ".join(known) or gettext_noop("nothing"))
    return read(arguments)


def _nothing(_told: Arguments) -> dict[str, Any]:
    return {}


def _self_test(told: Arguments) -> dict[str, Any]:
    parts = told.get("parts") or list(PARTS)
    if not isinstance(parts, (list, tuple)) or any(part not in PARTS for part in parts):
        raise _wrong("parts", parts, ", ".join(PARTS))
    return {"parts": [part for part in PARTS if part in parts]}


def _fetch_log(told: Arguments) -> dict[str, Any]:
    begins, ends = (_moment(name, told.get(name)) for name in ("from", "to"))
    if begins >= ends:
        raise _wrong("to", told.get("to"), gettext_noop("a time after the first one"))
    size = told.get("size", LOG_BYTES_USUAL)
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= LOG_BYTES_MAX:
        raise _wrong("size", size, Phrase("%(least)s to %(most)s", least=1, most=LOG_BYTES_MAX))
    return {"from": begins, "to": ends, "size": size}


def _moment(name: str, value: Any) -> int:
    """Return a moment as terminals are told one: whole milliseconds since 1970 UTC."""
    moment: Any = value
    if isinstance(value, str):
        try:
            moment = parse_datetime(value)
        except ValueError:
            moment = None
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        return round(moment.timestamp() * 1000)
    expected = gettext_noop("a time with its zone, as 2026-11-22T08:00:00+08:00")
    raise _wrong(name, value, expected)


def _configure(told: Arguments) -> dict[str, Any]:
    values = told.get("values")
    if not isinstance(values, Mapping) or not 1 <= len(values) <= KEYS_MAX:
        expected = Phrase(gettext_noop("1 to %(most)s names with values"), most=KEYS_MAX)
        raise _wrong("values", "", expected)
    kept = {_key(name): _value(str(name), value) for name, value in values.items()}
    if len(orjson.dumps(kept)) > VALUES_BYTES_MAX:
        expected = Phrase(gettext_noop("at most %(most)s bytes together"), most=VALUES_BYTES_MAX)
        raise _wrong("values", "", expected)
    return {"values": kept}


def _key(name: Any) -> str:
    if not isinstance(name, str) or KEY.fullmatch(name) is None:
        raise _wrong("values", name, gettext_noop("names like printer.density"))
    if SECRET.search(name):
        expected = gettext_noop("no password, key or PIN: what is set from afar is no secret")
        raise _wrong("values", name, expected)
    return name


def _value(name: str, value: Any) -> Any:
    field = f"arguments.values.{name}"
    if isinstance(value, str):
        return line(field, value, VALUE_MAX)
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)) and abs(value) <= NUMBER_MOST:  # so NaN is none
        line(field, str(value), VALUE_MAX)  # no card number in figures either
        return value
    raise FieldInvalid(
        field=field,
        value=str(type(value).__name__),
        expected=gettext_noop("a text, a number, yes or no"),
    )


def _message(told: Arguments) -> dict[str, Any]:
    return {
        language: line(f"arguments.{language}", told.get(language, ""), TEXT_MAX, required=True)
        for language in LANGUAGES
    }


def _wrong(name: str, value: Any, expected: str) -> FieldInvalid:
    return FieldInvalid(
        field=f"arguments.{name}", value=mask_pans_in(str(value)[:60]), expected=expected
    )


READERS: Final = MappingProxyType(
    {
        ActionKind.SELF_TEST: (("parts",), _self_test),
        ActionKind.REBOOT: ((), _nothing),
        ActionKind.FETCH_LOG: (("from", "to", "size"), _fetch_log),
        ActionKind.CONFIGURE: (("values",), _configure),
        ActionKind.MESSAGE: (LANGUAGES, _message),
        ActionKind.LOCK: ((), _nothing),
        ActionKind.UNLOCK: ((), _nothing),
        ActionKind.WIPE: ((), _nothing),
    }
)
