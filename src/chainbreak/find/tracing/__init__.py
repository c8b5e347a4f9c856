"""Following money through a ledger: where claimed fen went, under a stated rule, exact to the fen (spec/tracing.md)."""

from chainbreak.find.tracing.ledger import FOREVER, UNKNOWN_OPENING, Ledger, make_ledger
from chainbreak.find.tracing.model import (
    BUCKETS,
    DE_MINIMIS,
    EXIT,
    HOLDING,
    HORIZON_US,
    IN_FLIGHT,
    MIXED,
    ORIGIN,
    OWN,
    REASONS,
    RULES,
    UNKNOWN,
    Claim,
    Flows,
    Places,
    Rule,
    Terms,
    Traced,
)
from chainbreak.find.tracing.tracer import Tracer

__all__ = [
    "BUCKETS", "DE_MINIMIS", "EXIT", "FOREVER", "HOLDING", "HORIZON_US", "IN_FLIGHT", "MIXED", "ORIGIN", "OWN",
    "REASONS", "RULES", "UNKNOWN", "UNKNOWN_OPENING", "Claim", "Flows", "Ledger", "Places", "Rule", "Terms", "Traced",
    "Tracer", "make_ledger",
]  # fmt: skip
