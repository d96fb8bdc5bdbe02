"""Compile requirements/*.in to *.txt: pinned, with the hashes of every platform's file, without any index's address.

Exit 0: compiled; 1: some could not be.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
NAMES: Final = ("build", "runtime", "cluster", "scale", "dev", "node", "lock")
KEPT: Final = {  # to the versions of which files each keeps
    "cluster": ("runtime",),
    "scale": ("runtime",),
    "dev": ("runtime", "cluster", "scale"),
}
OPTIONS: Final = (
    "--python-version=3.11", "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-header",
    "--no-annotate", "--quiet",
)  # fmt: skip


def main() -> int:
    """Compile each; cluster.txt and dev.txt keep to the versions of runtime.txt."""
    parser = argparse.ArgumentParser(description="Compile requirements/*.in to *.txt.")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    upgrade = ["--upgrade"] if parser.parse_args().upgrade else []
    codes = [compile_lock(name, upgrade) for name in NAMES]
    return int(any(codes))


def compile_lock(name: str, extra: list[str]) -> int:
    """Compile one file and return the compiler's exit code."""
    uv = Path(sys.executable).parent / "uv"
    kept = [f"--constraint=requirements/{other}.txt" for other in KEPT.get(name, ())]
    files = [f"requirements/{name}.in", "--output-file", f"requirements/{name}.txt"]
    command = [str(uv), "pip", "compile", *OPTIONS, *kept, *extra, *files]
    code = subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL).returncode
    print(f"{name}: {'compiled' if code == 0 else 'failed'}")
    return code


if __name__ == "__main__":
    sys.exit(main())
