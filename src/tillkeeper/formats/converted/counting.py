"""What is followed while the rows of a canonical file go by: sums, and of a statement the balances of each account."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import polars as pl

from tillkeeper.formats.canonical.reading import Check, Options, Reader, Taker, Verdict
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.formats.converted.sums import Sums
from tillkeeper.formats.statements.banks.running import Running

FOLLOWS: Final = "lines whose balance does not follow from the one before"


class Following:
    """Grows with each frame."""

    def __init__(self, role: Role) -> None:
        self.sums = Sums(role)
        self._balances = _Balances()

    def add(self, frame: pl.DataFrame) -> None:
        """Follow a canonical frame."""
        self.sums.add(frame)
        if self.sums.role is Role.STATEMENT:
            self._balances.follow(frame)

    def checks(self) -> tuple[Check, ...]:
        """Return what the rows must hold among themselves."""
        return self._balances.checks()


def counted(read: Reader, role: Role) -> Reader:
    """Return a reader whose verdict has the sums of the canonical rule, and the balances held to the amounts."""

    def counting(path: Path, take: Taker, options: Options) -> Verdict:
        following = Following(role)

        def taken(frame: pl.DataFrame) -> None:
            following.add(frame)
            take(frame)

        verdict = read(path, taken, options)
        checks = (*verdict.checks, *following.checks())
        return replace(verdict, sums=dict(following.sums.minor), checks=checks)

    return counting


@dataclass(slots=True)
class _Balances:
    accounts: dict[tuple[str, str], Running] = field(default_factory=dict)

    def follow(self, frame: pl.DataFrame) -> None:
        for key, lines in frame.group_by("account", "currency", maintain_order=True):
            account, currency = map(str, key)
            self.accounts.setdefault((account, currency), Running()).follow(lines)

    def checks(self) -> tuple[Check, ...]:
        """Return the one check, where an account has balances enough to hold against each other."""
        orders = [one.better for one in self.accounts.values() if one.rows > 1]
        if not orders:
            return ()
        line = min((order.line for order in orders if order.line is not None), default=None)
        return (Check(FOLLOWS, "0", str(sum(order.breaks for order in orders)), line),)
