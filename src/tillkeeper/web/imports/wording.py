"""States, kinds, fields and counts of imports in words."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from tillkeeper.formats.ledgers.columns import FIELDS, KINDS
from tillkeeper.terminals.wording import STATE_LABELS

Labels = MappingProxyType[str, str | Promise]
STATUS_LABELS: Final[Labels] = MappingProxyType(
    {
        "draft": _("draft"),
        "checking": _("being checked"),
        "checked": _("checked"),
        "queued": _("waiting"),
        "running": _("being brought in"),
        "done": _("done"),
        "failed": _("failed"),
        "cancelled": _("stopped"),
        "undone": _("taken back"),
    }
)
# The colour of each, by the states that the console knows.
TONES: Final[MappingProxyType[str, str]] = MappingProxyType(
    {"done": "ok", "checking": "running", "queued": "running", "undone": "", "cancelled": ""}
)
MADE_LABELS: Final[Labels] = MappingProxyType(
    {
        "models": _("models"),
        "merchants": _("merchants"),
        "sites": _("sites"),
        "vendors": _("vendors"),
        "bindings": _("bindings"),
    }
)
KIND_HINTS: Final[Labels] = MappingProxyType(
    {
        "terminals": _(
            "Terminals, with all that a mixed ledger says of models, merchants, sites and bindings."
        ),
        "models": _("The catalogue of models with their approvals."),
        "merchants": _("Merchants, each with the organisation that looks after it."),
        "sites": _("Shops and counters with their addresses."),
        "bindings": _("Which terminal stands with which merchant under which terminal id."),
    }
)


# Words of refusals and of refused rows; marked here because they travel as plain text.
IN_REFUSALS: Final = (
    gettext_noop("bytes"),
    gettext_noop("bytes in one cell"),
    gettext_noop("cells"),
    gettext_noop("credit code"),
    gettext_noop("settlement account"),
)
KINDS_OF_FILE: Final = (
    gettext_noop("a PNG picture"),
    gettext_noop("a JPEG picture"),
    gettext_noop("a GIF picture"),
    gettext_noop("a BMP picture"),
    gettext_noop("a media file"),
    gettext_noop("a PDF document"),
    gettext_noop("an RTF document"),
    gettext_noop("a gzip archive"),
    gettext_noop("a 7z archive"),
    gettext_noop("a RAR archive"),
    gettext_noop("a ZIP archive"),
    gettext_noop("an SQLite database"),
    gettext_noop("a program"),
    gettext_noop("a Parquet file"),
    gettext_noop("an HTML page"),
    gettext_noop("an XML document"),
    gettext_noop("a Word document"),
    gettext_noop("a presentation"),
    gettext_noop("an OpenDocument file"),
    gettext_noop("a binary file"),
)
# Codes of refused rows whose fact `now` is a state.
TELL_A_STATE: Final = frozenset({"ledger.state_differs", "ledger.binding_needs_steps"})


def worded(code: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of a refused row as people read them: fields, states and parts by their names."""
    told = dict(facts)
    if needed := told.get("needed"):
        told["needed"] = field_name(needed)
    if what := told.get("what"):
        told["what"] = gettext(what)
    if code in TELL_A_STATE:
        told["now"] = STATE_LABELS.get(told["now"], told["now"])
    return told


def kind_names(kinds: str) -> str:
    """Return the names of kinds of ledger that are separated by commas."""
    return ", ".join(map(kind_name, kinds.split(", ")))


def field_names(names: str) -> str:
    """Return the names of fields, given in English and separated by commas, in the reader's language."""
    known = {field.en: name for name, field in FIELDS.items()}
    return ", ".join(field_name(known.get(name, name)) for name in names.split(", "))


def kind_name(kind: str) -> str:
    """Return the name of a kind of ledger in the reader's language."""
    known = KINDS.get(kind)
    if known is None:
        return kind
    return known.zh if (get_language() or "").startswith("zh") else known.en


def field_name(field: str) -> str:
    """Return the name of a ledger's field in the reader's language."""
    known = FIELDS.get(field)
    if known is None:
        return field
    return known.zh if (get_language() or "").startswith("zh") else known.en


def tone(status: str) -> str:
    """Return the state whose colour an import's status takes."""
    return TONES.get(status, status)
