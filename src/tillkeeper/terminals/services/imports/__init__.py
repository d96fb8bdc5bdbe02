"""Ledgers brought in: from a file to terminals, models, merchants, sites and bindings, set-wise and all or nothing.

`drafts` takes the file and the mapping, `work` goes through it, `undoing` takes it back; one module a kind of thing
that rows name. Doors import from here.
"""

from tillkeeper.terminals.services.imports.drafts import (
    apply_import,
    cancel_import,
    check_import,
    choose_mapping,
    mark_interrupted,
    start_import,
)
from tillkeeper.terminals.services.imports.expiring import expire_drafts
from tillkeeper.terminals.services.imports.reasons import note, reason
from tillkeeper.terminals.services.imports.refused import refusal_rows, refused_file
from tillkeeper.terminals.services.imports.undoing import undo_import
from tillkeeper.terminals.services.imports.work import run_apply, run_check

__all__ = [
    "apply_import",
    "cancel_import",
    "check_import",
    "choose_mapping",
    "expire_drafts",
    "mark_interrupted",
    "note",
    "reason",
    "refusal_rows",
    "refused_file",
    "run_apply",
    "run_check",
    "start_import",
    "undo_import",
]
