"""States, kinds, fields and counts of imports in words."""

from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from tillkeeper.formats.ledgers.columns import FIELDS, KINDS

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
