"""What only the command line refuses, so that one place gives each its exit code and, with `--json`, its object."""

from dataclasses import dataclass
from typing import ClassVar, Final

from django.utils.translation import gettext_noop

from tillkeeper.kernel.errors import Invalid

# What an option may be, as refusals say it; marked here because they travel inside errors as plain text.
EXPECTATIONS: Final = (
    gettext_noop("a code that `tillkeeper organisation list` shows"),
    gettext_noop("a file that can be read"),
    gettext_noop("a file in a folder that is there"),
    gettext_noop("a name that ends in .xlsx or .csv"),
    gettext_noop("none: the file is no workbook"),
    gettext_noop("title=field, with a title of: %(titles)s"),
    gettext_noop("ROLE@ORGANISATION, such as administrator@HQ"),
    gettext_noop("a file that is there"),
    gettext_noop("a folder that is there"),
    gettext_noop("a folder to write to"),
    gettext_noop("a name that ends in .xlsx or .pdf"),
    gettext_noop("two characters or more"),
)


@dataclass(eq=False)
class NoOrganisationYet(Invalid):
    """Nothing can be brought in before there is a head office."""

    code: ClassVar[str] = "cli.no_organisation_yet"
    sentence: ClassVar[str] = (
        "There is no organisation yet: tillkeeper organisation add HQ NAME --kind head_office"
    )
