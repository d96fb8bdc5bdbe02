"""Words for what is asked of a terminal and what it says: parts, spans, settings."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from django.template.defaultfilters import filesizeformat
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext, gettext_lazy

PARTS: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "printer": gettext_lazy("Printer"),
        "network": gettext_lazy("Network"),
        "reader": gettext_lazy("Card reader"),
        "sensors": gettext_lazy("Sensors"),
    }
)
_LABELS: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "parts": gettext_lazy("What is tested"),
        "from": gettext_lazy("Log from"),
        "to": gettext_lazy("Log until"),
        "size": gettext_lazy("Size at most"),
        "values": gettext_lazy("Settings"),
        "zh": gettext_lazy("Message in Chinese"),
        "en": gettext_lazy("Message in English"),
    }
)
PASSED: Final = "ok"


def arguments_told(arguments: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what an order asks, each with its label, as people read it."""
    return [(str(_LABELS.get(name, name)), _told(name, value)) for name, value in arguments.items()]


def facts_told(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what a terminal says beside the outcome: parts and «ok» in words, all else as it came."""
    return [
        (str(PARTS.get(name, name)), gettext("passed") if value == PASSED else str(value))
        for name, value in facts.items()
    ]


def _told(name: str, value: Any) -> str:
    if name == "parts":
        return " · ".join(str(PARTS.get(part, part)) for part in value)
    if name in {"from", "to"} and isinstance(value, int | float):
        return f"{localtime(datetime.fromtimestamp(value / 1000, UTC)):%Y-%m-%d %H:%M}"
    if name == "size":
        return filesizeformat(value)
    if isinstance(value, dict):
        return " · ".join(f"{key} = {one}" for key, one in value.items())
    return str(value)
