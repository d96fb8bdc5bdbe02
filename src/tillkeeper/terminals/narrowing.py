"""Filters of the list by what rooms above this one know: each offers the keys of the terminals it means.

A room offers when it starts (`AppConfig.ready`), so that the list, its counts, exports and batches all narrow alike.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

Keys = Callable[[str], "QuerySet[Any]"]
_offered: dict[str, Keys] = {}


def offer(name: str, keys: Keys) -> None:
    """Let the filter `name` narrow to what `keys` returns for its value: a query of terminals' keys."""
    _offered[name] = keys


def keys_of(name: str, value: str) -> "QuerySet[Any] | None":
    """Return the keys that a filter's value means; None if no room offers it."""
    return _offered[name](value) if name in _offered else None
