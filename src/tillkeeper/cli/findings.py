"""What a check of `tillkeeper doctor` says."""

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How bad it is."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report. `mend` is empty where there is nothing to do."""

    check: str
    grade: Grade
    says: str
    mend: str = ""


def fine(check: str, says: object) -> Finding:
    """All is well."""
    return Finding(check, Grade.OK, str(says))


def note(check: str, says: object, mend: object) -> Finding:
    """Works, but somebody should know."""
    return Finding(check, Grade.NOTE, str(says), str(mend))


def problem(check: str, says: object, mend: object) -> Finding:
    """Does not work."""
    return Finding(check, Grade.PROBLEM, str(says), str(mend))
