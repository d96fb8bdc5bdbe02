"""Why a run is refused before it begins."""

from dataclasses import dataclass
from typing import ClassVar

from tillkeeper.kernel.errors import Busy, Invalid


@dataclass(eq=False, kw_only=True)
class GivenTwice(Invalid):
    """Two sources of one side hold the same rows."""

    code: ClassVar[str] = "matching.given_twice"
    sentence: ClassVar[str] = (
        "%(name)s and %(other)s hold the same %(rows)s rows. Leave one of them out: nothing is counted twice."
    )
    name: str
    other: str
    rows: int


@dataclass(eq=False, kw_only=True)
class NotFinished(Invalid):
    """A store whose writing was broken off."""

    code: ClassVar[str] = "matching.not_finished"
    sentence: ClassVar[str] = (
        "%(name)s was not written to its end. Delete it and read its source file again."
    )
    name: str


@dataclass(eq=False, kw_only=True)
class WrongRole(Invalid):
    """A store given on the wrong side."""

    code: ClassVar[str] = "matching.wrong_role"
    sentence: ClassVar[str] = "%(name)s is a %(found)s, and was given as a %(expected)s."
    name: str
    found: str
    expected: str


@dataclass(eq=False, kw_only=True)
class ClusterNotInstalled(Invalid):
    """Ray is an extra."""

    code: ClassVar[str] = "matching.cluster_not_installed"
    sentence: ClassVar[str] = (
        "Matching on %(cluster)s needs what is not installed here: pip install 'tillkeeper[cluster]'."
    )
    cluster: str


@dataclass(eq=False, kw_only=True)
class ClusterUnreachable(Busy):
    """Nobody answers there."""

    code: ClassVar[str] = "matching.cluster_unreachable"
    sentence: ClassVar[str] = (
        "The cluster at %(cluster)s cannot be used: %(why)s. Start it (ray start --head) or match on this machine."
    )
    cluster: str
    why: str


@dataclass(eq=False, kw_only=True)
class ClusterDiffers(Invalid):
    """A machine of the cluster has another Tillkeeper, or none."""

    code: ClassVar[str] = "matching.cluster_differs"
    sentence: ClassVar[str] = (
        "Machine %(machine)s of the cluster has Tillkeeper %(found)s and this one %(expected)s. "
        "Install the same on every machine."
    )
    machine: str
    found: str
    expected: str


@dataclass(eq=False, kw_only=True)
class ClusterFailed(Busy):
    """The cluster went away, or a bucket failed however often it was tried."""

    code: ClassVar[str] = "matching.cluster_failed"
    sentence: ClassVar[str] = (
        "The cluster at %(cluster)s did not finish the work: %(why)s. Nothing was kept; run it again."
    )
    cluster: str
    why: str


@dataclass(eq=False, kw_only=True)
class PartUnreadable(Invalid):
    """A machine of the cluster does not see the lake."""

    code: ClassVar[str] = "matching.part_unreadable"
    sentence: ClassVar[str] = (
        "A machine of the cluster cannot read the rows (%(why)s). Keep the lake on S3, AWS_* set on every machine, "
        "or in a folder that all of them have at the same path."
    )
    why: str
