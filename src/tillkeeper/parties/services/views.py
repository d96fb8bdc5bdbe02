"""Saved views of list pages: one's own, and those shared at a place."""

from datetime import datetime
from typing import Final

from django.db.models import Q

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.errors import FieldInvalid, NotAllowed
from tillkeeper.kernel.phrases import Phrase
from tillkeeper.parties.models import Person, SavedView
from tillkeeper.parties.queries import organisation, within
from tillkeeper.parties.roles import Right
from tillkeeper.parties.services.authority import place_of
from tillkeeper.parties.services.readings import shaped, text
from tillkeeper.parties.services.rows import locked

COLUMNS_MAX: Final = 100
PAGE: Final = shaped("page", "[a-z_]{1,32}", "1 to 32 small letters", required=True)
NAME: Final = text("name", 60, required=True)
QUERY: Final = text("query", 4_000)


@verb
def save_view(  # noqa: PLR0913  a view is all of these
    *,
    person: Person,
    page: str,
    name: str,
    query: str,
    columns: list[str],
    shared_at_code: str | None = None,
    by: Actor,
    at: datetime,
) -> SavedView:
    """Keep a view under a name; a view of that name on that page is replaced.

    Raises:
        NotAllowed: it is somebody else's account.
        NotFound: the view is to be shared where the actor may change nothing.
        FieldInvalid: page, name, query or columns are not usable.
    """
    if by.person_id != person.pk and by.kind != "system":
        raise NotAllowed(right=Right.PEOPLE)
    if len(columns) > COLUMNS_MAX:
        raise FieldInvalid(
            field="columns",
            value=str(len(columns)),
            expected=Phrase("at most %(most)s", most=COLUMNS_MAX),
        )
    # What is shared stands on other people's pages: that takes a right to change things there.
    place = organisation(by.scope(Right.EDIT), shared_at_code) if shared_at_code else None
    row, _ = SavedView.objects.update_or_create(
        person=person,
        page=PAGE(page)["page"],
        name=NAME(name)["name"],
        defaults={
            "query": QUERY(query)["query"],
            "columns": [str(column) for column in columns],
            "shared_at": place,
        },
    )
    _record("save", row, by, at)
    return row


@verb
def delete_view(*, view_id: int, by: Actor, at: datetime) -> None:
    """Remove one's own view, or one that is shared where the actor manages people.

    Raises:
        NotFound: no such view, or not this actor's to remove.
    """
    manages = by.scope(Right.PEOPLE)
    shared = Q(shared_at__isnull=False) & within(manages, "shared_at__path")
    rows = SavedView.objects.filter(Q(person_id=by.person_id) | shared, pk=view_id)
    row = locked(rows, kind="view", key=str(view_id))
    _record("delete", row, by, at)
    row.delete()


def _record(action: str, row: SavedView, by: Actor, at: datetime) -> None:
    place = row.shared_at.path if row.shared_at else place_of(row.person, by)
    facts = {"person": row.person.username, "query": row.query, "columns": row.columns}
    record_change(
        action=f"view.{action}",
        subject=f"view:{row.page}/{row.name}",
        place=place,
        by=by,
        at=at,
        before=facts if action == "delete" else None,
        after=facts if action == "save" else None,
    )
