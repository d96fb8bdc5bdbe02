"""What the estate does on news from below."""

from tillkeeper.parties.events import OrganisationMoved
from tillkeeper.terminals.services.places import follow_tree


def follow_organisation(event: OrganisationMoved) -> None:
    """Rewrite the paths of terminals below a node that moved. Told twice, it finds nothing to do."""
    follow_tree(path=event.path)
