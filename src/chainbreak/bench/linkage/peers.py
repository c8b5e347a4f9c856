"""Rules of thumb that reports are linked by today, given the same identifiers and types as every other method."""

from __future__ import annotations

import numpy as np

from chainbreak.find.linkage.components import components
from chainbreak.find.linkage.model import Ints, Reports

CAP = 20
"""Reports of an identifier beyond which the capped rule leaves it out."""


def exact(reports: Reports, cap: int | None = None) -> Ints:
    """Label of each report: whoever names the same identifier is of one series, and whoever is linked with them; with
    `cap`, identifiers that more reports name count for nothing.
    """
    report, key, _ = reports.named
    order = np.lexsort((report, key))
    report, key = report[order], key[order]
    _, number, named = np.unique(key, return_inverse=True, return_counts=True)
    same = key[1:] == key[:-1]
    if cap is not None:
        same &= named[number[1:]] <= cap
    return components(reports.n, report[:-1][same], report[1:][same])


def same_type(reports: Reports) -> Ints:
    """Label of each report: its type; one of unknown type stands alone."""
    return np.where(reports.type >= 0, reports.type, reports.type.max() + 1 + np.arange(reports.n))
