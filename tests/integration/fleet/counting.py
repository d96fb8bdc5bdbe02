"""How many readings the writer took in, by what it remembers of sequence numbers."""


def heard(live) -> int:
    """Return the newest reading and those before it; numbers below 0 are none."""
    remembered = int(live.seen) & ((1 << min(live.seq, 63)) - 1)
    return 1 + remembered.bit_count()
