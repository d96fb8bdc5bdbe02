"""Facts of a change in words: codes by their labels, times in the local zone, lists and tables in one line.

A value that has no words here is shown as it was recorded: what people typed is never touched.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from tillkeeper.parties.wording import KIND_LABELS as NODE_LABELS
from tillkeeper.parties.wording import RIGHT_LABELS, ROLE_LABELS
from tillkeeper.terminals.services.exports import EXPORT_COLUMNS
from tillkeeper.terminals.services.imports import note
from tillkeeper.terminals.wording import EVIDENCE_LABELS, HOLDER_LABELS, STATE_LABELS
from tillkeeper.web import trail_words
from tillkeeper.web.actions.wording import arguments_told
from tillkeeper.web.catalogue.forms import FORM_LABELS, SCHEMES
from tillkeeper.web.imports.wording import MADE_LABELS, STATUS_LABELS, field_name, kind_name
from tillkeeper.web.wording import KIND_LABELS, field_label

Words = Callable[[Any], Any]


def _kind(code: str) -> Any:
    return NODE_LABELS.get(code) or KIND_LABELS.get(code) or kind_name(code)


def _column(name: str) -> Any:
    return EXPORT_COLUMNS[name][0] if name in EXPORT_COLUMNS else None


# By the name of the fact: the label of a code.
WORDS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "state": dict(STATE_LABELS).get,
        "holder": dict(HOLDER_LABELS).get,
        "role": dict(ROLE_LABELS).get,
        "scopes": dict(RIGHT_LABELS).get,
        "evidence": dict(EVIDENCE_LABELS).get,
        "form": FORM_LABELS.get,
        "scheme": dict(SCHEMES).get,
        "status": STATUS_LABELS.get,
        "kind": _kind,
        "columns": _column,
        "mapping": field_name,
        "format": trail_words.format_told,
        "code": trail_words.error_told,
    }
)
# By the name of the fact: the label of a line, where the fact is a table.
HEADS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "made": MADE_LABELS.get,
        "refused_codes": trail_words.refusal_told,
        "mapping": lambda at: int(at) + 1 if str(at).isdigit() else None,
    }
)


def fact_told(value: Any, name: str = "") -> str:
    """Return one fact of a change as people read it, in one line; `name` says which fact it is."""
    if value is None or value in ("", [], {}):
        return "–"
    if value is True or value is False:
        return _("yes") if value else _("no")
    if isinstance(value, Mapping) and name == "arguments":
        return ", ".join(f"{label}: {told}" for label, told in arguments_told(value))
    if isinstance(value, Mapping):
        return ", ".join(_lines(value, name))
    if isinstance(value, list | tuple):
        return ", ".join(fact_told(item, name) for item in value)
    return str(_label(str(value), name) or _moment(value) or value)


def _lines(value: Mapping[str, Any], name: str) -> list[str]:
    if name == "notes":
        return [note(value["code"], value)]
    head = HEADS.get(name, field_label)
    # What stands in a table of codes is one of them; in a table of fields each has its own words.
    return [
        f"{head(key) or key}: {fact_told(item, name if name in WORDS else key)}"
        for key, item in value.items()
    ]


def _label(value: str, name: str) -> Any:
    known = WORDS[name](value) if name in WORDS else None
    # A kind that nobody knows comes back as it is; the trail's own tables may know it.
    return trail_words.CODES.get(name, {}).get(value, known) if known in (None, value) else known


def _moment(value: Any) -> str:
    """Return a recorded time in the local zone, "" for anything else; a bare day is none."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return ""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}" if at.tzinfo else ""
