"""Settlement as a Django app."""

from django.apps import AppConfig


class SettlementConfig(AppConfig):
    """Label `settlement`."""

    name = "tillkeeper.settlement"
    label = "settlement"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Speak for the files that money rests on."""
        from tillkeeper.kernel.files import hold_files
        from tillkeeper.settlement.queries.holdings import holds_file

        hold_files(holds_file)
