"""From which address a request came, behind as many proxies as were configured."""

from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse

type_of_view = Callable[[HttpRequest], HttpResponse]


def addressed(get_response: type_of_view) -> type_of_view:
    """Let REMOTE_ADDR be the client's address, for the lock-out, the rate limits and the audit trail alike.

    Each proxy adds the address it was called from at the end of X-Forwarded-For, so with n trusted proxies the n-th
    entry from the end is the client's, and whatever stands before it is the client's own invention. The header is
    taken away afterwards, so that no library believes it.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        forwarded = request.META.pop("HTTP_X_FORWARDED_FOR", "")
        request.META["REMOTE_ADDR"] = client_of(
            forwarded, peer=request.META.get("REMOTE_ADDR", ""), proxies=settings.TILLKEEPER_PROXIES
        )
        return get_response(request)

    return middleware


def client_of(forwarded: str, *, peer: str, proxies: int) -> str:
    """Return the client's address.

    Args:
        forwarded: X-Forwarded-For as it came, "" without one.
        peer: the address of whoever opened the connection.
        proxies: how many trusted proxies stand in front, 0 or more.

    Returns:
        The entry that the outermost trusted proxy wrote; `peer` if the header is shorter than the row of proxies or
        holds no address there, since then the request did not come through all of them.
    """
    entries = [entry.strip() for entry in forwarded.split(",")] if forwarded else []
    if not 0 < proxies <= len(entries):
        return peer
    return _address(entries[-proxies]) or peer


def _address(entry: str) -> str:
    """Return an entry without its port, "" if it is no address. Written 1.2.3.4, 1.2.3.4:80, ::1 or [::1]:80."""
    if entry.startswith("["):
        entry = entry[1:].partition("]")[0]
    elif entry.count(":") == 1:
        entry = entry.partition(":")[0]
    try:
        return str(ip_address(entry))
    except ValueError:
        return ""
