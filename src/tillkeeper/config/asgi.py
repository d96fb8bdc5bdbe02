"""The console, the REST API and the console's live streams on one origin, as an ASGI application for granian.

Streams are answered on the event loop. Everything else is the WSGI application's, on a few threads (ADR 17).
"""

import os
from typing import Any, Final, cast

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tillkeeper.config.settings")
THREADS: Final = 4  # each has a database connection of its own
pages = get_wsgi_application()

from tillkeeper.web.live.streams import Origin, Streams  # noqa: E402  needs Django set up

bridge: Any = WSGIMiddleware(cast("Any", pages), workers=THREADS)
application = Origin(streams=Streams(), pages=bridge)
