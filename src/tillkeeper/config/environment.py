"""Reading TILLKEEPER_* variables: typed, and refused when wrong with a sentence that says what is expected.

A secret may also be read from a file: TILLKEEPER_SECRET_KEY_FILE names the file that holds TILLKEEPER_SECRET_KEY.
"""

import os
import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import available_timezones

from django.core.exceptions import ImproperlyConfigured

PREFIX = "TILLKEEPER_"
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


class Environment:
    """Typed readers over the process environment (or any mapping, in tests)."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        """Take the variables from `variables`, or from the process."""
        self._variables = os.environ if variables is None else variables
        self._read: set[str] = set()

    def text(self, name: str, default: str = "") -> str:
        """Return a variable, or the content of the file that NAME_FILE names."""
        key, file_key = PREFIX + name, PREFIX + name + "_FILE"
        self._read |= {key, file_key}
        if file_key in self._variables:
            try:
                return Path(self._variables[file_key]).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise ImproperlyConfigured(
                    f"{file_key} names a file that cannot be read: {getattr(error, 'strerror', 'it is not text')}."
                ) from None
        return self._variables.get(key, default)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a yes or no."""
        value = self.text(name, "1" if default else "0").strip().lower()
        if value in TRUE:
            return True
        if value in FALSE:
            return False
        raise self._wrong(name, "1, true, yes, on or 0, false, no, off")

    def number(self, name: str, default: int, *, least: int, most: int) -> int:
        """Return a whole number within bounds."""
        value = self.text(name, str(default)).strip()
        if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
            raise self._wrong(name, f"a whole number from {least} to {most}")
        return int(value)

    def names(self, name: str, default: str = "") -> list[str]:
        """Return a list separated by commas."""
        return [part.strip() for part in self.text(name, default).split(",") if part.strip()]

    def family(self, prefix: str) -> dict[str, str]:
        """Return the variables whose names begin alike, by the rest of their names; each may be a file's, too."""
        begins = PREFIX + prefix
        given = {key.removesuffix("_FILE") for key in self._variables if key.startswith(begins)}
        return {
            key.removeprefix(begins): self.text(key.removeprefix(PREFIX)) for key in sorted(given)
        }

    def folder(self, name: str, default: Path) -> Path:
        """Return a folder's absolute path; it is made when first needed."""
        path = Path(self.text(name, str(default))).expanduser().resolve()
        if path.exists() and not path.is_dir():
            raise self._wrong(name, "a folder")
        return path

    def lake(self, name: str) -> str:
        """Return the absolute path of a folder, s3://bucket or s3://bucket/path, or nothing."""
        value = self.text(name).strip()
        if not value.startswith("s3://"):
            return str(self.folder(name, Path())) if value else ""
        if not urlsplit(value).netloc or "@" in value:  # keys do not belong here
            raise self._wrong(
                name, "a folder, or s3://bucket/path with the keys in AWS_* variables"
            )
        return value.rstrip("/")

    def cluster(self, name: str) -> str:
        """Return the address of a Ray cluster, or nothing."""
        value = self.text(name).strip()
        try:
            usable = not value or (value.startswith("ray://") and bool(urlsplit(value).port))
        except ValueError:  # a port that is no number
            usable = False
        if not usable:
            raise self._wrong(name, "ray://host:port, or nothing")
        return value

    def spool(self, name: str) -> str:
        """Return the address of a NATS server with JetStream, or nothing."""
        return self._broker(name, ("nats", "tls"), "nats://host:port, or nothing")

    def mqtt(self, name: str) -> str:
        """Return the address of an MQTT 5 broker, or nothing."""
        return self._broker(name, ("mqtt", "mqtts"), "mqtt://user:password@host:port, or nothing")

    def _broker(self, name: str, schemes: tuple[str, ...], expected: str) -> str:
        value = self.text(name).strip()
        try:
            url = urlsplit(value)
            usable = not value or (url.scheme in schemes and bool(url.hostname) and bool(url.port))
        except ValueError:  # a port that is no number
            usable = False
        if not usable:
            raise self._wrong(name, expected)
        return value

    def address(self, name: str, default: str) -> str:
        """Return an address to listen at: an IP address, or the name of a host."""
        value = self.text(name, default).strip()
        try:
            return str(ip_address(value))
        except ValueError:
            if HOST.fullmatch(value) and not value.replace(".", "").isdigit():
                return value
        raise self._wrong(name, "an address of this machine like 127.0.0.1, or 0.0.0.0 for all")

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """Return one of `choices`."""
        value = self.text(name, default)
        if value not in choices:
            raise self._wrong(name, "one of " + ", ".join(choices))
        return value

    def zone(self, name: str, default: str) -> str:
        """Return the name of a time zone that this machine knows."""
        value = self.text(name, default)
        if value not in available_timezones():
            raise self._wrong(name, "a time zone like Asia/Shanghai")
        return value

    def database(self, name: str, default: str) -> dict[str, Any]:
        """Return Django's settings for a database named by a URL.

        sqlite:///absolute/path.sqlite3 or postgresql://user:password@host:port/name (host may be a socket's folder,
        given as ?host=).
        """
        try:
            url = urlsplit(self.text(name, default))
            port = str(url.port or "")
        except ValueError:  # a port that is no number, a bracket that is not closed
            url, port = urlsplit(""), ""
        if url.scheme == "sqlite" and url.path.strip("/"):
            return _sqlite(unquote(url.path))
        if url.scheme in {"postgresql", "postgres"} and url.path.strip("/"):
            query = dict(parse_qsl(url.query))
            return {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": unquote(url.path.strip("/")),
                "USER": unquote(url.username or ""),
                "PASSWORD": unquote(url.password or ""),
                "HOST": query.pop("host", "") or unquote(url.hostname or ""),
                "PORT": port,
                "CONN_MAX_AGE": 60,
                "CONN_HEALTH_CHECKS": True,
                "OPTIONS": {**query, "pool": False},
            }
        raise self._wrong(
            name, "sqlite:///path/to/file.sqlite3 or postgresql://user:password@host:port/name"
        )

    def known(self) -> list[str]:
        """Return every variable that was asked for, given or not."""
        return sorted(self._read)

    def unknown(self) -> list[str]:
        """Return variables with our prefix that nobody read: usually a misspelt name."""
        return sorted(
            key for key in self._variables if key.startswith(PREFIX) and key not in self._read
        )

    def _wrong(self, name: str, expected: str) -> ImproperlyConfigured:
        # The value itself is not repeated: it may be a secret.
        return ImproperlyConfigured(f"{PREFIX}{name} is not usable; expected {expected}.")


def _sqlite(path: str) -> dict[str, Any]:
    # IMMEDIATE takes the write lock at BEGIN: any other mode gives "database is locked" under concurrent writers.
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 60,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536; "
                "PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=67108864"
            ),
        },
    }
