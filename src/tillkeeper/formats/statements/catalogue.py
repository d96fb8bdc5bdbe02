"""The statements that come with the product."""

from typing import Final

from tillkeeper.formats.canonical.reading import Format
from tillkeeper.formats.statements.bai2.catalogue import FORMATS as BAI2
from tillkeeper.formats.statements.banks.catalogue import FORMATS as BANKS
from tillkeeper.formats.statements.camt.catalogue import FORMATS as CAMT
from tillkeeper.formats.statements.swift.catalogue import FORMATS as SWIFT

FORMATS: Final[tuple[Format, ...]] = (*CAMT, *SWIFT, *BAI2, *BANKS)
