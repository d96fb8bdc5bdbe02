"""A clean day at the tills: when who pays how much by what, as the terminals' journals hold it, in numbers.

Columns of a journal are arrays of one length, in the order the terminals wrote them. Besides what a journal shows there
are `host_rrn` (the number the host gave, also where the answer never came), `original_order`, `netted` (reversed, and
the host knows both), `offline`, `segment` (one batch of one terminal), and `plain`: an approved sale that no other row
hangs on, so that a fault may have it.
"""

from typing import Final

import numpy as np

from tillkeeper.engines.rehearsal import codes
from tillkeeper.engines.rehearsal.codes import BLANK, Bits, Ints
from tillkeeper.engines.rehearsal.estate import SCALES, Block, Estate, channel_shares
from tillkeeper.engines.rehearsal.plan import Plan, Rates

Journal = dict[str, Ints]

BATCH_ROWS: Final = (
    600  # a terminal closes its batch before its counters are full (payments.md 4.4)
)
TWO_SHIFTS: Final = 0.15  # of terminals close a batch in the middle of the day
CARD_ONLY: Final = 0.1
SPREAD: Final = 2_718_281_829  # prime to 10 ** 12: scatters numbers without a collision
NUMBERS: Final = 10**12
PAYMENT, ITS_REVERSAL, ITS_TWIN, ITS_ORIGINAL = range(4)  # what a number is for
REVERSAL_S: Final = 90  # by then a reversal is answered
CALM_S: Final = (
    300  # before a batch is closed and before a cut-off nothing is taken back, lest it be late
)

HOURS_APART_S: Final = 2 * 3600
POPULAR: Final = np.array([
    100, 200, 300, 500, 600, 600, 800, 880, 990, 1000, 1000, 1200, 1500, 1500, 1800, 1880, 1990, 2000, 2000, 2500,
    2880, 3000, 3500, 3990, 5000, 5000, 6800, 8800, 9900, 10000, 12800, 16800, 19900, 20000, 29900, 50000, 100000,
])  # fmt: skip
BINS: Final = np.array([
    b"622280", b"621700", b"622202", b"622848", b"625958", b"404117", b"622588", b"436742", b"621226", b"628288",
    b"622600", b"356833", b"621098", b"622155", b"520083", b"622908",
])  # fmt: skip
BIN_TYPES: Final = np.array([1, 1, 1, 1, 2, 2, 1, 1, 1, 2, 3, 2, 1, 2, 4, 1])  # in CARD_TYPES
ENTRY_TABLE: Final = np.repeat([1, 2, 3, 4, 5], [5, 5, 1, 8, 1])
# Trade over the hours: dull mornings, lunch and dinner. From even shares of the day's payments to shares of its hours.
RUSH: Final = np.interp(
    np.linspace(0, 1, 1025), [0, 0.15, 0.45, 0.6, 0.9, 1], [0, 0.25, 0.45, 0.62, 0.9, 1]
)


def scattered(numbers: Ints, purpose: int) -> Ints:
    """Return 12-digit numbers, one for each number and purpose and none twice."""
    return (numbers * 4 + purpose) * SPREAD % NUMBERS


def draw(estate: Estate, block: Block) -> Journal:
    """Draw the clean journal of a block; as many rows as its counts add up to."""
    chance = estate.plan.draw(1, block.number)
    journal = _places(estate, block)
    _moments(journal, estate, block, chance)
    _batches(journal, estate, block, chance)
    _money(journal, estate, chance)
    _calm(journal, estate.plan)
    _endings(journal, estate.plan.rates, chance)
    _repeats(journal, estate.plan.rates.repeated, chance)
    return journal


def _places(estate: Estate, block: Block) -> Journal:
    local = np.repeat(np.arange(len(block.counts)), block.counts)
    terminal = local + block.terminals.start
    numbers = block.first_row + np.arange(len(local))
    return {
        "number": numbers,
        "local": local,
        "place": np.arange(len(local)) - (np.cumsum(block.counts) - block.counts)[local],
        "terminal": terminal,
        "merchant": estate.merchant[terminal],
    }


