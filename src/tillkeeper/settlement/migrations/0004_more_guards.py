"""A declared layout and the story of a trouble are written once."""

from django.db import migrations

from tillkeeper.kernel.guards import for_vendor, refuse_deletes, refuse_updates

WRITTEN_ONCE = ("settlement_layout", "settlement_troublecheck")


class Migration(migrations.Migration):
    dependencies = [("settlement", "0003_hands_drops_troubles")]
    operations = [
        *(for_vendor(refuse_updates(table)) for table in WRITTEN_ONCE),
        *(for_vendor(refuse_deletes(table)) for table in WRITTEN_ONCE),
    ]
