"""Tokens are read here as joserfc reads them, and nothing else is."""

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from tillkeeper.telemetry.bearers import Bearer, Mint, NoToken

MINT = Mint("a secret")
WHO = Bearer(7, "P82003059", 12, 1_800_000_000)


@given(
    st.builds(
        Bearer,
        terminal=st.integers(1, 2**53),
        serial=st.text(min_size=1, max_size=32),
        enrolment=st.integers(1, 2**53),
        until=st.integers(0, 2**40),
    )
)
def test_what_is_minted_is_read_again_and_by_joserfc_alike(bearer):
    token = MINT.token(bearer)
    assert MINT.bearer(token.encode()) == bearer
    claims = jwt.decode(token, MINT._key, algorithms=["HS256"]).claims
    assert Bearer(claims["t"], claims["s"], claims["e"], claims["exp"]) == bearer


@given(st.integers(0, 150), st.integers(0, 255))
def test_one_changed_byte_is_no_token(place, byte):
    token = bytearray(MINT.token(WHO).encode())
    place %= len(token)
    if token[place] == byte:
        return
    token[place] = byte
    with pytest.raises(NoToken):
        MINT.bearer(bytes(token))


@given(st.binary(max_size=300))
@example(b"..")
@example(b"\xff.\xff.\xff")
def test_junk_is_no_token(junk):
    with pytest.raises(NoToken):
        MINT.bearer(junk)


def test_a_token_of_another_server_or_algorithm_or_use_is_none():
    claims = {"t": 7, "s": "P82003059", "e": 12, "exp": 1_800_000_000}
    unsigned = ".".join(
        base64.urlsafe_b64encode(part).rstrip(b"=").decode()
        for part in (b'{"alg":"none"}', b'{"t":7,"s":"x","e":1,"exp":1}', b"")
    )
    others = [
        Mint("another secret").token(WHO),
        unsigned,
        jwt.encode({"alg": "HS512"}, claims, OctKey.import_key("k" * 64), algorithms=["HS512"]),
        jwt.encode({"alg": "HS256"}, {"sub": "somebody"}, MINT._key),
    ]
    for token in others:
        with pytest.raises(NoToken):
            MINT.bearer(token.encode())
