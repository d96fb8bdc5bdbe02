"""Charges that are made twice, not at all, elsewhere, or for something else: causes 10, 13 to 18, fees and amounts."""

import numpy as np

from tillkeeper.engines.rehearsal import codes
from tillkeeper.engines.rehearsal.codes import BLANK, Ints
from tillkeeper.engines.rehearsal.faults import fits
from tillkeeper.engines.rehearsal.faults.lost import ALIKE, Told
from tillkeeper.engines.rehearsal.scene import Scene
from tillkeeper.engines.rehearsal.trade import ITS_TWIN, scattered


def swiped_again(scene: Scene, rows: Ints) -> Told:
    """No slip came, so the cashier swiped again: the next payment is by the same card, for the same amount."""
    again = rows + 1
    journal = scene.journal
    soon = journal["at"][rows] + scene.chance.integers(30, 240, len(rows))
    at = np.minimum(soon, np.maximum(journal["at"][again], journal["at"][rows] + 15))
    scene.change(again, card=journal["card"][rows], amount=journal["amount"][rows], at=at)
    scene.change(again, slip=codes.PRINTED)
    scene.rebook(again, card=journal["card"][rows], amount=journal["amount"][rows], at=at)
    silent = scene.chance.random(len(rows)) < 0.5
    scene.change(rows[~silent], slip=codes.FAILED)
    scene.change(
        rows[silent], state=codes.EXHAUSTED, slip=codes.NONE, rrn=BLANK, reason=codes.NO_ANSWER
    )
    return {"other_trace": journal["trace"][again], "other_rrn": journal["host_rrn"][again]}


def batch_upload_incomplete(scene: Scene, rows: Ints) -> Told:
    """A page of the batch upload was lost: three to five payments in a row are missing at the channel."""
    follows = fits.pair(scene)
    fourth = follows[rows + 2]
    fifth = fourth & follows[np.minimum(rows + 3, len(follows) - 1)]
    missing = np.concatenate(
        [rows, rows + 1, rows + 2, (rows + 3)[fourth], (rows + 4)[fifth]], dtype=np.int64
    )
    missing.sort()
    scene.change(missing, slip=codes.PRINTED)
    scene.unbook(missing)
    return {"row": missing}


def code_charged_unqueried(scene: Scene, rows: Ints) -> Told:
    """The customer's code was charged; nobody asked how it ended."""
    scene.change(rows, state=codes.UNKNOWN, slip=codes.NONE)
    return ALIKE


def code_revoke_lost(scene: Scene, rows: Ints) -> Told:
    """The terminal took the payment back; the channel never heard of it."""
    states = np.array([codes.REVERSED, codes.PENDING, codes.EXHAUSTED])
    state = states[scene.chance.integers(0, 3, len(rows))]
    at = scene.journal["at"][rows] + scene.chance.integers(35, 90, len(rows))
    reversed_at = np.where(state == codes.REVERSED, at, 0)
    scene.change(rows, state=state, slip=codes.NONE, reversed_at=reversed_at)
    return ALIKE


def offline_not_uploaded(scene: Scene, rows: Ints) -> Told:
    """One chip payment's certificate never reached the host; the payments around it did."""
    scene.change(rows, slip=codes.PRINTED)
    scene.unbook(rows)
    return ALIKE


def request_sent_twice(scene: Scene, rows: Ints) -> Told:
    """The line sent the request again under the next trace number: one cryptogram, two charges."""
    journal = scene.journal
    twin = scattered(journal["number"][rows], ITS_TWIN)
    trace = journal["trace"][rows] + 1
    at = journal["at"][rows] + scene.chance.integers(2, 100, len(rows))
    scene.book(rows, trace=trace, rrn=twin, at=at)
    original = {"other_trace": journal["trace"][rows], "other_rrn": journal["host_rrn"][rows]}
    return {"trace": trace, "rrn": twin, **original}


def wrong_terminal(scene: Scene, rows: Ints) -> Told:
    """The host credited another terminal of the merchant."""
    scene.rebook(rows, terminal=fits.other_terminal(scene)[rows])
    return ALIKE


def wrong_merchant(scene: Scene, rows: Ints) -> Told:
    """The host credited another merchant, who is paid."""
    merchant = fits.other_merchant(scene)[rows]
    scene.rebook(rows, merchant=merchant, terminal=scene.estate.first_terminal[merchant])
    return ALIKE


def amount_keyed_differently(scene: Scene, rows: Ints) -> Told:
    """The channel holds another amount than the terminal."""
    amount = scene.journal["amount"][rows]
    more = amount + 100 * scene.chance.integers(1, 50, len(rows))
    scene.rebook(rows, amount=np.where(scene.chance.random(len(rows)) < 0.5, amount * 10, more))
    return ALIKE


def fee_plan_differs(scene: Scene, rows: Ints) -> Told:
    """The channel charged more than was agreed, and paid that much less."""
    at = scene.held(rows)
    more = scene.bill["fee"][at] // 4 + 1
    scene.bill["fee"][at] += more
    scene.bill["net"][at] -= more
    return ALIKE


def fee_misstated(scene: Scene, rows: Ints) -> Told:
    """The channel states a fee that its own amount and net contradict; it paid the right net."""
    at = scene.held(rows)
    scene.rebook(rows, misstated=scene.bill["fee"][at] // 4 + 1)
    return ALIKE


def refund_not_passed_on(scene: Scene, rows: Ints) -> Told:
    """The terminal gave money back; the channel did not."""
    scene.unbook(rows)
    return ALIKE
