"""How allauth works here: nobody signs up; accounts are made by administrators, and changes are audited."""

from typing import TYPE_CHECKING

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils import timezone

from tillkeeper.parties.queries import actor_of
from tillkeeper.parties.services.people import change_own_password

if TYPE_CHECKING:
    from tillkeeper.parties.models import Person


class ClosedAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Accounts come from an administrator, never from a form on the sign-in page."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  allauth passes it
        """Keep the door shut."""
        return False

    def set_password(self, user: "Person", password: str) -> None:
        """Change one's own password by the verb that writes it into the audit trail."""
        by = actor_of(user, source=self.request.META.get("REMOTE_ADDR", ""))
        change_own_password(person=user, password=password, by=by, at=timezone.now())
