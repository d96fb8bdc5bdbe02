"""Lines of text that people give with a verb: bounded, printable, and never a card number."""

from typing import Any

from tillkeeper.parties.services.readings import text


def line(field: str, value: Any, longest: int, *, required: bool = False) -> str:
    """Return a line as it is kept.

    Raises:
        FieldInvalid: too long, not printable, missing though required, or with a card number in it (shown masked).
    """
    return str(text(field, longest, required=required)(value)[field])
