"""Money in doubt: on suspense exactly while its case is neither closed nor vanished.

So the balance of suspense is always the sum of what is at stake in unsettled cases.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from tillkeeper.kernel.actor import Actor
from tillkeeper.settlement.lifecycle import Account, PostingKind, What
from tillkeeper.settlement.models import Case, Posting
from tillkeeper.settlement.services.ledger import Line, Occasion, post
from tillkeeper.settlement.stakes import stood_on

Place = tuple[Account, str, str, str]  # account, currency, mid, channel


@dataclass(slots=True)
class Doubt:
    """What comes into doubt and out of it, summed by place: one posting for all the cases of a run."""

    _sums: dict[Place, list[int]] = field(default_factory=dict)

    def put(self, case: Case) -> None:
        """Take a case's money off the account where it stood, on to suspense."""
        self._move(case, case.at_stake_minor, 1)

    def take_back(self, case: Case) -> None:
        """Put it back where it stood."""
        self._move(case, -case.at_stake_minor, -1)

    def lines(self) -> Iterator[Line]:
        """Yield what is to be posted."""
        for (account, currency, mid, channel), (minor, number) in sorted(self._sums.items()):
            yield Line(account, minor, currency, mid, channel, number, What.DOUBT)

    def post(self, *, on: Occasion, by: Actor, at: datetime) -> Posting | None:
        """Post it; nothing if nothing moved."""
        kept = [line for line in self.lines() if line.amount_minor]
        return post(lines=kept, occasion=on, by=by, at=at) if kept else None

    def _move(self, case: Case, minor: int, number: int) -> None:
        if minor:
            self._add(stood_on(case.difference), case, minor, 0)
            self._add(Account.SUSPENSE, case, -minor, number)

    def _add(self, account: Account, case: Case, minor: int, number: int) -> None:
        place = (account, case.currency, case.mid, case.channel)
        sums = self._sums.setdefault(place, [0, 0])
        sums[0] += minor
        sums[1] += number


def occasion_of(case: Case, *, why: str, day: date) -> Occasion:
    """Return what a posting of doubt about one case is for."""
    return Occasion(
        PostingKind.DOUBT, why, day, case.organisation_id, case.path, run_id=case.run_id
    )
