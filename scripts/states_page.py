"""Write the pages of docs/reference that are drawn from the code, or compare them with what is there.

`python scripts/states_page.py [--check]`: states and their diagram, roles and rights, error codes, refusals of
imports, columns of ledgers, policies, checks of a batch. Exit 0: written, or the same; 1: a page differs; 2: wrong
usage.
"""

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import django

ROOT: Final = Path(__file__).resolve().parent.parent
REFERENCE: Final = ROOT / "docs" / "reference"


def drawn() -> Mapping[str, str]:
    """Return every page by its file name in docs/reference."""
    # Imported here: Django has to be set up first.
    from reference_pages import columns, errors, policies, roles, states, troubles  # noqa: PLC0415

    return {
        "states.md": states.page(),
        "states.svg": states.diagram(),
        "roles.md": roles.page(),
        "errors.md": errors.page(),
        "import-refusals.md": errors.refusals_page(),
        "ledger-columns.md": columns.page(),
        "policies.md": policies.page(),
        "troubles.md": troubles.page(),
    }


def main(arguments: list[str]) -> int:
    """Write or compare."""
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TILLKEEPER_VAR"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tillkeeper.config.settings")
        os.environ.setdefault("TILLKEEPER_SECRET_KEY", "only for the pages of the reference")
        sys.path.insert(0, str(ROOT / "src"))
        django.setup()
        pages = drawn()
    return compare(pages) if arguments else write(pages)


def write(pages: Mapping[str, str]) -> int:
    """Write every page."""
    for name, text in pages.items():
        (REFERENCE / name).write_text(text, encoding="utf-8")
    return 0


def compare(pages: Mapping[str, str]) -> int:
    """Name every page that is not as the code has it."""
    stale = [name for name, text in pages.items() if _kept(REFERENCE / name) != text]
    for name in stale:
        print(f"docs/reference/{name} is not as the code has it: python scripts/states_page.py")
    return int(bool(stale))


def _kept(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