def _moments(journal: Journal, estate: Estate, block: Block, chance: np.random.Generator) -> None:
    """Put each terminal's payments into its hours, in order: sums of even gaps, bent by the rush."""
    local, counts = journal["local"], block.counts
    walked = np.cumsum(chance.standard_exponential(len(local)))
    ends = np.concatenate([[0.0], walked])[np.cumsum(counts)]
    begins = np.concatenate([[0.0], ends[:-1]])
    whole = ends - begins + chance.standard_exponential(len(counts))
    share = (walked - begins[local]) / whole[local] * (len(RUSH) - 1)
    step = np.minimum(share.astype(np.int64), len(RUSH) - 2)
    bent = RUSH[step] + (share - step) * (RUSH[step + 1] - RUSH[step])
    opens, closes = (
        table[estate.merchant[block.terminals]] for table in (estate.opens, estate.closes)
    )
    journal["second"] = opens[local] + (bent * (closes - opens - 1)[local]).astype(np.int64)
    journal["at"] = journal["second"] + estate.plan.midnight(block.day)


def _batches(journal: Journal, estate: Estate, block: Block, chance: np.random.Generator) -> None:
    """Number batches and traces. A query takes a trace of its own, which no journal and no bill shows."""
    local, counts = journal["local"], block.counts
    shifts = np.where(chance.random(len(counts)) < TWO_SHIFTS, 2, 1)
    batches = np.maximum(np.minimum(shifts, counts), -(-counts // BATCH_ROWS))
    nth = journal["place"] * batches[local] // counts[local]
    begins = np.flatnonzero((journal["place"] == 0) | (np.diff(nth, prepend=-1) != 0))
    segment = np.zeros(len(local), np.int64)
    segment[begins] = 1
    segment = np.cumsum(segment) - 1
    steps = 1 + (chance.random(len(local), np.float32) < estate.plan.rates.queried)
    walked = np.cumsum(steps)
    before = np.concatenate([[0], walked])[begins]
    ends = np.append(begins[1:], len(local))[: len(begins)] - 1
    last_of_day = journal["place"][ends] == counts[local[ends]] - 1
    closes = estate.closes[journal["merchant"][ends]] + estate.plan.midnight(block.day)
    evening = closes + chance.integers(300, 1_800, len(ends))
    first = chance.integers(1, 900_000, len(counts))
    journal |= {
        "segment": segment,
        "batch": first[local] + block.day * 50 + nth,
        "trace": walked - before[segment] + 1,  # the sign-in took the first
        "closed_at": np.where(last_of_day, evening, journal["at"][ends] + 20)[segment],
        "operator": (local + nth) % 3 + 1,
    }


def _money(journal: Journal, estate: Estate, chance: np.random.Generator) -> None:
    rows = len(journal["local"])
    shares = np.searchsorted(channel_shares(estate.plan), np.linspace(0, 1, 4_096, endpoint=False))
    channel = np.minimum(shares, 3)[chance.integers(0, 4_096, rows)]
    if estate.plan.channels.get("card"):
        card_only = chance.random(int(journal["local"][-1]) + 1 if rows else 0) < CARD_ONLY
        channel[card_only[journal["local"]]] = codes.CARD
    odd = np.exp(7.9 + 1.1 * chance.standard_normal(rows, np.float32)).astype(np.int64) + 1
    which = chance.random(rows, np.float32)
    round_sum = odd // 100 * 100 + 100
    amount = np.where(which < 0.25, odd, round_sum)
    popular = which > 0.45
    amount[popular] = POPULAR[chance.integers(0, len(POPULAR), int(popular.sum()))]
    customers = max(5_000, rows // 3)
    known = chance.integers(0, len(BINS) * 10_000, customers)
    card = known[chance.integers(0, customers, rows)]
    on_card = channel == codes.CARD
    journal |= {
        "channel": channel,
        "amount": amount * np.array(SCALES)[estate.mcc[journal["merchant"]]],
        "card": np.where(on_card, card, BLANK),  # place in BINS and last four digits
        "entry": np.where(on_card, ENTRY_TABLE[chance.integers(0, len(ENTRY_TABLE), rows)], 0),
        "cryptogram": chance.integers(0, 2**62, rows),
    }


def _calm(journal: Journal, plan: Plan) -> None:
    """Mark payments long enough before their batch is closed and before their channel's cut-off."""
    hours = np.array([plan.cutoff_hour.get(name, 24) for name in codes.CHANNELS])
    left = hours[journal["channel"]] * 3600 - journal["second"]
    early = journal["at"] + CALM_S < journal["closed_at"]
    journal["calm"] = (early & ((left > CALM_S) | (left <= 0))).astype(np.int64)


def _endings(journal: Journal, rates: Rates, chance: np.random.Generator) -> None:
    """Decide how each payment ends: most are sales, approved, with a slip."""
    rows = len(journal["local"])
    shares = np.cumsum([
        rates.declined, rates.voided, rates.refunded, rates.preauthorised, rates.reversed, rates.offline,
    ])  # fmt: skip
    lot = np.searchsorted(shares, chance.random(rows), side="right")
    declined, voided, refunded, preauthorised, undone, offline = (lot == n for n in range(6))
    journal["host_rrn"] = scattered(journal["number"], PAYMENT)
    for name, value in (
        ("kind", codes.SALE), ("state", codes.APPROVED), ("reason", 0), ("answer", 0), ("reversed_at", 0),
        ("original_trace", BLANK), ("original_rrn", BLANK), ("original_order", BLANK), ("netted", 0), ("kept", 1),
    ):  # fmt: skip
        journal[name] = np.full(rows, value)
    journal["plain"] = (lot == 6).astype(np.int64)
    journal["slip"] = (chance.random(rows, np.float32) < rates.reprinted).astype(np.int64)
    waived = (journal["card"] < 0) & (chance.random(rows, np.float32) < rates.waived)
    journal["slip"][waived] = codes.NONE
    journal["order"] = np.where(journal["card"] < 0, journal["number"], BLANK)
    journal["offline"] = (offline & (journal["entry"] % 5 > 0)).astype(np.int64)
    journal["state"][declined] = codes.DECLINED
    journal["slip"][declined] = codes.NONE
    _undo(journal, undone, chance)
    _void(journal, voided, chance)
    _complete(journal, preauthorised, chance)
    _refund(journal, refunded, chance)
    _tidy(journal)


def _undo(journal: Journal, undone: Bits, chance: np.random.Generator) -> None:
    """Reverse payments as the protocol means it: half of them never came to the host."""
    at = np.flatnonzero(undone & (journal["calm"] == 1))
    known = chance.integers(0, 2, len(at))
    on_card = journal["channel"][at] == codes.CARD
    journal["state"][at] = codes.REVERSED
    journal["slip"][at] = codes.NONE
    journal["netted"][at] = known
    journal["reason"][at] = np.where(on_card, codes.NO_ANSWER, 0)
    journal["answer"][at] = np.where(on_card, np.where(known, codes.DONE, codes.NOT_KNOWN), 0)
    journal["reversed_at"][at] = journal["at"][at] + chance.integers(31, REVERSAL_S, len(at))


def _originals(
    journal: Journal, wanted: Bits, chance: np.random.Generator, *, card: bool
) -> tuple[Ints, Ints]:
    """Return rows and for each an earlier plain sale of its batch, each used once."""
    rows = np.flatnonzero(wanted)
    before = rows - chance.integers(1, 6, len(rows))
    rows, before = rows[before >= 0], before[before >= 0]
    fits = (journal["segment"][rows] == journal["segment"][before]) & (
        journal["plain"][before] == 1
    )
    if card:
        fits &= journal["channel"][before] == codes.CARD
    rows, before = rows[fits], before[fits]
    _, first = np.unique(before, return_index=True)
    return rows[first], before[first]


def _follow(journal: Journal, rows: Ints, before: Ints, kind: int) -> None:
    for name in ("amount", "channel", "card", "entry"):
        journal[name][rows] = journal[name][before]
    unprinted = (journal["slip"][rows] == codes.NONE) & (journal["card"][rows] >= 0)
    journal["slip"][rows[unprinted]] = codes.PRINTED
    journal["kind"][rows] = kind
    journal["plain"][before] = 0
    journal["order"][rows] = np.where(journal["card"][rows] < 0, journal["number"][rows], BLANK)
    journal["original_trace"][rows] = journal["trace"][before]
    journal["original_rrn"][rows] = journal["host_rrn"][before]
    journal["original_order"][rows] = journal["order"][before]


def _void(journal: Journal, voided: Bits, chance: np.random.Generator) -> None:
    rows, before = _originals(journal, voided, chance, card=True)
    _follow(journal, rows, before, codes.VOID)


def _complete(journal: Journal, preauthorised: Bits, chance: np.random.Generator) -> None:
    """Make pairs of pre-authorisation and completion, and as many pre-authorisations that wait."""
    waiting = preauthorised & (chance.random(len(preauthorised)) < 0.5)
    lone = np.flatnonzero(waiting & (journal["channel"] == codes.CARD))
    journal["kind"][lone] = codes.PREAUTH
    rows, before = _originals(journal, preauthorised & ~waiting, chance, card=True)
    _follow(journal, rows, before, codes.COMPLETION)
    journal["kind"][before] = codes.PREAUTH
    used = journal["amount"][rows] * chance.integers(50, 101, len(rows)) // 100
    journal["amount"][rows] = np.maximum(used, 1)


def _refund(journal: Journal, refunded: Bits, chance: np.random.Generator) -> None:
    """Give money back: for sales of earlier days, which no file of this day shows, and for some of today's."""
    earlier = refunded & (chance.random(len(refunded)) < 0.6)
    rows, before = _originals(journal, refunded & ~earlier, chance, card=False)
    _follow(journal, rows, before, codes.REFUND)
    journal["amount"][rows] = np.maximum(
        journal["amount"][rows] // chance.integers(1, 3, len(rows)), 1
    )
    old = np.flatnonzero(earlier)
    journal["kind"][old] = codes.REFUND
    journal["original_trace"][old] = chance.integers(2, 500, len(old))
    journal["original_rrn"][old] = scattered(journal["number"][old], ITS_ORIGINAL)
    coded = journal["card"][old] < 0
    journal["original_order"][old] = np.where(coded, -2 - journal["number"][old], BLANK)


def _tidy(journal: Journal) -> None:
    """Leave out what the terminal cannot know or what its kind does not have."""
    kind, channel = journal["kind"], journal["channel"]
    unheard = (journal["state"] == codes.REVERSED) | (journal["offline"] == 1)
    foreign = (channel == codes.WECHAT) | (channel == codes.ALIPAY)
    journal["host_rrn"][foreign] = BLANK
    journal["original_rrn"][foreign] = BLANK
    journal["rrn"] = np.where(unheard, BLANK, journal["host_rrn"])
    chip = (journal["entry"] % codes.SWIPE > 0) & ((kind == codes.SALE) | (kind == codes.PREAUTH))
    journal["cryptogram"][~chip] = BLANK


def _repeats(journal: Journal, share: float, chance: np.random.Generator) -> None:
    """Let customers come again: the same card and amount at the same terminal hours later, each with its slip."""
    rows = np.flatnonzero((chance.random(len(journal["local"])) < share) & (journal["plain"] == 1))
    before = rows - chance.integers(4, 60, len(rows))
    rows, before = rows[before >= 0], before[before >= 0]
    fits = (
        (journal["terminal"][rows] == journal["terminal"][before])
        & (journal["plain"][before] == 1)
        & (journal["channel"][rows] == codes.CARD)
        & (journal["channel"][before] == codes.CARD)
        & (journal["at"][rows] - journal["at"][before] >= HOURS_APART_S)
    )
    rows, before = rows[fits], before[fits]
    for name in ("card", "amount"):
        journal[name][rows] = journal[name][before]
    journal["plain"][rows] = journal["plain"][before] = 0
