"""An alert rule in a TOML file, as `tillkeeper alert rule` and `alert rehearse` read it.

organisation = "SH"
code = "kitchen_hot"
name = "Kitchen too hot"
severity = "warning"
join = ["site"]
quiet = { from = "22:00", to = "07:00" }
incident = false
enabled = true

[spec]
kind = "threshold"
signal = "battery_temperature"
op = "above"
limit = 50
clear = 46
"""

import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from django.utils.translation import gettext_noop

from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.kernel.phrases import Phrase
from tillkeeper.telemetry.services.rules import RuleDraft

LARGEST: Final = 64 * 1024  # bytes; a rule has a few hundred
EXPECTED: Final[Mapping[str, tuple[type[Any], str]]] = MappingProxyType(
    {
        "organisation": (str, gettext_noop("text")),
        "code": (str, gettext_noop("text")),
        "name": (str, gettext_noop("text")),
        "severity": (str, gettext_noop("text")),
        "spec": (dict, gettext_noop("a table")),
        "join": (list, gettext_noop("a list of texts")),
        "quiet": (dict, gettext_noop("a table")),
        "incident": (bool, gettext_noop("true or false")),
        "enabled": (bool, gettext_noop("true or false")),
    }
)
NEEDED: Final = ("code", "name", "spec")


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A rule, and where it is to count; blank: the command says."""

    organisation: str
    draft: RuleDraft


def read_rule_file(path: Path) -> RuleFile:
    """Read a rule; «-» reads from stdin.

    Raises:
        FieldInvalid: it cannot be read, or a key is missing, unknown or of another type.
    """
    told = _table(path)
    for name, value in told.items():
        if name not in EXPECTED:
            raise FieldInvalid(field=name, value=str(value)[:40], expected=", ".join(EXPECTED))
        kind, expected = EXPECTED[name]
        # Only `join` is a list, and of texts.
        if not isinstance(value, kind) or (kind is list and not all(map(_is_text, value))):
            raise FieldInvalid(field=name, value=str(value)[:40], expected=expected)
    for name in NEEDED:
        if name not in told:
            raise FieldInvalid(field=name, value="", expected=EXPECTED[name][1])
    organisation = told.pop("organisation", "")
    return RuleFile(organisation, RuleDraft(**told))


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _table(path: Path) -> dict[str, Any]:
    try:
        if str(path) == "-":
            raw = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with path.open("rb") as file:
                raw = file.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise FieldInvalid(
                field="FILE", value=str(path), expected=gettext_noop("at most 64 KiB")
            )
        return tomllib.loads(raw.decode())
    except (
        OSError,
        ValueError,
        RecursionError,
    ) as error:  # TOML and UTF-8 are refused with kinds of ValueError
        why = error.strerror if isinstance(error, OSError) else str(error)
        expected = Phrase(gettext_noop("a TOML file (%(why)s)"), why=why)
        raise FieldInvalid(field="FILE", value=str(path), expected=expected) from None
