"""A bill must be for the merchant it is read for."""

import polars as pl

from tillkeeper.formats.canonical.errors import WrongMerchant


def refuse_others(frame: pl.DataFrame, mid: str, name: str) -> None:
    """Refuse a canonical frame that has rows of a merchant other than `mid`. An empty `mid` takes all.

    Rows that name no merchant pass.

    Raises:
        WrongMerchant: the first such row.
    """
    if not mid:
        return
    others = frame.filter((pl.col("mid") != mid) & (pl.col("mid") != ""))
    if others.height:
        line, found = others.select("line", "mid").row(0)
        raise WrongMerchant(name=name, line=line, found=found, expected=mid)
