"""The herd: all terminals of a fleet speak when it is their time, over a bounded number of connections."""

import asyncio
import heapq
import time
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import msgspec

from tillkeeper.cli.simulation.enrolling import (
    BAD_REQUEST,
    ENDED,
    TOO_MANY,
    UNAVAILABLE,
    ask_token,
    refusal,
)
from tillkeeper.cli.simulation.tallying import Tally
from tillkeeper.cli.simulation.voices import ENCODERS, JSON, Voice, milliseconds, pieces_of
from tillkeeper.cli.simulation.wire import Said, Unreachable, Wire
from tillkeeper.engines.rehearsal.fleet import Fleet, Readings
from tillkeeper.engines.rehearsal.fleet.deeds import do
from tillkeeper.engines.rehearsal.fleet.logs import log_lines
from tillkeeper.formats.voice.messages import Asked, CheckIn, Heard, Refused, Result, Values
from tillkeeper.formats.voice.signals import SIGNALS, Kind

FIRST_SPREAD_S: Final = 20.0
AGAIN_S: Final = 5.0
LOOK_S: Final = 0.2
ENDING_S: Final = 5.0
UNAUTHORISED: Final = 401
USED: Final = frozenset({"counter_backwards", "counter_reused"})
NEVER: Final = frozenset({"invalid", "malformed", "too_large", "too_deep", "truncated"})
LOG_LINES, PIECE_BYTES = 1_500, 60_000
BEHIND: Final = 100_000  # how far behind the counter of a cloned terminal's second voice is


@dataclass(frozen=True, slots=True)
class Pace:
    """How the run goes."""

    seconds: float
    speed: float = 1.0  # simulated seconds in one of ours
    interval_s: int = 0  # 0: as the server tells
    content: str = JSON


