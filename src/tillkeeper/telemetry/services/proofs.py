"""Who may speak, as terminals prove it: enrolling with a code and a key, and asking for the next token."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.db import connection, transaction

from tillkeeper.formats.voice.messages import AskToken, Enrol, enrol_words, token_words
from tillkeeper.formats.voice.spooled import SpooledDoubt
from tillkeeper.kernel.actor import Actor, Scope
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.bulk import among
from tillkeeper.kernel.errors import TillkeeperError
from tillkeeper.telemetry.bearers import Bearer, Mint
from tillkeeper.telemetry.codes import digest
from tillkeeper.telemetry.errors import (
    ClockStale,
    CodeRefused,
    EnrolmentRevoked,
    EnrolmentUnknown,
    KeyTaken,
    KeyUnusable,
    NonceUsed,
    ProofRefused,
    TerminalUnknown,
    TwoKeys,
)
from tillkeeper.telemetry.models import ActivationCode, Enrolment, UsedNonce
from tillkeeper.telemetry.queries.enrolments import SILENT_STATES, Limits
from tillkeeper.telemetry.services.doubts import note_doubts
from tillkeeper.terminals.queries import matching
from tillkeeper.terminals.selection import Filters

KEY_BYTES: Final = 32
TWO_KEYS: Final = "two_keys"
REPLACED: Final = "replaced by a new key"


@dataclass(frozen=True, slots=True)
class Granted:
    """A token, and until when it is good."""

    enrolment: int
    token: str
    expires_s: int


def enrol(message: Enrol, *, limits: Limits, source: str, at: datetime) -> Granted:
    """Enrol a terminal: a code that waits for it, and a proof that it holds the key; return a first token.

    The same key with the same code again, because the answer was lost, is answered as the first time.

    Raises:
        TerminalUnknown, CodeRefused, KeyUnusable, ProofRefused, ClockStale, NonceUsed, KeyTaken: no enrolment.
        TwoKeys: another key is in force; that is noted as a doubt, for one of the two is not the terminal.
    """
    key = public_key(message.public_key)
    _refuse_stale(message.clock, limits, at)
    if not _signed(key, message.proof, enrol_words(message)):
        raise ProofRefused
    doubt: list[SpooledDoubt] = []
    try:
        return _enrol(message, limits=limits, source=source, at=at, doubt=doubt)
    except TwoKeys:
        note_doubts(doubt, at=at)  # outside: the refusal has undone all else
        raise


@verb
def _enrol(
    message: Enrol, *, limits: Limits, source: str, at: datetime, doubt: list[SpooledDoubt]
) -> Granted:
    found = _terminal(message.serial)
    code = _code(found, message.code)
    rows = Enrolment.objects.select_for_update().filter(terminal_id=found.pk, revoked_at=None)
    present = rows.first()
    if present is not None and present.public_key == message.public_key:
        return _again(found, present, message, limits, at)
    _refuse_spent(found, code, at)
    if Enrolment.objects.filter(public_key=message.public_key).exists():
        raise KeyTaken
    if present is not None and not code.replaces:
        seen = SpooledDoubt(found.pk, present.pk, int(at.timestamp() * 1000), TWO_KEYS, 2, 1)
        doubt.append(seen)
        raise TwoKeys(serial=found.serial)
    by = Actor(kind="system", name=f"terminal {found.serial}", source=source)
    if present is not None:
        present.revoked_at, present.revoked_by, present.why = at, by.name[:120], REPLACED
        present.save(update_fields=["revoked_at", "revoked_by", "why"])
    code.used_at = at
    code.save(update_fields=["used_at"])
    made = Enrolment.objects.create(
        terminal_id=found.pk,
        public_key=message.public_key,
        agent=message.agent,
        at=at,
        source=source[:64],
    )
    record_change(
        action="enrolment.open",
        subject=f"terminal:{found.serial}",
        place=found.path,
        by=by,
        at=at,
        before={"enrolment": present.pk} if present else None,
        after={"enrolment": made.pk, "key": message.public_key, "agent": message.agent},
    )
    return _again(found, made, message, limits, at)


def _terminal(serial: str) -> Any:
    """Return the terminal, locked: a step that ends its key waits, and then ends the one that enrols now too."""
    rows = matching(Scope(("",)), Filters()).exclude(state__in=SILENT_STATES)
    named = rows.filter(serial=serial.strip().upper())
    found = named.select_for_update(of=("self",), no_key=True).first()
    if found is None:
        raise TerminalUnknown(serial=serial)
    return found


def _code(found: Any, code: str) -> ActivationCode:
    rows = ActivationCode.objects.select_for_update().filter(terminal_id=found.pk)
    row = rows.filter(digest=digest(code, settings.SECRET_KEY)).first()
    if row is None:
        raise CodeRefused(serial=found.serial, why="unknown")
    return row


def _refuse_spent(found: Any, code: ActivationCode, at: datetime) -> None:
    spent = {
        "used": code.used_at is not None,
        "withdrawn": code.withdrawn_at is not None,
        "expired": code.expires_at <= at,
    }
    if any(spent.values()):
        why = next(name for name, holds in spent.items() if holds)
        raise CodeRefused(serial=found.serial, why=why)


def _again(
    found: Any, enrolment: Enrolment, message: Enrol, limits: Limits, at: datetime
) -> Granted:
    if not _take_nonces([(enrolment.pk, message.nonce)], at):
        raise NonceUsed
    until = _until(at, limits)
    Enrolment.objects.filter(pk=enrolment.pk).update(token_until=until)
    bearer = Bearer(found.pk, found.serial, enrolment.pk, int(until.timestamp()))
    return Granted(enrolment.pk, mint().token(bearer), limits.token_s)


def issue_token(message: AskToken, *, limits: Limits, at: datetime) -> Granted:
    """Return the next token of one terminal; see `issue_tokens`.

    Raises:
        EnrolmentUnknown, EnrolmentRevoked, ProofRefused, ClockStale, NonceUsed: none is given.
    """
    (answer,) = issue_tokens([message], limits=limits, at=at)
    if isinstance(answer, TillkeeperError):
        raise answer
    return answer


def issue_tokens(
    messages: Sequence[AskToken], *, limits: Limits, at: datetime
) -> list[Granted | TillkeeperError]:
    """Return for each message a token or why there is none: three statements and one commit, however many ask.

    A million terminals ask 280 times a second; each alone would cost more than its twelve check-ins an hour.
    """
    known = _enrolments({_number(message.enrolment) for message in messages})
    answers: list[Granted | TillkeeperError | Enrolment] = [
        _judged(message, known, limits, at) for message in messages
    ]
    good = [
        (place, answer) for place, answer in enumerate(answers) if isinstance(answer, Enrolment)
    ]
    if good:
        _grant(messages, answers, good, limits, at)
    return [answer for answer in answers if not isinstance(answer, Enrolment)]


def _grant(
    messages: Sequence[AskToken],
    answers: list[Granted | TillkeeperError | Enrolment],
    good: Sequence[tuple[int, Enrolment]],
    limits: Limits,
    at: datetime,
) -> None:
    until = _until(at, limits)
    with transaction.atomic():
        pairs = [(row.pk, messages[place].nonce) for place, row in good]
        fresh = _take_nonces(pairs, at)
        granted: list[int] = []
        for (place, row), pair in zip(good, pairs, strict=True):
            if pair not in fresh:
                answers[place] = NonceUsed()
                continue
            fresh.discard(pair)  # twice in one gathering is twice
            granted.append(row.pk)
            bearer = Bearer(row.terminal_id, messages[place].serial, row.pk, int(until.timestamp()))
            answers[place] = Granted(row.pk, mint().token(bearer), limits.token_s)
        # Of those revoked in this instant the end of the token is noted too, so that gateways know it for revoked.
        Enrolment.objects.filter(pk__in=among(sorted(granted))).update(token_until=until)


def forget_nonces(*, limits: Limits, at: datetime) -> int:
    """Forget nonces of moments that no proof may carry any more."""
    oldest = at - 3 * timedelta(seconds=limits.clock_s)
    return UsedNonce.objects.filter(at__lt=oldest).delete()[0]


@lru_cache(maxsize=1)
def mint() -> Mint:
    """Return what makes and reads tokens here."""
    return Mint(settings.SECRET_KEY)


def public_key(text: str) -> Ed25519PublicKey:
    """Return a public key as it is sent.

    Raises:
        KeyUnusable: it is none.
    """
    raw = _bytes(text)
    if len(raw) != KEY_BYTES:
        raise KeyUnusable
    try:
        return Ed25519PublicKey.from_public_bytes(raw)
    except ValueError:
        raise KeyUnusable from None


def _judged(
    message: AskToken, known: Mapping[int, Enrolment], limits: Limits, at: datetime
) -> Enrolment | TillkeeperError:
    row = known.get(_number(message.enrolment))
    if row is None or row.terminal.serial != message.serial:
        return EnrolmentUnknown()
    try:
        if not _signed(public_key(row.public_key), message.proof, token_words(message)):
            return ProofRefused()
        _refuse_stale(message.clock, limits, at)
    except TillkeeperError as error:
        return error
    if row.revoked_at is not None:
        return EnrolmentRevoked()
    if row.terminal.state in SILENT_STATES:
        return TerminalUnknown(serial=message.serial)
    return row


def _enrolments(numbers: set[int]) -> dict[int, Enrolment]:
    rows = Enrolment.objects.filter(pk__in=among(sorted(numbers))).select_related("terminal")
    return {row.pk: row for row in rows}


def _number(enrolment: str) -> int:
    return (
        int(enrolment) if enrolment.isascii() and enrolment.isdigit() and len(enrolment) < 18 else 0
    )


def _signed(key: Ed25519PublicKey, proof: str, words: bytes) -> bool:
    try:
        key.verify(_bytes(proof), words)
    except InvalidSignature:
        return False
    return True


def _bytes(text: str) -> bytes:
    """Return base64url without padding as bytes; nothing if it is none."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""


def _refuse_stale(clock: int, limits: Limits, at: datetime) -> None:
    off_s = abs(clock / 1000 - at.timestamp())
    if off_s > limits.clock_s:
        raise ClockStale(off_s=int(off_s), limit_s=limits.clock_s)


def _until(at: datetime, limits: Limits) -> datetime:
    return at + timedelta(seconds=limits.token_s)


def _take_nonces(pairs: Sequence[tuple[int, str]], at: datetime) -> set[tuple[int, str]]:
    """Keep nonces; return those that had not been used before."""
    moment = connection.ops.adapt_datetimefield_value(at)
    slots = ", ".join(["(%s, %s, %s)"] * len(pairs))
    statement = (
        f"INSERT INTO telemetry_usednonce (enrolment_id, nonce, at) VALUES {slots} "  # noqa: S608  slots only
        "ON CONFLICT (enrolment_id, nonce) DO NOTHING RETURNING enrolment_id, nonce"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [value for pair in pairs for value in (*pair, moment)])
        return {(row[0], row[1]) for row in cursor.fetchall()}
