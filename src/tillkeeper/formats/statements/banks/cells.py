"""The cells of an export as canonical columns, a chunk of rows at a time."""

from typing import Final

import polars as pl

from tillkeeper.formats.canonical import cells
from tillkeeper.formats.statements.banks.headers import Titles

CURRENCIES: Final = {
    "": "", "人民币": "CNY", "人民币元": "CNY", "RMB": "CNY", "156": "CNY", "美元": "USD", "港币": "HKD", "港元": "HKD",
    "欧元": "EUR", "英镑": "GBP", "日元": "JPY", "澳元": "AUD", "澳大利亚元": "AUD", "加元": "CAD", "加拿大元": "CAD",
    "新加坡元": "SGD", "瑞士法郎": "CHF",
}  # fmt: skip
CREDIT: Final = ("贷", "收", "收入", "存入", "转入", "入账", "C", "CR", "+")
DEBIT: Final = ("借", "支", "支出", "支取", "转出", "付", "出账", "D", "DR", "-")
_WORDED: Final = ("text", "kind", "counterparty", "both")
NONE: Final = r"^[-—–/]*$"  # how a bank writes that there is nothing
_DAY: Final = r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})"
_COMPACT: Final = r"^(\d{4})(\d{2})(\d{2})(?:\d{6})?(?:\D|$)"
_CLOCK: Final = r"(?:^|[ T])(\d{1,2}):(\d{2})(?::(\d{2}))?$"
_PLAIN_CLOCK: Final = r"(?:^|^\d{8})(\d{5,6})$"
_ACCOUNT_AND_NAME: Final = r"^([0-9A-Za-z*-]*)\s*/\s*(.*)$"


def raw_columns(rows: list[tuple[int, list[str]]], titles: Titles) -> pl.DataFrame:
    """Return line and, for each field, its cell as it stands, without padding; "" for a dash."""
    told: dict[str, list[int] | list[str]] = {"line": [line for line, _ in rows]}
    for field, columns in titles.fields.items():
        for number, column in enumerate(columns):
            name = field if not number else f"{field}{number}"
            told[name] = [row[column] if column < len(row) else "" for _, row in rows]
    frame = pl.DataFrame(told, schema_overrides={"line": pl.Int64})
    names = [name for name in frame.columns if name != "line"]
    return frame.with_columns(_cell(name).alias(name) for name in names)


