"""Rehearsed days, chunk by chunk: what terminals, channels and banks write down, and what is true.

Memory is bounded by a chunk, a block, and a few numbers for each merchant and terminal. The rows do not depend on how
they are cut into chunks.
"""

from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import polars as pl

from tillkeeper.engines.rehearsal.estate import Block, Estate
from tillkeeper.engines.rehearsal.faults.table import OF_PAYMENTS, OF_PAYOUTS
from tillkeeper.engines.rehearsal.hosting import Bill
from tillkeeper.engines.rehearsal.payouts import Payouts, disturbed, statement_frame
from tillkeeper.engines.rehearsal.plan import BLOCK_ROWS, Plan
from tillkeeper.engines.rehearsal.rendering import bill_frame, journal_frame
from tillkeeper.engines.rehearsal.scene import Scene
from tillkeeper.engines.rehearsal.truth import TRUTH, truth_frame
from tillkeeper.formats.canonical.tables import BILL, JOURNAL, STATEMENT

CHUNK_ROWS: Final = 2 * BLOCK_ROWS
WRITERS: Final = 2  # threads that put played blocks into words while the next one is played


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows of a rehearsal. Payments come first, statements last; `line` runs on from chunk to chunk."""

    journal: pl.DataFrame
    bill: pl.DataFrame
    statement: pl.DataFrame
    truth: pl.DataFrame

    @classmethod
    def empty(cls) -> "Chunk":
        """Return no rows."""
        tables = (JOURNAL, BILL, STATEMENT, TRUTH)
        return cls(*(pl.DataFrame(schema=dict(table)) for table in tables))

    @classmethod
    def joined(cls, chunks: "list[Chunk]") -> "Chunk":
        """Return the rows of several chunks as one."""
        names = ("journal", "bill", "statement", "truth")
        frames = ([getattr(chunk, name) for chunk in chunks] for name in names)
        return cls(*(pl.concat(frame) for frame in frames))


def rehearse(plan: Plan, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
    """Play a plan.

    Args:
        plan: what is played.
        rows: journal rows of a chunk, rounded up to whole blocks; how much is held in memory at once.

    Raises:
        ValueError: the plan names a fault that is not known, or asks for more of one than its payments allow.
    """
    unknown = set(plan.faults) - set(OF_PAYMENTS) - set(OF_PAYOUTS)
    if unknown:
        raise ValueError(f"no such faults: {', '.join(sorted(unknown))}")
    waiting = [Chunk.empty()]
    for chunk in _blocks(plan):
        waiting.append(chunk)
        if sum(part.journal.height for part in waiting) >= rows:
            yield Chunk.joined(waiting)
            waiting = [Chunk.empty()]
    yield Chunk.joined(waiting)


def whole(plan: Plan) -> Chunk:
    """Play a plan that fits into memory, and return all its rows."""
    return Chunk.joined(list(rehearse(plan)))


def _blocks(plan: Plan) -> Iterator[Chunk]:
    estate, empty = Estate.of(plan), Chunk.empty()
    payouts = Payouts.none_yet(estate)
    with ThreadPoolExecutor(WRITERS) as writers:
        ahead: deque[Future[Chunk]] = deque()
        for played in _played(estate, payouts):
            ahead.append(writers.submit(_written, *played))
            if len(ahead) > WRITERS:
                yield ahead.popleft().result()
        yield from (chunk.result() for chunk in ahead)
    lines, truths = disturbed(estate, payouts.lines())
    for begin in range(0, len(lines["amount"]), BLOCK_ROWS):
        part = {name: values[begin : begin + BLOCK_ROWS] for name, values in lines.items()}
        statement = statement_frame(estate, part, 1 + begin)
        yield Chunk(empty.journal, empty.bill, statement, empty.truth)
    yield Chunk(empty.journal, empty.bill, empty.statement, truth_frame(estate, truths))


def _played(estate: Estate, payouts: Payouts) -> Iterator[tuple[Scene, Bill, int, int]]:
    """Yield each block played to its end: scene, bill, first line in the journal, first line in the bill."""
    owed = Counter[str]()
    journal_line = bill_line = 1
    for block in estate.blocks():
        scene = Scene.clean(estate, block)
        if block.counts.any():
            _go_wrong(scene, block, owed)
        bill = scene.billed()
        payouts.owe(bill)
        yield scene, bill, journal_line, bill_line
        journal_line += int(scene.journal["kept"].sum())
        bill_line += int(bill["kept"].sum())
    _all_played(owed)


def _written(scene: Scene, bill: Bill, journal_line: int, bill_line: int) -> Chunk:
    journal = journal_frame(scene.estate, scene.journal, journal_line)
    frame = bill_frame(scene.estate, bill, bill_line)
    truth = truth_frame(scene.estate, scene.truths)
    return Chunk(journal, frame, pl.DataFrame(schema=dict(STATEMENT)), truth)


def _go_wrong(scene: Scene, block: Block, owed: Counter[str]) -> None:
    """Let each fault happen as often as is this block's share; what finds no payment here is owed to the next."""
    plan = scene.estate.plan
    for name, fault in OF_PAYMENTS.items():
        whole_count = plan.faults.get(name, 0)
        share = (
            whole_count * block.end_row // plan.rows - whole_count * block.first_row // plan.rows
        )
        due = share + owed[name]
        if not due:
            continue
        rows = scene.victims(fault.fits(scene), due, fault.length)
        owed[name] = due - len(rows)
        if len(rows):
            told = dict(fault.happen(scene, rows))
            scene.tell(name, told.pop("row", rows), told)


def _all_played(owed: Counter[str]) -> None:
    short = {name: count for name, count in owed.items() if count}
    if short:
        missing = ", ".join(f"{count} of {name}" for name, count in sorted(short.items()))
        raise ValueError(f"the plan has too few payments for its faults: {missing} found none")
