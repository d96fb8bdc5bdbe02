"""Room for what a run makes on its way."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from tillkeeper.kernel.lake import LakePath, S3Path, remove


@contextmanager
def aside(near: Sequence[LakePath], *, elsewhere: bool) -> Iterator[LakePath]:
    """Give a folder for what is made on the way, and take it away at the end.

    Args:
        near: the sources. What lies in a bucket stays in it.
        elsewhere: other machines must reach it, so it is made beside the sources.
    """
    bucket = next((path for path in near if isinstance(path, S3Path)), None)
    if bucket is None:
        beside = str(near[0].parent) if near and elsewhere else None
        with tempfile.TemporaryDirectory(prefix="tillkeeper-match-", dir=beside) as folder:
            yield Path(folder)
        return
    made = bucket.parent / f"tillkeeper-match-{uuid4().hex}"
    try:
        yield made
    finally:
        remove(made)
