"""The spool of a large installation: NATS JetStream, one stream a shard. Needs the extra `scale`.

A position is the stream's sequence number. A segment is kept when the server's PubAck for it is here.

Reading goes through a pull consumer that begins at a position and acknowledges nothing: how far the writer is stands in
its own database. nats-py answers TimeoutError both when there is nothing and when the consumer is gone (a restarted
server forgets it), or when all that is left was delivered and not acknowledged. So silence is believed only when the
stream itself says that it holds nothing newer, and a gap in the numbers only when the stream says it begins later.
"""

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar

from tillkeeper.telemetry.errors import BrokerNotInstalled, SpoolUnreachable
from tillkeeper.telemetry.spool import Segment

try:
    import nats
    from nats.errors import Error as NatsError
    from nats.js import api
    from nats.js.errors import NotFoundError
except ImportError:  # the extra is missing
    nats = None

T = TypeVar("T")

CONNECT_S: Final = 3.0
ANSWER_S: Final = 5.0
READERS_MAX: Final = 8  # consumers kept open: the writer reads each shard at one or two places
FETCH_MAX: Final = 200
FORGET_READER_S: Final = 60.0


class NatsSpool:
    """Segments in JetStream. nats-py is asynchronous: a loop in a thread of its own does the work."""

    def __init__(self, address: str, prefix: str = "TILLKEEPER") -> None:
        """Name the server; it is called when first needed.

        Raises:
            BrokerNotInstalled: the extra `scale` is missing.
        """
        if nats is None:
            raise BrokerNotInstalled(extra="scale")
        self._streams = _Streams(address, prefix)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="spool", daemon=True)
        self._thread.start()

    def append(self, bodies: Sequence[tuple[int, bytes]]) -> None:
        """Publish all and wait for every PubAck."""
        self._run(self._streams.append(bodies), ANSWER_S)

    def read(self, shard: int, *, after: int, limit: int, wait_s: float) -> list[Segment]:
        """Fetch from a consumer that begins after `after`."""
        reading = self._streams.read(shard, after, min(limit, FETCH_MAX), max(wait_s, 0.01))
        return self._run(reading, wait_s + ANSWER_S)

    def release(self, shard: int, *, upto: int) -> None:
        """Purge the stream up to a position."""
        self._run(self._streams.release(shard, upto), ANSWER_S)

    def waiting(self, shard: int) -> tuple[int, int]:
        """Ask the stream."""
        return self._run(self._streams.waiting(shard), ANSWER_S)

    def close(self) -> None:
        """Close the connection and end the thread."""
        with suppress(SpoolUnreachable):
            self._run(self._streams.close(), ANSWER_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T], patience_s: float) -> T:
        future = asyncio.run_coroutine_threadsafe(
            asyncio.wait_for(work, patience_s + CONNECT_S), self._loop
        )
        try:
            return future.result()
        except (NatsError, OSError, TimeoutError) as error:
            raise SpoolUnreachable(why=str(error) or "the broker does not answer") from error


