"""Which days a run looks at. A payment belongs to one business day; what proves it may lie in files of the days around.

The bill of a day has the evening before after the cut-off (about 23:00), a clock may be wrong at midnight, and a bill
may be late. So a run judges its day and the one before, on files of the days around both; and a payout until the
longest holiday is over. Source: payments.md, "Settle date ≠ trade date"; 8 days of National Day.
"""

from datetime import date, timedelta
from typing import Final

import polars as pl

from tillkeeper.engines.matching.classes import DifferenceClass
from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.rules.calendars import business_dates
from tillkeeper.formats.canonical.tables import Role

JUDGED_BEFORE: Final = 1  # days before the run's own
PAYOUT_DAYS: Final = 10
AROUND: Final = {  # days of files before and after the run's day
    Role.JOURNAL: (2, 1),
    Role.BILL: (PAYOUT_DAYS + 2, 1),
    Role.STATEMENT: (PAYOUT_DAYS, PAYOUT_DAYS),
}


def days_judged(day: date, before: int = JUDGED_BEFORE) -> tuple[date, date]:
    """Return the first and the last business day whose differences a run of `day` tells."""
    return day - timedelta(days=before), day


def with_day(differences: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Return the differences with `day`: of a payment its business day, of a payout or a credit that of the bank."""
    told = [
        pl.col("evidence").str.json_path_match(f"$.{name}").str.to_date("%Y-%m-%d", strict=False)
        for name in ("settled_on", "booked_on")
    ]
    return differences.with_columns(day=pl.coalesce(business_dates(rules), *told))


def of_run(differences: pl.DataFrame, day: date) -> pl.DataFrame:
    """Return the differences, with `day`, that a run of `day` tells; the others are another run's."""
    payout = pl.col("at").is_null() & (pl.col("class") != DifferenceClass.UNKNOWN_CREDIT)
    first = pl.when(payout).then(days_judged(day, PAYOUT_DAYS)[0]).otherwise(days_judged(day)[0])
    return differences.filter(
        pl.col("day").is_null() | pl.col("day").is_between(first, pl.lit(day))
    )
