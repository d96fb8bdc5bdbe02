"""Compile translation catalogues: `python scripts/compile_messages.py FILE.po ...` writes FILE.mo beside each.

Needs no gettext on the machine. Exit 0: compiled; 1: a catalogue is broken, and its name and the reason are printed.
"""

import sys
from pathlib import Path

import polib


def main(names: list[str]) -> int:
    """Compile each catalogue; go on past a broken one."""
    compiled = [compile_catalogue(Path(name)) for name in names]
    return int(not all(compiled))


def compile_catalogue(source: Path) -> bool:
    """Compile one catalogue and say whether that went well."""
    try:
        catalogue = polib.pofile(str(source), encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        print(f"{source}: {error}", file=sys.stderr)
        return False
    catalogue.save_as_mofile(str(source.with_suffix(".mo")))
    print(
        f"messages: {len(catalogue.translated_entries())} compiled in {source.parent.parent.name}"
    )
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
