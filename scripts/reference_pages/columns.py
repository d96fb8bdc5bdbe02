"""The columns of ledgers, and the words for states and forms, as a page."""

from collections import defaultdict
from collections.abc import Mapping

from reference_pages.markdown import code, head, table
from tillkeeper.formats.ledgers.columns import FIELDS, KINDS
from tillkeeper.formats.ledgers.state_words import FORM_OF_WORD, STATE_OF_WORD

CELLS = {
    "serial": "4 to 32 letters A-Z, digits, `-` `_` `/` `.`; made capital and half-width",
    "tusn": "20 digits",
    "text": "text in one cell",
    "code": "letters, digits and signs in one line; kept as text, leading zeros too",
    "date": "a date cell, or a day such as `2024-03-05`, `20240305`, `2024年3月5日`, `5 Mar 2024`; never two meanings",
    "money": "an amount with at most two decimals, such as `1280.00`",
    "currency": "three letters, such as `CNY`",
    "latitude": "degrees, -90 to 90",
    "longitude": "degrees, -180 to 180",
    "uscc": "18 characters with a right check character",
    "id_number": "18 characters with a right check digit; kept masked",
    "account": "6 to 34 digits or letters; kept masked",
    "mcc": "4 digits",
    "phone": "a mobile or fixed number",
    "state": "one of the words below",
    "form": "one of the words below",
}


def page() -> str:
    """Return the page."""
    introduction = (
        (
            "What a column of a ledger (台账) may hold, and the titles it goes by. Titles are"
            " compared without regard to"
            " case, blanks, brackets, stars and colons; the mapping that is proposed can be"
            " changed, and is then remembered"
            " for files with the same titles. A column that stands for nothing is left out. `GET"
            " /api/v1/imports/template` gives an empty ledger of each kind."
        ),
    )
    parts = [head("Columns of ledgers", *introduction), "\n## Kinds of ledger\n", _kinds()]
    parts += ["\n## Fields\n", _fields(), "\n## What cells may hold\n", _cells()]
    parts += ["\n## Words for a state\n", _words(STATE_OF_WORD, "state")]
    parts += ["\n## Words for a form\n", _words(FORM_OF_WORD, "form")]
    return "".join(parts)


def _kinds() -> str:
    rows = [
        (
            f"{kind.en} {kind.zh}",
            code(name),
            ", ".join(map(code, kind.required)),
            ", ".join(code(f) for f in kind.fields if f not in kind.required),
        )
        for name, kind in KINDS.items()
    ]
    return table(("ledger", "kind", "every row must have", "may have"), rows)


def _fields() -> str:
    rows = [
        (code(name), field.en, field.zh, field.cell, ", ".join(field.synonyms))
        for name, field in FIELDS.items()
    ]
    return table(("field", "title", "标题", "cell", "also known as"), rows)


def _cells() -> str:
    used = dict.fromkeys(field.cell for field in FIELDS.values())
    return table(("cell", "holds"), [(cell, CELLS[cell]) for cell in used])


def _words(meanings: Mapping[str, str], title: str) -> str:
    words: dict[str, list[str]] = defaultdict(list)
    for word, meaning in meanings.items():
        words[meaning].append(word)
    return table(
        (title, "words"), [(code(meaning), ", ".join(said)) for meaning, said in words.items()]
    )
