"""Passwords of drops from the environment, and which servers the list of allowed ones means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillkeeper.config.environment import Environment
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.settlement.services.drops.addresses import (
    folder_of,
    is_plain,
    require_allowed,
    server_of,
)
from tillkeeper.settlement.services.drops.errors import HostNotAllowed
from tillkeeper.settlement.services.drops.identity import variable_of


def test_passwords_are_read_by_their_names_and_from_files(tmp_path):
    (tmp_path / "secret").write_text("from a file\n")
    environment = Environment(
        {
            "TILLKEEPER_SFTP_PASSWORD_SH_WECHAT": "plain",
            "TILLKEEPER_SFTP_PASSWORD_SH_BANK_FILE": str(tmp_path / "secret"),
            "TILLKEEPER_SFTP_HOSTS": "a",
        }
    )
    read = environment.family("SFTP_PASSWORD_")
    assert read == {"SH_WECHAT": "plain", "SH_BANK": "from a file"}
    assert environment.unknown() == ["TILLKEEPER_SFTP_HOSTS"]
    assert variable_of("SH", "we-chat") == "TILLKEEPER_SFTP_PASSWORD_SH_WE_CHAT"


@pytest.mark.parametrize(
    ("named", "address", "allowed"),
    [
        ("files.example", "sftp://a@files.example/", True),
        ("FILES.example", "sftp://a@Files.Example:22/x", True),
        ("files.example", "sftp://a@files.example:2222/", False),
        ("files.example:2222", "sftp://a@files.example:2222/", True),
        ("files.example:2222", "sftp://a@files.example/", False),
        ("a@files.example", "sftp://a@files.example/", True),
        ("b@files.example", "sftp://a@files.example/", False),
        ("example", "sftp://a@files.example/", False),
        ("files.example", "sftp://a@files.example.evil.example/", False),
        ("[::1]:2222", "sftp://a@[::1]:2222/", True),
        ("", "sftp://a@files.example/", False),
    ],
)
def test_only_servers_that_were_named_are_called(settings, named, address, allowed):
    settings.TILLKEEPER_SFTP_HOSTS = [named] if named else []
    server = server_of(address)
    if allowed:
        require_allowed(server)
    else:
        with pytest.raises(HostNotAllowed):
            require_allowed(server)


@pytest.mark.parametrize(
    "address",
    [
        "http://a@b/", "sftp://b/", "sftp://a:secret@b/", "sftp://a:@b/", "sftp://a@/", "sftp://a@b:0x16/", "sftp://a@b:99999/",
        "sftp://a@b/../etc", "sftp://a@b/x?y", "sftp://a@b/x#y", "sftp://a@b c/", "sftp://-o@b/", "sftp://a@-b/", "sftp://a@b/\n",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_without_its_password(address):
    with pytest.raises(FieldInvalid) as refused:
        server_of(address)
    assert "secret" not in str(refused.value)


@given(st.text(max_size=40))
def test_whatever_is_typed_the_folder_lies_below_the_folder_of_drops(address):
    from django.conf import settings

    try:
        folder = folder_of("SH", address)
    except FieldInvalid:
        return
    inside = folder.relative_to(settings.TILLKEEPER_DROPS)
    assert inside.parts[0] == "SH"
    assert len(inside.parts) > 1
    assert ".." not in inside.parts
    assert all(is_plain(part) for part in inside.parts)


@given(st.text(max_size=60), st.text(min_size=1, max_size=20))
def test_an_address_says_itself_again(folder, user):
    try:
        server = server_of(f"sftp://{user}@files.example/{folder}")
    except FieldInvalid:
        return
    assert server_of(str(server)) == server
