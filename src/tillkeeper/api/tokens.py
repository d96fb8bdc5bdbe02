"""/tokens: one's own keys for programs."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now
from ninja import Field, Router, Schema, Status

from tillkeeper.api.authentication import actor
from tillkeeper.api.problems import LISTING, WRITING
from tillkeeper.api.schemas import Asked
from tillkeeper.parties import queries
from tillkeeper.parties.roles import Right
from tillkeeper.parties.services.tokens import DAYS_MAX, issue_token
from tillkeeper.parties.services.tokens import revoke_token as revoke

router = Router(tags=["tokens"])


class TokenOut(Schema):
    """A token, without its key."""

    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class IssuedToken(TokenOut):
    """A new token with its key, which is shown this once."""

    secret: str


class TokenIn(Asked):
    """What a new token may do, and how long."""

    name: str = Field(min_length=1, max_length=60)
    scopes: list[Right] = Field(min_length=1, max_length=len(Right))
    days: int = Field(90, ge=1, le=DAYS_MAX)


@router.get("", response={200: list[TokenOut], **LISTING})
def list_tokens(request: HttpRequest) -> Any:
    """List one's own tokens, newest first, expired and revoked ones too."""
    return list(queries.tokens_of(queries.person(actor(request).name)))


@router.post("", response={201: IssuedToken, **WRITING})
def create_token(request: HttpRequest, response: HttpResponse, body: TokenIn) -> Status[Any]:
    """Make a token for oneself; only within a session. A repeated Idempotency-Key does not show it again."""
    who = actor(request)
    row, secret = issue_token(
        person=queries.person(who.name),
        name=body.name,
        scopes=[str(scope) for scope in body.scopes],
        days=body.days,
        by=who,
        at=now(),
    )
    response["Cache-Control"] = "no-store"
    return Status(201, {**TokenOut.from_orm(row).model_dump(), "secret": secret})


@router.delete("/{prefix}", response={200: TokenOut, **WRITING})
def revoke_token(request: HttpRequest, prefix: str) -> Any:
    """End a token of one's own, or of somebody one manages."""
    return revoke(prefix=prefix, by=actor(request), at=now())
