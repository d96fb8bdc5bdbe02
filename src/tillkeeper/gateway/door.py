"""What happens with each message, whichever way it came: over HTTP or over MQTT."""

import asyncio
import random
import time
from collections.abc import Sequence
from typing import Final

from django.utils.timezone import now

from tillkeeper.formats.voice.messages import (
    ACTIONS_MAX,
    Asked,
    AskToken,
    CheckIn,
    Enrol,
    Enrolled,
    Heard,
    Kept,
    LogPiece,
    PieceKept,
    Result,
    Token,
)
from tillkeeper.formats.voice.spooled import (
    Spooled,
    SpooledCheckIn,
    SpooledDoubt,
    SpooledResult,
    SpooledSent,
)
from tillkeeper.gateway import memory
from tillkeeper.gateway.desk import Desk
from tillkeeper.gateway.keeping import Keeper
from tillkeeper.gateway.memory import Counters, Knocks, Rates, Tallies, mark_of
from tillkeeper.gateway.refreshing import Refresher
from tillkeeper.gateway.refusals import Refusal
from tillkeeper.telemetry.bearers import Bearer, NoToken
from tillkeeper.telemetry.services.logs import take_piece
from tillkeeper.telemetry.services.proofs import enrol, mint
from tillkeeper.telemetry.spool import Spool

JITTER: Final = 0.1  # of the interval, to either side
SPREAD: Final = 0.5  # after an outage: everybody comes within one interval, evenly
SOONEST_S: Final = 5.0
ANSWERED_S: Final = (
    900.0  # so long an answered action is not handed out again while the ledger still shows it
)
BEARER: Final = b"Bearer "


