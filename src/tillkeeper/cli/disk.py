"""A folder to work in that is gone afterwards, also where somebody is killed in the middle."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

PREFIX: Final = "tillkeeper-"
LOCK: Final = "busy"  # held as long as its process lives, however that ends


@contextmanager
def working_folder(beside: Path) -> Iterator[Path]:
    """Give a folder in `beside` that is gone afterwards. What killed processes left of theirs is cleared away first."""
    _clear_abandoned(beside)
    with TemporaryDirectory(prefix=PREFIX, dir=beside) as made:
        folder = Path(made)
        with (folder / LOCK).open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            (folder / "files").mkdir()
            yield folder / "files"


def _clear_abandoned(beside: Path) -> None:
    for folder in beside.glob(f"{PREFIX}*"):
        with suppress(OSError), (folder / LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # refused while its process lives
            shutil.rmtree(folder, ignore_errors=True)
