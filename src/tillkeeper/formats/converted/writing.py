"""Canonical rows into one file, a frame at a time."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import IO, Any, Final, Protocol

import polars as pl

from tillkeeper.formats.canonical.reading import Check, Verdict
from tillkeeper.formats.canonical.tables import TABLES, Role
from tillkeeper.formats.converted.sums import Sums

SAID: Final = b"tillkeeper"  # the key, in the footer of a Parquet file, of what it says of itself
MOMENT_TEXT: Final = "%Y-%m-%dT%H:%M:%S%.f%:z"
_BREAKS: Final = r"[\r\n]+"  # a cell holds none, so that a line of a CSV is a row


@dataclass(frozen=True, slots=True)
class Said:
    """What a converted Parquet file states of itself."""

    rows: int
    sums_minor: dict[str, int]
    facts: dict[str, str]  # of the file that it was made from

    @classmethod
    def of(cls, data: bytes) -> "Said":
        """Return what stands in a footer.

        Raises:
            ValueError: that is none of ours.
        """
        told = json.loads(data)
        try:
            sums = {str(code): int(minor) for code, minor in told["sums_minor"].items()}
            facts = {str(name): str(fact) for name, fact in told["facts"].items()}
            return cls(int(told["rows"]), sums, facts)
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(str(error)) from error

    def text(self) -> bytes:
        """Return it as a footer has it."""
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    def checks(self, found: Sums) -> tuple[Check, ...]:
        """Hold it against the rows."""
        return (
            Check("rows against the number stated", str(self.rows), str(found.rows)),
            Check("sums against those stated", in_a_line(self.sums_minor), in_a_line(found.minor)),
        )


class Writer(Protocol):
    """Takes canonical frames, then what reading their file came to."""

    def take(self, frame: pl.DataFrame) -> None:
        """Write the rows of a frame."""

    def close(self, verdict: Verdict) -> None:
        """Write what stands behind the rows."""


class ParquetRows:
    """Rows into a Parquet file, which states how many they are and what they come to."""

    def __init__(self, stream: IO[bytes], role: Role) -> None:
        import pyarrow.parquet as pq  # noqa: PLC0415  half a second that only this form needs

        self._schema = pl.DataFrame(schema=dict(TABLES[role])).to_arrow().schema
        self._writer: Any = pq.ParquetWriter(stream, self._schema, compression="zstd")
        self._sums = Sums(role)

    def take(self, frame: pl.DataFrame) -> None:
        """Write the rows of a frame."""
        self._sums.add(frame)
        self._writer.write_table(frame.to_arrow().cast(self._schema))

    def close(self, verdict: Verdict) -> None:
        """Write the footer."""
        said = Said(self._sums.rows, dict(self._sums.minor), verdict.facts)
        self._writer.add_key_value_metadata({SAID: said.text()})
        self._writer.close()


class CsvRows:
    """Rows into a CSV file with a header."""

    def __init__(self, stream: IO[bytes], role: Role) -> None:
        self._stream = stream
        pl.DataFrame(schema=dict(TABLES[role])).write_csv(stream)

    def take(self, frame: pl.DataFrame) -> None:
        """Write the rows of a frame."""
        whole = frame.with_columns(pl.col(pl.String).str.replace_all(_BREAKS, " "))
        whole.write_csv(self._stream, include_header=False, datetime_format=MOMENT_TEXT)

    def close(self, verdict: Verdict) -> None:
        """Nothing stands behind the rows."""


def in_a_line(sums: Mapping[str, int]) -> str:
    """Return sums as a check shows them."""
    return " · ".join(f"{minor} {code}" for code, minor in sorted(sums.items()))
