"""The layouts that come with the product: the TOML files beside this module."""

from pathlib import Path
from typing import Final

from tillkeeper.formats.canonical.reading import Format
from tillkeeper.formats.layouts.loading import load_layout

FOLDER: Final = Path(__file__).parent
FORMATS: Final[tuple[Format, ...]] = tuple(map(load_layout, sorted(FOLDER.glob("*.toml"))))
