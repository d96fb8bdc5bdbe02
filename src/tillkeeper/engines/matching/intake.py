"""From a file as it came to a store that can be matched: recognised, read whole, checked by its own figures."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tillkeeper.engines.matching.store import CanonicalWriter, Source
from tillkeeper.formats.canonical.errors import UnreadableFile
from tillkeeper.formats.canonical.reading import Format, Options, Verdict
from tillkeeper.formats.catalogue import read_file, recognise
from tillkeeper.kernel.lake import LakePath

BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Intake:
    """A file that was looked at. `source` is there only when it is sound."""

    name: str  # as the operator named it
    path: Path
    sha256: str
    size: int  # bytes
    verdict: Verdict | None = None  # None: it could not be read to its end
    source: Source | None = None
    refused: UnreadableFile | None = None
    format: Format | None = None  # the one it was read as

    @property
    def sound(self) -> bool:
        """True when it was read whole and its own figures hold."""
        return self.source is not None


def take_in(
    path: Path,
    folder: LakePath,
    *,
    format: Format | None = None,  # noqa: A002  the word of the field
    options: Options | None = None,
    declared: Iterable[Format] = (),
) -> Intake:
    """Read a file into a store below `folder` and hold it against its own figures; nothing is used of a bad one.

    Args:
        path: the file as it came.
        folder: where its store is made; a new folder in it.
        format: where it is known; else it is recognised.
        options: what is known from outside.
        declared: layouts of whose file it is, known beside the formats of the product.
    """
    digest, size = digest_of(path), path.stat().st_size
    facts: dict[str, Any] = {"name": path.name, "path": path, "sha256": digest, "size": size}
    try:
        chosen = format or recognise(path, declared=declared)
        facts["format"] = chosen
        store = folder / f"{len(list(folder.iterdir())):04}-{digest[:12]}"
        writer = CanonicalWriter(store, chosen.role)
        verdict = read_file(path, writer.take, format=chosen, options=options or Options())
    except UnreadableFile as refused:
        return Intake(**facts, refused=refused)
    if not verdict.sound:
        return Intake(**facts, verdict=verdict)
    writer.close(source=path.name, sha256=digest)
    return Intake(**facts, verdict=verdict, source=Source(path.name, store, verdict.facts))


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
