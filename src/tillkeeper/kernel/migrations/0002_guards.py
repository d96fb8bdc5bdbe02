"""Audit entries are written once."""

from django.db import migrations

from tillkeeper.kernel.guards import for_vendor, refuse_updates


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]
    operations = [for_vendor(refuse_updates("kernel_auditentry"))]
