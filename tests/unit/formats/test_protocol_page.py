"""The page that vendors build from tells what is true: its proofs verify, and it names every signal, kind and code."""

import json
import re
from base64 import urlsafe_b64decode
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tillkeeper.formats.voice.messages import (
    AskToken,
    CheckIn,
    Enrol,
    Heard,
    Result,
    enrol_words,
    token_words,
)
from tillkeeper.formats.voice.signals import SIGNALS
from tillkeeper.gateway.refusals import REFUSALS
from tillkeeper.telemetry.lifecycle import ActionKind

PAGE = Path(__file__).parents[3] / "docs/reference/device-protocol.md"
TEXT = PAGE.read_text(encoding="utf-8")
SECRET = re.search(r"^[0-9a-f]{64}$", TEXT, re.MULTILINE)[0]


def example(kind, marker):
    """Return the example message of the page in which a field stands."""
    (found,) = [
        block for block in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL) if marker in block
    ]
    return msgspec.json.decode(found.encode(), type=kind)


def unpadded(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.mark.parametrize(
    ("kind", "marker", "words"),
    [(Enrol, "public_key", enrol_words), (AskToken, '"enrolment"', token_words)],
)
def test_the_proofs_on_the_page_are_those_of_its_key(kind, marker, words):
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(SECRET))
    message = example(kind, marker)
    assert key.sign(words(message)) == unpadded(message.proof)


def test_the_signed_words_on_the_page_are_those_of_its_message():
    message = example(Enrol, "public_key")
    assert enrol_words(message).decode().replace("\n", r"\n") in TEXT
    public = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(SECRET)).public_key()
    assert unpadded(message.public_key) == public.public_bytes_raw()


@pytest.mark.parametrize(
    ("kind", "marker"), [(CheckIn, "readings"), (Heard, "after_ms"), (Result, "outcome")]
)
def test_the_examples_on_the_page_are_messages(kind, marker):
    assert json.loads(msgspec.json.encode(example(kind, marker)))


def test_every_signal_action_and_refusal_is_named_on_the_page():
    named = set(re.findall(r"`([a-z_]+)`", TEXT))
    assert set(SIGNALS) <= named
    assert set(ActionKind) <= named
    assert set(REFUSALS) <= named
