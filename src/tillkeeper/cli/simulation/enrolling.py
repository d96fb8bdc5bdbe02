"""Leading a fleet in: activation codes, from the ledger on this machine or from a REST API, then an enrolment each."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tillkeeper.cli.simulation.keyring import Key, base64
from tillkeeper.cli.simulation.voices import JSON, Voice, enrol_message, milliseconds
from tillkeeper.cli.simulation.wire import Unreachable, Wire
from tillkeeper.formats.voice.messages import Enrolled, Refused, Token

TRIES: Final = 5
WAIT_S: Final = 2.0
BAD_REQUEST: Final = 400
TOO_MANY, UNAVAILABLE = 429, 503
ENDED: Final = frozenset({"enrolment_revoked", "enrolment_unknown", "terminal_unknown"})
Told = Callable[[int], None]


def refusal(body: bytes) -> Refused:
    """Return what a refusal says, whatever it is made of."""
    try:
        return msgspec.json.decode(body, type=Refused)
    except msgspec.DecodeError:
        return Refused("unreadable_answer", "")


async def enrol_all(
    wire: Wire, codes: Mapping[str, str], told: Told | None = None
) -> tuple[list[tuple[Key, Enrolled]], dict[str, int]]:
    """Enrol every serial with its code; return keys with first tokens, and how often was refused why."""
    made: list[tuple[Key, Enrolled]] = []
    refused: dict[str, int] = {}

    async def one(serial: str, code: str) -> None:
        try:
            made.append(await _enrol(wire, serial, code))
        except _NotTaken as error:
            refused[str(error)] = refused.get(str(error), 0) + 1
        if told:
            told(len(made))

    await _at_most(wire.most, (one(serial, code) for serial, code in codes.items()))
    return made, refused


class _NotTaken(Exception):
    """An enrolment that was refused; the message is the code."""


async def _enrol(wire: Wire, serial: str, code: str) -> tuple[Key, Enrolled]:
    private = Ed25519PrivateKey.generate()
    why = "unreachable"
    for _ in range(TRIES):
        body = msgspec.json.encode(enrol_message(serial, code, private, milliseconds()))
        try:
            said = await wire.ask("POST", "/device/v1/enrol", body, {"Content-Type": JSON})
        except Unreachable:
            await asyncio.sleep(WAIT_S)
            continue
        if said.status < BAD_REQUEST:
            enrolled = msgspec.json.decode(said.body, type=Enrolled)
            return Key(serial, enrolled.enrolment, base64(private.private_bytes_raw())), enrolled
        no = refusal(said.body)
        why = no.code
        if said.status not in {TOO_MANY, UNAVAILABLE}:
            break
        await asyncio.sleep(no.after_s or WAIT_S)
    raise _NotTaken(why)


async def tokens_for(wire: Wire, voices: Sequence[Voice]) -> None:
    """Ask for a token for each voice; those that may not speak any more are silenced."""

    async def one(voice: Voice) -> None:
        for _ in range(TRIES):
            try:
                no = await ask_token(wire, voice)
            except Unreachable:
                no = Refused("unreachable", "")
            if no is None or no.code in ENDED:
                break
            await asyncio.sleep(no.after_s or WAIT_S)

    await _at_most(wire.most, (one(voice) for voice in voices))


async def ask_token(wire: Wire, voice: Voice) -> Refused | None:
    """Get a voice its next token; return why there is none.

    The proof carries the true time: a terminal whose clock is off learns it from the answers.

    Raises:
        Unreachable: no answer.
    """
    body = msgspec.json.encode(voice.ask_token(milliseconds()))
    said = await wire.ask("POST", "/device/v1/token", body, {"Content-Type": JSON})
    if said.status >= BAD_REQUEST:
        no = refusal(said.body)
        if no.code in ENDED:
            voice.silenced = no.code
        return no
    token = msgspec.json.decode(said.body, type=Token)
    voice.took_token(token.token, token.expires_s)
    return None


async def _at_most(count: int, jobs: Iterable[Awaitable[None]]) -> None:
    """Do all jobs, so many at a time; they are made as they are begun."""
    waiting = iter(jobs)

    async def work() -> None:
        for job in waiting:
            await job

    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(work())
