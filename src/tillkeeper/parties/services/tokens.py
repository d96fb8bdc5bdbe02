"""API tokens: keys for programs, `tk_<prefix>_<secret>`, shown once.

A token never reaches further than its person.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from django.db.models import Q

from tillkeeper.kernel.actor import Actor, Grant
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.errors import FieldInvalid, NotAllowed
from tillkeeper.kernel.phrases import Phrase
from tillkeeper.parties.models import ApiToken, Person
from tillkeeper.parties.queries import actor_of, people
from tillkeeper.parties.roles import Right
from tillkeeper.parties.services.authority import person_managed, place_of
from tillkeeper.parties.services.readings import text
from tillkeeper.parties.services.rows import locked

DAYS_MAX: Final = 366  # a key that nobody renews once a year is a key that nobody minds
USE_NOTED_EVERY: Final = timedelta(minutes=1)
SOURCE_MAX: Final = 64  # of the audit trail's column
NAME: Final = text("name", 60, required=True)


@verb
def issue_token(
    *, person: Person, name: str, scopes: list[str], days: int, by: Actor, at: datetime
) -> tuple[ApiToken, str]:
    """Make a token and return it with the key itself, which is not kept.

    A person makes their own tokens, signed in and not by another token; for anybody else only the
    system does, at the command line.

    Raises:
        NotAllowed: it is somebody else's account, or the person does not hold a right asked for.
        FieldInvalid: name, scopes or days are not usable.
    """
    own = by.kind == "person" and by.person_id == person.pk
    if not own and by.kind != "system":
        raise NotAllowed(right=Right.PEOPLE)
    wanted = _scopes(scopes)
    if not 1 <= days <= DAYS_MAX:
        raise FieldInvalid(
            field="days",
            value=str(days),
            expected=Phrase("%(least)s to %(most)s", least=1, most=DAYS_MAX),
        )
    holder = actor_of(person, source=by.source)
    for right in wanted:
        holder.require(right)
    prefix, secret = secrets.token_hex(5), secrets.token_urlsafe(32)
    key = f"tk_{prefix}_{secret}"
    row = ApiToken.objects.create(
        person=person,
        name=NAME(name)["name"],
        prefix=prefix,
        digest=_digest(key),
        scopes=wanted,
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    facts = {"name": row.name, "scopes": wanted, "expires_at": row.expires_at.isoformat()}
    _record("issue", row, by, at, after=facts)
    return row, key


@verb
def revoke_token(*, prefix: str, by: Actor, at: datetime) -> ApiToken:
    """End a token, one's own or that of a person one manages; revoked it stays.

    Raises:
        NotFound: no such token, or the actor does not see whose it is.
        NotAllowed: its person may do more than the actor.
    """
    seen = Q(person_id=by.person_id) | Q(person__in=people(by.scope(Right.PEOPLE)))
    rows = ApiToken.objects.filter(seen, prefix=prefix).select_related("person")
    row = locked(rows, kind="token", key=prefix)
    if row.person_id != by.person_id:
        person_managed(row.person.username, by)
    if row.revoked_at is None:
        row.revoked_at = at
        row.save(update_fields=["revoked_at"])
        _record("revoke", row, by, at, after={"name": row.name})
    return row


def actor_for_token(secret: str, *, at: datetime, source: str) -> Actor | None:
    """Return whom a key speaks for, with the rights that person and token share.

    None if it opens nothing. At most three statements; the last use is noted once a minute.
    """
    row = _valid(secret, at)
    if row is None:
        return None
    _note_use(row, at)
    person = actor_of(row.person, source=f"{source} tk_{row.prefix}"[:SOURCE_MAX])
    scopes = frozenset(row.scopes)
    return replace(person, kind="token", grants=tuple(_cut(g, scopes) for g in person.grants))


def _valid(secret: str, at: datetime) -> ApiToken | None:
    parts = secret.split("_", 2)
    prefix = parts[1] if len(parts) == 3 and parts[0] == "tk" else ""
    row = ApiToken.objects.select_related("person").filter(prefix=prefix).first()
    # Compared even when there is no such prefix, so that the time taken tells nothing.
    same = hmac.compare_digest(_digest(secret), row.digest if row else _digest(""))
    if row is None or not same:
        return None
    live = row.revoked_at is None and at < row.expires_at and row.person.is_active
    return row if live else None


def _note_use(row: ApiToken, at: datetime) -> None:
    if row.last_used_at is None or at - row.last_used_at >= USE_NOTED_EVERY:
        unused = Q(last_used_at=None) | Q(last_used_at__lt=at)
        ApiToken.objects.filter(unused, pk=row.pk).update(last_used_at=at)


def _cut(grant: Grant, scopes: frozenset[str]) -> Grant:
    return replace(grant, rights=grant.rights & scopes)


def _digest(key: str) -> str:
    # The secret is 256 random bits: a plain hash is enough, and outlives a changed SECRET_KEY.
    return sha256(key.encode()).hexdigest()


def _scopes(given: list[str]) -> list[str]:
    known = {str(right) for right in Right}
    wanted = sorted(set(map(str, given)))
    if not wanted or not known.issuperset(wanted):
        unknown = ", ".join(scope for scope in wanted if scope not in known)
        raise FieldInvalid(field="scopes", value=unknown, expected=", ".join(sorted(known)))
    return wanted


def _record(
    action: str, row: ApiToken, by: Actor, at: datetime, *, after: Mapping[str, object]
) -> None:
    record_change(
        action=f"token.{action}",
        subject=f"token:{row.prefix}",
        place=place_of(row.person, by),
        by=by,
        at=at,
        after={"person": row.person.username, **after},
    )
