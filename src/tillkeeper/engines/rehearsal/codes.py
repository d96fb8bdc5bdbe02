"""What the rehearsal's numbers stand for. A day is played in whole numbers and written out in words at its end."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tillkeeper.formats.canonical.tables import BillState, Channel, JournalState, Kind, SlipState

Ints = NDArray[np.int64]
Bits = NDArray[np.bool_]
Reals = NDArray[np.float64]

SALE, VOID, REFUND, PREAUTH, COMPLETION, REVERSAL, FEE = range(7)
KINDS: Final = (
    Kind.SALE, Kind.VOID, Kind.REFUND, Kind.PREAUTH, Kind.COMPLETION, Kind.REVERSAL, Kind.FEE,
)  # fmt: skip

APPROVED, DECLINED, UNKNOWN, REVERSED, PENDING, EXHAUSTED = range(6)
STATES: Final = (
    JournalState.APPROVED, JournalState.DECLINED, JournalState.UNKNOWN, JournalState.REVERSED,
    JournalState.REVERSAL_PENDING, JournalState.REVERSAL_EXHAUSTED,
)  # fmt: skip

PRINTED, REPRINTED, FAILED, UNCERTAIN, NONE = range(5)
SLIPS: Final = (
    SlipState.PRINTED, SlipState.REPRINTED, SlipState.FAILED, SlipState.UNKNOWN, SlipState.NONE,
)  # fmt: skip

SUCCESS, REVOKED = range(2)
BILL_STATES: Final = (BillState.SUCCESS, BillState.REVOKED)

CARD, WECHAT, ALIPAY, UNIONPAY_QR = range(4)
CHANNELS: Final = (Channel.CARD, Channel.WECHAT, Channel.ALIPAY, Channel.UNIONPAY_QR)

# Field 39 of the 0400 and of the 0410; 0 is silence.
REASONS: Final = ("", "98", "06", "A0", "96")
NO_ANSWER, NETWORK, BAD_MAC, CHIP = range(1, 5)
ANSWERS: Final = ("", "00", "12", "25", "95")
DONE, NOT_KNOWN, NOT_BALANCED = 1, 3, 4

# Field 22; 0 is a code, which has none.
ENTRIES: Final = ("", "051", "052", "071", "072", "021")
CHIP_WITH_PIN, CHIP_NO_PIN, TAP_WITH_PIN, TAP_NO_PIN, SWIPE = range(1, 6)

CARD_TYPES: Final = ("", "debit", "credit", "semi_credit", "prepaid")
DEBIT = 1

# Whose file the acquirer's rows of a merchant come in (payments.md 3.4, 3.5), and the two that carry codes.
ZM, ACQUIRER46, UMS, UMS_PIPE, HOST, WECHAT_BILL, ALIPAY_BILL = range(7)
FORMS: Final = ("zm", "acquirer46", "ums", "ums_pipe", "host")

BLANK: Final = -1  # a number that is not there
