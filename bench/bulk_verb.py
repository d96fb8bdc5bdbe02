"""A bulk verb on 100,000 selected terminals, with its 100,000 history rows and audit entries."""

import statistics
import tempfile
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from ground.estates import bring_in, head_office
from ground.homes import on_each_home
from ground.ledgers import write_csv
from ground.lines import line, seconds

COUNT, LIMIT_S = 100_000, 20


def measure(home: str) -> None:
    from tillkeeper.kernel.models import AuditEntry
    from tillkeeper.terminals.lifecycle import Step
    from tillkeeper.terminals.models import StepTaken
    from tillkeeper.terminals.selection import Filters, Selection
    from tillkeeper.terminals.services.orders import Order
    from tillkeeper.terminals.services.steps import take_steps

    by = head_office()
    with tempfile.TemporaryDirectory() as folder:
        # 70 of 100 rows are active; one batch is exactly 100,000 of them
        bring_in(write_csv(Path(folder) / "ledger.csv", 150_000), by)
    from tillkeeper.terminals.queries import terminals

    active = terminals(by.scope("estate.view"), Filters(state=("active",)))
    chosen = Selection(serials=tuple(active.values_list("serial", flat=True)[:COUNT]))
    times = []
    for step in (Step.SUSPEND, Step.RESUME, Step.SUSPEND):
        before = StepTaken.objects.count(), AuditEntry.objects.count()
        times.append(
            seconds(
                partial(
                    take_steps,
                    selection=chosen,
                    step=step,
                    order=Order(why="measured"),
                    by=by,
                    at=datetime.now(UTC),
                )
            )
        )
        after = StepTaken.objects.count(), AuditEntry.objects.count()
        if [new - old for new, old in zip(after, before, strict=True)] != [COUNT, COUNT]:
            raise SystemExit(f"the verb wrote {after} after {before}")
    line(
        f"bulk_verb_{home}",
        statistics.median(times),
        "s",
        limit=LIMIT_S,
        goal="under 20 s",
        runs=len(times),
    )


if __name__ == "__main__":
    on_each_home(__file__, measure)
