"""The estate as a Django app; wires what it hears from the rooms below."""

from django.apps import AppConfig


class TerminalsConfig(AppConfig):
    """Label `terminals`."""

    name = "tillkeeper.terminals"
    label = "terminals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hear of places that moved in the tree."""
        from tillkeeper.kernel.events import subscribe
        from tillkeeper.parties.events import OrganisationMoved
        from tillkeeper.terminals import handlers

        subscribe(OrganisationMoved, handlers.follow_organisation)
