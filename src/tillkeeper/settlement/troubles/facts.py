"""What is known of a batch that cannot settle: plain values, gathered once a round. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from tillkeeper.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Asked:
    """Which batch it is about."""

    mid: str
    tid: str
    batch: str  # "": all of the day
    day: date
    today: date  # in the zone of the installation


@dataclass(frozen=True, slots=True)
class Stay:
    """A terminal under that terminal id, as it was bound on the day; or the last that ever was."""

    serial: str
    state: str
    since: date  # of that state
    bound: bool  # on the day
    mid: str
    bound_from: date
    missing: tuple[str, ...] = ()  # of the five elements, by the names of their columns
    account_agrees: bool = True  # the binding's settlement account is the merchant's


@dataclass(frozen=True, slots=True)
class Seller:
    """The merchant."""

    mid: str
    name: str
    account: str  # masked; "": there is none


@dataclass(frozen=True, slots=True)
class Papers:
    """The files of one role around the day."""

    of_day: tuple[str, ...] = ()  # taken, with rows of the day
    used: tuple[str, ...] = ()  # those that hold rows of the batch
    refused: tuple[str, ...] = ()  # names of what was refused since the day
    set_aside: int = 0  # lines left out of those of the day


@dataclass(frozen=True, slots=True)
class Total:
    """Counts and sums of one currency as field 48 has them: debits are sales, credits are voids and refunds."""

    debits: int = 0
    debit_minor: int = 0
    credits: int = 0
    credit_minor: int = 0

    @property
    def net_minor(self) -> int:
        """What goes to the merchant before fees."""
        return self.debit_minor - self.credit_minor


Totals = Mapping[str, Total]  # by currency


@dataclass(frozen=True, slots=True)
class Taken:
    """The batch as the terminal's journal has it."""

    rows: int = 0
    totals: Totals = field(default_factory=dict)
    channels: tuple[str, ...] = ()  # of approved payments
    first: str = ""  # trace numbers
    last: str = ""
    missing: int = 0  # numbers between them that the batch lacks
    unclear: Mapping[str, int] = field(default_factory=dict)  # by state of the journal
    closed_at: datetime | None = None
    followed_by: str = ""  # a later batch of the terminal
    closes_told: bool = False  # the journal tells of other batches when they were closed


@dataclass(frozen=True, slots=True)
class Billed:
    """The batch as the channels' bills have it."""

    rows: int = 0
    totals: Totals = field(default_factory=dict)
    channels_there: frozenset[str] = frozenset()  # of which a bill of the day was brought in
    channels_of_merchant: frozenset[str] = frozenset()  # in which the merchant has rows
    gaps: tuple[str, ...] = ()  # trace numbers that the channel has and the batch lacks
    elsewhere: int = 0  # payments under another merchant or terminal number


@dataclass(frozen=True, slots=True)
class LastRun:
    """The matching run of the day that counts: the last one that is done, else the last."""

    number: str
    state: str
    files: frozenset[str]
    sentence: str = ""  # why it failed


@dataclass(frozen=True, slots=True)
class Standing:
    """An unsettled case of the batch or of its payout."""

    number: int
    difference: str
    held: bool
    currency: str
    at_stake_minor: int


@dataclass(frozen=True, slots=True)
class Payout:
    """A payout that carries payments of the batch, and what the bank has of it."""

    channel: str
    payout_no: str
    currency: str
    settled_on: date
    due_on: date
    expected_minor: int  # all of the payout
    share_minor: int  # what the batch has in it
    difference: str = ""  # class of the engine; "": it was credited as expected
    cause: str = ""
    credited_minor: int | None = None
    booked_on: date | None = None
    file: str = ""  # number of the statement with the credit
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a round of checks looks at."""

    asked: Asked
    stay: Stay | None = None
    seller: Seller | None = None
    journal: Papers = Papers()
    bill: Papers = Papers()
    statement: Papers = Papers()
    statement_days: tuple[tuple[date, date], ...] = ()  # first and last day of each statement
    taken: Taken = Taken()
    billed: Billed = Billed()
    run: LastRun | None = None
    cases: tuple[Standing, ...] = ()
    plans: bool = False  # a fee plan is kept
    payouts: tuple[Payout, ...] = ()


def amount(minor: int, currency: str) -> str:
    """Return an amount as it stands in a sentence of either language."""
    return str(Money(minor, currency))


def counted(totals: Totals, side: str) -> str:
    """Return the sum and count of one side, `debit` or `credit`, such as `CNY 340.00 (12)`."""
    told = [
        f"{amount(getattr(one, f'{side}_minor'), currency)} ({getattr(one, f'{side}s')})"
        for currency, one in sorted(totals.items())
    ]
    return " + ".join(told) or "0"


def shown(totals: Totals) -> list[dict[str, int | str]]:
    """Return totals as they are kept with a check."""
    return [
        {
            "currency": currency,
            "debits": one.debits,
            "debit_minor": one.debit_minor,
            "credits": one.credits,
            "credit_minor": one.credit_minor,
        }
        for currency, one in sorted(totals.items())
    ]
