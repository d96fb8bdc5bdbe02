"""Import: 100,000 new terminals from XLSX with all checks, against plain bulk_create of the same rows."""

import gc
import statistics
import tempfile
import threading
import time
from pathlib import Path

import psutil

from ground.estates import bring_in, head_office
from ground.homes import on_each_home
from ground.ledgers import write_xlsx
from ground.lines import line, seconds

COUNT, RUNS, LIMIT_S, RATIO, LIMIT_MIB = 100_000, 3, 30, 2.5, 600


class Peak(threading.Thread):
    """Watches the memory of this process."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._process = psutil.Process()
        self.idle = self.peak = self._process.memory_info().rss
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(0.05):
            self.peak = max(self.peak, self._process.memory_info().rss)

    def stop(self) -> float:
        self._over.set()
        return (self.peak - self.idle) / 1024 / 1024


def plain(part: int) -> float:
    """Seconds that bulk_create takes for the rows that the import wrote: terminals, bindings, history, audit."""
    from django.db import transaction

    from tillkeeper.kernel.models import AuditChain, AuditEntry
    from tillkeeper.terminals.models import Binding, StepTaken, Terminal

    first = Terminal.objects.order_by("-pk").values_list("pk", flat=True)[COUNT - 1]
    terminals = list(Terminal.objects.filter(pk__gte=first))
    bindings = {b.pk: b for b in Binding.objects.filter(terminal__gte=first)}
    steps = list(StepTaken.objects.filter(terminal__gte=first))
    entries = list(AuditEntry.objects.order_by("-pk")[:COUNT])
    chain = AuditChain.objects.create(root=f"P{part}")
    shift = 10_000_000 * (part + 1)
    for row in terminals:
        row.pk += shift
        row.serial = f"B{part}{row.serial}"
        row.binding_id = row.binding_id + shift if row.binding_id else None
    for binding in bindings.values():
        binding.pk += shift
        binding.terminal_id += shift
        binding.acquirer_code = f"B{part}"
    for step in steps:
        step.pk, step.terminal_id = None, step.terminal_id + shift
    for sequence, entry in enumerate(entries):
        entry.pk, entry.chain, entry.sequence = None, chain, sequence
    gc.collect()

    def write() -> None:
        with transaction.atomic():
            Terminal.objects.bulk_create(terminals, batch_size=1_000)
            Binding.objects.bulk_create(bindings.values(), batch_size=1_000)
            StepTaken.objects.bulk_create(steps, batch_size=1_000)
            AuditEntry.objects.bulk_create(entries, batch_size=1_000)

    return seconds(write)


def measure(home: str) -> None:
    by = head_office()
    took, peers, grew = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for part in range(RUNS):
            path = write_xlsx(Path(folder) / f"{part}.xlsx", COUNT, first=part * COUNT)
            gc.collect()
            memory = Peak()
            memory.start()
            begin = time.perf_counter()
            record = bring_in(path, by)
            took.append(time.perf_counter() - begin)
            grew.append(memory.stop())
            if record.result["new"] != COUNT:
                raise SystemExit(f"the import took {record.result}")
            peers.append(plain(part))
    value, peer = statistics.median(took), statistics.median(peers)
    line(f"import_xlsx_{home}", value, "s", limit=LIMIT_S, goal="under 30 s", runs=RUNS)
    line(
        f"import_xlsx_to_bulk_create_{home}",
        value,
        "s",
        peer=peer,
        goal="at most 2.5 times bulk_create",
        met=value / peer <= RATIO,
        runs=RUNS,
    )
    line(f"import_xlsx_rate_{home}", COUNT / value, "rows/s", goal="shown", runs=RUNS)
    line(
        f"import_xlsx_memory_{home}",
        max(grew),
        "MiB above idle",
        limit=LIMIT_MIB,
        goal="under 600 MiB",
        runs=RUNS,
    )


if __name__ == "__main__":
    on_each_home(__file__, measure)
