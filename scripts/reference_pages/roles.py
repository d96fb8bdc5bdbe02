"""Roles and the rights they carry, as a page."""

from reference_pages.markdown import both, code, english, head, table
from tillkeeper.parties.roles import RIGHTS, Right, Role
from tillkeeper.parties.wording import RIGHT_LABELS, ROLE_LABELS
from tillkeeper.terminals.lifecycle import STEPS, Step
from tillkeeper.terminals.wording import STEP_LABELS


def page() -> str:
    """Return the page."""
    introduction = (
        (
            "A person holds roles (角色), each at a node of the organisation tree; it counts there"
            " and for everything below."
            " A role carries rights (权限). An API token carries the rights that its person holds"
            " and that were given to it."
        ),
        (
            "Some acts need two people whatever their roles: who last acted on a terminal that"
            " waits for scrapping or is"
            " lost may not be the one who scraps it or writes it off. Nobody grants a role that"
            " carries a right they do not"
            " hold there themselves, and nobody changes their own roles."
        ),
    )
    return "".join(
        [
            head("Roles and rights", *introduction),
            "\n## Roles\n",
            _roles(),
            "\n## Rights\n",
            _rights(),
            "\n## Who holds what\n",
            _matrix(),
        ]
    )


def _roles() -> str:
    rows = []
    for role in Role:
        held = RIGHTS[role]
        rights = (
            "all" if held == frozenset(Right) else ", ".join(code(r) for r in Right if r in held)
        )
        rows.append((both(ROLE_LABELS[role]), code(role), rights))
    note = (
        "\nA vendor contact is granted for one vendor: such a role shows that vendor's terminals only, with their"
        " facts, state, deliveries, faults and repairs; not their price, place, holder, merchant or papers.\n"
    )
    return table(("role", "code", "rights"), rows) + note


def _rights() -> str:
    rows = [(both(RIGHT_LABELS[right]), code(right), ", ".join(_steps(right))) for right in Right]
    return table(("right", "code", "steps it allows"), rows)


def _steps(right: Right) -> list[str]:
    return [
        english(STEP_LABELS[s])
        for s, rule in STEPS.items()
        if rule.right is right and s is not Step.OPEN
    ]


def _matrix() -> str:
    rows = [
        (code(right), *("●" if right in RIGHTS[role] else "" for role in Role)) for right in Right
    ]
    return table(("right", *(english(ROLE_LABELS[role]) for role in Role)), rows)
