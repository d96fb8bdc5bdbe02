"""Tables of settlement. What agrees has no row here."""

from tillkeeper.settlement.models.cases import Case, CaseNote, Decision, HandMatch
from tillkeeper.settlement.models.defaults import none_yet, nothing
from tillkeeper.settlement.models.files import Drop, Layout, MoneyFile
from tillkeeper.settlement.models.ledger import Entry, MerchantStatement, Posting
from tillkeeper.settlement.models.runs import MatchingRun, RuleBook
from tillkeeper.settlement.models.troubles import Trouble, TroubleCheck

__all__ = [
    "Case",
    "CaseNote",
    "Decision",
    "Drop",
    "Entry",
    "HandMatch",
    "Layout",
    "MatchingRun",
    "MerchantStatement",
    "MoneyFile",
    "Posting",
    "RuleBook",
    "Trouble",
    "TroubleCheck",
    "none_yet",
    "nothing",
]
