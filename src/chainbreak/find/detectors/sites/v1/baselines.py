"""The rule of thumb that sites@1 is measured against."""

from __future__ import annotations

from typing import Any

from chainbreak.find.contract.detector import Tables
from chainbreak.find.detectors.sites.v1.reduce import ages

YOUNG_DAYS = 30
"""What blocking lists of newly registered domains use."""


def young_rule(tables: Tables) -> Any:
    """Rows (cluster, token): every name first looked up within `YOUNG_DAYS` days of its registration."""
    site = ages(tables)
    young = site.filter(site.age_days < YOUNG_DAYS)
    return young.select(cluster=young.domain, token=young.domain)
