"""What the models cannot say: the table of the spool on PostgreSQL; guards; how tables that change all day are kept."""

from django.db import migrations

from tillkeeper.kernel.guards import for_vendor

# Segments of check-ins, in bytes that are packed already; deleted within minutes, so vacuumed often. A commit of the
# gateway holds the lock of its shard, so that positions become visible in their order (see telemetry.spool.postgres).
SEGMENTS = [
    (
        "postgresql",
        "CREATE TABLE telemetry_segment ("
        "shard smallint NOT NULL, position bigint GENERATED ALWAYS AS IDENTITY, body bytea NOT NULL, "
        "PRIMARY KEY (shard, position)) "
        "WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, "
        "toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 10000)",
    ),
    ("postgresql", "ALTER TABLE telemetry_segment ALTER COLUMN body SET STORAGE EXTERNAL"),
]

# A live row is written anew with each check-in: with room on its page, and no index that changes, it stays there (HOT).
# Rewritten pages are old ones, so that vacuuming may wait for a twentieth of the rows instead of a fifth.
LIVE = [
    (
        "postgresql",
        "ALTER TABLE telemetry_live SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, "
        "autovacuum_analyze_scale_factor = 0.2)",
    ),
]


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0001_initial")]
    operations = [
        for_vendor(SEGMENTS),
        for_vendor(LIVE),
    ]
