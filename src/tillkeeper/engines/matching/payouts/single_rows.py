"""The one row of a payout that a residual is exactly: its net, its fee or its surcharge. Of several that fit, none."""

from typing import Final

import polars as pl

from tillkeeper.engines.matching.payouts.expected import KEYS

# Column of a row -> what it is where less came than was due, and where more came, of a row that brings the figure;
# then the same of a row that takes it.
_FIGURES: Final = {
    "net": ("row_not_paid", "row_paid_twice", "row_taken_twice", "row_not_taken"),
    "fee_minor": ("row_fee_less", "row_fee_more", "row_fee_less", "row_fee_more"),
    "surcharge_minor": (
        "row_surcharge_less", "row_surcharge_more", "row_surcharge_less", "row_surcharge_more",
    ),
}  # fmt: skip
ROW: Final = {
    "e": pl.UInt32,
    "row_is": pl.String,
    "row_file": pl.String,
    "row_line": pl.Int64,
    "row_number": pl.String,
    "row_minor": pl.Int64,
}
_NUMBERS: Final = ("rrn", "order_no", "channel_no", "trace")  # the first that it has


def single_rows(rows: pl.LazyFrame, groups: pl.DataFrame, residuals: pl.DataFrame) -> pl.DataFrame:
    """Return ROW for each payout that exactly one of its rows explains, in one way alone.

    Args:
        rows: what counts into payouts; streamed once.
        groups: the groups (KEYS and e) of the payouts in question.
        residuals: e and residual, none of them 0.
    """
    if residuals.is_empty():
        return pl.DataFrame(schema=ROW)
    theirs = groups.join(residuals, on="e")
    near = rows.filter(pl.col("mid").is_in(theirs["mid"].unique().implode())).join(
        theirs.lazy(), on=KEYS, nulls_equal=True
    )
    fitting = pl.concat(
        near.filter(pl.col(figure).abs() == pl.col("residual").abs(), pl.col(figure) != 0).select(
            "e",
            row_is=_told(figure, names),
            row_file="file",
            row_line="line",
            row_number=_number(),
            row_minor=figure,
        )
        for figure, names in _FIGURES.items()
    )
    counted = fitting.group_by("e").agg(pl.len().alias("_fitting"), pl.all().first())
    alone = counted.filter(pl.col("_fitting") == 1).drop("_fitting")
    return alone.cast(ROW).collect(engine="streaming")  # type: ignore[arg-type]


def _told(figure: str, names: tuple[str, str, str, str]) -> pl.Expr:
    less, more, taken_less, taken_more = map(pl.lit, names)
    under, brings = pl.col("residual") < 0, pl.col(figure) > 0
    return (
        pl.when(under & brings)
        .then(less)
        .when(brings)
        .then(more)
        .when(under)
        .then(taken_less)
        .otherwise(taken_more)
    )


def _number() -> pl.Expr:
    said = [pl.when(pl.col(name) != "").then(pl.col(name)) for name in _NUMBERS]
    return pl.coalesce(*said, pl.lit(""))
