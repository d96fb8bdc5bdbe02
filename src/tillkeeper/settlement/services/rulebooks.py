"""Rules as versions: calendars, cut-offs, tolerances and fee plans of an organisation. A version is never changed."""

from datetime import datetime

from tillkeeper.engines.matching.rules.book import Rules
from tillkeeper.kernel.actor import Actor
from tillkeeper.kernel.audit import record_change, verb
from tillkeeper.kernel.errors import FieldInvalid
from tillkeeper.parties.queries import organisation as organisation_named
from tillkeeper.parties.roles import Right
from tillkeeper.settlement.models import RuleBook
from tillkeeper.settlement.queries.rulebooks import newest_rules
from tillkeeper.settlement.services.ledger import keep_others_out


@verb
def write_rules(*, organisation: str, text: str, why: str, by: Actor, at: datetime) -> RuleBook:
    """Write the next version of an organisation's rules; later runs go by it. The same rules again are no new version.

    Args:
        organisation: code of the node.
        text: TOML, see docs/reference/rules.md.
        why: for whoever reads the history.
        by: who.
        at: when.

    Raises:
        NotFound, NotAllowed: the organisation is none of the actor's.
        BadRule, NoToml, UnknownRule, RivalPlans: the text is no set of rules; each says where and what to write.
        FieldInvalid: no reason is given.
    """
    if not why.strip():
        raise FieldInvalid(field="why", value="", expected="a reason")
    node = organisation_named(by.scope(Right.MONEY_RULES), organisation)
    by.require(Right.MONEY_RULES, node.path)
    digest = Rules.of_text(text, name="R.toml").sha256
    keep_others_out(node.pk)
    before = newest_rules(node.pk)
    if before is not None and before.sha256 == digest and before.text == text:
        return before
    book = RuleBook.objects.create(
        organisation_id=node.pk,
        path=node.path,
        version=before.version + 1 if before else 1,
        text=text,
        sha256=digest,
        why=why.strip()[:200],
        by=by.name,
        at=at,
    )
    record_change(
        action="rules.write",
        subject=f"rules:{node.code}/{book.version}",
        place=node.path,
        by=by,
        at=at,
        before={"sha256": before.sha256} if before else None,
        after={"sha256": digest, "why": why},
    )
    return book
