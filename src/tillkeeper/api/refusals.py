"""What only this door refuses: who is asking, how it asked, how often. All of them are TillkeeperErrors.

So one table gives each its status, and one handler gives each its problem document.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from tillkeeper.kernel.errors import Busy, Conflict, Forbidden, Invalid, NotFound, TillkeeperError


@dataclass(eq=False)
class NotSignedIn(TillkeeperError):
    """Neither a session nor a token that holds."""

    code: ClassVar[str] = "api.not_signed_in"
    sentence: ClassVar[str] = (
        "Sign in to the console, or send a valid token as “Authorization: Bearer tk_...”."
    )


@dataclass(eq=False)
class ForeignForm(Forbidden):
    """A session was used from a page that is not ours, or without its CSRF token."""

    code: ClassVar[str] = "api.csrf_failed"
    sentence: ClassVar[str] = (
        "A change within a session needs the header X-CSRFToken from the console's own page."
    )


@dataclass(eq=False, kw_only=True)
class NoSuchAddress(NotFound):
    """No endpoint answers at this address."""

    code: ClassVar[str] = "api.no_such_address"
    sentence: ClassVar[str] = "There is no address “%(key)s” in this API; /api/v1/docs lists them."
    kind: str = "address"


@dataclass(eq=False, kw_only=True)
class MethodRefused(Invalid):
    """The address is there, but not for this method."""

    code: ClassVar[str] = "api.method_not_allowed"
    sentence: ClassVar[str] = "%(method)s is not possible here; use %(allowed)s."
    method: str
    allowed: str


@dataclass(eq=False, kw_only=True)
class Malformed(Invalid):
    """The request could not be read at all."""

    code: ClassVar[str] = "api.malformed"
    sentence: ClassVar[str] = "The request could not be read: %(reason)s."
    reason: str


@dataclass(eq=False, kw_only=True)
class BodyInvalid(Invalid):
    """Fields of the body, the query or the address are missing or wrong."""

    code: ClassVar[str] = "api.body_invalid"
    sentence: ClassVar[str] = "%(count)s fields are missing or wrong; `facts.fields` names each."
    count: int
    fields: list[dict[str, Any]]

    def facts(self) -> dict[str, Any]:
        """Return both by name; `fields` here is ours, not that of dataclasses."""
        return {"count": self.count, "fields": self.fields}


@dataclass(eq=False)
class BadCursor(Invalid):
    """A cursor that this list did not give out."""

    code: ClassVar[str] = "api.bad_cursor"
    sentence: ClassVar[str] = "The cursor is not one of this list and sort: begin again without it."


@dataclass(eq=False)
class BadVersion(Invalid):
    """An If-Match that names no version."""

    code: ClassVar[str] = "api.bad_version"
    sentence: ClassVar[str] = (
        'If-Match takes the ETag of the last answer, such as "7"; * and lists are not taken.'
    )


@dataclass(eq=False)
class VersionNeeded(Conflict):
    """A change was asked without saying which version it was made from."""

    code: ClassVar[str] = "api.version_needed"
    sentence: ClassVar[str] = (
        "Send the ETag you read as If-Match, so that nobody's change is overwritten unseen."
    )


@dataclass(eq=False)
class BadKey(Invalid):
    """An Idempotency-Key that cannot be kept."""

    code: ClassVar[str] = "api.bad_idempotency_key"
    sentence: ClassVar[str] = "An Idempotency-Key has 1 to 80 visible ASCII characters."


@dataclass(eq=False, kw_only=True)
class TooLarge(Invalid):
    """The body is larger than this door takes."""

    code: ClassVar[str] = "api.too_large"
    sentence: ClassVar[str] = "The request is larger than %(limit_mib)s MiB."
    limit_mib: int


@dataclass(eq=False, kw_only=True)
class TooMany(Busy):
    """The actor asks more often than this address is made for."""

    code: ClassVar[str] = "api.too_many_requests"
    sentence: ClassVar[str] = "Too many requests of this kind: wait %(wait_s)s seconds."
    wait_s: int


@dataclass(eq=False)
class Refused(Forbidden):
    """Something below the API refused before an endpoint was reached."""

    code: ClassVar[str] = "api.refused"
    sentence: ClassVar[str] = "The request was refused."


@dataclass(eq=False, kw_only=True)
class Broken(TillkeeperError):
    """A mistake of ours. The log has it under the reference number."""

    code: ClassVar[str] = "api.broken"
    sentence: ClassVar[str] = (
        "Something went wrong on our side. Nothing was changed. Reference: %(reference)s."
    )
    reference: str
