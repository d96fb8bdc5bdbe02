"""Why rules are refused: each says the file, the key with its path, what is expected, and how to mend it."""

from dataclasses import dataclass
from typing import Any, ClassVar, Final

from tillkeeper.kernel.errors import Invalid
from tillkeeper.kernel.phrases import Phrase

SENTENCES: Final = {
    "table": "a table",
    "tables": "a list of tables, each under its own title",
    "text": "a text in quotes",
    "texts": "a list of texts in quotes",
    "boolean": "true or false",
    "count": "a whole number from 0 to %(most)s",
    "minor": "a whole number of minor units, such as fen, from 0 on",
    "percent": "a number of per cent from 0 to 100 with at most four decimals",
    "clock": "an hour and minute in quotes",
    "day": "a date without quotes",
    "days": "a list of dates without quotes",
    "zone": "the name of a time zone",
    "calendar": "cn, every_day or the code of a country",
    "cycle": "T+n for n working days or D+n for n calendar days",
    "one_of": "one of %(known)s",
    "mid": "a merchant number, or the beginning of one followed by *",
    "merchants": "a number of the channel, alone or with / and a terminal, and our own, which stands on no left side",
    "present": "a value, as the key is needed",
    "rising": "tiers that begin at 0 and rise",
    "not_both": "either percent or tiers, not both",
    "cap": "a cap that is at least floor_minor",
    "until": "a last day that is not before the first",
    "percent_too": "percent or tiers beside the surcharge; percent = 0 where payments cost nothing else",
    "unique": "a name that no other plan has",
}


@dataclass(eq=False, kw_only=True)
class NoToml(Invalid):
    """The text is no TOML."""

    code: ClassVar[str] = "matching.rules_no_toml"
    sentence: ClassVar[str] = (
        "The rules %(name)s are no TOML: %(reason)s. "
        "Mend that line, or compare it with the example in the reference of the rules."
    )
    name: str
    reason: str  # the parser's own words, with line and column


@dataclass(eq=False, kw_only=True)
class BadRule(Invalid):
    """One value cannot be used."""

    code: ClassVar[str] = "matching.bad_rule"
    sentence: ClassVar[str] = (
        "The rules %(name)s, key %(key)s: %(found)s cannot be used. "
        "Expected %(expected)s; write for example %(example)s."
    )
    name: str
    key: str
    found: str
    expected: str  # a Phrase
    example: str


@dataclass(eq=False, kw_only=True)
class UnknownRule(Invalid):
    """A key that does not exist: most often a slip of the pen, which must not pass for a default."""

    code: ClassVar[str] = "matching.unknown_rule"
    sentence: ClassVar[str] = (
        "The rules %(name)s: there is no key %(key)s. The nearest one is %(nearest)s; rename it or take it out."
    )
    name: str
    key: str
    nearest: str


@dataclass(eq=False, kw_only=True)
class RivalPlans(Invalid):
    """Two fee plans could claim one payment with the same right."""

    code: ClassVar[str] = "matching.rival_plans"
    sentence: ClassVar[str] = (
        "The rules %(name)s: the fee plans %(one)s and %(other)s are both for %(claim)s on %(day)s. "
        "Make one of them more special, or let it end before the other begins."
    )
    name: str
    one: str
    other: str
    claim: str
    day: str


def expected(what: str, **facts: Any) -> Phrase:
    """Return what is expected, by its name in SENTENCES."""
    return Phrase(SENTENCES[what], **facts)