@dataclass(slots=True)
class Herd:
    """Drives voices until the run ends or `stop` is set."""

    fleet: Fleet
    voices: list[Voice]
    wire: Wire
    pace: Pace
    chance: Random
    tally: Tally = field(default_factory=Tally)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    began: float = field(default_factory=time.time)
    _due: list[tuple[float, int]] = field(default_factory=list)
    _queue: "asyncio.Queue[int]" = field(default_factory=lambda: asyncio.Queue(maxsize=4096))
    _now: Readings = field(init=False)
    _columns: list[tuple[str, list[Any]]] = field(init=False)
    _heard: "msgspec.msgpack.Decoder[Heard] | msgspec.json.Decoder[Heard]" = field(init=False)

    def __post_init__(self) -> None:
        """Measure once, and spread the first check-ins."""
        self._heard = (
            msgspec.json.Decoder(Heard)
            if self.pace.content == JSON
            else msgspec.msgpack.Decoder(Heard)
        )
        self._measure()
        spread = min(FIRST_SPREAD_S, self.pace.interval_s or FIRST_SPREAD_S, self.pace.seconds / 4)
        self._due = [
            (self.began + self.chance.random() * spread, at) for at in range(len(self.voices))
        ]
        heapq.heapify(self._due)

    def lived_until(self, moment: float) -> float:
        """Return the moment of the fleet's life at a moment of ours."""
        return self.began + (moment - self.began) * self.pace.speed

    def ours(self, lived: float) -> float:
        """Return the moment of ours at a moment of the fleet's life."""
        return self.began + (lived - self.began) / self.pace.speed

    async def run(self) -> None:
        """Go on until the time is over or `stop` is set; what is under way then is finished first."""
        workers = [asyncio.create_task(self._work()) for _ in range(self.wire.most)]
        try:
            ends = self.began + self.pace.seconds
            while not self.stop.is_set() and (now := time.time()) < ends:
                await self._go_round(now)
                pause = min(LOOK_S, max(ends - time.time(), 0.0))
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.stop.wait(), pause)
        finally:
            await self._end(workers)

    async def _go_round(self, now: float) -> None:
        if self.lived_until(now) >= self.fleet.now + self.fleet.step_s:
            self._measure()
        while self._due and self._due[0][0] <= now and not self.stop.is_set():
            await self._queue.put(heapq.heappop(self._due)[1])

    async def _end(self, workers: Sequence["asyncio.Task[None]"]) -> None:
        while not self._queue.empty():
            self._queue.get_nowait()
        for _ in workers:
            with suppress(asyncio.QueueFull):
                self._queue.put_nowait(-1)
        _done, late = await asyncio.wait(workers, timeout=ENDING_S)
        for worker in late:
            worker.cancel()
        for ended in await asyncio.gather(*workers, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended

    def _measure(self) -> None:
        self._now = self.fleet.tick(self.lived_until(time.time()))
        told: list[tuple[str, list[Any]]] = list(self._now.words.items())
        for name, values in self._now.values.items():
            flag = SIGNALS[name].kind is Kind.FLAG
            whole = not flag and bool((values[values == values] % 1 == 0).all())  # noqa: PLR0124  NaN
            column = values.tolist()
            if flag:
                column = [None if v != v else v > 0.5 for v in column]  # noqa: PLR0124
            else:
                column = [None if v != v else int(v) if whole else v for v in column]  # noqa: PLR0124
            told.append((name, column))
        self._columns = told

    async def _work(self) -> None:
        while (at := await self._queue.get()) >= 0:
            voice = self.voices[at]
            wait_s = await self._turn(voice)
            if not voice.silenced:
                heapq.heappush(self._due, (time.time() + wait_s, at))

    async def _turn(self, voice: Voice) -> float:
        """Let a terminal measure and, if it can, speak; return after how long it comes again."""
        usual = self._usual(voice)
        if not self._now.on[voice.row]:
            return usual
        voice.keep(self._clock(voice), self._values(voice.row))
        self.tally.measured += 1
        if not self._now.reaches[voice.row]:
            return usual
        try:
            return await self._speak(voice)
        except Unreachable:
            self.tally.unreachable += 1
            return min(usual, AGAIN_S * (0.5 + self.chance.random()))

    def _usual(self, voice: Voice) -> float:
        return float(self.pace.interval_s or voice.interval_s or FIRST_SPREAD_S)

    def _clock(self, voice: Voice) -> int:
        return milliseconds() + int(self._now.skew_s[voice.row] * 1000)

    def _values(self, row: int) -> Values:
        return {name: column[row] for name, column in self._columns if column[row] is not None}

    async def _speak(self, voice: Voice) -> float:
        if voice.needs_token(time.time()) and (no := await self._renew(voice)):
            return self._put_off(voice, no)
        wait_s = 0.0
        while voice.kept or voice.in_hand:
            said = await self._check_in(voice, voice.check_in(self._clock(voice)))
            if isinstance(said, Refused):
                if said.code in USED:
                    voice.recount()
                elif said.code in NEVER:
                    voice.give_up()
                return self._put_off(voice, said)
            self.tally.answered += voice.heard()
            wait_s = await self._answered(voice, said)
        if self._now.cloned[voice.row]:
            await self._second_voice(voice)
        return wait_s or self._usual(voice)

    async def _check_in(self, voice: Voice, message: CheckIn) -> Heard | Refused:
        began = time.perf_counter()
        said = await self._post(voice, "/device/v1/check-in", message)
        self.tally.took(time.perf_counter() - began)
        if said.status >= BAD_REQUEST:
            return self._no(said)
        self.tally.check_ins += 1
        return self._heard.decode(said.body)

    async def _answered(self, voice: Voice, said: Heard) -> float:
        voice.interval_s = said.interval_s
        for asked in said.actions:
            await self._act(voice, asked)
        await self._tell_results(voice)
        if self.pace.interval_s:
            return self.pace.interval_s * (0.9 + 0.2 * self.chance.random())
        return said.after_ms / 1000

    async def _act(self, voice: Voice, asked: Asked) -> None:
        if asked.id in voice.done or any(one.id == asked.id for one, _ in voice.results):
            return
        if asked.kind == "fetch_log":
            await self._send_log(voice, asked)
        answer = do(self.fleet, voice.row, asked.kind, asked.arguments)
        told = Result(
            answer.outcome, self._clock(voice), answer.code, answer.said, dict(answer.facts)
        )
        voice.results.append((asked, told))
        self.tally.actions[answer.outcome] += 1

    async def _tell_results(self, voice: Voice) -> None:
        while voice.results:
            asked, told = voice.results[0]
            said = await self._post(voice, f"/device/v1/actions/{asked.id}/result", told)
            if said.status >= BAD_REQUEST:
                no = self._no(said)
                if said.status in {TOO_MANY, UNAVAILABLE, UNAUTHORISED} or no.after_s:
                    return  # later, with the next check-in
            voice.results.pop(0)
            voice.done.append(asked.id)

    async def _send_log(self, voice: Voice, asked: Asked) -> None:
        lines = log_lines(self.fleet, voice.row, lines=LOG_LINES, seed=voice.seq)
        size = asked.arguments.get("size")
        limit = size if isinstance(size, int) else PIECE_BYTES * 100
        body = "\n".join(lines)[-limit:].splitlines()
        pieces = pieces_of(body, PIECE_BYTES)
        upload = f"log-{voice.seq}-{zlib.crc32(asked.id.encode()):08x}"
        for index, piece in enumerate(pieces):
            query = f"upload={upload}&index={index}&pieces={len(pieces)}&name=system.log&action={asked.id}"
            said = await self.wire.ask(
                "POST",
                f"/device/v1/logs?{query}",
                piece,
                {"Authorization": f"Bearer {voice.token}", "Content-Type": "text/plain"},
            )
            if said.status >= BAD_REQUEST:
                self._no(said)
                return
        self.tally.logs += 1

    async def _second_voice(self, voice: Voice) -> None:
        """Let somebody else speak with this terminal's token: their copy counts from where it was made."""
        copied = CheckIn(max(voice.counter - BEHIND, 1), self._clock(voice), [])
        said = await self._post(voice, "/device/v1/check-in", copied)
        if said.status >= BAD_REQUEST:
            self._no(said)

    async def _renew(self, voice: Voice) -> Refused | None:
        no = await ask_token(self.wire, voice)
        if no is None:
            self.tally.tokens += 1
        else:
            self.tally.refused[no.code] += 1
        return no

    async def _post(self, voice: Voice, path: str, message: object) -> Said:
        content = self.pace.content
        headers = {"Authorization": f"Bearer {voice.token}", "Content-Type": content}
        said = await self.wire.ask("POST", path, ENCODERS[content](message), headers)
        if said.status == UNAUTHORISED:
            voice.token = ""  # asked for anew next time
        return said

    def _no(self, said: Said) -> Refused:
        if self.pace.content == JSON:
            no = refusal(said.body)
        else:
            try:
                no = msgspec.msgpack.decode(said.body, type=Refused)
            except msgspec.DecodeError:
                no = refusal(said.body)
        self.tally.refused[no.code] += 1
        return no

    def _put_off(self, voice: Voice, no: Refused) -> float:
        """Obey a refusal: come again when it says so, or never."""
        if no.code in ENDED:
            voice.silenced = no.code
        if no.after_s:
            return no.after_s * (1 + 0.5 * self.chance.random())
        return AGAIN_S * (1 + self.chance.random())
