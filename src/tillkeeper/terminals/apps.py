"""The estate as a Django app; wires what it hears from the rooms below."""

from django.apps import AppConfig


class TerminalsConfig(AppConfig):
    """Label `terminals`."""

    name = "tillkeeper.terminals"
    label = "terminals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hear of places that moved in the tree; speak for the files that belong to terminals."""
        from tillkeeper.kernel.events import subscribe
        from tillkeeper.kernel.files import hold_files
        from tillkeeper.parties.events import OrganisationMoved
        from tillkeeper.terminals import handlers
        from tillkeeper.terminals.queries.holdings import holds_file

        subscribe(OrganisationMoved, handlers.follow_organisation)
        hold_files(holds_file)
