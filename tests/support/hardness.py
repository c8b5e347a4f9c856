"""How hard a built city is for whoever looks at single SIMs: AUC of each aggregate, and what a model of all finds.

`python tests/support/hardness.py TRAIN TEST` prints the report of two built cities of different seeds.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

LEVELS = ("L0", "L1", "L2", "L3", "L4", "L5", "L6")
GATE = {"L0": 0.95, "L2": 0.85, "L4": 0.70, "L5": 0.70}
"""The greatest AUC of a single SIM feature, by level (spec/goip.md section 5)."""
FALSE_RATE = 1e-3

_AGGREGATES = """
WITH leg AS (
    SELECT imsi, kind, peer, duration_s, answered, imei, cell_id, auth_ms, ta, at_us,
           (at_us + 28800000000) // 86400000000 AS day, (at_us + 28800000000) // 3600000000 % 24 AS hour
    FROM read_parquet($calls)
), talk AS (SELECT * FROM leg WHERE kind IN ('mo_call', 'mt_call')),
gaps AS (
    SELECT imsi, median(gap) AS gap_median, coalesce(stddev(ln(gap + 1)), 0) AS gap_spread,
           avg((gap < 60)::INT) AS gap_short
    FROM (SELECT imsi, (at_us - lag(at_us) OVER (PARTITION BY imsi ORDER BY at_us)) / 1e6 AS gap FROM talk
          WHERE kind = 'mo_call')
    WHERE gap IS NOT NULL GROUP BY imsi
), peers AS (
    SELECT imsi, peer, count(*) AS n, sum((kind = 'mo_call')::INT) AS out_n, sum((kind = 'mt_call')::INT) AS in_n,
           min(at_us) FILTER (kind = 'mo_call') AS first_out, max(at_us) FILTER (kind = 'mt_call') AS last_in,
           max(duration_s) AS longest
    FROM talk GROUP BY imsi, peer
), ties AS (
    SELECT imsi, count(*) AS peers, avg((out_n > 0 AND in_n > 0)::INT) AS both_ways,
           coalesce(sum((last_in > first_out)::INT) / nullif(sum((out_n > 0)::INT), 0), 0) AS called_back,
           avg((n = 1)::INT) AS once, max(n) / sum(n) AS dearest, avg((out_n = 1 AND in_n = 0)::INT) AS once_out,
           stddev_pop(n) / avg(n) AS ties_spread, avg((in_n > 0 AND out_n = 0)::INT) AS only_in
    FROM peers GROUP BY imsi
), places AS (
    SELECT imsi, count(*) AS cells, max(n) / sum(n) AS main_cell, -sum(n / total * ln(n / total)) AS cell_entropy
    FROM (SELECT imsi, cell_id, count(*) AS n, sum(count(*)) OVER (PARTITION BY imsi) AS total FROM leg
          WHERE cell_id IS NOT NULL GROUP BY imsi, cell_id) GROUP BY imsi
), hours AS (
    SELECT imsi, count(*) AS hours, -sum(n / total * ln(n / total)) AS hour_entropy
    FROM (SELECT imsi, hour, count(*) AS n, sum(count(*)) OVER (PARTITION BY imsi) AS total FROM talk
          GROUP BY imsi, hour) GROUP BY imsi
), whole AS (
    SELECT imsi, sum((kind IN ('mo_call', 'mt_call'))::INT) AS calls, sum((kind = 'mo_call')::INT) AS calls_out,
           sum((kind = 'mt_call')::INT) AS calls_in,
           calls_out / nullif(calls, 0) AS outgoing, avg(answered::INT) AS answered,
           avg(answered::INT) FILTER (kind = 'mo_call') AS answered_out,
           avg(duration_s) FILTER (duration_s > 0) AS duration,
           median(duration_s) FILTER (duration_s > 0) AS duration_median,
           stddev(duration_s) FILTER (duration_s > 0) AS duration_spread,
           avg((duration_s BETWEEN 1 AND 10)::INT) FILTER (duration_s > 0) AS duration_short,
           avg((duration_s > 120)::INT) FILTER (duration_s > 0) AS duration_long,
           avg((hour < 7)::INT) AS night, avg((hour BETWEEN 9 AND 17)::INT) AS office,
           count(DISTINCT day) AS days, calls / days AS calls_a_day, count(DISTINCT imei) AS imeis,
           count(DISTINCT substr(imei, 1, 8)) AS tacs,
           sum((kind = 'mt_sms')::INT) AS texts_in, sum((kind = 'mo_sms')::INT) AS texts_out,
           texts_in / count(*) AS texts_share, sum((kind = 'attach')::INT) AS attached,
           sum((kind = 'detach')::INT) AS detached, avg((kind IN ('attach', 'detach'))::INT) AS signals_share,
           median(auth_ms) AS auth, stddev(auth_ms) AS auth_spread, coalesce(stddev(ta), 0) AS ta_spread,
           max(at_us) - min(at_us) AS span
    FROM leg GROUP BY imsi
), lines AS (
    SELECT imsi, (SELECT max(at_us) FROM leg) - min(activated_at_us) AS tenure
    FROM read_parquet($lines, union_by_name = true) GROUP BY imsi
), fraud AS (
    SELECT imsi, min(level) AS level, min(device_id) AS device FROM read_parquet($devices)
    WHERE gang IS NOT NULL GROUP BY imsi
)
SELECT whole.*, ties.* EXCLUDE (imsi), calls / peers AS calls_per_peer, places.* EXCLUDE (imsi), hours.* EXCLUDE (imsi),
       gaps.* EXCLUDE (imsi), tenure, peers / days AS peers_a_day, fraud.level, fraud.device,
       coalesce(sims.class, '') AS class
