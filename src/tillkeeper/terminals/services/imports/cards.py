"""Card numbers in a file that was brought in: the file is deleted as soon as they are found, the refusals are kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tillkeeper.kernel.files import forget_file, is_kept
from tillkeeper.terminals.models import Import
from tillkeeper.terminals.services.imports.errors import (
    DraftExpired,
    FileForgotten,
    LedgerForgotten,
)
from tillkeeper.terminals.services.imports.personal import is_personal
from tillkeeper.terminals.services.imports.refused import RefusalSink

CARD_NUMBER: Final = "ledger.card_number"


@contextmanager
def forgetting_cards(record: Import, sink: RefusalSink) -> Iterator[None]:
    """Delete the file of an import behind a pass that met a card number, however the pass ended.

    Stand outside the transaction: bytes that are deleted do not come back with a rollback.
    """
    try:
        yield
    finally:
        if CARD_NUMBER in sink.codes:
            forget_file(record.sha256)


def require_file(record: Import) -> None:
    """See that the file of an import is still there.

    Raises:
        DraftExpired: nobody asked for its dry run for a day.
        FileForgotten: card numbers were found in it.
        LedgerForgotten: it has settlement accounts or id numbers, and nobody went on with it for a day.
    """
    said = record.result.get("problem", {}).get("code")
    if said == DraftExpired.code:
        raise DraftExpired(number=record.number)
    if is_kept(record.sha256):
        return
    if said != FileForgotten.code and is_personal(record):
        raise LedgerForgotten(number=record.number)
    raise FileForgotten(number=record.number)
