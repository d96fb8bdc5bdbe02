"""ETag and If-Match: two editors never overwrite each other unseen.

The tag is the row's version. A weak tag is taken as well, because compression on the way makes tags weak.
"""

import re
from typing import Final, Protocol, TypeVar

from django.http import HttpRequest, HttpResponse

from tillkeeper.api.refusals import BadVersion, VersionNeeded

TAG: Final = re.compile(r'(?:W/)?"(\d{1,9})"')


class Versioned(Protocol):
    """A row that counts its changes."""

    version: int


Row = TypeVar("Row", bound=Versioned)


def tagged(response: HttpResponse, row: Row) -> Row:
    """Put the row's version on the answer and hand the row on."""
    response["ETag"] = f'"{row.version}"'
    return row


def version_asked(request: HttpRequest) -> int:
    """Return the version of If-Match.

    Raises:
        VersionNeeded: the header is missing.
        BadVersion: it is not one of our tags.
    """
    version = version_if_asked(request)
    if version is None:
        raise VersionNeeded
    return version


def version_if_asked(request: HttpRequest) -> int | None:
    """Return the version of If-Match, or None where the caller does not mind.

    Raises:
        BadVersion: it is not one of our tags.
    """
    given = request.headers.get("If-Match")
    if given is None:
        return None
    found = TAG.fullmatch(given.strip())
    if found is None:
        raise BadVersion
    return int(found[1])
