"""Files of money written by hand: all of them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tests.hand.acquirers import ACQUIRERS
from tests.hand.files import MID, SUM_MINOR, TID, Hand
from tests.hand.statements import STATEMENTS, VERSIONS
from tests.hand.wallets import WALLETS

__all__ = ["ALL", "MID", "SUM_MINOR", "TID", "VERSIONS", "Hand"]

ALL: Final[Mapping[str, Hand]] = MappingProxyType({**ACQUIRERS, **WALLETS, **STATEMENTS})
