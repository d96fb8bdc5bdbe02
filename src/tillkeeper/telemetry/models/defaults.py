"""Defaults of JSON columns."""

from typing import Any


def nothing() -> dict[str, Any]:
    """No facts."""
    return {}


def none_yet() -> list[Any]:
    """Nothing listed."""
    return []
