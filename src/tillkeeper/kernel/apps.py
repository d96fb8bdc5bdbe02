"""The kernel as a Django app: its tables and the policy rows they start with."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    """Label `kernel`."""

    name = "tillkeeper.kernel"
    label = "kernel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have the policy rows follow every migration."""
        from django.db.models.signals import post_migrate

        from tillkeeper.kernel.policy_defaults import seed_policies

        post_migrate.connect(seed_policies, sender=self, dispatch_uid="kernel.policies")
