"""Why a rule cannot be read: each says the field, what stands there, and what is expected."""

from dataclasses import dataclass
from typing import Any, ClassVar, Final

from tillkeeper.kernel.errors import Invalid
from tillkeeper.kernel.phrases import Phrase

SENTENCES: Final = {
    "object": "an object with a kind",
    "kind": "one of %(known)s",
    "field": "a field of this kind of rule: %(known)s",
    "present": "a value, as the kind of rule needs it",
    "number": "a number from %(least)s to %(most)s",
    "whole": "a whole number from %(least)s to %(most)s",
    "one_of": "one of %(known)s",
    "signal": "the name of a signal, such as %(known)s",
    "signals": "a list of names of signals, such as %(known)s",
    "words": "a list of codes, such as %(known)s",
    "boolean": "true or false",
    "clear": "a value on the good side of the limit %(limit)s, or the limit itself",
    "usual": "a part that is smaller than the limit %(limit)s",
}


@dataclass(eq=False, kw_only=True)
class BadSpec(Invalid):
    """One value of a rule cannot be used."""

    code: ClassVar[str] = "alerting.bad_spec"
    sentence: ClassVar[str] = (
        "The rule's field %(field)s: %(value)s cannot be used. Expected %(expected)s."
    )
    field: str
    value: str
    expected: str  # a Phrase


def bad(field: str, value: object, what: str, **facts: Any) -> BadSpec:
    """Return the refusal of one value; `what` is a name in SENTENCES."""
    shown = repr(value) if isinstance(value, str) else str(value)
    return BadSpec(field=field, value=shown[:80], expected=Phrase(SENTENCES[what], **facts))
