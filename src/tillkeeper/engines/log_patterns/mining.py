"""Templates of one maker's logs, learnt line by line; what was learnt is kept as a snapshot and gone on with later.

A miner always begins at a snapshot, never at what was left in memory: the same snapshot and the same lines give the
same templates, wherever they are read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Self

import msgspec
from drain3.drain import Drain, LogCluster

SIMILARITY: Final = 0.4
DEPTH: Final = 4
CHILDREN: Final = 100
TEMPLATES_MAX: Final = 5_000  # of one maker; when full, lines are recognised and none are learnt
TEMPLATE_MAX: Final = 500  # characters
REMEMBERED: Final = 50_000  # masked lines whose template is known without asking
_SHAPE: Final = msgspec.msgpack.Decoder(tuple[int, list[tuple[int, int, list[str]]]])
VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of line."""

    number: int
    template: str
    times: int


class BadSnapshot(ValueError):
    """Bytes that no miner wrote."""


class Miner:
    """Sorts lines into kinds."""

    def __init__(self) -> None:
        """Begin knowing nothing."""
        self._drain: Any = Drain(depth=DEPTH, sim_th=SIMILARITY, max_children=CHILDREN)
        self._seen: dict[str, int] = {}

    @classmethod
    def of(cls, snapshot: bytes) -> Self:
        """Return a miner that knows what a snapshot holds; an empty one holds nothing.

        Raises:
            BadSnapshot: it is none.
        """
        miner = cls()
        if not snapshot:
            return miner
        try:
            version, kinds = _SHAPE.decode(snapshot)
        except msgspec.MsgspecError as error:
            raise BadSnapshot(str(error)) from error
        if version != VERSION:
            raise BadSnapshot(f"version {version}")
        for number, times, tokens in kinds:
            cluster = LogCluster(tokens, number)
            cluster.size = times
            miner._drain.id_to_cluster[number] = cluster
            miner._drain.clusters_counter = max(miner._drain.clusters_counter, number)
            miner._drain.add_seq_to_prefix_tree(miner._drain.root_node, cluster)
        return miner

    def snapshot(self) -> bytes:
        """Return what is known."""
        kinds = [
            (cluster.cluster_id, cluster.size, list(cluster.log_template_tokens))
            for cluster in self._clusters()
        ]
        return msgspec.msgpack.encode((VERSION, kinds))

    def learn(self, text: str) -> int | None:
        """Return the kind of a masked line, a new one if it is like none; None where nothing more is learnt."""
        if (known := self._seen.get(text)) is not None:
            self._drain.id_to_cluster[known].size += 1
            return known
        if len(self._drain.id_to_cluster) >= TEMPLATES_MAX:
            return self._matched(text)
        cluster, _ = self._drain.add_log_message(text)
        if len(self._seen) < REMEMBERED:
            self._seen[text] = cluster.cluster_id
        return int(cluster.cluster_id)

    def recognise(self, text: str) -> int | None:
        """Return the kind of a masked line if it is known; nothing is learnt."""
        return self._matched(text)

    def kinds(self) -> Iterator[Kind]:
        """Yield what is known, in the order of learning."""
        for cluster in self._clusters():
            template = cluster.get_template()
            yield Kind(cluster.cluster_id, template[:TEMPLATE_MAX], cluster.size)

    def _matched(self, text: str) -> int | None:
        if (known := self._seen.get(text)) is not None:
            return known
        found = self._drain.match(text)
        if found is not None and len(self._seen) < REMEMBERED:
            self._seen[text] = found.cluster_id
        return int(found.cluster_id) if found is not None else None

    def _clusters(self) -> list[Any]:
        return [cluster for _, cluster in sorted(self._drain.id_to_cluster.items())]
