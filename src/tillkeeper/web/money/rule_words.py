"""Words for what rules and runs name by a code: calendars, and the versions that a run records."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tillkeeper.engines.matching.rules.book import SOUND
from tillkeeper.engines.matching.rules.terms import CN, EVERY_DAY

CALENDARS: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {CN: _("calendar of mainland China"), EVERY_DAY: _("every day of the year")}
)
CARD_TYPES: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "debit": _("debit card"),
        "credit": _("credit card"),
        "semi_credit": _("semi-credit card"),
        "prepaid": _("prepaid card"),
    }
)
VERSIONS: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "rules": _("Rules"),
        "rules_sha256": _("Fingerprint of the rules (SHA-256)"),
        "recipe": _("Version of the matching method"),
    }
)


def calendar_told(calendar: str) -> str:
    """Return a calendar in words; of a country or a part of one its code is the name."""
    known = CALENDARS.get(calendar)
    return str(known or gettext("calendar of %(place)s") % {"place": calendar.upper()})


def rules_told(version: str) -> str:
    """Return a version of rules in words: the product's own are named, others have the name they were given."""
    if version != SOUND:
        return version
    number = SOUND.rpartition("-")[2]
    return gettext("Tillkeeper's own rules, version %(number)s") % {"number": number}


def versions_told(versions: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return what a run records of the versions it used: label, words, and the code where the words are others."""
    told = []
    for name, value in sorted(versions.items()):
        words = rules_told(value) if name == "rules" else value
        told.append((str(VERSIONS.get(name, name)), words, "" if words == value else value))
    return told
