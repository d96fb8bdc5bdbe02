"""Live states in words: used by pages, commands and exports."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tillkeeper.telemetry.lifecycle import LiveState

LIVE_LABELS: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        LiveState.ONLINE: _("online"),
        LiveState.DEGRADED: _("degraded"),
        LiveState.LATE: _("late"),
        LiveState.OFFLINE: _("offline"),
    }
)
