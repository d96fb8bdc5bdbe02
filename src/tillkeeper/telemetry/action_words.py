"""Actions in words: the labels of what may be asked, and of how it stands. Used by errors, pages and exports."""

from types import MappingProxyType
from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tillkeeper.telemetry.lifecycle import ActionKind, ActionState, OrderState

KIND_LABELS: Final = MappingProxyType(
    {
        ActionKind.SELF_TEST: _("self test"),
        ActionKind.REBOOT: _("reboot"),
        ActionKind.FETCH_LOG: _("fetch log"),
        ActionKind.CONFIGURE: _("configure"),
        ActionKind.MESSAGE: _("message on the screen"),
        ActionKind.LOCK: _("lock"),
        ActionKind.UNLOCK: _("unlock"),
        ActionKind.WIPE: _("wipe"),
    }
)
ORDER_LABELS: Final = MappingProxyType(
    {
        OrderState.PROPOSED: _("waits for a second person"),
        OrderState.PLANNING: _("being planned"),
        OrderState.RUNNING: _("running"),
        OrderState.FINISHED: _("finished"),
        OrderState.REFUSED: pgettext_lazy("of a decision", "refused"),
        OrderState.CANCELLED: _("cancelled"),
    }
)
ACTION_LABELS: Final = MappingProxyType(
    {
        ActionState.QUEUED: _("queued"),
        ActionState.SENT: _("sent"),
        ActionState.CONFIRMED: _("confirmed"),
        ActionState.FAILED: _("failed"),
        ActionState.EXPIRED: _("expired"),
        ActionState.CANCELLED: _("cancelled"),
    }
)
