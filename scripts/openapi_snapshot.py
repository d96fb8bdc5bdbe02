"""Write the description of the REST API to docs/reference/openapi.json, or compare it with what is there.

`python scripts/openapi_snapshot.py [--check]`. The file is in the repository: its diff is the review of the API.
Exit 0: written, or the same; 1: it differs; 2: wrong usage.
"""

import difflib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Final

import django

ROOT: Final = Path(__file__).resolve().parent.parent
SNAPSHOT: Final = ROOT / "docs" / "reference" / "openapi.json"
LINES_SHOWN: Final = 80


def described() -> str:
    """Return the description as it is served, the same on every machine."""
    # Imported here: Django has to be set up first.
    from tillkeeper.api.router import api  # noqa: PLC0415

    schema = api.get_openapi_schema(path_prefix="/api/v1/")
    # Through JSON and back: status codes become text before they are sorted.
    plain = json.loads(json.dumps(schema, default=str))
    return json.dumps(plain, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main(arguments: list[str]) -> int:
    """Write or compare."""
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("TILLKEEPER_VAR", folder)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tillkeeper.config.settings")
        os.environ.setdefault("TILLKEEPER_SECRET_KEY", "only for the description of the API")
        sys.path.insert(0, str(ROOT / "src"))
        django.setup()
        now = described()
    if not arguments:
        SNAPSHOT.parent.mkdir(parents=True, exist_ok=True)
        SNAPSHOT.write_text(now, encoding="utf-8")
        return 0
    kept = SNAPSHOT.read_text(encoding="utf-8") if SNAPSHOT.exists() else ""
    if kept == now:
        return 0
    changes = difflib.unified_diff(kept.splitlines(), now.splitlines(), "kept", "now", lineterm="")
    print("\n".join(list(changes)[:LINES_SHOWN]))
    print(
        "The API changed. Look at the difference; if it is meant: python scripts/openapi_snapshot.py"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
