"""Why a row is refused by the estate (the cells' own reasons are `formats.ledgers.refusals`'), in words.

English templates, each with how to mend it. They may use `column`, `value`, `line` and the facts of the refusal.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as _

from tillkeeper.formats.ledgers import refusals
from tillkeeper.formats.ledgers.columns import FIELDS
from tillkeeper.terminals.wording import STATE_LABELS

REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ledger.serial_twice": _(
            "%(value)s stands in line %(first)s already, with other values. Keep one of the two rows."
        ),
        "ledger.tusn_twice": _(
            "TUSN %(value)s stands in line %(first)s already. Correct one of the two rows."
        ),
        "ledger.tusn_taken": _(
            "TUSN %(value)s belongs to another terminal of the ledger. Compare it with the label."
        ),
        "ledger.tusn_differs": _(
            "The ledger has TUSN %(now)s for this terminal. Compare it with the label."
        ),
        "ledger.terminal_id_twice": _(
            "Terminal id %(value)s stands in line %(first)s already. Correct one of the two rows."
        ),
        "ledger.terminal_id_taken": _(
            "Terminal id %(value)s is bound to another terminal of the ledger. End that binding first, or correct it."
        ),
        "ledger.not_yours": _(
            "%(value)s belongs to an organisation outside your view. Ask somebody who looks after it."
        ),
        "ledger.model_differs": _(
            "The ledger says that this terminal is a %(now)s. A terminal does not change its model: compare the label."
        ),
        "ledger.model_of_another_vendor": _(
            "The ledger has this model under the vendor %(now)s. Correct the vendor, or write the model with its maker."
        ),
        "ledger.state_differs": _(
            "The ledger has this terminal as %(now)s. An import never changes a state: take the step instead, "
            "or leave the state blank."
        ),
        "ledger.binding_differs": _(
            "The ledger has this terminal bound otherwise (%(now)s). Relocate it, or bring in a ledger of bindings."
        ),
        "ledger.binding_incomplete": _(
            "A terminal in this state needs %(needed)s. Fill it in, or correct the state."
        ),
        "ledger.binding_in_stock_state": _(
            "A terminal in this state has no merchant and no terminal id. Clear them, or correct the state."
        ),
        "ledger.binding_needs_steps": _(
            "The ledger has this terminal as %(now)s. Install and activate it by the steps instead of a ledger."
        ),
        "ledger.terminal_unknown": _(
            "There is no terminal %(value)s in the ledger. Bring in the terminals first."
        ),
        "ledger.merchant_named_differently": _(
            "Merchant %(number)s is called “%(now)s” in line %(first)s or in the ledger. Write one name, "
            "or rename it by a ledger of merchants."
        ),
        "ledger.merchant_numbered_differently": _(
            "“%(value)s” stands under the number %(now)s already. Correct the number; if there really "
            "are two merchants of that name, add this one by hand first."
        ),
        "ledger.merchant_differs": _(
            "The merchant's %(what)s is another one in line %(first)s or in the ledger. Correct it, "
            "or change it by a ledger of merchants."
        ),
        "ledger.merchant_missing": _(
            "It is not said which merchant this belongs to. Fill in the merchant number."
        ),
        "ledger.merchant_unknown": _(
            "There is no merchant %(value)s in the ledger, and the row does not say its name. "
            "Fill in the merchant name."
        ),
        "ledger.merchant_twice": _(
            "Merchant %(value)s stands in line %(first)s already, with other values."
        ),
        "ledger.site_of_another_merchant": _(
            "Site %(value)s belongs to another merchant. Correct the site code or the merchant number."
        ),
        "ledger.site_addressed_differently": _(
            "Site %(value)s has another address: %(now)s. Correct the address, or change it by a ledger of sites."
        ),
        "ledger.site_twice": _("This site stands in line %(first)s already, with other values."),
        "ledger.address_missing": _(
            "The address is blank, and the site is not in the ledger yet. Fill it in."
        ),
        "ledger.model_twice": _(
            "Model %(value)s stands in line %(first)s already, with other values."
        ),
        "ledger.organisation_differs": _(
            "The ledger has it under %(now)s. An import does not move things: transfer it, or correct the organisation."
        ),
        "ledger.date_in_future": _("%(value)s is in the future. Correct the date."),
        "ledger.changed_meanwhile": _(
            "Somebody changed it while the file was being read. Bring in the row again."
        ),
    }
)
# What came in all the same, but not as written: shown beside the counts.
NOTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ledger.organisation_unknown": _(
            "%(count)s rows name an organisation that is not in your tree; "
            "they came in under the import's own: %(values)s"
        ),
        "ledger.place_not_used": _(
            "%(count)s rows give a place for a terminal that is at no site; it was not kept."
        ),
        "ledger.terminal_id_not_used": _(
            "%(count)s rows give a terminal id for a terminal that is installed but not activated; it was not kept."
        ),
        "ledger.no_rows": _(
            "There are titles but no rows below them: nothing to bring in. Look whether it is the right file and sheet."
        ),
    }
)


# Their fact `now` is a state.
TELL_A_STATE: Final = frozenset({"ledger.state_differs", "ledger.binding_needs_steps"})


def reason(code: str, facts: Mapping[str, Any]) -> str:
    """Return why, and how to mend it, in the active language.

    Args:
        code: of the refusal.
        facts: `column`, `value`, `line` and the refusal's own facts.
    """
    template = REASONS.get(code) or refusals.SENTENCES[code]
    return gettext(template) % _worded(code, facts)


def _worded(code: str, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the facts as people read them: fields and states by their names. A name stays as it is."""
    told = dict(facts)
    for fact in {"needed", "what"} & told.keys():
        told[fact] = _field_name(told[fact])
    if code in TELL_A_STATE:
        told["now"] = STATE_LABELS.get(told["now"], told["now"])
    return told


def _field_name(name: str) -> str:
    known = FIELDS.get(name)
    if known is None:
        return gettext(name)  # a title of the file, or words that an older version kept
    return known.zh if (get_language() or "").startswith("zh") else known.en


def note(code: str, facts: Mapping[str, Any]) -> str:
    """Return one note of an import's result in the active language."""
    shown = {**facts, "values": ", ".join(facts.get("values", ()))}
    return gettext(NOTES[code]) % shown
