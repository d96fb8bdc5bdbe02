"""Made-up statements for the tests of their formats."""

from datetime import UTC, date, datetime, time
from itertools import accumulate
from pathlib import Path

import polars as pl
from hypothesis import strategies as st

from tillkeeper.formats.canonical.reading import Options, Verdict
from tillkeeper.formats.canonical.tables import STATEMENT, Role, canonical
from tillkeeper.formats.catalogue import FORMATS

USUAL = Options()
# No digits: a long run of them would be cut as a card number.
WORDS = st.lists(st.text("ABCxyz银行付款微信.()", min_size=1, max_size=9), max_size=6).map(" ".join)
CODES = st.text("ABCDEFGH123-", max_size=14).map(lambda text: text.strip("-").replace("NONREF", ""))
AMOUNTS = st.integers(-(10**12), 10**12).filter(bool)
DAYS = st.dates(date(1990, 1, 1), date(2070, 12, 31))
CURRENCIES = st.sampled_from(["CNY", "EUR", "JPY", "KWD"])


@st.composite
def statements(draw, *, kinds=CODES, moments=False, words=WORDS, most=8):
    """Return one account's lines with running balances, oldest first, without line numbers."""
    rows = draw(st.lists(st.tuples(AMOUNTS, DAYS, WORDS, CODES, CODES), min_size=1, max_size=most))
    currency = draw(CURRENCIES)
    account = draw(st.sampled_from(["NL26VAYB8060476890", "10200123456", "1291.99.348"]))
    opening = draw(st.integers(-(10**12), 10**12))
    balances = list(accumulate((row[0] for row in rows), initial=opening))[1:]
    days = sorted(row[1] for row in rows)
    columns = {
        "account": [account] * len(rows),
        "booked_on": days,
        "valued_on": days,
        "at": [draw(_moment(day)) if moments else None for day in days],
        "amount_minor": [row[0] for row in rows],
        "currency": [currency] * len(rows),
        "balance_minor": balances,
        "status": ["booked"] * len(rows),
        "kind": [draw(kinds) for _row in rows],
        "reference": [row[3] for row in rows],
        "bank_reference": [row[4] for row in rows],
        "counterparty": [draw(words)[:20].strip() for _row in rows],
        "counterparty_account": [draw(CODES) for _row in rows],
        "text": [row[2] for row in rows],
    }
    schema = {name: kind for name, kind in STATEMENT.items() if name in columns}
    return canonical(pl.DataFrame(columns, schema=schema), Role.STATEMENT)


def _moment(day):
    # noon to evening in UTC+8 is the same day in UTC
    return st.times(time(0), time(11)).map(
        lambda clock: datetime.combine(day, clock.replace(microsecond=0), UTC)
    )


def read(path: Path, name: str, options: Options = USUAL) -> tuple[pl.DataFrame, Verdict]:
    """Read a file of a known format whole."""
    frames: list[pl.DataFrame] = []
    verdict = FORMATS[name].read(path, frames.append, options)
    return pl.concat([pl.DataFrame(schema=dict(STATEMENT)), *frames]), verdict


def written(path: Path, name: str, text: str | bytes) -> tuple[pl.DataFrame, Verdict]:
    """Write a file by hand and read it."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(path, name)


def plainly(frame: pl.DataFrame, *but: str) -> pl.DataFrame:
    """Return what is compared after writing and reading: everything but the line numbers, and what is named."""
    return frame.drop("line", *but)
