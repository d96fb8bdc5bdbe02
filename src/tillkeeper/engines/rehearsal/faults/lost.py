"""Messages that are lost, late or wrong between terminal and host: causes 1 to 9, 11, 12 (payments.md, section 5)."""

from collections.abc import Mapping

import numpy as np

from tillkeeper.engines.rehearsal import codes
from tillkeeper.engines.rehearsal.codes import BLANK, Ints
from tillkeeper.engines.rehearsal.hosting import reversals
from tillkeeper.engines.rehearsal.scene import Scene

Told = Mapping[str, Ints]
ALIKE: Told = {}


def _unanswered(scene: Scene, rows: Ints, reason: int = codes.NO_ANSWER) -> None:
    """Let the terminal give a payment up: no number, no slip, a reversal with its reason."""
    scene.change(rows, state=codes.REVERSED, slip=codes.NONE, rrn=BLANK, reason=reason)


def _answered(scene: Scene, rows: Ints, answer: int) -> Ints:
    """Let a reversal be answered while the batch is open; returns when."""
    at = scene.journal["at"][rows] + scene.chance.integers(35, 120, len(rows))
    scene.change(rows, answer=answer, reversed_at=at)
    return at


def _gives_up(scene: Scene, rows: Ints) -> None:
    """Let no answer to the reversal come: most terminals have tried it to the end, some still try."""
    still = scene.chance.random(len(rows)) < 0.3
    scene.change(
        rows, state=np.where(still, codes.PENDING, codes.EXHAUSTED), answer=0, reversed_at=0
    )


def request_lost(scene: Scene, rows: Ints) -> Told:
    """The 0200 never reached the host, which does not know what to reverse."""
    _unanswered(scene, rows)
    _answered(scene, rows, codes.NOT_KNOWN)
    scene.unbook(rows)
    return ALIKE


def answer_lost_reversed(scene: Scene, rows: Ints) -> Told:
    """The 0210 was lost and the reversal done; the channel shows both or, of every third, neither."""
    _unanswered(scene, rows)
    at = _answered(scene, rows, codes.DONE)
    neither = np.arange(len(rows)) % 3 == 2
    scene.unbook(rows[neither])
    scene.add(reversals(scene.journal, rows[~neither], at[~neither]))
    return ALIKE


def answer_and_reversal_lost(scene: Scene, rows: Ints) -> Told:
    """Neither the answer nor the reversal came through: the host keeps the charge."""
    _unanswered(scene, rows)
    _gives_up(scene, rows)
    return ALIKE


def terminal_restarted(scene: Scene, rows: Ints) -> Told:
    """The terminal started anew before it stored the sale: its journal has a gap."""
    scene.change(rows, kept=0)
    return ALIKE


def restarted_and_reversed(scene: Scene, rows: Ints) -> Told:
    """As before, and the reversal went out without a trace in the journal: no money is at stake."""
    scene.change(rows, kept=0)
    scene.add(reversals(scene.journal, rows, scene.journal["at"][rows] + 60))
    return ALIKE


def printer_failed(scene: Scene, rows: Ints) -> Told:
    """The payment stands; no paper, or nobody knows whether it printed."""
    lost = scene.chance.random(len(rows)) < 0.2
    scene.change(rows, slip=np.where(lost, codes.UNCERTAIN, codes.FAILED))
    return ALIKE


def answer_mac_wrong(scene: Scene, rows: Ints) -> Told:
    """The terminal did not believe the answer (A0), and its reversals were not believed either."""
    _unanswered(scene, rows, codes.BAD_MAC)
    _gives_up(scene, rows)
    return ALIKE


def answer_late(scene: Scene, rows: Ints) -> Told:
    """The answer came when the reversal was out; the channel books the two in either order."""
    _unanswered(scene, rows)
    at = _answered(scene, rows, codes.DONE)
    first = scene.chance.random(len(rows)) < 0.5
    scene.add(reversals(scene.journal, rows, np.where(first, scene.journal["at"][rows] - 1, at)))
    return ALIKE


def reversal_overtook_sale(scene: Scene, rows: Ints) -> Told:
    """The reversal came first, was answered with 25, and then the sale came and was approved."""
    _unanswered(scene, rows)
    at = _answered(scene, rows, codes.NOT_KNOWN)
    scene.rebook(rows, at=at + scene.chance.integers(1, 20, len(rows)))
    return ALIKE


def host_reversed_alone(scene: Scene, rows: Ints) -> Told:
    """The host took the payment back for want of a line; the terminal has its slip, the goods are gone."""
    late = scene.chance.integers(20, 60, len(rows))
    scene.add(reversals(scene.journal, rows, scene.journal["at"][rows] + late))
    return ALIKE


def chip_refused(scene: Scene, rows: Ints) -> Told:
    """The card refused what the issuer had approved, and the reversal did not come through."""
    reason = np.where(scene.chance.random(len(rows)) < 0.5, codes.NETWORK, codes.CHIP)
    _unanswered(scene, rows)
    scene.change(rows, reason=reason)
    _gives_up(scene, rows)
    return ALIKE


def batch_closed_first(scene: Scene, rows: Ints) -> Told:
    """The batch was closed before the reversal was delivered: it was refused with 25 or 95."""
    unknown = scene.chance.random(len(rows)) < 0.5
    after = scene.journal["closed_at"][rows] + scene.chance.integers(60, 600, len(rows))
    _unanswered(scene, rows)
    scene.change(
        rows,
        state=np.where(unknown, codes.REVERSED, codes.EXHAUSTED),
        answer=np.where(unknown, codes.NOT_KNOWN, codes.NOT_BALANCED),
        reversed_at=after,
    )
    return ALIKE
