"""Files out and in: downloads that are written to disk first, and limits on what is uploaded."""

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from django.conf import settings
from django.http import FileResponse
from ninja.files import UploadedFile

from tillkeeper.api.refusals import TooLarge

MEDIA_TYPES: Final[Mapping[str, str]] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "pdf": "application/pdf",
    "any": "application/octet-stream",
}
MIB: Final = 2**20


def answers_with(*kinds: str) -> dict[str, Any]:
    """Return what the API description says of an address that answers with a file."""
    content = {
        MEDIA_TYPES[kind]: {"schema": {"type": "string", "format": "binary"}} for kind in kinds
    }
    return {"responses": {200: {"content": content}}}


def download(name: str, kind: str, write: Callable[[Path], Any]) -> FileResponse:
    """Answer with a file that `write` makes. It is gone from the disk when it has been sent."""
    with TemporaryDirectory(dir=settings.TILLKEEPER_VAR, prefix="download-") as folder:
        path = Path(folder) / name
        write(path)
        content = path.open("rb")  # stays readable while open, though its name goes with the folder
    return FileResponse(content, as_attachment=True, filename=name, content_type=MEDIA_TYPES[kind])


def within(limit_mib: int, file: UploadedFile) -> UploadedFile:
    """Return the upload, or raise TooLarge."""
    if (file.size or 0) > limit_mib * MIB:
        raise TooLarge(limit_mib=limit_mib)
    return file
