"""The rule of thumb that mules@2 is measured against."""

from __future__ import annotations

from typing import Any

from chainbreak.base.clock import US_PER_DAY
from chainbreak.find.contract.detector import Tables
from chainbreak.find.features.accounts import entries, flows

PASSED = 0.9
LEAST_FEN = 100_000
"""1,000 yuan: the rule is not asked about pocket money."""


def pass_through_rule(tables: Tables) -> Any:
    """Rows (cluster, token): every account that in a day paid out over `PASSED` of at least `LEAST_FEN` received."""
    day = flows(entries(tables["transfer"]), US_PER_DAY)
    passed = day.filter(day.in_fen >= LEAST_FEN, day.out_fen > PASSED * day.in_fen)
    return passed.select(cluster=passed.account, token=passed.account).distinct()
