"""A name in the query that an address does not know is refused: a mistyped filter must not mean everything."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja.operation import Operation
from ninja.params.models import QueryModel

from tillkeeper.api.errors import answer
from tillkeeper.api.refusals import BodyInvalid

Run = Callable[..., HttpResponseBase]


def known_names_only(run: Run) -> Run:
    """Wrap the run of an operation so that it refuses what its query may not hold."""
    # A bound method, which its type does not say.
    operation: Operation = run.__self__  # type: ignore[attr-defined]
    if not operation.include_in_schema:  # the address itself is not known: that is told instead
        return run
    known = {
        name
        for model in operation.models
        if issubclass(model, QueryModel)
        for name in model.__ninja_flatten_map__
    }

    @wraps(run)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if unknown := sorted(set(request.GET) - known):
            fields = [_field(name, known) for name in unknown]
            return answer(request, BodyInvalid(count=len(fields), fields=fields))
        return run(request, *args, **kwargs)

    return checked


def _field(name: str, known: set[str]) -> dict[str, str]:
    expected = ", ".join(sorted(known)) or "nothing"
    return {
        "in": "query",
        "field": name[:80],
        "problem": "extra_forbidden",
        "message": f"There is no such name in the query here; known: {expected}",
    }