def with_days(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the raw frame with `booked_on`: null where the cell names no day that exists."""
    return frame.with_columns(booked_on=_day("day"))


def canonical_columns(
    frame: pl.DataFrame, titles: Titles, currency: str, zone: str
) -> pl.DataFrame:
    """Return canonical columns of raw rows; null where a cell that is filled cannot be read."""
    worded = frame.with_columns(currency=_currency(frame, currency), clock=_clock(frame))
    named = sorted(set(worded["currency"].drop_nulls()))
    counted = worded.with_columns(
        _minor(field, named).alias(f"{field}_minor")
        for field in ("amount", "income", "outgo", "balance")
        if field in titles.fields
    )
    moment = pl.col("booked_on").dt.to_string("%Y-%m-%d") + " " + pl.col("clock")
    return counted.select(
        "line",
        *([pl.col("account")] if "account" in frame.columns else []),
        "booked_on",
        (_day("valued") if "valued" in frame.columns else pl.lit(None, dtype=pl.Date)).alias(
            "valued_on"
        ),
        pl.when(pl.col("clock") != "")
        .then(cells.moment(moment, "%Y-%m-%d %H:%M:%S", zone))
        .alias("at"),
        _signed(counted, titles).alias("amount_minor"),
        "currency",
        *([pl.col("balance_minor")] if "balance" in titles.fields else []),
        pl.lit("booked").alias("status"),
        *_words(frame),
    )


def _cell(name: str) -> pl.Expr:
    """Return a cell bare. Figures are written half-width; words stay as the bank writes them."""
    filled = pl.col(name).fill_null("")
    told = filled if name.startswith(_WORDED) else cells.half_width(filled)
    bare = told.str.strip_chars(cells.PADDING).str.replace_all(r"\s+", " ")
    return pl.when(bare.str.contains(NONE)).then(pl.lit("")).otherwise(bare)


def _day(name: str) -> pl.Expr:
    cell = pl.col(name)
    parts = [
        pl.coalesce(cell.str.extract(_DAY, n), cell.str.extract(_COMPACT, n)).str.pad_start(2, "0")
        for n in (1, 2, 3)
    ]
    return cells.day(pl.concat_str(parts, separator="-"), "%Y-%m-%d")


def _clock(frame: pl.DataFrame) -> pl.Expr:
    """Return HH:MM:SS; "" where there is no time, null where there is something else."""
    if "time" not in frame.columns:
        return _clock_of(pl.col("day")).fill_null("")
    own = pl.col("time")
    return pl.when(own == "").then(_clock_of(pl.col("day")).fill_null("")).otherwise(_clock_of(own))


def _clock_of(cell: pl.Expr) -> pl.Expr:
    hours, minutes, seconds = (cell.str.extract(_CLOCK, n).str.pad_start(2, "0") for n in (1, 2, 3))
    timed = pl.concat_str([hours, minutes, seconds.fill_null("00")], separator=":")
    digits = cell.str.extract(_PLAIN_CLOCK, 1).str.pad_start(6, "0")
    plain = pl.concat_str([digits.str.slice(start, 2) for start in (0, 2, 4)], separator=":")
    return pl.coalesce(timed, plain)


def _currency(frame: pl.DataFrame, currency: str) -> pl.Expr:
    if "currency" not in frame.columns:
        return pl.lit(currency)
    word = pl.col("currency").str.to_uppercase()
    known = word.replace_strict(CURRENCIES, default=None, return_dtype=pl.String)
    code = pl.when(word.str.contains(r"^[A-Z]{3}$") & known.is_null()).then(word).otherwise(known)
    return pl.when(code == "").then(pl.lit(currency)).otherwise(code)


def _minor(field: str, currencies: list[str]) -> pl.Expr:
    """Return a column in minor units of each row's own currency."""
    chosen = pl.lit(None, dtype=pl.Int64)
    for currency in currencies:
        chosen = (
            pl.when(pl.col("currency") == currency)
            .then(cells.minor(field, currency))
            .otherwise(chosen)
        )
    return chosen


def _signed(frame: pl.DataFrame, titles: Titles) -> pl.Expr:
    """Return the amount, a credit positive; null where it cannot be told."""
    if titles.amounts == ("income", "outgo"):
        sides = [
            pl.when(pl.col(side) == "")
            .then(pl.lit(0, dtype=pl.Int64))
            .otherwise(pl.col(f"{side}_minor"))
            for side in titles.amounts
        ]
        return sides[0] - sides[1]
    if "direction" not in frame.columns:
        return pl.col("amount_minor")
    # "贷 Cr", "借 Dr", "收入": what stands first is the word
    word = (
        pl.col("direction")
        .str.to_uppercase()
        .str.extract(r"^([+-]|[A-Z]+|[^\sA-Z]+)", 1)
        .str.strip_suffix("方")
    )
    amount = pl.col("amount_minor")
    return (
        pl.when(word.is_in(CREDIT) & (amount >= 0))
        .then(amount)
        .when(word.is_in(DEBIT))
        .then(-amount.abs())
        .otherwise(pl.lit(None, dtype=pl.Int64))
    )


def _words(frame: pl.DataFrame) -> list[pl.Expr]:
    names = [n for n in ("kind", "reference", "bank_reference") if n in frame.columns]
    told = [pl.col(name) for name in names]
    if "both" in frame.columns:
        both = pl.col("both")
        told.append(
            both.str.extract(_ACCOUNT_AND_NAME, 1).fill_null("").alias("counterparty_account")
        )
        told.append(both.str.extract(_ACCOUNT_AND_NAME, 2).fill_null(both).alias("counterparty"))
    else:
        told += [pl.col(n) for n in ("counterparty", "counterparty_account") if n in frame.columns]
    texts = [
        pl.col(name)
        for name in frame.columns
        if name == "text" or name.removeprefix("text").isdecimal()
    ]
    if texts:
        joined = pl.concat_str(texts, separator=" ").str.replace_all(" +", " ").str.strip_chars()
        told.append(joined.alias("text"))
    return told
