"""A run from beginning to end: lead the fleet in, let it live, and tell what came of it."""

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any, Final

from tillkeeper.cli.simulation.enrolling import enrol_all, tokens_for
from tillkeeper.cli.simulation.herd import Herd, Pace
from tillkeeper.cli.simulation.keyring import Key, Keyring
from tillkeeper.cli.simulation.sources import CODES_AT_ONCE, Source, parted
from tillkeeper.cli.simulation.voices import Voice
from tillkeeper.cli.simulation.wire import Unreachable, Wire
from tillkeeper.engines.rehearsal.fleet import Faults, Fleet, Terminal, Truth, write_truths
from tillkeeper.formats.voice.messages import Enrolled
from tillkeeper.kernel.errors import Busy

FINEST_S, COARSEST_S, LOOKS_S = 5, 60, 15.0
TOLD_EVERY_S: Final = 1.0
LOOK_S: Final = 0.5
Stage = Callable[[str, int, int], None]
"""Told of what is done (`codes`, `enrolled`), how many so far and of how many."""
Watch = Callable[[Herd], None]


@dataclass(eq=False, kw_only=True)
class GatewayUnreachable(Busy):
    """Nobody answers where terminals are to call."""

    code = "cli.gateway_unreachable"
    sentence = "No gateway answers at %(address)s (%(why)s). Is it running?"
    address: str
    why: str


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be run."""

    to: str
    pace: Pace
    faults: Faults
    seed: int
    most: int  # connections
    truth: Path | None = None
    patience_s: float = 20.0  # until a gateway answers
    since: float = 0.0  # when the fleet's life began; 0: now


def lead_in(
    source: Source, ring: Keyring, terminals: Sequence[Terminal], order: Order, told: Stage
) -> tuple[list[Voice], dict[str, int]]:
    """Return a voice for every terminal that has a key or gets one, and how often was refused why."""
    asyncio.run(_await_gateway(order))
    keys = ring.read()
    rows = {one.serial: row for row, one in enumerate(terminals)}
    known = [Voice(row, keys[serial]) for serial, row in rows.items() if serial in keys]
    asyncio.run(_tokens(order, known))
    voices = [voice for voice in known if not voice.silenced]
    speaking = {voice.key.serial for voice in voices}
    refused: dict[str, int] = {}
    wanting = [serial for serial in rows if serial not in speaking]
    done = 0
    for some in parted(wanting, CODES_AT_ONCE):
        codes = source.codes(some)
        told("codes", done + len(some), len(wanting))
        made, no = asyncio.run(_enrol(order, codes))
        ring.add(key for key, _ in made)
        voices += [_voice(rows[key.serial], key, enrolled) for key, enrolled in made]
        for code, count in no.items():
            refused[code] = refused.get(code, 0) + count
        done += len(some)
        told("enrolled", done, len(wanting))
    return sorted(voices, key=lambda voice: voice.row), refused


def _voice(row: int, key: Key, enrolled: Enrolled) -> Voice:
    voice = Voice(row, key)
    voice.took_token(enrolled.token, enrolled.expires_s)
    return voice


async def _await_gateway(order: Order) -> None:
    """Wait until the gateway listens: it may just be starting."""
    until = time.monotonic() + order.patience_s
    async with Wire(order.to, 1) as wire:
        while True:
            try:
                await wire.ask("GET", "/device/v1/health")
            except Unreachable as error:
                if time.monotonic() > until:
                    raise GatewayUnreachable(address=order.to, why=str(error)) from None
                await asyncio.sleep(LOOK_S)
            else:
                return


async def _tokens(order: Order, voices: Sequence[Voice]) -> None:
    async with Wire(order.to, order.most) as wire:
        await tokens_for(wire, voices)


async def _enrol(
    order: Order, codes: dict[str, str]
) -> tuple[list[tuple[Key, Enrolled]], dict[str, int]]:
    async with Wire(order.to, min(order.most, 16)) as wire:
        return await enrol_all(wire, codes)


def live(terminals: Sequence[Terminal], voices: list[Voice], order: Order, watch: Watch) -> Herd:
    """Let the fleet live until its time is over or somebody stops it; return the herd as it was then."""
    return asyncio.run(_live(terminals, voices, order, watch))


async def _live(
    terminals: Sequence[Terminal], voices: list[Voice], order: Order, watch: Watch
) -> Herd:
    fleet = _fleet(terminals, order)
    async with Wire(order.to, order.most) as wire:
        chance = Random(order.seed)  # noqa: S311  nothing secret is drawn
        herd = Herd(fleet, voices, wire, order.pace, chance)
        loop = asyncio.get_running_loop()
        for one in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(one, herd.stop.set)
        watching = asyncio.create_task(_watching(herd, order, watch))
        try:
            await herd.run()
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            for one in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(one)
    _write(herd, order)
    return herd


def _fleet(terminals: Sequence[Terminal], order: Order) -> Fleet:
    if order.since:  # a life that others know too: in the usual steps
        return Fleet(terminals, seed=order.seed, begins=order.since, faults=order.faults)
    step_s = round(min(COARSEST_S, max(FINEST_S, LOOKS_S * order.pace.speed)))
    return Fleet(terminals, seed=order.seed, begins=time.time(), faults=order.faults, step_s=step_s)


async def _watching(herd: Herd, order: Order, watch: Watch) -> None:
    while True:
        await asyncio.sleep(TOLD_EVERY_S)
        watch(herd)
        _write(herd, order)  # a fleet that is killed has told the truth so far


def _write(herd: Herd, order: Order) -> None:
    if order.truth:
        write_truths(order.truth, [in_our_time(herd, one) for one in herd.fleet.truths()])


def in_our_time(herd: Herd, truth: Truth) -> Truth:
    """Return a truth with moments as the server's clock knows them, whatever the speed of the fleet's life."""
    return replace(
        truth,
        begins=herd.ours(truth.begins),
        ends=herd.ours(truth.ends),
        seen_at=None if truth.seen_at is None else herd.ours(truth.seen_at),
    )


def outcome(herd: Herd, enrol_refused: dict[str, int]) -> dict[str, Any]:
    """Return the counts of a run."""
    truths = herd.fleet.truths()
    told = herd.tally.facts(
        kept=sum(voice.waiting() for voice in herd.voices),
        dropped=sum(voice.dropped for voice in herd.voices),
    )
    return {
        "terminals": len(herd.voices),
        "seconds": round(time.time() - herd.began, 1),
        **told,
        "enrolments_refused": enrol_refused,
        "silenced": sum(bool(voice.silenced) for voice in herd.voices),
        "faults": len({truth.cause for truth in truths}),
        "faults_shown": len({truth.cause for truth in truths if truth.seen_at is not None}),
    }
