"""Why terminals stayed as they were, by reason: the words of the dry run, with how many each one held back."""

from collections import Counter
from collections.abc import Iterable
from types import MappingProxyType
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tillkeeper.kernel.errors import AlreadyExists, NotFound, TillkeeperError
from tillkeeper.terminals.errors import (
    CardNumberGiven,
    EvidenceRefused,
    GuardFailed,
    NotATerminal,
    OutOfOrder,
    StepRefused,
)
from tillkeeper.terminals.wording import GUARD_SENTENCES, STATE_LABELS
from tillkeeper.web.refusals import sentence_of

# Facts that say which terminal, not why.
OF_ONE_TERMINAL: Final = frozenset({"serial", "key", "last", "shown"})
WHY: Final[MappingProxyType[type[TillkeeperError], str | Promise]] = MappingProxyType(
    {
        NotFound: gettext_lazy(
            "are not in your view, or lie where your roles do not carry this right"
        ),
        OutOfOrder: gettext_lazy("took their last step later than the time given"),
        AlreadyExists: gettext_lazy("are in the estate already"),
        NotATerminal: gettext_lazy(
            "are no serial numbers: 4 to 32 letters, digits, hyphens, dots, slashes or underscores"
        ),
        CardNumberGiven: gettext_lazy(
            "look like numbers of bank cards, which must not be kept here"
        ),
    }
)


def grouped(errors: Iterable[TillkeeperError]) -> list[tuple[str, int]]:
    """Return each reason with its number of terminals, the most frequent first."""
    counted: Counter[tuple[Any, ...]] = Counter()
    first: dict[tuple[Any, ...], TillkeeperError] = {}
    for error in errors:
        kind = _kind(error)
        counted[kind] += 1
        first.setdefault(kind, error)
    return [(_reason(first[kind]), n) for kind, n in counted.most_common()]


def _kind(error: TillkeeperError) -> tuple[Any, ...]:
    facts = error.facts().items()
    return (
        error.code,
        *sorted((name, str(value)) for name, value in facts if name not in OF_ONE_TERMINAL),
    )


def _reason(error: TillkeeperError) -> str:
    """Return a reason without the terminal it is told of, to stand behind a number."""
    if isinstance(error, StepRefused | EvidenceRefused):
        label = STATE_LABELS[error.state]
        return _("are “%(label)s”: not possible from there") % {"label": label}
    if isinstance(error, GuardFailed):
        return str(GUARD_SENTENCES[error.guard])
    return str(WHY.get(type(error)) or sentence_of(error))
