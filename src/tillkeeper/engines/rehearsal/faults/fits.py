"""Which payments a fault may have. All are approved sales that nothing else hangs on, unless it says otherwise."""

import numpy as np

from tillkeeper.engines.rehearsal import codes
from tillkeeper.engines.rehearsal.codes import Bits, Ints
from tillkeeper.engines.rehearsal.rendering import SHOWN, forms
from tillkeeper.engines.rehearsal.scene import Scene


def sale(scene: Scene) -> Bits:
    """Fit any sale."""
    found: Bits = scene.journal["plain"] == 1
    return found


def card(scene: Scene) -> Bits:
    """Fit a sale by card, long enough before its batch is closed and before the cut-off."""
    early = scene.journal["calm"] == 1
    found: Bits = sale(scene) & early & (scene.journal["channel"] == codes.CARD)
    return found


def chip(scene: Scene) -> Bits:
    """Fit a sale by a card that was put in."""
    entry = scene.journal["entry"]
    found: Bits = card(scene) & ((entry == codes.CHIP_WITH_PIN) | (entry == codes.CHIP_NO_PIN))
    return found


def inside(scene: Scene) -> Bits:
    """Fit a sale by card with payments of its batch before and behind it: what makes a gap of a missing trace."""
    found: Bits = card(scene) & scene.same_batch(1) & scene.same_batch(-1)
    return found


def code(scene: Scene) -> Bits:
    """Fit a sale by a WeChat or Alipay code, long enough before its batch is closed and before midnight."""
    channel = scene.journal["channel"]
    foreign = (channel == codes.WECHAT) | (channel == codes.ALIPAY)
    found: Bits = sale(scene) & foreign & (scene.journal["calm"] == 1)
    return found


def refund(scene: Scene) -> Bits:
    """Fit a refund."""
    found: Bits = scene.journal["kind"] == codes.REFUND
    return found


def uploaded(scene: Scene) -> Bits:
    """Fit a chip sale whose certificate is uploaded later, most of all one that was taken off line."""
    entry = scene.journal["entry"]
    found: Bits = (scene.journal["offline"] == 1) | (card(scene) & (entry % codes.SWIPE > 0))
    return found


def pair(scene: Scene) -> Bits:
    """Fit a sale by card that the next of its batch follows."""
    fits = card(scene)
    found: Bits = fits & np.append(fits[1:], np.zeros(1, np.bool_)) & scene.same_batch(1)
    return found


def run(scene: Scene) -> Bits:
    """Fit the first of three sales by card in a row."""
    fits = pair(scene)
    found: Bits = fits & np.append(fits[1:], np.zeros(1, np.bool_)) & scene.same_batch(2)
    return found


def before_gap(scene: Scene) -> Bits:
    """Fit a chip sale whose next trace number no payment has."""
    trace = scene.journal["trace"]
    skipped = np.append(np.diff(trace) > 1, np.zeros(1, np.bool_)) & scene.same_batch(1)
    found: Bits = card(scene) & (scene.journal["cryptogram"] >= 0) & skipped
    return found


def shows(scene: Scene, column: str) -> Bits:
    """Return of which payments the channel's file has a column."""
    form = forms(scene.estate, scene.journal["merchant"], scene.journal["channel"])
    found: Bits = SHOWN[column][form]
    return found


def proves_itself(scene: Scene) -> Bits:
    """Fit a sale in a file that states amount, fee and net."""
    found: Bits = sale(scene) & shows(scene, "net_minor")
    return found


def other_terminal(scene: Scene) -> Ints:
    """Return for each payment another terminal of its merchant, or its own if that is the only one."""
    terminal, owner = scene.journal["terminal"], scene.estate.merchant
    ahead = np.minimum(terminal + 1, len(owner) - 1)
    behind = np.maximum(terminal - 1, 0)
    back = np.where(owner[behind] == owner[terminal], behind, terminal)
    return np.where((owner[ahead] == owner[terminal]) & (ahead > terminal), ahead, back)


def other_merchant(scene: Scene) -> Ints:
    """Return for each payment another merchant of the block whose acquirer writes the same file, or its own."""
    merchant = scene.journal["merchant"]
    there = np.arange(int(merchant.min()), int(merchant.max()) + 1)
    by_form = there[np.argsort(scene.estate.form[there], kind="stable")]
    form = scene.estate.form[by_form]
    ahead, behind = np.roll(by_form, -1), np.roll(by_form, 1)
    other = np.where(np.roll(form, 1) == form, behind, by_form)
    other = np.where(np.roll(form, -1) == form, ahead, other)
    table = np.empty(len(there), np.int64)
    table[by_form - there[0]] = other
    found: Ints = table[merchant - there[0]]
    return found


def misplaced_terminal(scene: Scene) -> Bits:
    """Fit a sale by card that another terminal of the merchant could be credited with, by its reference number."""
    elsewhere = other_terminal(scene) != scene.journal["terminal"]
    found: Bits = card(scene) & shows(scene, "rrn") & elsewhere
    return found


def misplaced_merchant(scene: Scene) -> Bits:
    """Fit a sale by card that another merchant could be credited with, by its reference number."""
    elsewhere = other_merchant(scene) != scene.journal["merchant"]
    found: Bits = card(scene) & shows(scene, "rrn") & elsewhere
    return found
