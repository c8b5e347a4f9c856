"""The peer beside every figure: a LightGBM on one row a SIM, as published work does it, each SIM judged for itself.

Parameters are those of the reference model of spec/goip.md 9. Its cut is conformal on honest SIMs scored by models that
did not see them; its budget of false SIMs is the number of false clusters that spec/goip.md 8 allows the detector.
Generous to it: a device is found when half of its SIMs are flagged, wherever they are and whoever else is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chainbreak.base.errors import DeclinedError
from chainbreak.find.contract.calibration import conformal_cut
from chainbreak.find.evaluate.counts import APART, World
from chainbreak.find.features.sim_aggregates import FEATURES
from chainbreak.records.finding import write_token
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    import pyarrow as pa

METHOD = "naive LightGBM per SIM"
PARAMETERS: dict[str, Any] = {
    "objective": "binary", "learning_rate": 0.08, "num_leaves": 31, "min_child_samples": 10, "subsample": 0.8,
    "subsample_freq": 1, "colsample_bytree": 0.5, "reg_lambda": 1.0, "verbosity": -1, "deterministic": True,
    "force_row_wise": True, "seed": 1,
}  # fmt: skip
TREES = 120
FALSE_PER_UNIT_DAY = 1e-5
"""One false alarm per 100,000 SIM-days, the budget of L0 to L3."""
FOLDS = 3
"""Parts, drawn by token, each scored by a model of the others to set the cut."""


@dataclass(frozen=True)
class Naive:
    """A trained model and the score that a flagged SIM exceeds."""

    booster: Any
    cut: float

    def scores(self, aggregates: pa.Table) -> dict[str, float]:
        """Written token -> score of every SIM of the aggregates."""
        tokens = [write_token(Identifier.IMSI, t) for t in aggregates["sim"].to_pylist()]
        predicted = self.booster.predict(matrix(aggregates)).tolist() if tokens else []
        return dict(zip(tokens, predicted, strict=True))

    def flagged(self, scores: Mapping[str, float]) -> list[frozenset[str]]:
        """Each SIM above the cut as a cluster of its own."""
        return [frozenset({unit}) for unit, score in sorted(scores.items()) if score > self.cut]


def matrix(aggregates: pa.Table) -> np.ndarray:
    """Rows of the aggregates by `FEATURES`, NaN for null."""
    columns = [aggregates[name].to_numpy().astype(np.float64) for name in FEATURES]
    return np.column_stack(columns)


def train(worlds: Sequence[tuple[pa.Table, World]], threads: int = 2) -> Naive:
    """Fit on the SIM aggregates of worlds with known truth; contracted gateways and farms are left out.

    Raises:
        DeclinedError: LightGBM is not installed (CB-EV-001).
    """
    try:
        import lightgbm
    except ImportError:
        raise DeclinedError(
            "CB-EV-001", "the comparison model needs a library", given="no lightgbm", allowed="chainbreak[ml]",
            next_step="install chainbreak[ml], or leave out --train",
        ) from None  # fmt: skip
    rows, labels, folds, days = [], [], [], 0
    for aggregates, world in worlds:
        tokens = aggregates["sim"].to_numpy()
        written = [write_token(Identifier.IMSI, t) for t in tokens.tolist()]
        keep = np.array([world.truth.kind.get(unit) not in APART for unit in written])
        rows.append(matrix(aggregates)[keep])
        labels.append(np.array([unit in world.truth.device for unit in written])[keep])
        # Tokens are keyed digests: their low bits are a fair draw.
        folds.append((tokens[keep] & 0xFFFF) % FOLDS)
        days += world.unit_days
    x, y, fold = np.concatenate(rows), np.concatenate(labels), np.concatenate(folds)

    def fitted(chosen: np.ndarray) -> Any:
        data = lightgbm.Dataset(x[chosen], y[chosen].astype(np.int8))
        return lightgbm.train({**PARAMETERS, "num_threads": threads}, data, num_boost_round=TREES)

    negatives: list[float] = []
    for i in range(FOLDS):
        negatives += fitted(fold != i).predict(x[(fold == i) & ~y]).tolist()
    return Naive(fitted(np.ones(len(y), bool)), conformal_cut(negatives, FALSE_PER_UNIT_DAY * days / max(1, len(y))))
