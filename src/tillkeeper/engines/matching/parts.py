"""How a part of a store lies on disk: Parquet, each column as it is read fastest.

Hashes and amounts do not repeat and do not shrink: they lie as they are. Words of a few kinds lie as a dictionary.
"""

from pathlib import Path
from typing import IO, Final

import polars as pl
import pyarrow.parquet as pq

GROUP_ROWS: Final = 250_000
BARE: Final = frozenset(
    {"fp_rrn", "fp_trace", "purchase", "call", "whole", "row", "line", "amount_minor", "net_minor"}
)
UNLIKE: Final = BARE | {"rrn", "channel_no"}  # hardly any value of theirs stands twice


def write_part(rows: pl.DataFrame, target: Path | IO[bytes]) -> None:
    """Write the rows of a part as they are."""
    pq.write_table(
        rows.to_arrow(),
        target,
        row_group_size=GROUP_ROWS,
        compression={name: "NONE" if name in BARE else "LZ4" for name in rows.columns},
        use_dictionary=[name for name in rows.columns if name not in UNLIKE],
    )
