"""A payment day of the demonstration: files as terminals, channels and the bank send them, brought in and matched.

The day is rehearsed, with every fault once; what people decided about some of its cases is decided by their verbs.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import polars as pl

from tillkeeper.cli.demonstration.people import HEAD_OFFICE
from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.rules.calendars import is_working_day
from tillkeeper.engines.rehearsal.days import Chunk, whole
from tillkeeper.engines.rehearsal.faults.table import every
from tillkeeper.engines.rehearsal.plan import Plan
from tillkeeper.formats.canonical.reading import Options
from tillkeeper.formats.catalogue import FORMATS
from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.roles import Right, Role
from tillkeeper.settlement.lifecycle import Remedy
from tillkeeper.settlement.queries.cases import CaseFilters, cases
from tillkeeper.settlement.queries.files import files
from tillkeeper.settlement.services.cases import (
    Proposal,
    add_note,
    assign,
    confirm,
    decide,
    dispute,
    hold,
)
from tillkeeper.settlement.services.files import bring_in
from tillkeeper.settlement.services.runs import run_matching, start_run

PAYMENTS: Final = 4_000
FEWEST: Final = 1_200  # fewer have no room for every fault
AGO_DAYS: Final = 21  # so that everything of the day is due by now
AHEAD_DAYS: Final = 30
FORMS: Final = {"acquirer46": 0.5, "zm": 0.25, "ums_pipe": 0.25}
LEFT_OUT: Final = {"fee_misstated"}  # in files that tell the net beside the fee; these do not
BY_CARD: Final = pl.col("channel").is_in(["card", "unionpay_qr"])
HAS_BATCH, HAS_DAY = pl.col("batch") != "", pl.col("settled_on").is_not_null()
BY_MERCHANT: Final = {"zm", "alipay.trade"}  # these write a file for each merchant
# Which rows of the rehearsed bill stand in which file.
FILES: Final = {
    "acquirer46": BY_CARD & ~HAS_BATCH & HAS_DAY,
    "zm": BY_CARD & ~HAS_BATCH & ~HAS_DAY,
    "ums.pos": BY_CARD & HAS_BATCH,
    "wechat.trade": pl.col("channel") == "wechat",
    "alipay.trade": pl.col("channel") == "alipay",
}


def rehearse_money(staff: dict[Role, Actor], *, chance: int, share: float, at: datetime) -> None:
    """Bring in the files of one day, match it, and decide about a few cases.

    Args:
        staff: who does it, by role.
        chance: seed of the day.
        share: of the full size.
        at: the moment at which the demonstration ends.
    """
    clerk = staff[Role.SETTLEMENT_CLERK]
    plan = _plan(chance, max(FEWEST, round(PAYMENTS * share)), at.date())
    with TemporaryDirectory(prefix="tillkeeper-day-") as folder:
        for path, form in _written(whole(plan), Path(folder), plan.first_day):
            with path.open("rb") as stream:
                bring_in(
                    stream=stream,
                    name=path.name,
                    organisation=HEAD_OFFICE,
                    form=FORMATS[form],
                    options=Options(year=plan.first_day.year),
                    by=clerk,
                    at=at,
                )
    run = start_run(
        organisation=HEAD_OFFICE,
        day=plan.first_day,
        as_of=plan.as_of,
        files=_brought(clerk),
        by=clerk,
        at=at,
    )
    run_matching(number=run.number, by=clerk, at=at)
    _decide(staff, at)


def _plan(seed: int, rows: int, today: date) -> Plan:
    terms = Rules.sound().terms("card")
    first = today - timedelta(days=AGO_DAYS)
    while not (is_working_day(first, terms) and first.weekday() < 5):
        first -= timedelta(days=1)
    ahead = [first + timedelta(days=n) for n in range(AHEAD_DAYS)]
    terminals = max(rows // 100, 6)
    return Plan(
        seed,
        rows,
        merchants=max(terminals // 3, 2),
        terminals=terminals,
        first_day=first,
        forms=FORMS,
        closed=frozenset(
            day for day in ahead if day.weekday() < 5 and not is_working_day(day, terms)
        ),
        open_days=frozenset(
            day for day in ahead if day.weekday() >= 5 and is_working_day(day, terms)
        ),
        faults={name: n for name, n in every(1).items() if name not in LEFT_OUT},
    )


def _written(day: Chunk, folder: Path, on: date) -> Iterator[tuple[Path, str]]:
    """Write the files of a day as their senders would; yield each with its format."""
    journal = folder / f"journal-{on:%Y%m%d}.csv"
    _write("journal", day.journal, journal)
    yield journal, "journal"
    for form, which in FILES.items():
        rows = day.bill.filter(which)
        merchants = rows.partition_by("mid", maintain_order=True)
        for some in merchants if form in BY_MERCHANT else [rows] * bool(rows.height):
            path = folder / _name(form, some, on)
            _write(form, some, path)
            yield path, form
    bank = folder / f"camt053-{on:%Y%m%d}.xml"
    _write("camt.053", day.statement, bank)
    yield bank, "camt.053"


def _write(form: str, rows: pl.DataFrame, path: Path) -> None:
    if (write := FORMATS[form].write) is None:
        raise ValueError(f"{form} cannot be written")
    write(rows, path)


def _name(form: str, rows: pl.DataFrame, on: date) -> str:
    if form == "zm":
        return f"INN{on:%y%m%d}88ZM_{rows.item(0, 'mid')}"
    merchant = f"{rows.item(0, 'mid')}-" if form in BY_MERCHANT else ""
    return f"{form}-{merchant}{on:%Y%m%d}.csv"


def _brought(clerk: Actor) -> list[str]:
    return list(
        files(clerk.scope(Right.MONEY_VIEW)).filter(state="taken").values_list("number", flat=True)
    )


def _decide(staff: dict[Role, Actor], at: datetime) -> None:
    """Let the clerk work off a few cases, and the approver confirm one."""
    clerk, approver = staff[Role.SETTLEMENT_CLERK], staff[Role.SETTLEMENT_APPROVER]
    here = partial(_first, clerk)
    refund = Proposal(
        remedy=Remedy.REFUND, why="未出单，退回持卡人 / No slip: give it back to the cardholder"
    )
    accept = Proposal(
        remedy=Remedy.ACCEPT, why="商户已补打签购单 / The merchant reprinted the slip"
    )
    ahead = at.date() + timedelta(days=7)
    for number in here("charged_without_slip", 2):
        assign(case=number, owner=clerk.name, by=clerk, at=at)
        decide(case=number, proposal=accept, by=clerk, at=at)
    for number in here("duplicate_charge", 1):
        if decide(case=number, proposal=refund, by=clerk, at=at).state == "proposed":
            confirm(case=number, by=approver, at=at)
    for number in here("payout_missing", 1):
        dispute(
            case=number, deadline=ahead, why="已向通道查询 / Asked the channel", by=clerk, at=at
        )
        add_note(case=number, text="工单 CH-20394 / their ticket CH-20394", by=clerk, at=at)
    for number in here("refund_not_returned", 1):
        hold(
            case=number,
            until=ahead,
            why="通道次日补退 / the channel returns it tomorrow",
            by=clerk,
            at=at,
        )


def _first(clerk: Actor, difference: str, most: int) -> list[int]:
    found = cases(clerk.scope(Right.MONEY_VIEW), CaseFilters(difference=difference))
    return list(found.values_list("pk", flat=True)[:most])
