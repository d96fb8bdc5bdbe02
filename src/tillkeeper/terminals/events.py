"""What the estate announces."""

from dataclasses import dataclass

from tillkeeper.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class TerminalsOutOfHand(Event):
    """Terminals left our custody by one step: see `lifecycle.OUT_OF_HAND`. A large batch is told in parts."""

    step: str
    document: str
    by: str
    terminals: tuple[int, ...]  # keys
