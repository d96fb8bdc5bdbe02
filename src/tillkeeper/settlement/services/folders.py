"""A watched folder: each finished file is brought in once, then lies in `done`, or in `refused` beside its reason."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from django.utils import timezone

from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.errors import Conflict, Invalid
from tillkeeper.settlement.models import MoneyFile
from tillkeeper.settlement.services.files import bring_in

DONE: Final = "done"
REFUSED: Final = "refused"
UNFINISHED: Final = (".part", ".tmp", ".filepart", ".crdownload", ".swp")
ORIGIN_MAX: Final = 120


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became of a file in a watched folder."""

    name: str
    number: str  # blank: it is counted already
    reason: str  # blank: it was taken


@dataclass(slots=True)
class WatchedFolder:
    """Remembers how each file looked, so that one that is still being written is left alone."""

    path: Path
    organisation: str
    _seen: dict[str, tuple[int, int]] = field(default_factory=dict)

    def go_round(self, *, by: Actor, at: datetime) -> Iterator[Arrival]:
        """Bring in what has not changed since the round before.

        Raises:
            NotFound, NotAllowed: the organisation is none of the actor's; the files stay where they are.
        """
        looks = {
            found.name: _look(found) for found in sorted(self.path.iterdir()) if _counts(found)
        }
        finished = [name for name, look in looks.items() if self._seen.get(name) == look]
        self._seen = {name: look for name, look in looks.items() if name not in finished}
        for name in finished:
            yield self._take(self.path / name, by=by, at=at)

    def _take(self, path: Path, *, by: Actor, at: datetime) -> Arrival:
        try:
            with path.open("rb") as stream:
                file = bring_in(
                    stream=stream,
                    name=path.name,
                    organisation=self.organisation,
                    by=by,
                    at=at,
                    origin=str(self.path)[-ORIGIN_MAX:],
                )
        except (Conflict, Invalid) as refused:
            return self._put(path, "", str(refused), at)
        return self._put(path, file.number, _reason(file), at)

    def _put(self, path: Path, number: str, reason: str, at: datetime) -> Arrival:
        folder = self.path / (REFUSED if reason else DONE)
        folder.mkdir(exist_ok=True)
        target = folder / path.name
        if target.exists():  # of an earlier day; nothing is overwritten
            target = folder / f"{timezone.localtime(at):%Y%m%d-%H%M%S-%f}-{path.name}"
        path.rename(target)
        if reason:
            target.with_name(target.name + ".txt").write_text(reason + "\n", "utf-8")
        return Arrival(path.name, number, reason)


def _reason(file: MoneyFile) -> str:
    return str(file.problem.get("sentence") or file.problem.get("code") or "")


def _counts(path: Path) -> bool:
    hidden = path.name.startswith(".") or path.suffix.lower() in UNFINISHED
    return path.is_file() and not path.is_symlink() and not hidden


def _look(path: Path) -> tuple[int, int]:
    told = path.stat()
    return told.st_size, told.st_mtime_ns
