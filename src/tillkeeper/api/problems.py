"""Problem documents (RFC 9457): the one shape of every refusal, and which statuses an endpoint may give."""

from http import HTTPStatus
from typing import Any, Final

from ninja import Field, Schema

MEDIA_TYPE: Final = "application/problem+json"
Answers = dict[frozenset[int], type[Schema]]


class Problem(Schema):
    """Why something was refused."""

    type: str = Field(description="Address of this kind of problem.")
    title: str = Field(description="The refusal as one English sentence, for logs.")
    status: int = Field(description="The HTTP status, again.")
    detail: str = Field(description="The same sentence in the language of Accept-Language.")
    code: str = Field(description="Stable name of the refusal, to be switched on.")
    facts: dict[str, Any] = Field(description="What went wrong, by name.")
    instance: str = Field(description="The address that was asked.")
    reference: str | None = Field(None, description="Number to quote when it was our mistake.")


def _answers(*statuses: HTTPStatus) -> Answers:
    return {frozenset(int(status) for status in statuses): Problem}


_LOOK: Final = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
)
_DO: Final = (
    *_LOOK,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.INSUFFICIENT_STORAGE,
)
LISTING: Final = _answers(*_LOOK)  # a list: what is not visible is simply not in it
READING: Final = _answers(*_LOOK, HTTPStatus.NOT_FOUND)
WRITING: Final = _answers(*_DO, HTTPStatus.PRECONDITION_FAILED)
CHANGING: Final = _answers(*_DO, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED)
