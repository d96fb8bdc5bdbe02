"""Audit entries are written once; the policy rows an installation starts with."""

from datetime import date

from django.db import migrations

from tillkeeper.kernel.guards import for_vendor, refuse_updates

# Sources: see docs/reference/policies.md. `verified` is False wherever the wording of the law is not confirmed.
POLICIES = [
    ("retention.slip", 24, "longest of acceptance agreements and scheme rules in use", False),
    ("retention.merchant_file", 60, "People's Bank of China announcement [2013] no. 9, after contract end", False),
    ("retention.audit", 12, "PCI DSS 4.0.1 requirement 10: twelve months, three at once available", False),
    ("retention.disposal", 36, "industrial electronic waste records, Order no. 40", False),
    ("retention.document", 60, "working default", False),
    ("retention.ledger_file", 24, "working default", False),
    ("approval.warning_days", [0, 90, 180, 365, 730], "working default for days ahead of an approval's expiry", False),
    (
        "estate.slow_days",
        {"faulty": 7, "returning": 14, "withdrawing": 14, "quarantine": 30, "repair": 45, "scrap_pending": 30},
        "working default: days in a state after which somebody should look",
        False,
    ),
]


def seed(apps, _editor):
    rule = apps.get_model("kernel", "PolicyRule")
    rule.objects.bulk_create(
        rule(rule=name, value=value, effective_from=date(2026, 1, 1), source=source, verified=verified)
        for name, value, source, verified in POLICIES
    )


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]
    operations = [
        for_vendor(refuse_updates("kernel_auditentry")),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
