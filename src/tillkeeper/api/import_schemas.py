"""Shapes of imports: a file brought in, how its columns are read, what came of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from ninja import Field, Schema

from tillkeeper.api.schemas import Asked
from tillkeeper.formats.ledgers.columns import KINDS
from tillkeeper.kernel.progress import progress
from tillkeeper.terminals.services.imports import note, reason

# The same as formats.ledgers.columns.KINDS; a test compares them.
Kind = Literal["terminals", "models", "merchants", "sites", "bindings"]


class LayoutOut(Schema):
    """How the file is built, as far as that could be seen."""

    kind: str
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    sheets: list[str] = Field([])
    header_line: int | None = None
    titles: list[str] = Field([])
    rows: int | None = Field(None, description="Estimated.")


class MadeOut(Schema):
    """What was made on the way."""

    models: int = 0
    merchants: int = 0
    sites: int = 0
    vendors: int = 0
    bindings: int = 0


class ImportCounts(Schema):
    """How many rows came to what."""

    new: int
    changed: int
    same: int
    refused: int
    made: MadeOut
    refused_codes: dict[str, int] = Field({})
    notes: list[str] = Field([], description="What came in, but not as written; in words.")


class ProgressOut(Schema):
    """How far the work is."""

    stage: str
    percent: int
    rows: int
    left_s: int | None = Field(description="Seconds left, as far as that can be told.")


class ImportOut(Schema):
    """An import as a row of the list."""

    number: str
    kind: Kind
    organisation: str = Field(alias="organisation.code")
    file_name: str
    size: int
    status: str
    all_or_nothing: bool
    problem: str = Field(description="Why it failed.")
    by: str
    at: datetime
    finished_at: datetime | None


class ImportDetail(ImportOut):
    """With its layout, the mapping of its columns, and what came of it."""

    sha256: str
    layout: LayoutOut
    mapping: dict[str, str] = Field(description="Field by index of column; blank: not read.")
    fields: list[str] = Field(description="The fields a column of this kind of ledger may hold.")
    required: list[str] = Field(description="Those that some column must hold.")
    dry_run: ImportCounts | None
    result: ImportCounts | None
    progress: ProgressOut | None
    has_refused_file: bool

    @staticmethod
    def resolve_fields(row: Any) -> list[str]:
        """In the order of the template."""
        return list(KINDS[row.kind].fields)

    @staticmethod
    def resolve_required(row: Any) -> list[str]:
        """In the order of the template."""
        return [name for name in KINDS[row.kind].fields if name in KINDS[row.kind].required]

    @staticmethod
    def resolve_dry_run(row: Any) -> dict[str, Any] | None:
        """None before the first dry run."""
        return _counts(row.dry_run)

    @staticmethod
    def resolve_result(row: Any) -> dict[str, Any] | None:
        """None before it has been brought in."""
        return _counts(row.result)

    @staticmethod
    def resolve_progress(row: Any) -> Any:
        """None while nothing is being worked on."""
        return progress(row.number)

    @staticmethod
    def resolve_has_refused_file(row: Any) -> bool:
        """Whether /refused answers with a file."""
        return bool(row.refused_sha256)


class ImportRefusalOut(Schema):
    """A cell, or a whole row, that was refused."""

    line: int
    column: str
    value: str
    code: str
    reason: str = Field(description="Why, and how to mend it; in the language of Accept-Language.")

    @staticmethod
    def resolve_reason(row: Any) -> str:
        """In the reader's language."""
        return reason(
            row.code, {"line": row.line, "column": row.column, "value": row.value, **row.facts}
        )


class MappingIn(Asked):
    """Which column holds what; what is left out stays."""

    mapping: dict[int, str] | None = Field(
        None, description="Field by index of column; blank: not read.", examples=[{"0": "serial"}]
    )
    sheet: str | None = Field(None, max_length=120, description="Another sheet of the workbook.")
    all_or_nothing: bool | None = Field(None, description="One bad row stops all.")


def _counts(kept: Mapping[str, Any]) -> dict[str, Any] | None:
    if "new" not in kept:
        return None
    notes = [note(told["code"], told) for told in kept.get("notes", ())]
    return {**kept, "notes": notes}
