"""The checks of a batch that cannot settle, as a page: what is looked at, each answer, and what to do next."""

from itertools import groupby

from reference_pages.markdown import chinese, code, english, head, sentence, table
from tillkeeper.settlement.troubles.answers import ANSWERS, LOOKS_AT, SYMPTOMS
from tillkeeper.settlement.troubles.judging import PROVING
from tillkeeper.settlement.troubles.wording import SYMPTOM_LABELS, VERDICT_LABELS

BEFORE = (
    (
        "A batch that cannot settle (无法结算的批次) is led through these checks, always in this order. A trouble"
        " is `open` (under way), `settled`, or `handed_over` to a case."
        " [How to use it](../how-to/lead-a-batch-to-its-money.md)."
    ),
    (
        "A batch is settled when nothing has failed or waits, and every check that proves has passed. The others"
        " may stay `unknown`: an installation that keeps no terminals can still prove that the money came. A round"
        " that finds what the round before it found is not written again. ‹Names in angle quotes› are facts."
    ),
)


def page() -> str:
    """Return the page."""
    parts = [head("Checks of a batch that cannot settle", *BEFORE), "\n## Verdicts\n"]
    verdicts = [
        (code(one), english(label), chinese(label)) for one, label in VERDICT_LABELS.items()
    ]
    parts += [table(("verdict", "means", "中文"), verdicts), "\n## Symptoms\n"]
    symptoms = [
        (
            code(one),
            english(SYMPTOM_LABELS[one]),
            chinese(SYMPTOM_LABELS[one]),
            ", ".join(map(code, checks)),
        )
        for one, checks in SYMPTOMS.items()
    ]
    parts += [table(("symptom", "seen", "中文", "often explained by"), symptoms), "\n## Checks\n"]
    checks = [
        (code(one), looks_at, chinese(looks_at), "yes" if one in PROVING else "")
        for one, looks_at in LOOKS_AT.items()
    ]
    parts += [table(("check", "looks at", "中文", "proves"), checks)]
    for check, answers in groupby(ANSWERS.items(), key=lambda item: item[0][0]):
        rows = [
            (code(name), code(answer.verdict), sentence(answer.sentence), answer.do)
            for (_, name), answer in answers
        ]
        parts += [
            f"\n## `{check}`\n",
            table(("answer", "verdict", "found", "what to do next"), rows),
        ]
    return "".join(parts)
