"""Every refusal by its code: of the doors and rooms, and of rows of a ledger."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import fields, is_dataclass

import tillkeeper.api.router  # loads every room, and with it every kind of error
import tillkeeper.cli.refusals  # noqa: F401
from reference_pages.markdown import chinese, code, head, sentence, table
from tillkeeper.api.errors import status_of
from tillkeeper.api.problem_kinds import kinds
from tillkeeper.formats.ledgers.refusals import SENTENCES
from tillkeeper.kernel.errors import TillkeeperError
from tillkeeper.terminals.services.imports.reasons import NOTES, REASONS

ROOMS = {
    "kernel": "Everywhere",
    "parties": "Organisations, merchants, people",
    "terminals": "Terminals and imports",
    "ledger": "A ledger as a whole",
    "formats": "Bills, statements and journals",
    "matching": "Matching and its rules",
    "settlement": "Cases and the money ledger",
    "alerting": "Alert rules",
    "telemetry": "A terminal's voice",
    "api": "The REST API only",
    "cli": "The command line only",
}


def page() -> str:
    """Return the page of error codes."""
    introduction = (
        (
            "A refusal (拒绝) is a sentence for people and a code for programs. The code never"
            " changes its meaning; the"
            " sentence is translated and may be reworded. The REST API answers with a problem"
            " document (RFC 9457) that has"
            " `code`, `facts` and the HTTP status given here; `GET /api/v1/problems` lists the"
            " same table."
        ),
        "‹Names in angle quotes› are the facts.",
        (
            "Rows and cells of a ledger have codes of their own: [Refusals of an"
            " import](import-refusals.md)."
        ),
    )
    by_room: dict[str, list[type[TillkeeperError]]] = defaultdict(list)
    for kind in {kind.code: kind for kind in kinds()}.values():
        by_room[kind.code.partition(".")[0]].append(kind)
    parts = [head("Error codes", *introduction)]
    for room, title in ROOMS.items():
        found = sorted(by_room.pop(room, []), key=lambda kind: kind.code)
        parts += [
            f"\n## {title}\n",
            table(("code", "status", "sentence", "提示", "facts"), map(_row, found)),
        ]
    if by_room:
        raise ValueError(f"no heading for {', '.join(by_room)}")
    return "".join(parts)


def _row(kind: type[TillkeeperError]) -> tuple[str, ...]:
    facts = ", ".join(f"`{f.name}`" for f in fields(kind)) if is_dataclass(kind) else ""
    return (
        code(kind.code),
        str(int(status_of(kind))),
        sentence(kind.sentence),
        sentence(chinese(kind.sentence)),
        facts,
    )


def refusals_page() -> str:
    """Return the page of refusals of an import."""
    introduction = (
        (
            "Why a row of a ledger was not taken, and how to mend it. The file of refused rows"
            " (拒绝行文件) has these"
            " sentences beside each row; the API and the command line give the code as well."
            " ‹column›, ‹value› and the like"
            " stand for what the file says. Card numbers, accounts, id numbers and phone numbers"
            " in ‹value› are masked."
        ),
        "How to bring a ledger in: [Import a ledger](../how-to/import-a-ledger.md).",
    )
    parts = [
        head("Refusals of an import", *introduction),
        "\n## A cell cannot be read\n",
        _sentences(SENTENCES),
        "\n## A row does not fit the estate\n",
        (
            "\nThe estate is what Tillkeeper already knows, or what stood further up in the same"
            " file.\n"
        ),
        _sentences(REASONS),
        "\n## A row was taken, but not all of it\n",
        "\nNotes beside the counts; nothing was refused.\n",
        _sentences(NOTES),
        "\n## The whole file or import is refused\n",
        "\nThese are errors, not refusals of rows: nothing was written.\n",
        table(("code", "sentence", "提示"), _whole()),
    ]
    return "".join(parts)


def _sentences(templates: Mapping[str, str]) -> str:
    rows = [
        (code(name), sentence(text), sentence(chinese(text))) for name, text in templates.items()
    ]
    return table(("code", "what is wrong and how to mend it", "原因与处理"), rows)


def _whole() -> list[tuple[str, str, str]]:
    found = {k.code: k for k in kinds() if k.code.startswith(("ledger.", "terminals.import"))}
    return [
        (code(k.code), sentence(k.sentence), sentence(chinese(k.sentence)))
        for k in sorted(found.values(), key=lambda kind: kind.code)
    ]
