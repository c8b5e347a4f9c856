"""What each move needs, one small function a need; `machine.MOVES` says which move has which."""

from chainbreak.act.orders.guards.ask import (
    Ask,
    Guard,
    object_kind,
    signatures_needed,
    wanted_digest,
)
from chainbreak.act.orders.guards.people import ANSWERS, DRAFTERS

__all__ = [
    "ANSWERS", "DRAFTERS", "Ask", "Guard", "object_kind", "signatures_needed", "wanted_digest",
]  # fmt: skip
