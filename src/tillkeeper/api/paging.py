"""Lists by cursor: a page begins after the last row of the one before, however many rows come and go meanwhile.

A cursor holds the sort, the last row's value and its key. It grants nothing: scope and filters apply to every page.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date
from typing import Any, Final, Generic, TypeVar

import orjson
from django.core.exceptions import ValidationError
from django.db.models import F, Model, Q, QuerySet
from django.db.models import Field as ModelField
from django.http import HttpRequest
from ninja import Field, Schema

from tillkeeper.api.refusals import BadCursor

MOST: Final = 200
CURSOR_LENGTH: Final = 600
Item = TypeVar("Item")
Row = TypeVar("Row", bound=Model)


class Paging(Schema):
    """Which page."""

    cursor: str = Field("", max_length=CURSOR_LENGTH, description="From `next` of the page before.")
    limit: int = Field(50, ge=1, le=MOST, description="Rows a page.")


class Page(Schema, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next: str | None = Field(description="Address of the next page; null on the last one.")


def page_of(
    request: HttpRequest, rows: QuerySet[Row], *, sort: str, paging: Paging
) -> dict[str, Any]:
    """Return one page of `rows`, which is sorted anew by `sort` and then by key.

    Args:
        request: for the address of the next page.
        rows: what the list may show; its own order is replaced.
        sort: name of a column of the table, or with a minus before it to count down.
        paging: where to begin and how many.

    Raises:
        BadCursor: the cursor is not one of this list and sort.
    """
    order = _Order(rows, sort)
    if paging.cursor:
        rows = rows.filter(order.after(*_read(paging.cursor, sort)))
    found = list(rows.order_by(*order.columns())[: paging.limit + 1])
    items, more = found[: paging.limit], len(found) > paging.limit
    cursor = _write(sort, order.value(items[-1]), items[-1].pk) if more else ""
    return {"items": items, "next": next_link(request, cursor)}


def next_link(request: HttpRequest, cursor: str) -> str | None:
    """Return the address of the page that begins at `cursor`, if there is one."""
    if not cursor:
        return None
    query = request.GET.copy()
    query["cursor"] = cursor
    return f"{request.path}?{query.urlencode()}"


def write_cursor(sort: str, key: int) -> str:
    """Return the cursor of a list that is sorted by its key alone."""
    return _write(sort, None, key)


def read_cursor(cursor: str, sort: str) -> int | None:
    """Return the key a cursor of `write_cursor` stands for, None for no cursor.

    Raises:
        BadCursor: it is not one of this list.
    """
    return _read(cursor, sort)[1] if cursor else None


class _Order:
    """Sorting by one column and the key: as ORDER BY, and as the condition «after this row»."""

    def __init__(self, rows: QuerySet[Row], sort: str) -> None:
        self.name, self.down = sort.removeprefix("-"), sort.startswith("-")
        self.field: ModelField[Any, Any] = rows.model._meta.get_field(self.name)  # type: ignore[assignment]
        self.past = "lt" if self.down else "gt"

    def columns(self) -> list[Any]:
        """Blank values last either way, said aloud since the two databases disagree."""
        key = "-pk" if self.down else "pk"
        if self.field.unique and not self.field.null:
            return [("-" if self.down else "") + self.name]
        if not self.field.null:
            return [("-" if self.down else "") + self.name, key]
        column = F(self.name)
        return [column.desc(nulls_last=True) if self.down else column.asc(nulls_last=True), key]

    def after(self, value: Any, key: int) -> Q:
        """Written so that an index on the column finds the beginning: first a bound, then the ties."""
        beyond = Q(**{f"pk__{self.past}": key})
        if value is None:
            return Q(**{f"{self.name}__isnull": True}) & beyond
        try:
            given = self.field.to_python(value)
        except ValidationError:
            raise BadCursor from None
        rest = Q(**{f"{self.name}__{self.past}e": given}) & (
            Q(**{f"{self.name}__{self.past}": given}) | beyond
        )
        return rest | Q(**{f"{self.name}__isnull": True}) if self.field.null else rest

    def value(self, row: Model) -> Any:
        value = getattr(row, self.field.attname)
        return value.isoformat() if isinstance(value, date) else value


def _write(sort: str, value: Any, key: int) -> str:
    return urlsafe_b64encode(orjson.dumps([sort, value, key])).decode().rstrip("=")


def _read(cursor: str, sort: str) -> tuple[Any, int]:
    try:
        given, value, key = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:  # also what base64 and orjson raise
        raise BadCursor from None
    if given != sort or type(key) is not int or not (value is None or isinstance(value, str | int)):
        raise BadCursor
    if not 0 <= key < 2**63 or (isinstance(value, int) and abs(value) >= 2**63):
        raise BadCursor
    return value, key
