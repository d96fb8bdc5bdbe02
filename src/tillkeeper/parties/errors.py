"""What can go wrong with the parties, beyond what the kernel names."""

from dataclasses import dataclass
from typing import ClassVar

from tillkeeper.kernel.errors import Conflict, Forbidden, Invalid


@dataclass(eq=False, kw_only=True)
class PlacementRefused(Conflict):
    """The tree does not allow a node of this kind below one of that kind."""

    code: ClassVar[str] = "parties.placement_refused"
    sentence: ClassVar[str] = "A node of kind %(kind)s cannot stand below one of kind %(parent)s."
    kind: str
    parent: str


@dataclass(eq=False, kw_only=True)
class CircularMove(Conflict):
    """A node was to be moved below itself."""

    code: ClassVar[str] = "parties.circular_move"
    sentence: ClassVar[str] = (
        "%(organisation)s cannot move below %(parent)s: that is itself, or lies below it."
    )
    organisation: str
    parent: str


@dataclass(eq=False, kw_only=True)
class TreeTooDeep(Conflict):
    """The tree would get more levels than a path has room for."""

    code: ClassVar[str] = "parties.tree_too_deep"
    sentence: ClassVar[str] = (
        "%(organisation)s would lie too deep: the tree has at most %(limit)s levels."
    )
    organisation: str
    limit: int


@dataclass(eq=False, kw_only=True)
class KeptByMerchant(Conflict):
    """Nodes of merchants and stores follow their merchant or site; they are not changed by hand."""

    code: ClassVar[str] = "parties.kept_by_merchant"
    sentence: ClassVar[str] = (
        "%(organisation)s belongs to a merchant or a site: change that instead, the tree follows."
    )
    organisation: str


@dataclass(eq=False, kw_only=True)
class HolderTwice(Invalid):
    """A merchant is filed under one of the two numbers, never both."""

    code: ClassVar[str] = "parties.holder_twice"
    sentence: ClassVar[str] = (
        "Merchant %(merchant)s has either a unified social credit code or an id number, not both: "
        "clear one of them."
    )
    merchant: str


@dataclass(eq=False, kw_only=True)
class PasswordRefused(Invalid):
    """The password is too easy to guess. The password itself is not among the facts."""

    code: ClassVar[str] = "parties.password_refused"
    sentence: ClassVar[str] = "The password is not usable: %(reasons)s"
    reasons: str


@dataclass(eq=False, kw_only=True)
class OwnAccount(Forbidden):
    """Nobody changes what they themselves may do."""

    code: ClassVar[str] = "parties.own_account"
    sentence: ClassVar[str] = (
        "Nobody changes their own roles or closes their own account (%(person)s): "
        "somebody else must."
    )
    person: str


@dataclass(eq=False, kw_only=True)
class LastAdministrator(Conflict):
    """Without an administrator at the top nobody could ever let one in again."""

    code: ClassVar[str] = "parties.last_administrator"
    sentence: ClassVar[str] = (
        "%(person)s is the last administrator of %(organisation)s: appoint another one first."
    )
    person: str
    organisation: str
