"""What may be announced, and who listens. Values only: delivery is the outbox's."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened. Subclasses are named in the past tense and hold plain facts."""

    at: datetime


Handler = Callable[[Any], None]
handlers: Final[dict[str, tuple[type[Event], Handler]]] = {}


def subscribe(kind: type[Event], handler: Handler) -> None:
    """Have `handler` told of every event of `kind`, at least once, in no promised order."""
    handlers[f"{handler.__module__}.{handler.__qualname__}"] = (kind, handler)
