"""How often one actor may ask for what is heavy: whole files, hundred thousand terminals, walks along the chain."""

from typing import Final

from ninja.throttling import AuthRateThrottle


class _Heavy(AuthRateThrottle):
    """Counted for each actor, over all heavy addresses together."""

    scope = "heavy"


HEAVY: Final = _Heavy("60/m")