class Door:
    """The gateway without its transport. All methods run on the loop's thread."""

    def __init__(self, spool: Spool, shards: int) -> None:
        """Take the spool; `open` begins."""
        self._spool = spool
        self.tallies = Tallies()
        self.keeper = Keeper(spool, shards)
        self.desk = Desk()
        self._counters = Counters()
        self._rates = Rates()
        self._knocks = Knocks(per_minute=6, at_once=10)
        self.refresher = Refresher(self._counters, self._rates, self.tallies)
        self._mint = mint()
        self._answered: dict[int, float] = {}
        self._opened_at = 0.0

    async def open(self) -> None:
        """Look up what must be known, and begin."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self.refresher.start, loop)
        self.keeper.start(loop)
        self._opened_at = time.monotonic()

    async def close(self) -> None:
        """Keep what is waiting, write down what was counted, let go."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self.keeper.stop)
        await loop.run_in_executor(None, self.refresher.stop)
        await loop.run_in_executor(None, self.desk.close)
        self._spool.close()

    def bearer(self, authorization: bytes) -> Bearer:
        """Return who speaks.

        Raises:
            Refusal: token_missing, token_invalid, token_expired, enrolment_revoked, too_often.
        """
        if authorization[:7] != BEARER:
            raise Refusal("token_missing")
        return self.speaker(authorization[7:])

    def speaker(self, token: bytes) -> Bearer:
        """Return who speaks, by a token.

        Raises:
            Refusal: as `bearer`.
        """
        try:
            bearer = self._mint.bearer(token)
        except NoToken:
            raise Refusal("token_invalid") from None
        if bearer.until <= time.time():
            raise Refusal("token_expired")
        if bearer.enrolment in self.refresher.revoked:
            raise Refusal("enrolment_revoked")
        wait_s = self._rates.wait_s(bearer.terminal, time.monotonic())
        if wait_s:
            raise Refusal("too_often", after_s=wait_s)
        return bearer

    async def check_in(self, bearer: Bearer, said: CheckIn, size: int) -> Heard:
        """Keep a check-in; return when it is kept for good.

        Raises:
            Refusal: counter_backwards, counter_reused, not_kept.
        """
        terminal, enrolment = bearer.terminal, bearer.enrolment
        at = time.time()
        at_ms = int(at * 1000)
        mark = mark_of(said.readings)
        heard = self._counters.judge(terminal, enrolment, said.counter, mark)
        if heard is memory.Heard.BACKWARDS or heard is memory.Heard.REUSED:
            await self._doubt(bearer, at_ms, heard.value, said.counter)
        interval_s = self.refresher.limits.interval_s
        asked = self._asked(terminal, at)
        items: list[Spooled] = []
        if heard is memory.Heard.NEW:
            items.append(SpooledCheckIn(terminal, enrolment, at_ms, interval_s, said))
        if asked:
            items.append(SpooledSent(terminal, at_ms, [int(one.id) for one in asked]))
        if items:
            await self._kept(terminal, items, size)
        if heard is memory.Heard.NEW:
            self._counters.keep(terminal, enrolment, said.counter, mark)
        self.tallies.add("check_in" if heard is memory.Heard.NEW else "check_in_repeated")
        return Heard(at_ms, self._after_ms(interval_s), interval_s, asked)

    async def result(self, bearer: Bearer, action: str, said: Result, size: int) -> Kept:
        """Keep a terminal's word of what became of an action.

        Raises:
            Refusal: not_found, not_kept.
        """
        if not (action.isascii() and action.isdigit() and len(action) < 18):
            raise Refusal("not_found")
        at_ms = int(time.time() * 1000)
        item = SpooledResult(bearer.terminal, at_ms, int(action), said)
        await self._kept(bearer.terminal, [item], size)
        self._forget(int(action))
        self.tallies.add("result")
        return Kept(at_ms)

    async def enrol(self, message: Enrol, source: str) -> Enrolled:
        """Enrol a terminal.

        Raises:
            Refusal: why not.
        """
        self._knock(message.serial)
        limits = self.refresher.limits
        granted = await self.desk.run(enrol, message, limits=limits, source=source, at=now())
        self.tallies.add("enrolled")
        at_ms = int(time.time() * 1000)
        return Enrolled(str(granted.enrolment), granted.token, granted.expires_s, at_ms)

    async def token(self, message: AskToken) -> Token:
        """Give the next token.

        Raises:
            Refusal: why not.
        """
        self._knock(message.serial)
        granted = await self.desk.token(message, self.refresher.limits)
        self.tallies.add("token")
        return Token(granted.token, granted.expires_s, int(time.time() * 1000))

    async def log_piece(self, bearer: Bearer, head: LogPiece, body: bytes) -> PieceKept:
        """Keep a piece of a log.

        Raises:
            Refusal: why not.
        """
        taken = await self.desk.run(
            take_piece, terminal=bearer.terminal, head=head, body=body, at=now()
        )
        self.tallies.add("log_piece")
        return PieceKept(taken.here, taken.pieces, int(time.time() * 1000))

    def _knock(self, serial: str) -> None:
        wait_s = self._knocks.wait_s(serial, time.monotonic())
        if wait_s:
            raise Refusal("too_often", after_s=wait_s)

    async def _doubt(self, bearer: Bearer, at_ms: int, code: str, counter: int) -> None:
        expected = self._counters.last(bearer.terminal)
        doubt = SpooledDoubt(bearer.terminal, bearer.enrolment, at_ms, code, counter, expected)
        await self._kept(bearer.terminal, [doubt], 64)
        raise Refusal(code)

    async def _kept(self, terminal: int, items: Sequence[Spooled], size: int) -> None:
        try:
            await self.keeper.keep(terminal, items, size)
        except Refusal as refusal:
            # All who come now cannot be kept; let them come again one after the other.
            refusal.after_s = int(random.uniform(SOONEST_S, self.refresher.limits.interval_s))  # noqa: S311
            raise

    def _asked(self, terminal: int, at: float) -> list[Asked]:
        """Return what waits for a terminal, without what it has answered already."""
        due = self.refresher.actions.due(terminal, at, ACTIONS_MAX)
        return [
            Asked(str(action), deed.kind, dict(deed.arguments), int(deed.expires * 1000))
            for action, deed in due
            if action not in self._answered
        ]

    def _forget(self, action: int) -> None:
        """Hand an action out no more; the ledger shows it for a moment longer."""
        self.refresher.actions.forget(action)
        at = time.monotonic()
        self._answered[action] = at
        while self._answered:
            oldest = next(iter(self._answered))
            if at - self._answered[oldest] < ANSWERED_S:
                return
            del self._answered[oldest]

    def _after_ms(self, interval_s: int) -> int:
        """Return when a terminal is to come again: evenly spread, and more so while a herd is about."""
        since = max(self._opened_at, self.keeper.back_at)
        part = SPREAD if time.monotonic() - since < interval_s else JITTER
        return int(interval_s * 1000 * (1 + part * (2 * random.random() - 1)))  # noqa: S311
