"""A value that may be used but not seen: a settlement account on its way to its keyed hash."""

from typing import Final

from tillkeeper.formats.identifiers import looks_like_pan, mask_account, mask_pan


class Secret:
    """Holds a string that no repr, log line or error message shows. `reveal` gives it out."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value: Final = value

    def reveal(self) -> str:
        """Return the value itself. Whoever calls this hashes it, and keeps only `masked`."""
        return self._value

    @property
    def masked(self) -> str:
        """What may be kept and shown: 6 + 4 of a card's number, else the last four."""
        return mask_pan(self._value) if self.is_card else mask_account(self._value)

    @property
    def is_card(self) -> bool:
        """Whether the account is a card's number: so with many small merchants (小微商户)."""
        return looks_like_pan(self._value)

    def __repr__(self) -> str:
        return f"Secret({self.masked})"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))
