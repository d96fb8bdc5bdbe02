"""The life of a terminal as a page: states, steps, guards, proof; and its diagram."""

from typing import Final

from reference_pages.diagram import draw
from reference_pages.markdown import both, chinese, code, english, head, table
from tillkeeper.parties.roles import RIGHTS, Right
from tillkeeper.parties.wording import ROLE_LABELS
from tillkeeper.terminals.lifecycle import (
    AT_A_SITE,
    BOUND,
    EVIDENCE,
    FINAL,
    MOVES,
    ONE_BY_ONE,
    RESETS,
    STEPS,
    EvidenceKind,
    Guard,
    State,
    Step,
    allowed,
    origins,
)
from tillkeeper.terminals.services.orders import NEEDS
from tillkeeper.terminals.wording import (
    EVIDENCE_LABELS,
    GUARD_SENTENCES,
    HOLDER_LABELS,
    STATE_LABELS,
    STEP_LABELS,
)

INTRODUCTION: Final = (
    (
        "A terminal (终端) is in exactly one state (状态). A step (步骤) leads from one state to"
        " another; the table of moves"
        " names every step that is possible, and everything that is not in it is refused. A guard"
        " (条件) is a fact that"
        " must be true besides. Each step leaves a row in the terminal's history and a document"
        " (单据) with a number."
    ),
    (
        "Tampered (疑似改装) is a mark, not a state: a terminal that bears it can be in any state except"
        " active."
    ),
    (
        "How to walk a terminal through these states: [Walk a terminal through its"
        " life](../how-to/walk-a-terminal.md)."
    ),
    "![States and moves](states.svg)",
    (
        f"The diagram leaves out one step: “{english(STEP_LABELS[Step.REPORT_LOST])}” leads to “lost” from"
        f" every state that has it"
        " in its table below."
    ),
)


def page() -> str:
    """Return the page."""
    parts = [head("States of a terminal", *INTRODUCTION), "\n## All states\n", _states()]
    parts += [_state(state) for state in State]
    parts += ["\n## Steps\n", _steps(), "\n## Guards\n", _guards(), "\n## Proof\n", _proof()]
    return "".join(parts)


def diagram() -> str:
    """Return the states and the moves between them as SVG."""
    moves = {
        (origin, target)
        for (origin, step), (target, _guards) in MOVES.items()
        if step is not Step.REPORT_LOST and origin is not target
    }
    labels = {
        state: (english(STATE_LABELS[state]), chinese(STATE_LABELS[state])) for state in State
    }
    return draw(labels, moves, fills={s: _kind(s) for s in State})


def _kind(state: State) -> str:
    if state in FINAL:
        return "final"
    return "site" if state in AT_A_SITE else "house"


def _states() -> str:
    rows = [
        (
            f"[{english(STATE_LABELS[s])}](#{_anchor(s)})",
            chinese(STATE_LABELS[s]),
            code(s),
            _place(s),
        )
        for s in State
    ]
    return table(("state", "状态", "code", "where"), rows)


def _place(state: State) -> str:
    if state in BOUND:
        return "at a site, bound to a merchant and terminal id"
    if state in AT_A_SITE:
        return "at a site, not bound yet"
    return "final: no step leads on" if state in FINAL else ""


def _anchor(state: State) -> str:
    return f"state-{state.value.replace('_', '-')}"


def _state(state: State) -> str:
    title = f"\n### {both(STATE_LABELS[state])} {{ #{_anchor(state)} }}\n"
    entered = sorted(
        {o for (o, _s), (target, _g) in MOVES.items() if target is state}, key=list(State).index
    )
    came = ", ".join(english(STATE_LABELS[o]) for o in entered if o is not state)
    title += f"\nEntered from: {came or 'an order, or a ledger that is brought in'}.\n"
    if state in FINAL:
        return title + "\nFinal.\n"
    rows = []
    for step in allowed(state):
        target, guards = MOVES[state, step]
        rows.append(
            (
                both(STEP_LABELS[step]),
                both(STATE_LABELS[target]),
                ", ".join(map(code, guards)),
                _who(STEPS[step].right),
            )
        )
    return title + table(("step", "leads to", "guards", "who may"), rows)


def _who(right: Right) -> str:
    names = [english(ROLE_LABELS[role]) for role, rights in RIGHTS.items() if right in rights]
    return ", ".join(names)


def _steps() -> str:
    text = (
        "\nThe document's number is the prefix, the date and a number within the day, such as"
        " `SU-20261121-0007`; a"
        " number of a paper made elsewhere may be given instead. “Must say” is what the step"
        " cannot do without.\n"
    )
    rows = [
        (
            both(STEP_LABELS[step]),
            code(step),
            f"`{rule.prefix}` {rule.paper.replace('_', ' ')}",
            code(rule.right),
            both(HOLDER_LABELS[rule.holder]) if rule.holder else "stays",
            ", ".join(NEEDS.get(step, ())),
            "no" if step in ONE_BY_ONE else "yes",
        )
        for step, rule in STEPS.items()
        if step is not Step.OPEN
    ]
    titles = ("step", "code", "document", "right", "held afterwards by", "must say", "for many")
    return text + table(titles, rows)


def _guards() -> str:
    rows = []
    for guard in Guard:
        where = [
            english(STEP_LABELS[s])
            for s in Step
            if any(guard in MOVES[o, s][1] for o in origins(s))
        ]
        rows.append(
            (
                code(guard),
                english(GUARD_SENTENCES[guard]),
                chinese(GUARD_SENTENCES[guard]),
                ", ".join(where),
            )
        )
    text = "\nA guard that fails refuses the step with its sentence (`terminals.guard_failed`).\n"
    return text + table(("guard", "what is said when it fails", "提示", "asked by"), rows)


def _proof() -> str:
    rows = []
    for kind in EvidenceKind:
        rule = EVIDENCE[kind]
        states = ", ".join(english(STATE_LABELS[s]) for s in State if s in rule.states)
        sets = ", ".join(f"{name}: {'yes' if value else 'no'}" for name, value in rule.sets.items())
        rows.append((both(EVIDENCE_LABELS[kind]), code(kind), states, code(rule.right), sets))
    text = (
        "\nProof (凭证) is recorded by its reference number, never with a key in it. It makes facts"
        " true or untrue that"
        " the guards look at:\n"
    )
    resets = [
        (both(STEP_LABELS[step]), ", ".join(facts)) for step, facts in RESETS.items() if facts
    ]
    lost = "\nProof belongs to one stay, not to the terminal for ever. These steps make facts untrue again:\n"
    return (
        text
        + table(("proof", "code", "recorded while", "right", "sets"), rows)
        + lost
        + table(("step", "no longer true"), resets)
    )
