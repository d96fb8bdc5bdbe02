"""What came of a verb for many: a result for each terminal, kept a week for whoever gave the order."""

import csv
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from types import MappingProxyType
from typing import Final, NamedTuple

from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.errors import NotFound, TillkeeperError
from tillkeeper.terminals.errors import EvidenceRefused, GuardFailed, OutOfOrder, StepRefused
from tillkeeper.terminals.services.sets import Outcome
from tillkeeper.web.parts import Request, answer
from tillkeeper.web.refusals import sentence_of
from tillkeeper.web.terminals.reasons import grouped

KEPT_S: Final = 7 * 24 * 3600
ROWS: Final = 50
# A cell that a spreadsheet would take for a formula gets an apostrophe.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class Came(StrEnum):
    """What came of an order for one terminal."""

    REFUSED = "refused"
    UNCHANGED = "unchanged"
    DONE = "done"


CAME_LABELS: Final[MappingProxyType[Came, str | Promise]] = MappingProxyType(
    {
        Came.REFUSED: gettext_lazy("Refused"),
        Came.UNCHANGED: gettext_lazy("Nothing to do"),
        Came.DONE: gettext_lazy("Done"),
    }
)


class Line(NamedTuple):
    """One terminal of an order; `error` says why it was refused."""

    serial: str
    came: Came
    error: TillkeeperError | None = None

    @property
    def label(self) -> str | Promise:
        """Its result in words."""
        return CAME_LABELS[self.came]

    @property
    def in_view(self) -> bool:
        """Whether the terminal has a page to be looked at: it was done, or judged by its own state."""
        judged = StepRefused | EvidenceRefused | GuardFailed | OutOfOrder
        return self.error is None or isinstance(self.error, judged)

    @property
    def sentence(self) -> str:
        """Why it was refused, "" if it was not."""
        return sentence_of(self.error) if self.error else ""


@dataclass(frozen=True, slots=True)
class Told:
    """The result of one order. `title` is in English and translated when shown."""

    title: str
    document: str
    refused: tuple[tuple[str, TillkeeperError], ...]
    unchanged: tuple[str, ...]
    done: tuple[str, ...]
    by: str
    back: str

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Why terminals were refused, the most frequent first, each with its number of terminals."""
        return grouped(error for _serial, error in self.refused)

    @property
    def counts(self) -> dict[Came, int]:
        """How many terminals had each result."""
        told = (self.refused, self.unchanged, self.done)
        return {came: len(rows) for came, rows in zip(Came, told, strict=True)}

    def lines(self, came: str = "") -> list[Line]:
        """Return a line for each terminal, those first that want looking at; `came` picks one result."""
        every = chain(
            (Line(serial, Came.REFUSED, error) for serial, error in self.refused),
            (Line(serial, Came.UNCHANGED) for serial in self.unchanged),
            (Line(serial, Came.DONE) for serial in self.done),
        )
        return [line for line in every if came in ("", line.came)]


def keep_outcome(title: str, outcome: Outcome, *, by: Actor, back: str) -> str:
    """Keep a result and return its page's address."""
    key = secrets.token_urlsafe(12)
    refused = tuple((refusal.serial, refusal.error) for refusal in outcome.refused)
    told = Told(title, outcome.document, refused, outcome.unchanged, outcome.done, str(by), back)
    cache.set(_place(key), told, KEPT_S)
    return reverse("web:terminals-result", args=[key])


def _kept(request: Request, key: str) -> Told:
    told: Told | None = cache.get(_place(key))
    if told is None or told.by != str(request.actor):
        raise NotFound(kind="result", key=key)
    return told


def _place(key: str) -> str:
    return f"terminals-result:{key}"


@login_required
def result(request: Request, key: str) -> HttpResponse:
    """Show what came of an order: how many by result and by reason, and a page of the terminals, each with its own."""
    told = _kept(request, key)
    counts = {came: n for came, n in told.counts.items() if n}
    asked = request.GET.get("state", "")
    state = asked if asked in counts else ""
    total = sum(counts.values())
    ctx = {
        "told": told,
        "title": _(told.title),
        "tabs": [
            ("", _("All"), total),
            *((came, CAME_LABELS[came], counts[came]) for came in counts),
        ],
        "tab": state,
        "page_obj": Paginator(told.lines(state), ROWS).get_page(request.GET.get("page")),
        "key": key,
    }
    return answer(request, "terminals/result.html", "terminals/_result_rows.html", ctx)


@login_required
def results_csv(request: Request, key: str) -> StreamingHttpResponse:
    """Return every terminal of an order with its result as CSV."""
    told = _kept(request, key)
    language = translation.get_language()
    response = StreamingHttpResponse(_csv(told, language), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="results.csv"'
    return response


class _Echo:
    """A file that hands each line straight on."""

    def write(self, line: str) -> str:
        return line


def _csv(told: Told, language: str | None) -> Iterator[str]:
    writer = csv.writer(_Echo())
    with translation.override(language):
        yield "\ufeff"
        yield writer.writerow([_("Serial number"), _("Result"), _("Code"), _("Why")])
        for line in told.lines():
            code = line.error.code if line.error else ""
            yield writer.writerow([_safe(line.serial), line.label, code, _safe(line.sentence)])


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
