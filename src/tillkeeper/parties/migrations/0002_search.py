"""Merchants are found by any part of their name."""

from django.db import migrations

from tillkeeper.kernel.guards import for_vendor
from tillkeeper.kernel.search import trigram_index


class Migration(migrations.Migration):
    dependencies = [("parties", "0001_initial")]
    operations = [
        for_vendor(trigram_index("parties_merchant", ("name",))),
        for_vendor(trigram_index("parties_site", ("name", "address"))),
    ]
