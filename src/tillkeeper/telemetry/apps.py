"""A terminal's voice as a Django app."""

from django.apps import AppConfig


class TelemetryConfig(AppConfig):
    """Label `telemetry`."""

    name = "tillkeeper.telemetry"
    label = "telemetry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hear of terminals wiped or out of hand; speak for the logs that are kept; have default rules in place."""
        from django.db.models.signals import post_migrate

        from tillkeeper.kernel.events import subscribe
        from tillkeeper.kernel.files import hold_files
        from tillkeeper.telemetry import handlers
        from tillkeeper.telemetry.events import TerminalsWiped
        from tillkeeper.telemetry.queries.board import ids_of
        from tillkeeper.telemetry.queries.logs import holds_file
        from tillkeeper.telemetry.services.alerts.seeding import seed_rules
        from tillkeeper.telemetry.services.logs.judging import seed_patterns
        from tillkeeper.terminals.events import TerminalsOutOfHand
        from tillkeeper.terminals.narrowing import offer

        subscribe(TerminalsWiped, handlers.prove_wiping)
        subscribe(TerminalsOutOfHand, handlers.silence)
        hold_files(holds_file)
        offer("live", ids_of)
        post_migrate.connect(seed_rules, sender=self, dispatch_uid="telemetry.rules")
        post_migrate.connect(seed_patterns, sender=self, dispatch_uid="telemetry.patterns")
