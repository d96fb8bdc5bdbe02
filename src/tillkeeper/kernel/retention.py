"""How long each class of record is kept (CMP-02). The months are policy rows, not constants."""

from datetime import date
from enum import StrEnum

from tillkeeper.kernel.policy import policy


class RetentionClass(StrEnum):
    """Classes of records by the law or contract that keeps them."""

    LEDGER_FILE = "ledger_file"
    DOCUMENT = "document"
    SLIP = "slip"
    MERCHANT_FILE = "merchant_file"
    AUDIT = "audit"
    DISPOSAL = "disposal"
    TERMINAL_LOG = "terminal_log"


def kept_months(kind: RetentionClass, *, on: date) -> int:
    """Return how many months a record of this class is kept, by the policy in force on a day."""
    return int(policy(f"retention.{kind}", on=on))
