"""The ledger is written once and sums to zero; rules, runs' stories and statements are written once."""

from django.db import migrations

from tillkeeper.kernel.guards import for_vendor, refuse_deletes, refuse_updates, zero_sum

WRITTEN_ONCE = (
    "settlement_posting",
    "settlement_entry",
    "settlement_rulebook",
    "settlement_casenote",
    "settlement_merchantstatement",
)


class Migration(migrations.Migration):
    dependencies = [("settlement", "0001_initial")]
    operations = [
        *(for_vendor(refuse_updates(table)) for table in WRITTEN_ONCE),
        *(for_vendor(refuse_deletes(table)) for table in WRITTEN_ONCE),
        for_vendor(zero_sum("settlement_entry", "posting_id", "amount_minor")),
    ]
