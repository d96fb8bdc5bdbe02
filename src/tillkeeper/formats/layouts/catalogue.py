"""The layouts that come with the product: the TOML files beside this module."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from tillkeeper.formats.canonical.reading import Format
from tillkeeper.formats.layouts.loading import load_layout

FOLDER: Final = Path(__file__).parent
_LOADED: Final = {path: load_layout(path) for path in sorted(FOLDER.glob("*.toml"))}
FORMATS: Final[tuple[Format, ...]] = tuple(_LOADED.values())
# Name of a format -> the text that declares it.
TEXTS: Final[Mapping[str, str]] = MappingProxyType(
    {form.name: path.read_text("utf-8") for path, form in _LOADED.items()}
)


def start_from(name: str) -> str:
    """Return the text of a layout of the product under a name that is free, for somebody to go on from.

    Raises:
        KeyError: no format of that name is a layout.
    """
    return re.sub(r'(?m)^name = ".*"$', f'name = "{name}.own"', TEXTS[name], count=1)
