"""Card numbers in a file that was brought in: the file is deleted as soon as they are found, the refusals are kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tillkeeper.kernel.files import forget_file, is_kept
from tillkeeper.terminals.models import Import
from tillkeeper.terminals.services.imports.errors import FileForgotten
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
        FileForgotten: card numbers were found in it.
    """
    if not is_kept(record.sha256):
        raise FileForgotten(number=record.number)
