"""A matching run: journals against bills, fees against plans, bills against statements. Same input, same answer."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from itertools import combinations
from typing import Any

import polars as pl

from tillkeeper.engines.matching import differences as table
from tillkeeper.engines.matching.agreeing import Mark, Side, agree, find_repeated
from tillkeeper.engines.matching.aside import aside
from tillkeeper.engines.matching.cases import cases
from tillkeeper.engines.matching.classes import classified
from tillkeeper.engines.matching.errors import GivenTwice
from tillkeeper.engines.matching.fees.leg import file_totals, judged_all, judged_left, lazy_bill
from tillkeeper.engines.matching.fingerprints import RECIPE_VERSION
from tillkeeper.engines.matching.movements import set_movements_aside
from tillkeeper.engines.matching.neighbours import with_gaps, with_twins
from tillkeeper.engines.matching.payouts.leg import match_payouts
from tillkeeper.engines.matching.renaming import renamed
from tillkeeper.engines.matching.residue import fetched, residue
from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.store import Source, Store, opened, signed_sums
from tillkeeper.engines.matching.summary import balance, by_channel, by_class, of_sources, rows_of
from tillkeeper.engines.matching.undone import set_undone_aside
from tillkeeper.engines.matching.workplaces import Threads, Workplace
from tillkeeper.formats.canonical.tables import Role
from tillkeeper.kernel.lake import LakePath, answering

__all__ = ["Outcome", "Source", "match"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to."""

    differences: pl.DataFrame  # the columns of differences.DIFFERENCE, in their fixed order
    summary: dict[str, Any]  # plain values, ready for JSON
    versions: dict[str, str]

    @property
    def agrees(self) -> bool:
        """True when there is no difference at all, not even one that is held."""
        return self.differences.is_empty()


@dataclass(frozen=True, slots=True)
class _Sides:
    journal: Side
    bill: Side
    statements: Sequence[Store]


def match(
    journals: Sequence[Source], bills: Sequence[Source], statements: Sequence[Source], *,
    rules: Rules, as_of: date, at: Workplace | None = None,
) -> Outcome:  # fmt: skip
    """Return every payment that does not agree, and why.

    Args:
        journals: of the terminals.
        bills: of the channels; a leg whose one side has no source is not judged.
        statements: of the bank.
        rules: calendars, cut-offs, tolerances, windows and fee plans.
        as_of: what is due later is held, not missed.
        at: where buckets of fingerprints are compared; in one thread here, if not given. The answer does not depend
            on it.

    Raises:
        GivenTwice: two sources of one side hold the same rows.
        NotFinished, WrongRole: a store is broken off, or is another side's.
        LakeUnreachable: the storage that holds them does not answer.
        ClusterFailed, PartUnreadable: the cluster went away, or does not reach the rows.
    """
    workplace = at or Threads(1)
    paths = [source.path for source in (*journals, *bills, *statements)]
    with answering(*paths), aside(paths, elsewhere=workplace.elsewhere) as room:
        stores = {
            role: _opened(sources, role, room, rules)
            for role, sources in (
                (Role.JOURNAL, journals),
                (Role.BILL, bills),
                (Role.STATEMENT, statements),
            )
        }
        sides = _Sides(Side(stores[Role.JOURNAL]), Side(stores[Role.BILL]), stores[Role.STATEMENT])
        repeated = Counter(find_repeated(sides.journal) | find_repeated(sides.bill))
        repeated.update(set_movements_aside(sides.bill))
        told = _judged(sides, rules, as_of, workplace)
        found = _found(told, sides, rules, as_of)
        return Outcome(
            found, _summary(found, told, sides, of_sources(stores, repeated)), _versions(rules)
        )


def _opened(sources: Sequence[Source], role: Role, room: LakePath, rules: Rules) -> list[Store]:
    stores = [
        opened(source, role, aside=room / f"{role}-{number}")
        for number, source in enumerate(sources)
    ]
    for one, other in combinations(sorted(stores, key=lambda store: store.name), 2):
        same = one.about.rows and one.about.content == other.about.content
        if same or (one.about.sha256 and one.about.sha256 == other.about.sha256):
            raise GivenTwice(name=other.name, other=one.name, rows=one.about.rows)
    if role != Role.BILL:
        return stores
    return [
        renamed(store, rules, aside=room / f"ours-{number}") for number, store in enumerate(stores)
    ]


@dataclass(frozen=True, slots=True)
class _Told:
    cases: pl.DataFrame
    fees: pl.DataFrame
    totals: list[dict[str, Any]]  # of fees by file: the second check beside the rows'


def _judged(sides: _Sides, rules: Rules, as_of: date, at: Workplace) -> _Told | None:
    if not sides.journal.parts or not sides.bill.parts:
        return None
    wrong = judged_all(sides.bill, rules)
    agree(sides.journal, sides.bill, at=at)
    set_undone_aside(sides.journal, sides.bill)
    journal, bill = residue(sides.journal, sides.bill)
    fees = judged_left(sides.bill, bill, wrong, rules)
    priced = bill.join(
        fees.select("source", "line", "fee_cause"), on=["source", "line"], how="left"
    )
    told = cases(journal, priced, rules, as_of)
    around = with_gaps(with_twins(told, sides.bill, rules), sides.journal)
    return _Told(classified(around), fees, file_totals(sides.bill, rules))


def _found(told: _Told | None, sides: _Sides, rules: Rules, as_of: date) -> pl.DataFrame:
    frames = [] if told is None else [table.of_cases(told.cases, told.fees, rules)]
    if sides.statements and sides.bill.parts:
        booked = pl.concat(
            pl.read_parquet([str(part) for part in store.parts]).with_columns(
                file=pl.lit(store.name)
            )
            for store in sides.statements
        )
        frames.append(match_payouts(lazy_bill(sides.bill), booked, rules, as_of))
    return table.whole(frames)


def _summary(
    found: pl.DataFrame, told: _Told | None, sides: _Sides, sources: list[dict[str, Any]]
) -> dict[str, Any]:
    summary = {
        "classes": by_class(found),
        "channels": by_channel(found, sides.journal, sides.bill),
        "sources": sources,
    }
    if told is None:
        return summary
    twice = {
        role: _repeated_sums(side, role)
        for role, side in ((Role.JOURNAL, sides.journal), (Role.BILL, sides.bill))
    }
    return summary | {
        "fees": told.totals,
        "rows": rows_of(sides.journal, sides.bill, told.cases),
        "balance": balance(sides.journal, sides.bill, told.cases, twice),
    }


def _repeated_sums(side: Side, role: Role) -> dict[str, int]:
    if len(side.stores) < 2:
        return {}
    names = ("kind", "state", "channel", "currency", "amount_minor")
    again = fetched(side, lambda part: side.marks[part] == Mark.REPEATED, names)
    totals: dict[str, int] = {}
    for _, currency, minor in signed_sums(again, role).iter_rows():
        totals[currency] = totals.get(currency, 0) + minor
    return totals


def _versions(rules: Rules) -> dict[str, str]:
    return {
        "tillkeeper": version("tillkeeper"),
        "polars": pl.__version__,
        "recipe": str(RECIPE_VERSION),
        "rules": rules.version,
        "rules_sha256": rules.sha256,
    }
