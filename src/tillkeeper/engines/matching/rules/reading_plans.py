"""Fee plans of a rules file."""

from datetime import date
from itertools import pairwise
from typing import Final

from tillkeeper.engines.matching.rules.errors import RivalPlans
from tillkeeper.engines.matching.rules.keys import Keys
from tillkeeper.engines.matching.rules.plans import (
    DEDUCTED_FROM,
    PERIODS,
    SURCHARGE_ON,
    Claim,
    FeePlan,
    PlanFee,
    Scope,
    Surcharge,
    Tier,
    rivals,
)
from tillkeeper.formats.canonical.tables import Channel

SCOPE_KEYS: Final = ("mid", "mcc", "card_type", "channel", "currency", "from", "until")
FEE_KEYS: Final = (
    "percent",
    "tiers",
    "flat_minor",
    "floor_minor",
    "cap_minor",
    "refund_returns_fee",
)
SURCHARGE_KEYS: Final = ("surcharge_minor", "surcharge_percent", "surcharge_on")
PLAN_FEE_KEYS: Final = ("plan_fee_minor", "plan_fee_period", "plan_fee_deducted_from")
PLAN_KEYS: Final = ("name", *SCOPE_KEYS, *FEE_KEYS, *SURCHARGE_KEYS, *PLAN_FEE_KEYS)
CARD_TYPES: Final = ("debit", "credit", "semi_credit", "prepaid")


def read_plans(name: str, tables: list[Keys]) -> tuple[FeePlan, ...]:
    """Return the plans of a rules file, in an order that does not depend on theirs.

    Raises:
        BadRule: a value cannot be used, or two plans have one name.
        RivalPlans: two of them could claim one payment with the same right.
    """
    plans: dict[str, FeePlan] = {}
    for keys in tables:
        plan = _plan(keys)
        if plan.name in plans:
            keys.refuse("name", "unique", f'name = "{plan.name} 2"')
        plans[plan.name] = plan
    told = tuple(plan for _, plan in sorted(plans.items()))
    _refuse_rivals(name, [plan for plan in told if plan.charges])
    _refuse_rivals(name, [plan for plan in told if plan.plan_fee])
    return told


def _refuse_rivals(name: str, plans: list[FeePlan]) -> None:
    found = rivals(plans)
    if found is None:
        return
    one, other, claim = found
    day = max(one.scope.first_day, other.scope.first_day)
    shown = "every day" if day == date.min else day.isoformat()
    raise RivalPlans(name=name, one=one.name, other=other.name, claim=_shown(claim), day=shown)


def _shown(claim: Claim) -> str:
    named = {"mid": claim.mid.removesuffix("*") and claim.mid, "mcc": claim.mcc}
    named |= {"card_type": claim.card_type, "channel": claim.channel}
    return ", ".join(f"{key} {value}" for key, value in named.items() if value) or "all payments"


def _plan(keys: Keys) -> FeePlan:
    if "name" not in keys.values:
        keys.refuse("name", "present", 'name = "debit cards"')
    charges = any(key in keys.values for key in (*FEE_KEYS, *SURCHARGE_KEYS))
    floor, cap = (
        keys.minor("floor_minor"),
        keys.minor("cap_minor") if "cap_minor" in keys.values else None,
    )
    if cap is not None and cap < floor:
        keys.refuse("cap_minor", "cap", f"cap_minor = {floor}")
    return FeePlan(
        name=keys.text("name"),
        scope=_scope(keys),
        rate=keys.millionths("percent"),
        tiers=_tiers(keys),
        flat_minor=keys.minor("flat_minor"),
        floor_minor=floor,
        cap_minor=cap,
        refund_returns_fee=keys.flag("refund_returns_fee"),
        surcharge=_surcharge(keys),
        plan_fee=_plan_fee(keys, needed=not charges),
        charges=charges,
    )


def _scope(keys: Keys) -> Scope:
    mids = keys.texts("mid")
    if any("*" in mid[:-1] or mid == "*" for mid in mids):
        keys.refuse("mid", "mid", 'mid = ["898310*"]')
    first, last = keys.day("from", date.min), keys.day("until", date.max)
    if last < first:
        keys.refuse("until", "until", f"until = {first.isoformat()}")
    return Scope(
        mids=mids,
        mccs=keys.texts("mcc"),
        card_types=keys.texts("card_type", CARD_TYPES),
        channels=keys.texts("channel", tuple(Channel)),
        currency=keys.text("currency", "CNY").upper(),
        first_day=first,
        last_day=last,
    )


def _tiers(keys: Keys) -> tuple[Tier, ...]:
    example = (
        "tiers = [{ from_minor = 0, percent = 0.6 }, { from_minor = 10000000, percent = 0.5 }]"
    )
    told = keys.tables("tiers", ("from_minor", "percent"), example)
    tiers = tuple(Tier(tier.minor("from_minor"), tier.millionths("percent")) for tier in told)
    if tiers and "percent" in keys.values:
        keys.refuse("percent", "not_both", example)
    starts = [tier.from_minor for tier in tiers]
    if tiers and (starts[0] != 0 or any(low >= high for low, high in pairwise(starts))):
        keys.refuse("tiers", "rising", example)
    return tiers


def _surcharge(keys: Keys) -> Surcharge | None:
    if not any(key in keys.values for key in SURCHARGE_KEYS):
        return None
    if not {"percent", "tiers", "flat_minor"} & keys.values.keys():
        keys.refuse("percent", "percent_too", "percent = 0.6")
    return Surcharge(
        flat_minor=keys.minor("surcharge_minor"),
        rate=keys.millionths("surcharge_percent"),
        on=keys.one_of("surcharge_on", SURCHARGE_ON, "charged"),
    )


def _plan_fee(keys: Keys, *, needed: bool) -> PlanFee | None:
    if not any(key in keys.values for key in PLAN_FEE_KEYS) and not needed:
        return None
    if "plan_fee_minor" not in keys.values:
        missing = (
            "percent"
            if needed and not set(PLAN_FEE_KEYS) & keys.values.keys()
            else "plan_fee_minor"
        )
        keys.refuse(
            missing,
            "present",
            f"{missing} = 0.6" if missing == "percent" else "plan_fee_minor = 9900",
        )
    return PlanFee(
        amount_minor=keys.minor("plan_fee_minor"),
        period=keys.one_of("plan_fee_period", PERIODS, "year"),
        deducted_from=keys.one_of("plan_fee_deducted_from", DEDUCTED_FROM, "payout"),
    )
