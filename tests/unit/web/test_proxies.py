"""The client's address behind trusted proxies: what the client itself wrote into the header never counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillkeeper.web.proxies import client_of

PEER = "10.0.0.9"
ADDRESSES = st.ip_addresses().map(str)


@given(st.text(max_size=60))
def test_without_proxies_the_header_is_not_believed(forwarded):
    assert client_of(forwarded, peer=PEER, proxies=0) == PEER


@given(invented=st.text(max_size=60), client=ADDRESSES, between=st.lists(ADDRESSES, max_size=4))
def test_whatever_the_client_invents_stands_before_what_the_proxies_wrote(
    invented, client, between
):
    header = ",".join([invented, client, *between])
    assert client_of(header, peer=PEER, proxies=1 + len(between)) == client


@given(st.lists(ADDRESSES, max_size=3))
def test_a_request_that_did_not_come_through_all_proxies_counts_as_its_peer(entries):
    assert client_of(", ".join(entries), peer=PEER, proxies=len(entries) + 1) == PEER


@pytest.mark.parametrize(
    ("entry", "address"),
    [
        ("203.0.113.7:51234", "203.0.113.7"),
        ("[2001:db8::1]:51234", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("unknown", PEER),
        ("", PEER),
    ],
)
def test_an_entry_is_an_address_with_or_without_a_port(entry, address):
    assert client_of(f"198.51.100.1,{entry}", peer=PEER, proxies=1) == address
