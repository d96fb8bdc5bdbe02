"""A watched folder: each finished file is brought in once, then lies in `done`, or in `refused` beside its reason."""

from collections.abc import Iterator
from contextlib import suppress
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
            arrival = Arrival(path.name, "", str(refused))
        else:
            arrival = Arrival(path.name, file.number, reason_of(file))
        put_away(self.path, arrival, at)
        return arrival


def put_away(place: Path, arrival: Arrival, at: datetime) -> None:
    """Move a file of a folder to `done`, or to `refused` beside its reason. Others write there: no link is followed.

    Raises:
        OSError: the disk does not allow it, or a link stands where a folder should.
    """
    folder = place / (REFUSED if arrival.reason else DONE)
    folder.mkdir(exist_ok=True)
    if folder.is_symlink():
        raise NotADirectoryError(folder)
    target = folder / arrival.name
    if target.exists() or target.is_symlink():  # of an earlier day; nothing is overwritten
        target = folder / f"{timezone.localtime(at):%Y%m%d-%H%M%S-%f}-{arrival.name}"
    (place / arrival.name).rename(target)
    if arrival.reason:  # a name too long for it, or taken: the reason is kept in the database, too
        with (
            suppress(OSError),
            target.with_name(target.name + ".txt").open("x", encoding="utf-8") as note,
        ):
            note.write(arrival.reason + "\n")


def reason_of(file: MoneyFile) -> str:
    """Return why a file was refused; blank: it was taken."""
    return str(file.problem.get("sentence") or file.problem.get("code") or "")


def _counts(path: Path) -> bool:
    hidden = path.name.startswith(".") or path.suffix.lower() in UNFINISHED
    return path.is_file() and not path.is_symlink() and not hidden


def _look(path: Path) -> tuple[int, int]:
    told = path.stat()
    return told.st_size, told.st_mtime_ns
