"""What rules remember of a terminal, as bytes: only what is not blank, each number with the mark of whose it is.

A number of a rule that was changed or is gone has a mark that nobody knows any more, and is dropped; so memories need
no version and no migration. Thousands are packed and unpacked at once.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final
from zlib import crc32

import numpy as np

from tillkeeper.engines.alerting.looks import Floats
from tillkeeper.engines.alerting.specs import Rule

RECORD: Final = np.dtype([("mark", "<u4"), ("value", "<f8")])
GATE: Final = ("since", "met", "raised", "calm")
SINCE, MET, RAISED, CALM = range(4)
LAST: Final = 0  # the column of the moment of the newest reading


class Layout:
    """Which column of the table of memories holds what: the newest moment first, then each rule's gate and slots."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        marks, self.first = [crc32(b"newest")], []
        for rule in rules:
            self.first.append(len(marks))
            names = (*GATE, *rule.terms.SLOTS)
            marks += [crc32(f"{rule.mark}/{name}".encode()) for name in names]
        self.marks = np.array(marks, np.uint32)
        self.ends = [*self.first[1:], len(marks)]
        self._order = np.argsort(self.marks, kind="stable")
        self._sorted = self.marks[self._order]

    def unpack(self, memories: Sequence[bytes]) -> Floats:
        """Return memories as a table, a row each; NaN: nothing remembered. What cannot be read is forgotten."""
        table = np.full((len(memories), len(self.marks)), np.nan)
        whole = [memory if len(memory) % RECORD.itemsize == 0 else b"" for memory in memories]
        records = np.frombuffer(b"".join(whole), RECORD)
        if len(records):
            counts = np.array([len(memory) // RECORD.itemsize for memory in whole])
            row = np.repeat(np.arange(len(whole)), counts)
            place = np.searchsorted(self._sorted, records["mark"]).clip(max=len(self.marks) - 1)
            known = self._sorted[place] == records["mark"]
            table[row[known], self._order[place[known]]] = records["value"][known]
        return table

    def pack(self, table: Floats) -> list[bytes]:
        """Return a table's rows as bytes."""
        kept = ~np.isnan(table)
        _, columns = np.nonzero(kept)
        records = np.empty(len(columns), RECORD)
        records["mark"], records["value"] = self.marks[columns], table[kept]
        packed, ends = records.tobytes(), np.cumsum(kept.sum(axis=1)) * RECORD.itemsize
        begins = [0, *ends.tolist()]
        return [packed[begin:end] for begin, end in pairwise(begins)]
