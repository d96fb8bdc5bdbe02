"""The second door: the same messages over MQTT 5, through a broker that terminals keep a connection to.

A terminal publishes (QoS 1) to tillkeeper/v1/SERIAL/WHAT: enrol, token, check-in, result/ACTION or logs. Its token
stands in the user property `token`, JSON or MessagePack in the content type. The answer goes to the response
topic, if that lies below tillkeeper/v1/SERIAL/, else to tillkeeper/v1/SERIAL/answer, with the correlation data and a
user property `status`. The broker's own acknowledgement says only that the broker has it: kept is what was answered.

Several gateways share one subscription, so each message comes to one of them. Needs the extra `scale`.
"""

import asyncio
import logging
import random
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from tillkeeper.formats.voice.messages import BODY_MAX
from tillkeeper.gateway.door import Door
from tillkeeper.gateway.refusals import Refusal
from tillkeeper.gateway.wording import (
    ASKS,
    CHECK_INS,
    ENROLS,
    JSON,
    PIECE_MAX,
    RESULTS,
    content_type,
    piece_head,
    refused,
    written,
)
from tillkeeper.telemetry.bearers import Bearer
from tillkeeper.telemetry.errors import BrokerNotInstalled

try:
    import aiomqtt
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties
except ImportError:  # the extra is missing
    aiomqtt = None

logger = logging.getLogger("tillkeeper.gateway")

ROOT: Final = "tillkeeper/v1/"
SHARED: Final = "$share/tillkeeper-gateways/"
ASKED: Final = ("enrol", "token", "check-in", "result/+", "logs")
UNDER_WAY_MAX: Final = 1_000
AGAIN_S: Final = (1.0, 30.0)
PLAIN_PORT, SAFE_PORT = 1883, 8883


class SecondDoor:
    """Answers what comes by the broker, for as long as the gateway runs."""

    def __init__(self, door: Door, address: str) -> None:
        """Take the door and the broker's address, mqtt://user:password@host:port or mqtts://…

        Raises:
            BrokerNotInstalled: the extra `scale` is missing.
        """
        if aiomqtt is None:
            raise BrokerNotInstalled(extra="scale")
        self._door = door
        self._url = urlsplit(address)
        self._under_way: set[asyncio.Task[None]] = set()
        self._now: Any = None  # the client while there is one
        self.listening = asyncio.Event()

    async def run(self) -> None:
        """Listen; come back when the broker was away."""
        wait_s = AGAIN_S[0]
        while True:
            try:
                async with self._client() as client:
                    for what in ASKED:
                        await client.subscribe(f"{SHARED}{ROOT}+/{what}", qos=1)
                    self._now = client
                    self.listening.set()
                    wait_s = AGAIN_S[0]
                    await self._listen(client)
            except aiomqtt.MqttError as error:
                logger.warning("the MQTT broker is away (%s); next try in %.0f s", error, wait_s)
            finally:
                self.listening.clear()
            await asyncio.sleep(wait_s * random.uniform(0.8, 1.2))  # noqa: S311
            wait_s = min(wait_s * 2, AGAIN_S[1])

    def _client(self) -> Any:
        safe = self._url.scheme == "mqtts"
        return aiomqtt.Client(
            self._url.hostname,
            self._url.port or (SAFE_PORT if safe else PLAIN_PORT),
            username=unquote(self._url.username) if self._url.username else None,
            password=unquote(self._url.password) if self._url.password else None,
            protocol=aiomqtt.ProtocolVersion.V5,
            tls_context=ssl.create_default_context() if safe else None,
            max_queued_incoming_messages=UNDER_WAY_MAX,
            max_inflight_messages=UNDER_WAY_MAX,
        )

    async def _listen(self, client: Any) -> None:
        try:
            async for message in client.messages:
                if len(self._under_way) >= UNDER_WAY_MAX:
                    await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
                task = asyncio.create_task(self._answer(client, message))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
        finally:
            for task in self._under_way:
                task.cancel()

    async def _answer(self, client: Any, message: Any) -> None:
        serial, _, what = str(message.topic)[len(ROOT) :].partition("/")
        kind = JSON
        status = 200
        try:
            kind = content_type(_property(message, "ContentType").encode())
            body = await self._said(serial, what, kind, message)
        except Refusal as refusal:
            self._door.tallies.add(refusal.code)
            status, body = refusal.status, refused(kind, refusal)
        except Exception:
            logger.exception("a message could not be answered")
            sorry = Refusal("busy", after_s=60)
            status, body = sorry.status, refused(kind, sorry)
        with suppress(aiomqtt.MqttError):
            await client.publish(
                _answer_topic(serial, message),
                body,
                qos=1,
                properties=_properties(kind, status, message),
            )

    async def _said(self, serial: str, what: str, kind: bytes, message: Any) -> bytes:
        """Return the answer to a message."""
        body: bytes = message.payload
        if len(body) > (PIECE_MAX if what == "logs" else BODY_MAX):
            raise Refusal("too_large")
        told = dict(_property(message, "UserProperty", ()))
        way, _, action = what.partition("/")
        ways: Mapping[str, Callable[[], Awaitable[Any]]] = {
            "enrol": lambda: self._enrol(serial, kind, body),
            "token": lambda: self._token(serial, kind, body),
            "check-in": lambda: self._door.check_in(
                self._bearer(serial, told), CHECK_INS.read(kind, body), len(body)
            ),
            "result": lambda: self._door.result(
                self._bearer(serial, told), action, RESULTS.read(kind, body), len(body)
            ),
            "logs": lambda: self._door.log_piece(
                self._bearer(serial, told), piece_head(told), body
            ),
        }
        return written(kind, await ways[way]())

    async def _enrol(self, serial: str, kind: bytes, body: bytes) -> Any:
        said = ENROLS.read(kind, body)
        _refuse_strangers(serial, said.serial)
        return await self._door.enrol(said, "mqtt")

    async def _token(self, serial: str, kind: bytes, body: bytes) -> Any:
        said = ASKS.read(kind, body)
        _refuse_strangers(serial, said.serial)
        return await self._door.token(said)

    def _bearer(self, serial: str, told: Mapping[str, str]) -> Bearer:
        token = told.get("token", "")
        if not token:
            raise Refusal("token_missing", "Send the token as the user property `token`.")
        bearer = self._door.speaker(token.encode())
        _refuse_strangers(serial, bearer.serial)
        return bearer


def _refuse_strangers(topic: str, said: str) -> None:
    """Let nobody speak on another terminal's topic: the broker may keep them apart by it."""
    if topic != said:
        raise Refusal("token_invalid", "The topic names another terminal than the message.")


def _property(message: Any, name: str, default: Any = "") -> Any:
    return getattr(message.properties, name, default) if message.properties else default


def _answer_topic(serial: str, message: Any) -> str:
    """Return where an answer goes: never out of the terminal's own part of the tree."""
    wished: str = _property(message, "ResponseTopic")
    own = f"{ROOT}{serial}/"
    asked = {f"{own}{what}" for what in ("enrol", "token", "check-in", "logs")}
    usable = wished.startswith(own) and not {"+", "#"} & set(wished) and wished not in asked
    return wished if usable and not wished.startswith(f"{own}result/") else f"{own}answer"


def _properties(kind: bytes, status: int, message: Any) -> Any:
    made = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    made.ContentType = kind.decode()
    made.UserProperty = [("status", str(status))]
    if correlation := _property(message, "CorrelationData", b""):
        made.CorrelationData = correlation
    return made
