"""A payment day of the demonstration: files as terminals, channels and the bank send them, brought in and matched.

The day is rehearsed, with every fault once; what people decided about some of its cases is decided by their verbs.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import polars as pl

from tillkeeper.cli.demonstration.people import HEAD_OFFICE
from tillkeeper.cli.demonstration.teaching import teach_layout
from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.engines.matching.rules.calendars import is_working_day
from tillkeeper.engines.rehearsal.days import Chunk, whole
from tillkeeper.engines.rehearsal.faults.table import every
from tillkeeper.engines.rehearsal.plan import Plan
from tillkeeper.formats.canonical.reading import Options
from tillkeeper.formats.catalogue import FORMATS
from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.queries import merchants
from tillkeeper.parties.roles import Right, Role
from tillkeeper.settlement.lifecycle import DropKind, Remedy
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
from tillkeeper.settlement.services.drops.keeping import Wanted, add_drop
from tillkeeper.settlement.services.files import bring_in
from tillkeeper.settlement.services.hand_matches import Pairing, confirm_match, match_by_hand
from tillkeeper.settlement.services.runs import run_matching, start_run
from tillkeeper.settlement.services.troubles import add_word, open_trouble

PAYMENTS: Final = 4_000
FEWEST: Final = 1_200  # fewer have no room for every fault
AGO_DAYS: Final = 21  # so that everything of the day is due by now
AHEAD_DAYS: Final = 30
FORMS: Final = {"acquirer46": 0.5, "zm": 0.25, "ums_pipe": 0.25}
LEFT_OUT: Final = {"fee_misstated"}  # in files that tell the net beside the fee; these do not
BY_CARD: Final = pl.col("channel").is_in(["card", "unionpay_qr"])
NAMING_MERCHANTS: Final = ("account", "text")  # columns of a statement
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
        day = _at_merchants(whole(plan), clerk)
        for path, form in _written(day, Path(folder), plan.first_day):
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
    _match_by_hand(staff, at)
    _decide(staff, at)
    _look_into(clerk, at)
    teach_layout(approver=staff[Role.SETTLEMENT_APPROVER], at=at)
    _watch(staff[Role.SETTLEMENT_APPROVER], at)


def _watch(approver: Actor, at: datetime) -> None:
    """Have a folder watched into which the bank's statements may be laid."""
    wanted = Wanted(kind=DropKind.FOLDER, address="bank")
    add_drop(organisation=HEAD_OFFICE, name="bank-statements", wanted=wanted, by=approver, at=at)


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


def _at_merchants(day: Chunk, clerk: Actor) -> Chunk:
    """Return the day with merchants of the estate in place of made-up ones, so that their statements can be issued."""
    made_up = sorted({*day.journal["mid"], *day.bill["mid"]} - {""})
    filed = merchants(clerk.scope(Right.MONEY_VIEW)).order_by("number")
    numbers = dict(
        zip(made_up, filed.values_list("number", flat=True)[: len(made_up)], strict=False)
    )
    mid, told = pl.col("mid").replace(numbers), list(numbers.items())
    named = [
        pl.col(name).str.replace_many([old for old, _new in told], [new for _old, new in told])
        for name in NAMING_MERCHANTS
    ]
    return replace(
        day,
        journal=day.journal.with_columns(mid),
        bill=day.bill.with_columns(mid),
        statement=day.statement.with_columns(named),
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


def _match_by_hand(staff: dict[Role, Actor], at: datetime) -> None:
    """Let the clerk match a payout that is missing with the merchant's unknown credit, and the approver confirm it.

    What the credit is short of goes back to the channel, to be claimed there.
    """
    clerk, approver = staff[Role.SETTLEMENT_CLERK], staff[Role.SETTLEMENT_APPROVER]
    rows = cases(clerk.scope(Right.MONEY_VIEW), CaseFilters())
    missing = rows.filter(difference="payout_missing").exclude(mid="").order_by("pk")
    came = {one.mid: one for one in rows.filter(difference="unknown_credit").order_by("-pk")}
    pairs = [(one, came[one.mid]) for one in missing if one.mid in came]
    if not pairs:
        return
    left, numbers = min(
        (abs(one.at_stake_minor + other.at_stake_minor), (one.pk, other.pk)) for one, other in pairs
    )
    why = "渠道确认为同一笔出款 / The channel confirms: it is the same payout"
    pairing = Pairing(cases=numbers, remedy=Remedy.RE_PRESENT if left else None, why=why)
    match = match_by_hand(pairing=pairing, by=clerk, at=at)
    if match.state == "proposed":
        confirm_match(number=match.number, why="已核对 / Checked", by=approver, at=at)


def _look_into(clerk: Actor, at: datetime) -> None:
    """Let the clerk note that a batch cannot settle: one of whose payments the channel holds nothing."""
    scope = clerk.scope(Right.MONEY_VIEW)
    wanted = CaseFilters(difference="slip_without_charge")
    found = cases(scope, wanted).exclude(tid="").exclude(batch="").first()
    if found is None or found.day is None:
        return
    trouble = open_trouble(
        organisation=HEAD_OFFICE,
        mid=found.mid,
        tid=found.tid,
        batch=found.batch,
        day=found.day,
        symptom="totals_differ",
        by=clerk,
        at=at,
    )
    done = "已请商户重新批上送 / Asked the merchant to upload the batch again"
    add_word(number=trouble.number, text=done, by=clerk, at=at)


def _first(clerk: Actor, difference: str, most: int) -> list[int]:
    found = cases(clerk.scope(Right.MONEY_VIEW), CaseFilters(difference=difference))
    return list(found.values_list("pk", flat=True)[:most])
