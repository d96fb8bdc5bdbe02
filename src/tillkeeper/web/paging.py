"""Pages of a list whose length is only counted as far as anybody reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest

PAGE_SIZE: Final = 25
PAGE_SIZES: Final = (25, 50, 100)
COUNT_LIMIT: Final = 10_000
LAST_PAGE: Final = 40_000  # beyond it an offset costs more than the answer is worth


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list; `exact` is False when there are more than `total`."""

    rows: Sequence[Any]
    number: int
    size: int
    total: int
    exact: bool
    more: bool

    @property
    def first(self) -> int:
        """Number of the first row, from 1."""
        return (self.number - 1) * self.size + 1

    @property
    def last(self) -> int:
        """Number of the last row."""
        return self.first + len(self.rows) - 1

    @property
    def previous(self) -> int | None:
        """The page before, if there is one."""
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        """The page after, if there is one."""
        return self.number + 1 if self.more else None

    @property
    def sizes(self) -> tuple[int, ...]:
        """What people may choose."""
        return PAGE_SIZES


def page_of(
    rows: "QuerySet[Any]", request: HttpRequest, shown: "QuerySet[Any] | None" = None
) -> Page:
    """Return the page that the URL names (`page`, `size`); a wrong number means the first page.

    Three statements: how many, which, and these with all that is shown of them. A page far down is found by its keys
    alone, so that nothing is joined to the rows before it.

    Args:
        rows: what is listed, sorted.
        request: names the page.
        shown: the same rows without what they are narrowed to, sorted alike, where asking that twice costs.
    """
    size = _number(request.GET.get("size"), PAGE_SIZE)
    size = size if size in PAGE_SIZES else PAGE_SIZE
    number = min(max(1, _number(request.GET.get("page"), 1)), LAST_PAGE)
    counted = rows.order_by()[: COUNT_LIMIT + 1].count()
    start = (number - 1) * size
    if (
        start >= counted and counted <= COUNT_LIMIT
    ):  # the list has shrunk, or somebody typed: show its last page
        number = max(1, -(-counted // size))
        start = (number - 1) * size
    keys = list(rows.values_list("pk", flat=True)[start : start + size + 1])
    found = list((rows if shown is None else shown).filter(pk__in=keys)) if keys else []
    return Page(
        found[:size],
        number,
        size,
        min(counted, COUNT_LIMIT),
        counted <= COUNT_LIMIT,
        len(found) > size,
    )


def _number(text: str | None, usual: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else usual