class _Streams:
    """What is done on the loop's thread."""

    def __init__(self, address: str, prefix: str) -> None:
        self._address = address
        self._prefix = prefix
        self._client: Any = None
        self._lock: asyncio.Lock | None = None
        self._known: set[int] = set()
        # (shard, position it has been read to) -> consumer
        self._readers: dict[tuple[int, int], Any] = {}

    async def append(self, bodies: Sequence[tuple[int, bytes]]) -> None:
        stream = await self._stream(*{shard for shard, _body in bodies})
        await asyncio.gather(
            *(
                stream.publish(
                    self._subject(shard), body, timeout=ANSWER_S, stream=self._name(shard)
                )
                for shard, body in bodies
            )
        )

    async def read(self, shard: int, after: int, limit: int, wait_s: float) -> list[Segment]:
        stream = await self._stream(shard)
        for wait in (wait_s, 0.5):
            reader = self._readers.pop((shard, after), None) or await self._reader(shard, after)
            try:
                said = await reader.fetch(limit, timeout=wait)
            except (TimeoutError, NatsError):
                said = []
            found = _in_a_row(said, after)
            begins = found[0].position if found else 0
            state = (
                None if begins == after + 1 else (await stream.stream_info(self._name(shard))).state
            )
            if (
                state is None
                or begins == state.first_seq
                or (not found and state.last_seq <= after)
            ):
                self._keep_reader(shard, found[-1].position if found else after, reader, said)
                return found
            await _forget(reader)  # it has passed over something, or is gone: begin anew
        return []

    async def release(self, shard: int, upto: int) -> None:
        stream = await self._stream(shard)
        await stream.purge_stream(self._name(shard), seq=upto + 1)

    async def waiting(self, shard: int) -> tuple[int, int]:
        stream = await self._stream(shard)
        state = (await stream.stream_info(self._name(shard))).state
        return state.messages, state.last_seq

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def remove(self, shard: int) -> None:
        """Take a whole stream away: tests and benchmarks."""
        await (await self._stream(shard)).delete_stream(self._name(shard))
        self._known.discard(shard)

    def _name(self, shard: int) -> str:
        return f"{self._prefix}_{shard}"

    def _subject(self, shard: int) -> str:
        return f"{self._prefix.lower()}.segment.{shard}"

    async def _stream(self, *shards: int) -> Any:
        """Return JetStream, connected, with the streams of the shards there."""
        self._lock = self._lock or asyncio.Lock()
        async with self._lock:
            if self._client is None or self._client.is_closed:
                self._client = None
                self._client = await nats.connect(
                    self._address,
                    connect_timeout=int(CONNECT_S),
                    allow_reconnect=True,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=0.25,
                    ping_interval=5,
                    max_outstanding_pings=2,
                    error_cb=_quietly,
                )
            if not self._client.is_connected:
                raise ConnectionError("the broker is not connected")
            stream = self._client.jetstream(timeout=ANSWER_S)
            for shard in set(shards) - self._known:
                await self._make(stream, shard)
        return stream

    async def _make(self, stream: Any, shard: int) -> None:
        """Make a stream unless there is one; replicas and limits that an operator set on it stay."""
        try:
            await stream.stream_info(self._name(shard))
        except NotFoundError:
            await stream.add_stream(
                api.StreamConfig(
                    name=self._name(shard),
                    subjects=[self._subject(shard)],
                    storage=api.StorageType.FILE,
                    discard=api.DiscardPolicy.NEW,
                )
            )
        self._known.add(shard)

    async def _reader(self, shard: int, after: int) -> Any:
        stream = await self._stream(shard)
        return await stream.pull_subscribe(
            self._subject(shard),
            stream=self._name(shard),
            config=api.ConsumerConfig(
                deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=after + 1,
                ack_policy=api.AckPolicy.NONE,
                inactive_threshold=FORGET_READER_S,
            ),
        )

    def _keep_reader(self, shard: int, upto: int, reader: Any, said: Sequence[Any]) -> None:
        if said and said[-1].metadata.sequence.stream != upto:
            return  # there was a gap behind what is handed on: the next read begins anew there
        self._readers[shard, upto] = reader
        while len(self._readers) > READERS_MAX:
            self._readers.pop(next(iter(self._readers)))


def _in_a_row(said: Sequence[Any], after: int) -> list[Segment]:
    """Return the segments after a position up to the first gap in their numbers."""
    found: list[Segment] = []
    for message in said:
        position = message.metadata.sequence.stream
        if position <= after:
            continue
        if found and position != found[-1].position + 1:
            break
        found.append(Segment(position, message.data))
    return found


async def _forget(reader: Any) -> None:
    with suppress(NatsError, OSError):
        await reader.unsubscribe()


async def _quietly(_error: Exception) -> None:
    """Say nothing: whoever called is told by SpoolUnreachable."""
