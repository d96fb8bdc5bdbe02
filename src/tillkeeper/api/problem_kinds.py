"""/problems: every kind of refusal this installation knows, by its code."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext
from ninja import Field, Router, Schema

from tillkeeper.api.errors import status_of
from tillkeeper.api.problems import READING
from tillkeeper.kernel.errors import NotFound, TillkeeperError

router = Router(tags=["problems"], auth=None)


class ProblemKind(Schema):
    """A kind of refusal: its stable code, its status and its sentence."""

    code: str
    status: int
    sentence: str = Field(
        description="With the names of its facts; in the language of Accept-Language."
    )


def kinds(parent: type[TillkeeperError] = TillkeeperError) -> Iterator[type[TillkeeperError]]:
    """Yield every kind of error that is loaded and has a code of its own."""
    for kind in parent.__subclasses__():
        if "code" in vars(kind):
            yield kind
        yield from kinds(kind)


def _told(kind: type[TillkeeperError]) -> dict[str, Any]:
    return {"code": kind.code, "status": int(status_of(kind)), "sentence": gettext(kind.sentence)}


@router.get("", response={200: list[ProblemKind], **READING})
def list_problems(request: HttpRequest) -> Any:
    """List every kind of refusal."""
    return sorted((_told(kind) for kind in kinds()), key=lambda told: str(told["code"]))


@router.get("/{code}", response={200: ProblemKind, **READING})
def get_problem(request: HttpRequest, code: str) -> Any:
    """Show one kind of refusal; a problem's `type` leads here."""
    for kind in kinds():
        if kind.code == code:
            return _told(kind)
    raise NotFound(kind="problem", key=code)
