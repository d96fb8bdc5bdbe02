"""Engine's and readers' sentences, kept in English, in the reader's language again.

They are stored filled in. A sentence is known by its template: what stands at the placeholders is taken out, and put
into the template of the reader's language. One that no template fits is shown as it is.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from django.utils.translation import get_language, gettext

from tillkeeper.engines.matching.fees import wording as fee_wording
from tillkeeper.engines.matching.hypotheses.causes import CAUSES
from tillkeeper.engines.matching.payouts import wording as payout_wording
from tillkeeper.kernel.errors import kept_error
from tillkeeper.settlement.troubles import wording as trouble_wording
from tillkeeper.settlement.wording import CHANNEL_LABELS
from tillkeeper.web.refusals import sentence_of

PLACEHOLDER: Final = re.compile(r"%\((\w+)\)s")
AMOUNT: Final = re.compile(r"CNY (\d+)\.(\d\d)")
WITHIN: Final = re.compile(r"CNY (-?)(\d[\d,]*)\.(\d\d)")  # of a text, as Money writes it
WITH_CHANNEL: Final = re.compile(r"(.+) \(([a-z_]+)\)", re.DOTALL)
LONGEST: Final = 2_000  # characters; no sentence of ours is longer


def said(sentence: str) -> str:
    """Return a sentence of the engine in the reader's language."""
    if (get_language() or "").startswith("en") or len(sentence) > LONGEST:
        return sentence
    for template, shape in _templates():
        if (found := shape.fullmatch(sentence)) is not None:
            filled = {name: _told(value) for name, value in found.groupdict().items()}
            return gettext(template) % filled
    return gettext(sentence) if sentence else ""


def in_yuan(text: str) -> str:
    """Return a text with its amounts as everywhere else on a Chinese page; in English as it is."""
    return text if (get_language() or "").startswith("en") else WITHIN.sub(_yuan, text)


def refusal_of(problem: Mapping[str, Any]) -> str:
    """Return why a file was refused or a run failed, from what was stored of the refusal."""
    english = str(problem.get("sentence") or "")
    error = kept_error(str(problem.get("code")), problem.get("facts") or {})
    try:
        return sentence_of(error) if error else gettext(english) if english else ""
    except (TypeError, KeyError, ValueError):
        return english  # written by an older version with other facts


def _told(value: str) -> str:
    if (found := WITH_CHANNEL.fullmatch(value)) is not None:  # whose payout, and of which channel
        who, channel = found.groups()
        return f"{who}（{CHANNEL_LABELS.get(channel, channel)}）"
    if (found := AMOUNT.fullmatch(value)) is not None:  # as everywhere else on the page
        return f"¥{int(found[1]):,}.{found[2]}"
    return str(CHANNEL_LABELS.get(value, value))


def _yuan(found: re.Match[str]) -> str:
    sign, whole, rest = found.groups()
    return f"{'−' if sign else ''}¥{int(whole.replace(',', '')):,}.{rest}"


@cache
def _templates() -> tuple[tuple[str, re.Pattern[str]], ...]:
    every = [cause.sentence for cause in CAUSES]
    every += [*fee_wording.SENTENCES.values(), *payout_wording.SENTENCES.values()]
    every += trouble_wording.SENTENCES.values()
    # The most words first: a short template must not swallow what a longer one tells apart.
    every.sort(key=lambda template: -len(PLACEHOLDER.sub("", template)))
    return tuple((template, _shape(template)) for template in every)


def _shape(template: str) -> re.Pattern[str]:
    parts, seen = PLACEHOLDER.split(template), set[str]()
    told = []
    for number, part in enumerate(parts):
        if number % 2 == 0:
            told.append(re.escape(part.replace("%%", "%")))
        elif part in seen:
            told.append(f"(?P={part})")
        else:
            seen.add(part)
            told.append(f"(?P<{part}>.*?)")
    return re.compile("".join(told), re.DOTALL)
