"""What the parties announce."""

from dataclasses import dataclass

from tillkeeper.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class OrganisationMoved(Event):
    """A node, and all below it, got another path."""

    organisation_id: int
    path: str
