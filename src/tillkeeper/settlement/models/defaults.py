"""What columns of several tables share."""

from typing import Any, Final

PATH: Final = 96  # characters of a place, as in every room


def nothing() -> dict[str, Any]:
    """Nothing yet."""
    return {}


def none_yet() -> list[Any]:
    """None yet."""
    return []
