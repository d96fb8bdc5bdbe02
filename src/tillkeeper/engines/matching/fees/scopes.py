"""Which fee plan a payment falls under: distinct cases joined with the plans' claims, most specific first."""

from typing import Final

import polars as pl

from tillkeeper.engines.matching.rules.plans import EXACT_MID, FeePlan

SCOPE: Final = ("mid", "mcc", "card_type", "channel", "currency", "day")
Rank = tuple[int, bool, bool, bool]


def planned(
    cases: pl.DataFrame, plans: tuple[FeePlan, ...], *, plan_fees: bool = False
) -> pl.DataFrame:
    """Return distinct cases (columns SCOPE) with `plan`, the number of their plan among `plans`; null for none.

    With `plan_fees` the plans that have a plan fee are asked, else those that charge payments.
    """
    numbered = cases.with_row_index("_case")
    found = [
        _claimed(numbered, rank, claims)
        for rank, claims in sorted(_claims(plans, plan_fees=plan_fees).items(), reverse=True)
    ]
    if not found:
        return cases.with_columns(plan=pl.lit(None, pl.Int32))
    first = pl.concat(found).unique("_case", keep="first", maintain_order=True)
    return numbered.join(first, on="_case", how="left", maintain_order="left").drop("_case")


def _claims(plans: tuple[FeePlan, ...], *, plan_fees: bool) -> dict[Rank, pl.DataFrame]:
    """Return the claims by rank as frames; claims of one rank name the same columns."""
    rows: dict[Rank, list[tuple[object, ...]]] = {}
    for number, plan in enumerate(plans):
        if (plan.plan_fee is not None) if plan_fees else plan.charges:
            scope = plan.scope
            for claim in set(scope.claims()):
                row = (
                    claim.mid.removesuffix("*"),
                    claim.mcc,
                    claim.card_type,
                    claim.channel,
                    scope.currency,
                )
                rows.setdefault(claim.rank, []).append(
                    (*row, scope.first_day, scope.last_day, number)
                )
    return {rank: pl.DataFrame(told, schema=_CLAIM, orient="row") for rank, told in rows.items()}


_CLAIM: Final = {
    "_mid": pl.String,
    "mcc": pl.String,
    "card_type": pl.String,
    "channel": pl.String,
    "currency": pl.String,
    "_first": pl.Date,
    "_last": pl.Date,
    "plan": pl.Int32,
}


def _claimed(cases: pl.DataFrame, rank: Rank, claims: pl.DataFrame) -> pl.DataFrame:
    length, *named = rank
    whole = pl.col("mid") if length == EXACT_MID else pl.col("mid").str.head(length)
    columns = [
        name
        for name, is_named in zip(("mcc", "card_type", "channel"), named, strict=True)
        if is_named
    ]
    joined = cases.with_columns(_mid=whole).join(
        claims.select("_mid", *columns, "currency", "_first", "_last", "plan"),
        on=["_mid", *columns, "currency"],
    )
    return joined.filter(pl.col("day").is_between("_first", "_last")).select("_case", "plan")
