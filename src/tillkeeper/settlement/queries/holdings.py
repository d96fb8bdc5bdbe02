"""Which kept files money rests on."""

from tillkeeper.settlement.models import CaseNote, Decision, MatchingRun, MoneyFile


def holds_file(digest: str) -> bool:
    """Say whether a kept file is a money file, a run's table, or hangs on a case."""
    held = (
        MoneyFile.objects.filter(sha256=digest),
        MatchingRun.objects.filter(differences_sha256=digest),
        CaseNote.objects.filter(file_sha256=digest),
        Decision.objects.filter(evidence_sha256=digest),
    )
    return any(rows.exists() for rows in held)
