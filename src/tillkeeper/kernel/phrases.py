"""Phrases of ours inside the facts of a refusal: English where they are kept, translated by who shows them. Pure."""

from collections.abc import Callable
from typing import Any, Self


class Phrase(str):
    """An English phrase that remembers its template, so that a catalogue can find it.

    `Phrase("1 to %(most)s characters", most=60)` is the text “1 to 60 characters” for logs, JSON and programs. The
    template is looked up as it stands, so it must be marked for translation somewhere.
    """

    __slots__ = ("facts", "template")

    template: str
    facts: dict[str, Any]

    def __new__(cls, template: str, **facts: Any) -> Self:
        """Fill the template; one without facts is taken word for word."""
        made = super().__new__(cls, template % facts if facts else template)
        made.template, made.facts = template, facts
        return made

    def said(self, translate: Callable[[str], str]) -> str:
        """Return it in the language of `translate`, which is gettext or the like."""
        text = translate(self.template) if self.template else ""
        return text % self.facts if self.facts else text

    def __reduce__(self) -> tuple[Any, ...]:
        # A str is rebuilt from its text alone, which would lose the template.
        return _rebuild, (self.template, self.facts)


def _rebuild(template: str, facts: dict[str, Any]) -> Phrase:
    return Phrase(template, **facts)
