"""Every address of the API that no endpoint has: a problem document, not the console's page."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Router

from tillkeeper.api.errors import answer
from tillkeeper.api.refusals import NoSuchAddress

METHODS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE"]
router = Router(auth=None)


@router.api_operation(METHODS, "/{path:rest}", include_in_schema=False)
def nowhere(request: HttpRequest, rest: str) -> Any:
    """Refuse."""
    raise NoSuchAddress(key=rest)


def answer_nowhere(request: HttpRequest) -> HttpResponse:
    """Refuse what no pattern takes, e.g. an address with a line break in it."""
    return answer(request, NoSuchAddress(key=request.path))
