"""Serials are found by any part; history is written once; bindings of one terminal never overlap."""

from django.db import migrations

from tillkeeper.kernel.guards import for_vendor, refuse_updates
from tillkeeper.kernel.search import trigram_index

OVERLAP = """
    CREATE TRIGGER binding_no_overlap_{when} BEFORE {event} ON terminals_binding
    WHEN EXISTS (
        SELECT 1 FROM terminals_binding b
         WHERE b.terminal_id = NEW.terminal_id AND b.id IS NOT NEW.id
           AND (NEW.valid_to IS NULL OR NEW.valid_to > NEW.valid_from)
           AND (b.valid_to IS NULL OR b.valid_to > b.valid_from)  -- no time at all overlaps with nothing
           AND b.valid_from < coalesce(NEW.valid_to, '9999') AND coalesce(b.valid_to, '9999') > NEW.valid_from
    )
    BEGIN SELECT RAISE(ABORT, 'binding_no_overlap'); END
"""
NO_OVERLAP = [
    ("sqlite", OVERLAP.format(when="insert", event="INSERT")),
    ("sqlite", OVERLAP.format(when="update", event="UPDATE OF valid_from, valid_to, terminal_id")),
    ("postgresql", "CREATE EXTENSION IF NOT EXISTS btree_gist"),
    (
        "postgresql",
        "ALTER TABLE terminals_binding ADD CONSTRAINT binding_no_overlap "
        "EXCLUDE USING gist (terminal_id WITH =, tstzrange(valid_from, valid_to) WITH &&)",
    ),
]


class Migration(migrations.Migration):
    dependencies = [("terminals", "0001_initial")]
    operations = [
        for_vendor(trigram_index("terminals_terminal", ("serial",))),
        for_vendor(refuse_updates("terminals_steptaken")),
        for_vendor(NO_OVERLAP),
    ]
