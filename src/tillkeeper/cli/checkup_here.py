"""What the doctor looks at on this machine: Python, settings, files, space."""

import shutil
import stat
import sys
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from tillkeeper.cli.answers import sentence
from tillkeeper.cli.findings import Finding, fine, note, problem
from tillkeeper.cli.upkeep import assets_are_built, static_is_stale
from tillkeeper.engines.matching.workplaces import workplace
from tillkeeper.kernel.errors import LakeUnreachable, TillkeeperError
from tillkeeper.kernel.lake import probe
from tillkeeper.settlement.services import files

OLDEST_PYTHON: Final = (3, 11)
GIB: Final = 1024**3
LEAST_FREE: Final = GIB


def python() -> Iterator[Finding]:
    """Python is new enough."""
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        yield problem(
            "python",
            _("Python %(found)s is too old.") % {"found": found},
            _("Install Python 3.11 or later."),
        )
    else:
        yield fine("python", f"{found}, {sys.executable}")


def variables() -> Iterator[Finding]:
    """No TILLKEEPER_ variable is misspelt; the settings themselves were read before this."""
    unknown = [name for name in settings.TILLKEEPER_UNKNOWN_VARIABLES if not _known(name)]
    for name in unknown:
        says = _("The variable %(name)s is not known, so it does nothing.") % {"name": name}
        yield problem("settings", says, _meant(name))
    if settings.DEBUG:
        says, mend = (
            _("TILLKEEPER_DEBUG is on: errors show the program's inside."),
            _("Turn it off where people work."),
        )
        yield note("settings", says, mend)
    if not unknown:
        yield fine("settings", _("read, none misspelt"))


def proxies() -> Iterator[Finding]:
    """The number of proxies fits the setting that says there is one."""
    count = settings.TILLKEEPER_PROXIES
    if settings.SECURE_PROXY_SSL_HEADER and not count:
        says = _(
            "There is a proxy, but TILLKEEPER_PROXIES is 0: everybody seems to come from the proxy's address, "
            "so that one person's wrong passwords lock a name for all."
        )
        mend = _("Set TILLKEEPER_PROXIES to the number of proxies in front, usually 1.")
        yield note("proxies", says, mend)
    else:
        yield fine("proxies", _("%(count)s in front") % {"count": count})


def folder() -> Iterator[Finding]:
    """The data folder can be written to."""
    var = Path(settings.TILLKEEPER_VAR)
    probe = var / ".doctor"
    try:
        probe.write_text("", encoding="ascii")
        probe.unlink()
    except OSError as error:
        says = _("Nothing can be written to %(folder)s: %(reason)s.") % {
            "folder": var,
            "reason": error.strerror,
        }
        yield problem(
            "var",
            says,
            _("Give the folder to the user that runs Tillkeeper, or set TILLKEEPER_VAR."),
        )
    else:
        yield fine("var", var)


def secret_key() -> Iterator[Finding]:
    """The kept secret key is its owner's alone."""
    kept = Path(settings.TILLKEEPER_VAR) / "secret_key"
    if not kept.exists():
        yield fine("secret key", _("given by TILLKEEPER_SECRET_KEY"))
    elif stat.S_IMODE(kept.stat().st_mode) & 0o077:
        says = _("Others on this machine can read the secret key.")
        yield problem("secret key", says, f"chmod 600 {kept}")
    else:
        yield fine("secret key", kept)


def disk() -> Iterator[Finding]:
    """There is room."""
    free = shutil.disk_usage(settings.TILLKEEPER_VAR).free
    says = _("%(free)s GiB free") % {"free": f"{free / GIB:.1f}"}
    if free < LEAST_FREE:
        yield problem("disk", says, _("Make room: below 1 GiB an import may fail."))
    else:
        yield fine("disk", says)


def lake() -> Iterator[Finding]:
    """The lake's storage answers, and takes what is written."""
    place = files.lake()
    try:
        probe(place)
    except LakeUnreachable as error:
        mend = _("Look at TILLKEEPER_LAKE, AWS_ENDPOINT_URL and the AWS_* keys.")
        yield problem("lake", sentence(error), mend)
    except OSError as error:
        says = _("Nothing can be written to %(folder)s: %(reason)s.") % {
            "folder": place,
            "reason": error.strerror,
        }
        yield problem(
            "lake",
            says,
            _("Give the folder to the user that runs Tillkeeper, or set TILLKEEPER_LAKE."),
        )
    else:
        yield fine("lake", place)


def cluster() -> Iterator[Finding]:
    """The cluster that matching is done on answers, and has the same Tillkeeper."""
    if not settings.TILLKEEPER_MATCH_ON:
        yield fine("matching", _("on this machine"))
        return
    try:
        with workplace(settings.TILLKEEPER_MATCH_ON) as there:
            processors = there.width
    except TillkeeperError as error:
        yield problem(
            "matching", sentence(error), _("Start the cluster, or unset TILLKEEPER_MATCH_ON.")
        )
    else:
        says = _("on %(cluster)s, %(n)s processors") % {
            "cluster": settings.TILLKEEPER_MATCH_ON,
            "n": processors,
        }
        yield fine("matching", says)


def assets() -> Iterator[Finding]:
    """The front end is built and collected."""
    if not assets_are_built():
        yield problem(
            "front end", _("The console's style sheets and scripts are not built."), "make assets"
        )
    elif static_is_stale():
        yield problem(
            "front end",
            _("Static files are not collected, or of an older version."),
            "tillkeeper migrate",
        )
    else:
        yield fine("front end", settings.STATIC_ROOT)


def translations() -> Iterator[Finding]:
    """The catalogues are compiled."""
    catalogues = [path for place in settings.LOCALE_PATHS for path in Path(place).rglob("*.po")]
    stale = [path for path in catalogues if not _is_compiled(path)]
    if stale:
        says = _("Translations are not compiled: the console would speak English only.")
        yield problem("translations", says, "make messages")
    else:
        yield fine("translations", _("compiled"))


def _is_compiled(catalogue: Path) -> bool:
    made = catalogue.with_suffix(".mo")
    return made.exists() and made.stat().st_mtime >= catalogue.stat().st_mtime


def _known(name: str) -> bool:
    return name.startswith("TILLKEEPER_TEST_")


def _meant(name: str) -> str:
    close = get_close_matches(name, settings.TILLKEEPER_KNOWN_VARIABLES, n=1)
    if close:
        return _("Did you mean %(name)s?") % {"name": close[0]}
    return _("Remove it, or look its name up in docs/reference/settings.md.")


CHECKS: Final = (
    python,
    variables,
    proxies,
    folder,
    secret_key,
    disk,
    lake,
    cluster,
    assets,
    translations,
)
