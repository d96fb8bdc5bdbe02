"""Which terminals are meant: by name, or all that a filter finds. Pure values."""

from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

BATCH_MAX: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list, an export or a batch is narrowed to; every blank field means «any»."""

    q: str = ""
    state: tuple[str, ...] = ()
    model: str = ""  # code
    vendor: str = ""  # code
    organisation: str = ""  # code: at or below
    merchant: str = ""  # number
    site: str = ""  # code
    province: str = ""
    city: str = ""
    holder: str = ""
    tampered: bool | None = None
    origin: str = ""  # number of the import or order that brought them
    received_from: date | None = None
    received_to: date | None = None
    overdue_on: date | None = None  # issued or lent, and due back before that day
    slow_on: date | None = None  # on that day longer in its state than the policy allows
    approval_until: date | None = None  # models whose last approval ends by that day
    live: str = ""  # how they are heard, or what wants a look: see telemetry.queries.live

    @property
    def any(self) -> bool:
        """True when something is narrowed."""
        return any(getattr(self, f.name) not in ("", (), None) for f in fields(self))

    def query(self) -> str:
        """Return them as the console's addresses carry them."""
        told = {
            name: str(value).lower() if value is True else value
            for name, value in self.facts().items()
        }
        return urlencode(told, doseq=True)

    def facts(self) -> dict[str, Any]:
        """Return what is narrowed, for documents and the audit trail."""
        return {
            f.name: getattr(self, f.name)
            for f in fields(self)
            if getattr(self, f.name) not in ("", (), None)
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """These serial numbers, or all terminals that match the filters."""

    serials: tuple[str, ...] = ()
    filters: Filters | None = None
