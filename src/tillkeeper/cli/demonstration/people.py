"""One account for each role, each where such a person sits. The passwords are no secret: this is a demonstration."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.contrib.auth.hashers import PBKDF2PasswordHasher, get_hasher

from tillkeeper.kernel.actor import Actor
from tillkeeper.parties.queries import actor_of, person
from tillkeeper.parties.roles import Role
from tillkeeper.parties.services.people import create_person, grant_role

HEAD_OFFICE: Final = "HQ"
QUICK_ROUNDS: Final = 20_000
MERCHANT_PLACE: Final = "(merchant)"  # the first merchant there is; its number is made up as well


@dataclass(frozen=True, slots=True)
class Post:
    """Somebody to be, at a node of the tree."""

    role: Role
    username: str
    display_name: str
    node: str = HEAD_OFFICE
    vendor: str | None = None

    @property
    def password(self) -> str:
        """Long enough for the rules, and easy to type from the screen."""
        return f"demo-till-{sum(map(ord, self.username)) % 900 + 100}"


_R = Role
POSTS: Final = (
    Post(_R.ADMINISTRATOR, "admin", "管理员 演示"),
    Post(_R.ESTATE_MANAGER, "manager", "机具经理 演示"),
    Post(_R.WAREHOUSE_KEEPER, "warehouse", "库管员 演示"),
    Post(_R.PURCHASER, "purchaser", "采购员 演示"),
    Post(_R.KEY_CUSTODIAN, "keys", "密钥管理员 演示"),
    Post(_R.DISPATCHER, "dispatcher", "调度员 演示"),
    Post(_R.TECHNICIAN, "technician", "装维员 演示", "B44"),
    Post(_R.INSPECTOR, "inspector", "巡检员 演示", "B31"),
    Post(_R.REPAIRER, "repairer", "维修员 演示"),
    Post(_R.RISK_OFFICER, "risk", "风控员 演示"),
    Post(_R.SETTLEMENT_CLERK, "clerk", "清算员 演示"),
    Post(_R.SETTLEMENT_APPROVER, "approver", "清算复核 演示"),
    Post(_R.SUPPORT_AGENT, "support", "客服 演示"),
    Post(_R.COMPLIANCE_AUDITOR, "auditor", "合规审计 演示"),
    Post(_R.MERCHANT_CONTACT, "merchant", "商户联系人 演示", MERCHANT_PLACE),
    Post(_R.VENDOR_CONTACT, "vendor", "厂商联系人 演示", vendor="YUNSUN"),
)


def hire(
    posts: Iterable[Post], *, merchant_node: str = "", by: Actor, at: datetime
) -> dict[Role, Actor]:
    """Open the accounts and grant the roles; return each as an actor."""
    made: dict[Role, Actor] = {}
    for post in posts:
        with _quick_to_hash():
            create_person(
                username=post.username,
                display_name=post.display_name,
                password=post.password,
                by=by,
                at=at,
            )
        grant_role(
            username=post.username,
            role=post.role,
            organisation_code=post.node.replace(MERCHANT_PLACE, merchant_node),
            vendor_code=post.vendor,
            by=by,
            at=at,
        )
        made[post.role] = actor_of(person(post.username), source="console")
    return made


@contextmanager
def _quick_to_hash() -> Iterator[None]:
    """Hash passwords in a moment instead of a second each.

    They are printed on the screen, so nothing is to be protected; and each becomes a full hash when somebody first
    signs in, since Django renews hashes of fewer rounds.
    """
    hasher = get_hasher()
    if not isinstance(hasher, PBKDF2PasswordHasher):
        yield
        return
    rounds, hasher.iterations = hasher.iterations, QUICK_ROUNDS
    try:
        yield
    finally:
        hasher.iterations = rounds
