"""Does a table give its label away? Each feature alone, numbers that look like ids, rows in the order of the label.

What these find is a question to the table's maker, not a proof: a feature may be that good. An outright copy of the
label is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chainbreak.base.errors import InputError
from chainbreak.find.models.measures import auc
from chainbreak.find.models.table import LIFETIME, Labelled, matches

SUSPICIOUS_AUC = 0.95
"""The hardness gate of spec/goip.md 5: no single feature of a believable table does better."""
COPY_AUC = 0.999
ORDER_AUC = 0.6
IN_ORDER = 0.95


def alone(data: Labelled) -> dict[str, float]:
    """Feature -> AUC of it alone, best first; missing values stand at the median; .5 and more, whichever direction."""
    found = {n: auc(data.labels, _filled(v)) for n, v in zip(data.names, data.values.T, strict=True)}
    best = {name: round(max(value, 1 - value), 4) for name, value in found.items()}
    return dict(sorted(best.items(), key=lambda pair: (-pair[1], pair[0])))


def _filled(values: np.ndarray) -> np.ndarray:
    middle = np.nanmedian(values) if not np.isnan(values).all() else 0.0
    return np.where(np.isnan(values), middle, values)


def warnings_of(data: Labelled, single: dict[str, float], lifetime: Sequence[str] = LIFETIME) -> list[str]:
    """What a reader must know before believing any figure on this table; empty when nothing looks wrong.

    Raises:
        InputError: a feature is the label under another name (CB-MO-008).
    """
    copies = [name for name, value in single.items() if value >= COPY_AUC]
    if copies:
        raise InputError(
            "CB-MO-008", "a feature gives the label away", given=", ".join(copies[:5]),
            allowed=f"AUC below {COPY_AUC} alone", next_step="drop it: --drop NAME",
        )  # fmt: skip
    said = [f"{n} alone has AUC {v}: does it know the label?" for n, v in single.items() if v > SUSPICIOUS_AUC]
    for name, values in zip(data.names, data.values.T, strict=True):
        if _like_an_id(values):
            said.append(f"{name} looks like an id or a row number: whole numbers, no two alike")
    by_row = auc(data.labels, np.arange(len(data.labels)))
    if abs(by_row - 0.5) > ORDER_AUC - 0.5:
        said.append(f"the rows stand in order of the label: the row number alone has AUC {max(by_row, 1 - by_row):.2f}")
    if repeats := _repeats(data.values):
        said.append(f"{repeats} rows repeat another row's features: both sides of a split may hold the same line")
    if lived := [name for name in data.names if matches(name, lifetime)]:
        said.append(f"{len(lived)} features say how long a line lived: read the figures without them")
    return said


def _like_an_id(values: np.ndarray) -> bool:
    known = values[~np.isnan(values)]
    if len(known) < len(values) or len(np.unique(known)) < len(known) or (known != np.floor(known)).any():
        return False
    # A count of seconds or yuan may also be unlike all others; numbers given out are dense or stand in row order.
    dense = known.max() - known.min() < 10 * len(known)
    order = abs(float(np.corrcoef(np.argsort(np.argsort(known)), np.arange(len(known)))[0, 1]))
    return bool(dense or order > IN_ORDER or known.min() > 1e9)


def _repeats(values: np.ndarray) -> int:
    plain = np.nan_to_num(values, nan=-1e300)
    return int(len(plain) - len(np.unique(plain, axis=0)))
