"""Words of the audit trail alone: facts and codes of telemetry and of money, and who the software is.

Field names that forms share stand in `web.wording`; what has no words is shown as it was recorded.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tillkeeper.formats.catalogue import FORMATS
from tillkeeper.formats.ledgers import refusals
from tillkeeper.kernel.errors import kind_of_code
from tillkeeper.settlement import wording as money
from tillkeeper.settlement.troubles import wording as troubles
from tillkeeper.settlement.troubles.answers import LOOKS_AT
from tillkeeper.telemetry import action_words
from tillkeeper.telemetry.wording import SEVERITY_LABELS
from tillkeeper.terminals.services.imports import reasons
from tillkeeper.web.steps.proofs import MORE

Labels = MappingProxyType[str, str | Promise]

ACTIONS: Final[Labels] = MappingProxyType(
    {
        "activation.make": _("Activation code made"),
        "activation.withdraw": _("Activation code withdrawn"),
        "enrolment.open": _("Terminal enrolled"),
        "enrolment.revoke": _("Key revoked"),
        "enrolment.end": _("Key ended with the custody"),
        "doubt.dismiss": _("Sign of a twin dismissed"),
        "action.order": _("Remote action ordered"),
        "action.approve": _("Remote action approved"),
        "action.refuse": _("Remote action refused"),
        "action.cancel": _("Remote action cancelled"),
        "action.export": _("Results of an action exported"),
    }
)
FACTS: Final[Labels] = MappingProxyType(
    {
        "replaces": _("Replaces a key"),
        "enrolment": _("Number of the enrolment"),
        "agent": _("Software"),
        "told_by": _("Step taken by"),
        "times": _("How often"),
        "arguments": _("Arguments"),
        "terminals": _("Terminals"),
        "window": _("Window"),
        "not_before": _("Not before"),
        "asked_by": _("Asked by"),
        "planned": _("Planned"),
        "note": _("Note"),
        "rule": _("Rule"),
        "severity": _("Severity"),
        "spec": _("Condition"),
        "quiet": _("Quiet hours"),
        "join": _("Joined by"),
        "incident": _("Opens a fault"),
        "enabled": _("In use"),
        "format": _("Format"),
        "day": _("Business day"),
        "files": _("Files"),
        "entries": _("Entries"),
        "cases": _("Cases"),
        "vanished": _("Vanished"),
        "left_minor": _("Left over, in minor units"),
        "batch": _("Batch"),
        "mid": _("Merchant number"),
        "symptom": _("What is seen"),
        "round": _("Round"),
        "proven": _("Proven by a file"),
        "host_key": _("Host key"),
        "kif": _("Key injection facility"),
        "lines": _("Lines"),
        **{name: label for more in MORE.values() for name, label in more.items()},
    }
)
OF_ACTIONS: Final[MappingProxyType[tuple[str, str], str | Promise]] = MappingProxyType(
    {
        ("enrolment.open", "key"): _("Public key"),
        ("run.start", "day"): _("Day to match"),
        **{("trouble.look", check): _(words) for check, words in LOOKS_AT.items()},
    }
)
STATES: Final[Labels] = MappingProxyType(
    {**troubles.TROUBLE_LABELS, **money.DECISION_LABELS, **money.CASE_LABELS}
)
KINDS: Final[Labels] = MappingProxyType(
    {
        **{str(kind): label for kind, label in action_words.KIND_LABELS.items()},
        **money.DROP_LABELS,
        **money.POSTING_LABELS,
    }
)
SYSTEMS: Final[Labels] = MappingProxyType(
    {
        "demonstration": _("demonstration"),
        "telemetry": _("telemetry"),
        "clock": _("clock"),
        "drops": _("drops"),
    }
)
SUBJECTS: Final[Labels] = MappingProxyType({"action": _("remote action")})
# Where something came from, as far as it is no address: the software itself, and its command line.
SOURCES: Final[Labels] = MappingProxyType(
    {"system": _("system"), "cli": _("command line"), "console": _("console")}
)
OF_TERMINAL: Final = "terminal "
PLACEHOLDER: Final = re.compile(r"%\(\w+\)s")
SENTENCE_END: Final = re.compile(r"(?<=[。.])\s*(?=\S)")


def system_name(name: str) -> str:
    """Return which part of the software acted, or which terminal by itself."""
    if name.startswith(OF_TERMINAL):
        return gettext("terminal %(serial)s") % {"serial": name.removeprefix(OF_TERMINAL)}
    return str(SYSTEMS.get(name, name))


def refusal_told(code: Any) -> str | None:
    """Return why rows were refused, without the values of any one row: the first sentence of the reason."""
    template = reasons.REASONS.get(code) or refusals.SENTENCES.get(code)
    return _without_values(template) if template else None


def error_told(code: Any) -> str | None:
    """Return a kind of refusal in words with its code behind; None for a code of anything else."""
    kind = kind_of_code(str(code))
    return f"{_without_values(kind.sentence)} ({code})" if kind else None


def format_told(name: Any) -> str | None:
    """Return the title of a format of files with its code behind; None for a layout that people declared."""
    known = FORMATS.get(str(name))
    return f"{gettext(known.title)} ({name})" if known else None


def _without_values(template: str) -> str:
    return SENTENCE_END.split(PLACEHOLDER.sub("…", gettext(template)), maxsplit=1)[0].rstrip("。.")


CODES: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "state": STATES,
        "kind": KINDS,
        "symptom": troubles.SYMPTOM_LABELS,
        "severity": SEVERITY_LABELS,
        **dict.fromkeys(LOOKS_AT, troubles.VERDICT_LABELS),
    }
)
