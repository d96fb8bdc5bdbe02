"""Policy rows: numbers that people decide, each with source and effective date."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from tillkeeper.kernel.errors import NotFound
from tillkeeper.kernel.models import PolicyRule


@dataclass(frozen=True, slots=True)
class Rule:
    """A policy as people read it."""

    rule: str
    jurisdiction: str
    value: Any
    effective_from: date
    source: str
    verified: bool


def policy(rule: str, *, on: date, jurisdiction: str = "*") -> Any:
    """Return the value of a rule in force on a day; a jurisdiction's own row goes before the general one.

    Raises:
        NotFound: no row of that rule is in force.
    """
    rows = PolicyRule.objects.filter(
        rule=rule, effective_from__lte=on, jurisdiction__in=[jurisdiction, "*"]
    )
    found = sorted(rows, key=lambda row: (row.jurisdiction != "*", row.effective_from))
    if not found:
        raise NotFound(kind="policy", key=rule)
    return found[-1].value


def enter_policy(*, rule: str, value: Any, effective_from: date, source: str) -> None:
    """Write a row beside those that there are: it counts from its day on. Whoever calls has the right to decide it."""
    PolicyRule.objects.update_or_create(
        rule=rule,
        jurisdiction="*",
        effective_from=effective_from,
        defaults={"value": value, "source": source},
    )


def policies() -> list[Rule]:
    """Return every row, newest first within a rule."""
    rows = PolicyRule.objects.order_by("rule", "-effective_from")
    return [
        Rule(r.rule, r.jurisdiction, r.value, r.effective_from, r.source, r.verified) for r in rows
    ]
