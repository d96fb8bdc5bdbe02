"""What came of a verb for many: a result for each row that stayed, kept a week for whoever gave the order."""

import csv
import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.errors import NotFound, TillkeeperError
from tillkeeper.terminals.services.sets import Outcome
from tillkeeper.web.parts import Request, answer
from tillkeeper.web.refusals import sentence_of

KEPT_S: Final = 7 * 24 * 3600
ROWS: Final = 50
# A cell that a spreadsheet would take for a formula gets an apostrophe.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Told:
    """The result of one order. `title` is in English and translated when shown."""

    title: str
    moved: int
    document: str
    refused: tuple[tuple[str, TillkeeperError], ...]
    by: str
    back: str

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """The kinds of refusals, the most frequent first, each with one of its sentences."""
        counted = Counter(_kind(error) for _serial, error in self.refused)
        first: dict[Any, TillkeeperError] = {}
        for _serial, error in self.refused:
            first.setdefault(_kind(error), error)
        return [(sentence_of(first[kind]), n) for kind, n in counted.most_common()]


def _kind(error: TillkeeperError) -> tuple[Any, ...]:
    facts = {
        name: value
        for name, value in error.facts().items()
        if name not in ("serial", "key", "last")
    }
    return (error.code, *sorted((name, str(value)) for name, value in facts.items()))


def keep_outcome(title: str, outcome: Outcome, *, by: Actor, back: str) -> str:
    """Keep a result and return its page's address."""
    key = secrets.token_urlsafe(12)
    refused = tuple((refusal.serial, refusal.error) for refusal in outcome.refused)
    cache.set(
        f"outcome:{key}",
        Told(title, outcome.moved, outcome.document, refused, str(by), back),
        KEPT_S,
    )
    return reverse("web:terminals-result", args=[key])


def _kept(request: Request, key: str) -> Told:
    told: Told | None = cache.get(f"outcome:{key}")
    if told is None or told.by != str(request.actor):
        raise NotFound(kind="result", key=key)
    return told


@login_required
def result(request: Request, key: str) -> HttpResponse:
    """Show what came of an order: how many went through, and each that did not with its reason."""
    told = _kept(request, key)
    page = Paginator(told.refused, ROWS).get_page(request.GET.get("page"))
    rows = [(serial, sentence_of(error)) for serial, error in page.object_list]
    ctx = {"told": told, "title": _(told.title), "rows": rows, "page_obj": page, "key": key}
    return answer(request, "terminals/result.html", "terminals/_result_rows.html", ctx)


@login_required
def refusals(request: Request, key: str) -> StreamingHttpResponse:
    """Return the refusals of an order as CSV."""
    told = _kept(request, key)
    language = translation.get_language()
    response = StreamingHttpResponse(_csv(told, language), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="refused.csv"'
    return response


class _Echo:
    """A file that hands each line straight on."""

    def write(self, line: str) -> str:
        return line


def _csv(told: Told, language: str | None) -> Iterator[str]:
    writer = csv.writer(_Echo())
    with translation.override(language):
        yield "\ufeff"
        yield writer.writerow([_("Serial number"), _("Code"), _("Why")])
        for serial, error in told.refused:
            yield writer.writerow([_safe(serial), error.code, _safe(sentence_of(error))])


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
