"""Logs in words: how one stands, why one cannot be read, what is thought of a kind of line, which fault it means."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from tillkeeper.formats.voice.faults import FAULTS, fault_words
from tillkeeper.telemetry.lifecycle import PatternState, UploadState

Labels = Mapping[str, str | Promise]
UPLOAD_LABELS: Final[Labels] = MappingProxyType(
    {
        UploadState.COMING: _("on its way"),
        UploadState.COMPLETE: _("waits to be read"),
        UploadState.READ: _("read"),
        UploadState.UNREADABLE: _("cannot be read"),
        UploadState.ABANDONED: _("given up"),
    }
)
PATTERN_LABELS: Final[Labels] = MappingProxyType(
    {
        PatternState.NEW: _("not judged"),
        PatternState.KNOWN: _("stands for a fault"),
        PatternState.HARMLESS: _("harmless"),
    }
)
PROBLEM_LABELS: Final[Labels] = MappingProxyType(
    {
        "too_much_inside": _("What it unpacks to is longer than a log may be."),
        "broken_inside": _("It is packed, and damaged: it cannot be unpacked."),
        "pieces_missing": _("A piece of it was lost on our side: ask the terminal for it again."),
    }
)
ACTION_LABELS: Final[Labels] = MappingProxyType({"log.judge": _("Kind of log line judged")})
SUBJECT_LABELS: Final[Labels] = MappingProxyType(
    {"log": _("log"), "pattern": _("kind of log line")}
)


def fault_label(code: str) -> str:
    """Return what a fault code means, in the reader's language; nothing for none."""
    return fault_words(code, get_language() or "") if code else ""


def fault_choices() -> list[tuple[str, str]]:
    """Return the fault table as choices: code and words, in the reader's language."""
    return [(code, f"{code} · {fault_label(code)}") for code in FAULTS]


def problem_label(code: str) -> str | Promise:
    """Return why a log could not be read; a code that nobody knows any more stands for itself."""
    return PROBLEM_LABELS.get(code, code)
