"""Variables are typed, and a wrong one is refused with a sentence that says what is expected and not what was given."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from tillkeeper.config.environment import Environment


def read(**variables: str) -> Environment:
    return Environment({f"TILLKEEPER_{name}": value for name, value in variables.items()})


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (lambda e: e.flag("X"), "1, true, yes, on or 0, false, no, off"),
        (lambda e: e.number("X", 1, least=1, most=9), "a whole number from 1 to 9"),
        (lambda e: e.choice("X", "a", ("a", "b")), "one of a, b"),
        (lambda e: e.database("X", "sqlite:///x"), "postgresql://user:password@host:port/name"),
    ],
)
def test_a_wrong_value_is_refused_by_what_is_expected_and_never_repeated(ask, expected):
    with pytest.raises(ImproperlyConfigured) as refused:
        ask(read(X="s3cret nonsense"))
    assert expected in str(refused.value)
    assert "TILLKEEPER_X" in str(refused.value)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    "value", ["", "a b", "http://host", "127.0.0.1:8000", "999.1.1.1", "-x", "a/b"]
)
def test_an_address_to_listen_at_that_is_none_is_refused(value):
    with pytest.raises(ImproperlyConfigured, match="TILLKEEPER_HOST"):
        read(HOST=value).address("HOST", "127.0.0.1")


@pytest.mark.parametrize("value", ["0.0.0.0", "::", "192.0.2.7", "localhost", "tills.example"])  # noqa: S104
def test_an_address_to_listen_at_is_an_ip_address_or_a_host(value):
    assert read(HOST=value).address("HOST", "127.0.0.1") == value


@pytest.mark.parametrize(
    "value", ["host:4222", "http://host:4222", "nats://host", "nats://host:port", "nats://:4222"]
)
def test_a_broker_is_named_with_its_kind_its_host_and_its_port(value):
    with pytest.raises(ImproperlyConfigured, match="nats://host:port, or nothing"):
        read(SPOOL=value).spool("SPOOL")
    with pytest.raises(ImproperlyConfigured, match="TILLKEEPER_MQTT"):
        read(MQTT=value).mqtt("MQTT")


def test_brokers_may_be_left_out():
    assert read().spool("SPOOL") == read().mqtt("MQTT") == ""
    assert read(SPOOL="nats://broker.example:4222").spool("SPOOL") == "nats://broker.example:4222"
    assert read(MQTT="mqtts://u:p@broker.example:8883").mqtt("MQTT").startswith("mqtts://")


@pytest.mark.parametrize("value", ["0", "10", "-1", "1.5", "five", "５", ""])
def test_a_number_outside_its_bounds_is_refused(value):
    with pytest.raises(ImproperlyConfigured):
        read(X=value).number("X", 5, least=1, most=9)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mysql://h/d",
        "sqlite://",
        "postgresql://h",
        "postgresql://h:port/d",
        "postgresql://h:99999/d",
        "x",
    ],
)
def test_a_database_that_is_no_address_is_refused(url):
    with pytest.raises(ImproperlyConfigured):
        read(X=url).database("X", "sqlite:///x")


def test_a_database_address_is_taken_apart():
    made = read(X="postgresql://us%40er:p%3Aw@db.example:5433/till?sslmode=require").database(
        "X", ""
    )
    parts = {name: made[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    assert parts == {
        "NAME": "till",
        "USER": "us@er",
        "PASSWORD": "p:w",
        "HOST": "db.example",
        "PORT": "5433",
    }
    assert made["OPTIONS"]["sslmode"] == "require"


def test_a_socket_is_named_by_its_folder():
    assert (
        read(X="postgresql://me@/till?host=/var/run/postgresql").database("X", "")["HOST"]
        == "/var/run/postgresql"
    )


def test_a_secret_is_read_from_the_file_that_names_it(tmp_path: Path):
    secret = tmp_path / "key"
    secret.write_text("from the file\n", encoding="utf-8")
    assert read(KEY_FILE=str(secret), KEY="from the variable").text("KEY") == "from the file"


def test_a_secret_file_that_cannot_be_read_is_refused(tmp_path: Path):
    with pytest.raises(ImproperlyConfigured, match="TILLKEEPER_KEY_FILE"):
        read(KEY_FILE=str(tmp_path / "none")).text("KEY")
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ImproperlyConfigured, match="TILLKEEPER_KEY_FILE"):
        read(KEY_FILE=str(binary)).text("KEY")


def test_a_folder_may_be_missing_but_not_be_a_file(tmp_path: Path):
    assert read(X=str(tmp_path / "new")).folder("X", tmp_path) == tmp_path / "new"
    (tmp_path / "file").touch()
    with pytest.raises(ImproperlyConfigured, match="a folder"):
        read(X=str(tmp_path / "file")).folder("X", tmp_path)


def test_a_variable_that_nobody_asked_for_is_unknown():
    environment = read(HOSTS="a", HOSTT="b")
    environment.names("HOSTS")
    assert environment.unknown() == ["TILLKEEPER_HOSTT"]
    assert "TILLKEEPER_HOSTS" in environment.known()


def test_every_setting_is_documented():
    text = (Path(__file__).parents[3] / "docs" / "reference" / "settings.md").read_text(
        encoding="utf-8"
    )
    known = [name for name in settings.TILLKEEPER_KNOWN_VARIABLES if not name.endswith("_FILE")]
    assert [name for name in known if f"`{name}`" not in text] == []


@pytest.mark.parametrize("value", ["s3://", "s3://key:s3cret@lake/rows", __file__])
def test_a_lake_that_is_no_place_or_names_its_keys_is_refused(value):
    with pytest.raises(ImproperlyConfigured) as refused:
        read(X=value).lake("X")
    assert "s3cret" not in str(refused.value)


def test_a_lake_is_a_folder_or_a_place_in_a_bucket(tmp_path):
    assert read().lake("X") == ""
    assert read(X=f"{tmp_path}/a/../b").lake("X") == f"{tmp_path}/b"
    assert read(X="s3://lake/rows/").lake("X") == "s3://lake/rows"


@pytest.mark.parametrize("value", ["head:10001", "ray://head", "ray://head:x", "http://head:1"])
def test_a_cluster_is_named_by_scheme_host_and_port(value):
    with pytest.raises(ImproperlyConfigured, match="ray://host:port"):
        read(X=value).cluster("X")
    assert read(X="ray://head:10001").cluster("X") == "ray://head:10001"
    assert read().cluster("X") == ""
