"""A terminal's happenings as marks of the timeline."""

from types import MappingProxyType
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tillkeeper.terminals.lifecycle import EvidenceKind, Holder, State, Step
from tillkeeper.terminals.queries import Happening
from tillkeeper.terminals.wording import EVIDENCE_LABELS, HOLDER_LABELS, STATE_LABELS, STEP_LABELS
from tillkeeper.web.stories import Event
from tillkeeper.web.wording import action_label

# Icon and colour of a step by the state that it leads to.
TONES: Final[MappingProxyType[str, tuple[str, str]]] = MappingProxyType(
    {
        State.ACTIVE: ("circle-check", "good"),
        State.INSTALLED: ("map-pin", "good"),
        State.FAULTY: ("triangle-alert", "bad"),
        State.LOST: ("circle-question-mark", "bad"),
        State.EVIDENCE: ("lock", "bad"),
        State.SCRAPPED: ("trash-2", "bad"),
        State.SUSPENDED: ("circle-pause", "warn"),
        State.QUARANTINE: ("shield-alert", "warn"),
        State.REPAIR: ("wrench", "warn"),
        State.RETURNING: ("truck", "warn"),
        State.IN_STOCK: ("warehouse", "info"),
        State.READY: ("package-check", "info"),
        State.ISSUED: ("hand", "info"),
    }
)
KINDS: Final = MappingProxyType(
    {
        "bound": ("link", "good"),
        "unbound": ("unlink", "warn"),
        "evidence": ("file-check", "info"),
        "file": ("paperclip", ""),
        "change": ("pencil", ""),
    }
)
TITLES: Final[MappingProxyType[str, str | Promise]] = MappingProxyType(
    {
        "bound": _("Bound to merchant"),
        "unbound": _("Binding ended"),
    }
)
SHOWN_OF_BINDING: Final[MappingProxyType[str, str | Promise]] = MappingProxyType(
    {
        "merchant": _("Merchant"),
        "number": _("Merchant number"),
        "tid": _("Terminal id"),
        "site": _("Site"),
        "address": _("Address"),
        "acquirer": _("Acquirer code"),
    }
)
HIDDEN: Final = ("file", "sha256")


def event_of(happening: Happening) -> Event:
    """Return one happening as a mark."""
    icon, tone = KINDS.get(happening.kind) or TONES.get(
        happening.facts.get("to", ""), ("arrow-right", "")
    )
    if happening.name == "terminal.tampered":
        icon, tone = "siren", "bad"
    return Event(
        at=happening.at,
        title=_title(happening),
        by=happening.by,
        icon=icon,
        tone=tone,
        why=happening.why,
        document=happening.document,
        changes=_changes(happening),
        action=happening.name,
    )


def _title(happening: Happening) -> str | Promise:
    if happening.kind == "step" and happening.name in set(Step):
        return STEP_LABELS[Step(happening.name)]
    if happening.kind == "evidence" and happening.name in set(EvidenceKind):
        return EVIDENCE_LABELS[EvidenceKind(happening.name)]
    return TITLES.get(happening.name) or action_label(happening.name)


def _changes(happening: Happening) -> list[tuple[str, Any, Any]]:
    facts = happening.facts
    if happening.kind == "step":
        return _step_changes(facts)
    if happening.kind in ("bound", "unbound"):
        return [
            (str(label), None, facts[name])
            for name, label in SHOWN_OF_BINDING.items()
            if facts.get(name)
        ]
    if happening.kind == "change":
        return list(facts.get("changes", ()))
    return [(name, None, value) for name, value in facts.items() if value and name not in HIDDEN]


def _step_changes(facts: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    changes: list[tuple[str, Any, Any]] = []
    if facts["from"] != facts["to"]:
        changes.append(("state", _state(facts["from"]) or None, _state(facts["to"])))
    if facts["holder"]:
        changes.append(
            (
                "holder",
                None,
                f"{HOLDER_LABELS[Holder(facts['holder'])]} {facts['holder_name']}".strip(),
            )
        )
    if facts["approver"]:
        changes.append((str(_("Approver")), None, facts["approver"]))
    return changes


def _state(value: str) -> str:
    return str(STATE_LABELS[State(value)]) if value in set(State) else value
