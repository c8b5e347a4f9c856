"""Eight months of honest lives beside the published quantiles of real subscribers (spec/goip.md section 5).

Nothing is scaled: the period is as long as the published one. `pytest -s` prints both side by side.
"""

from __future__ import annotations

import sys
from datetime import date

import numpy as np
from tests.support.honest import honest_legs_of, honest_world

DAYS = 243
"""August to March."""
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
# Published quantiles, and the tolerance: a factor of the median and the quartiles, and one of the outer quantiles.
PUBLISHED = {
    "calls": ((19, 163, 467, 1073, 2968), 1.35, 1.8),
    "peers": ((7, 27, 61, 137, 370), 1.75, 2.2),
    "calls_per_peer": ((1.6, 3.9, 6.8, 10.6, 19.2), 1.45, 1.35),
    "outgoing": ((0.19, 0.41, 0.52, 0.68, 1), 1.3, 1.9),
    "imeis": ((1, 1, 1, 2, 3), 1.01, 1.5),
    "duration": ((35, 56, 77, 113, 230), 1.25, 1.5),
    "hours": ((9, 16, 18, 20, 24), 1.2, 1.5),
    "days_of_month": ((10, 30, 31, 31, 31), 1.1, 1.5),
    "messages": ((139, 554, 941, 1584, 3255), 1.45, 2.2),
}

_FEATURES = """
SELECT sum((kind IN ('mo_call', 'mt_call'))::INT) AS calls,
       count(DISTINCT peer) FILTER (kind IN ('mo_call', 'mt_call')) AS peers, calls / peers AS calls_per_peer,
       sum((kind = 'mo_call')::INT) / calls AS outgoing, count(DISTINCT handset) AS imeis,
       avg(duration) FILTER (duration > 0) AS duration,
       count(DISTINCT second // 3600) FILTER (kind IN ('mo_call', 'mt_call')) AS hours,
       count(DISTINCT day % 31) FILTER (kind IN ('mo_call', 'mt_call')) AS days_of_month,
       sum((kind IN ('mo_sms', 'mt_sms'))::INT) AS messages
FROM leg GROUP BY line HAVING calls > 0
"""


def test_honest_lines_spread_like_real_subscribers() -> None:
    world = honest_world(101, date(2025, 8, 1), people=600, days=DAYS, sites=40)
    with honest_legs_of(world, DAYS) as connection:
        features = connection.execute(_FEATURES).fetchnumpy()
    outside = []
    for name, (published, inner, outer) in PUBLISHED.items():
        found = np.nanquantile(np.asarray(features[name], float), SHARES)
        side_by_side = [" ".join(f"{value:8.2f}" for value in side) for side in (found, published)]
        sys.stdout.write(f"{name:15}{side_by_side[0]}  |{side_by_side[1]}\n")
        for share, one, other in zip(SHARES, found, published, strict=True):
            most = outer if share in (0.05, 0.95) else inner
            if not 1 / most <= one / other <= most:
                outside.append((name, share, round(float(one), 2), other))
    assert not outside
