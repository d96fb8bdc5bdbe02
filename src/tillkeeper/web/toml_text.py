"""Fields as people write them into a box: TOML, a line each. Of alert rules, and of what a terminal is to be set to."""

import tomllib
from typing import Any


def as_toml(fields: dict[str, Any]) -> str:
    """Return fields as people write them, a line each."""
    return "\n".join(f"{name} = {_value(value)}" for name, value in fields.items()) + "\n"


def of_toml(text: str) -> dict[str, Any]:
    """Return the fields that people wrote.

    Raises:
        tomllib.TOMLDecodeError: it is no TOML; says line and column.
    """
    return tomllib.loads(text)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_value, value))}]"
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
