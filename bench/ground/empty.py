"""The limit of a server: an ASGI application that answers 200 and nothing to whatever comes."""

from typing import Any


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answer."""
    if scope["type"] == "lifespan":
        while True:
            said = (await receive())["type"]
            await send({"type": f"{said}.complete"})
            if said == "lifespan.shutdown":
                return
    await receive()  # the body: the server has to read it anyway
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}
    )
    await send({"type": "http.response.body", "body": b""})
