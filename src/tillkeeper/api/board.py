"""/board and /find: the estate at a glance, and one box for everything."""

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.timezone import localdate
from ninja import Field, Router, Schema

from tillkeeper.api.authentication import actor
from tillkeeper.api.problems import LISTING
from tillkeeper.terminals import queries
from tillkeeper.terminals.discretion import found_by
from tillkeeper.terminals.lifecycle import State
from tillkeeper.terminals.wording import STATE_LABELS

router = Router(tags=["board"])


class BarOut(Schema):
    """How many of one kind."""

    key: str
    title: str
    count: int


class ExpiryOut(Schema):
    """A model whose last approval ends soon or has ended."""

    code: str
    name: str
    until: date
    days: int
    terminals: int


class AttentionOut(Schema):
    """Something that wants a person."""

    kind: str
    count: int
    query: str


class LastImport(Schema):
    """An import, in short."""

    number: str
    kind: str
    file_name: str
    status: str
    at: datetime


class BoardOut(Schema):
    """All the board shows."""

    total: int
    by_state: list[BarOut]
    by_model: list[BarOut]
    by_branch: list[BarOut]
    expiries: list[ExpiryOut]
    imports: list[LastImport]
    attention: list[AttentionOut]


class FoundOut(Schema):
    """A hit."""

    kind: str
    key: str
    title: str
    detail: str
    state: str


@router.get("/board", response={200: BoardOut, **LISTING})
def get_board(request: HttpRequest) -> Any:
    """Show the estate's figures within the actor's view."""
    board = queries.board(by=actor(request), on=localdate())
    named = [replace(bar, title=str(STATE_LABELS[State(bar.key)])) for bar in board.by_state]
    return replace(board, by_state=named)


@router.get("/find", response={200: list[FoundOut], **LISTING})
def find(
    request: HttpRequest,
    q: Annotated[str, Field(min_length=2, max_length=60)],
    limit: Annotated[int, Field(ge=1, le=50)] = 8,
) -> Any:
    """Find terminals, merchants, sites, models and organisations; at most `limit` of each kind."""
    who = actor(request)
    return found_by(queries.find(q, by=who, limit=limit), queries.viewable(who))
