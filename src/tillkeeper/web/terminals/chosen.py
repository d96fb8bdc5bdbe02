"""What was chosen in the list: the ticked rows, or all that match the filters of the page."""

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from tillkeeper.terminals.selection import Filters, Selection
from tillkeeper.web.parts import Request
from tillkeeper.web.terminals.filters import filters_of, spoken


@dataclass(frozen=True, slots=True)
class Chosen:
    """A selection with what is needed to ask for it again in the next form."""

    selection: Selection
    query: str

    @property
    def serials(self) -> tuple[str, ...]:
        """The ticked ones; none where all that match are meant."""
        return self.selection.serials

    @property
    def all_matching(self) -> bool:
        """True when the filters say which."""
        return self.selection.filters is not None

    @property
    def nothing(self) -> bool:
        """True when neither rows nor filters are chosen."""
        return not self.serials and not self.all_matching

    @property
    def spoken(self) -> list[tuple[Any, str]]:
        """The filters in words."""
        return spoken(self.selection.filters or Filters())


def chosen_of(request: Request) -> Chosen:
    """Return what the list's form sent: `serial` many times, or `all_matching` with the page's `query`."""
    sent = request.POST if request.method == "POST" else request.GET
    query = sent.get("query", "")
    if sent.get("all_matching"):
        return Chosen(Selection(filters=filters_of(QueryDict(query))), query)
    serials = tuple(dict.fromkeys(s.strip().upper() for s in sent.getlist("serial") if s.strip()))
    return Chosen(Selection(serials=serials), query)