FROM whole JOIN ties USING (imsi) LEFT JOIN places USING (imsi) LEFT JOIN hours USING (imsi)
LEFT JOIN gaps USING (imsi) LEFT JOIN lines USING (imsi) LEFT JOIN fraud USING (imsi)
LEFT JOIN read_parquet($sims) AS sims USING (imsi)
WHERE calls > 0 AND coalesce(sims.class, '') <> 'farm'
ORDER BY imsi
"""
NOT_FEATURES = ("imsi", "level", "device", "class")


@dataclass(frozen=True)
class Sims:
    """One row an active SIM: its features, level (empty: honest), device and class."""

    names: list[str]
    features: NDArray[np.float64]
    level: NDArray[np.str_]
    device: NDArray[np.str_]
    kind: NDArray[np.str_]


def aggregates(city: Path) -> Sims:
    """Every active SIM's aggregates over the whole city, with the truth beside them."""
    with duckdb.connect(config={"threads": 1}) as connection:
        table: Any = connection.sql(_AGGREGATES, params={
            "calls": str(city / "records" / "call-*.parquet"), "lines": str(city / "records" / "line*.parquet"),
            "devices": str(city / "truth" / "devices.parquet"), "sims": str(city / "truth" / "sims.parquet"),
        }).to_arrow_table()  # fmt: skip
    names = [name for name in table.column_names if name not in NOT_FEATURES]
    columns = [table[name].to_numpy(zero_copy_only=False).astype(np.float64) for name in names]
    level, device, kind = (np.array([v or "" for v in table[c].to_pylist()]) for c in ("level", "device", "class"))
    return Sims(names, np.stack(columns, axis=1), level, device, kind)


def auc(values: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Area under the curve of one feature, whichever way it points; what is missing counts as the median."""
    from scipy.stats import rankdata

    filled = np.where(np.isnan(values), np.nanmedian(values), values)
    ranks, n = rankdata(filled), int(positive.sum())
    area = (ranks[positive].sum() - n * (n + 1) / 2) / (n * (len(values) - n))
    return float(max(area, 1 - area))


def single_features(sims: Sims, level: str) -> dict[str, float]:
    """AUC of each feature for the SIMs of one level against all honest ones, greatest first."""
    rows = (sims.level == level) | (sims.level == "")
    found = {name: auc(sims.features[rows, i], sims.level[rows] == level) for i, name in enumerate(sims.names)}
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def model_recall(train: Sims, test: Sims, level: str, rate: float = FALSE_RATE) -> float:
    """Recall of a LightGBM of all aggregates at a false positive rate, trained on another city with all levels."""
    import lightgbm

    model = lightgbm.LGBMClassifier(n_estimators=200, learning_rate=0.05, num_leaves=31, min_child_samples=10,
                                    subsample=0.8, colsample_bytree=0.5, reg_lambda=1, n_jobs=1, verbose=-1,
                                    random_state=1)  # fmt: skip
    model.fit(train.features, train.level != "")
    score = model.predict_proba(test.features)[:, 1]
    honest = np.sort(score[test.level == ""])
    cut = honest[-max(1, int(len(honest) * rate))]
    return float((score[test.level == level] > cut).mean())


def report(train: Path, test: Path) -> str:
    """Levels as lines: SIMs, the strongest single features of `test`, and the model's recall from `train` to `test`."""
    one, other = aggregates(train), aggregates(test)
    out = []
    for level in LEVELS:
        if not (other.level == level).any():
            continue
        best = list(single_features(other, level).items())[:8]
        recall = model_recall(one, other, level)
        out.append(f"{level} n={int((other.level == level).sum())} recall@FPR={FALSE_RATE:g}: {recall:.2f}  "
                   + "  ".join(f"{name} {area:.2f}" for name, area in best))  # fmt: skip
    return "\n".join(out)


if __name__ == "__main__":
    sys.stdout.write(report(Path(sys.argv[1]), Path(sys.argv[2])) + "\n")
