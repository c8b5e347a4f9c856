"""What being called early is worth: loss shares of early and late places of drawn orders, compared by assignment.

The plan, fixed before any data. *Who*: every warning whose place was drawn, in the arm it was drawn to, reached or not.
*Outcome*: a confirmed loss of the recipient within 7 days of the draw. *Estimate*: late minus early share of losses,
pooled over draws with Mantel-Haenszel weights n₁n₀/(n₁+n₀), which is least squares with a constant for each draw.
*Interval*: 95 %, variance clustered by campaign (Liang & Zeger 1986) with the factor G/(G-1), Student's t with G-1
degrees of freedom (Cameron & Miller 2015, *A Practitioner's Guide to Cluster-Robust Inference*, sections II, VI).
*Not known yet*: fewer campaigns, people or losses than below, where that interval would be too narrow.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from chainbreak.act.warnings.draws import PLACES
from chainbreak.base.clock import US_PER_DAY

FOLLOWED_US = 7 * US_PER_DAY
"""How long a recipient is followed after the draw."""
LEAST_CAMPAIGNS, LEAST_AN_ARM, LEAST_LOSSES = 10, 30, 5
"""Below any of these nothing is said. Intervals of clusters are too narrow with few of them (Cameron & Miller, VI),
and the normal approximation wants about five losses and five people without one."""
Z95 = 1.959964
FEW_CAMPAIGNS, FEW_PEOPLE, FEW_LOSSES = "campaigns", "people", "losses"


@dataclass(frozen=True)
class Assigned:
    """One person in one drawn order, in the arm he was drawn to. `stake_fen` None: not known."""

    draw: str
    campaign: str
    early: bool
    lost: bool
    stake_fen: int | None = None


@dataclass(frozen=True)
class Difference:
    """Loss shares of two arms. `difference`: late minus early, positive where being early saves; None with `why` when
    too little is known. `effect`: how many times larger clustering makes the variance. `stake_fen`: what the early
    ones had at stake, where known; `averted_fen`: difference times that, with its bounds.
    """

    early: int
    late: int
    lost_early: int
    lost_late: int
    draws: int
    campaigns: int
    difference: float | None
    low: float | None
    high: float | None
    why: str
    effect: float | None
    stake_fen: int
    averted_fen: int | None
    averted_low_fen: int | None
    averted_high_fen: int | None

    def as_dict(self) -> dict[str, Any]:
        """For pages and JSON; shares rounded to 6 places."""
        return {
            name: round(value, 6) if isinstance(value, float) else value for name, value in vars(self).items()
        }  # fmt: skip


def is_early(place: int, waiting: int, capacity: int) -> bool:
    """Whether a drawn place is early: among the share of all places that could be reached in time when it was drawn.
    It depends on the draw alone, not on who else joined it or what came of anybody.

    >>> is_early(PLACES // 4, 300, 100), is_early(PLACES // 2, 300, 100)
    (True, False)
    """
    return place * waiting < PLACES * capacity


def compare(people: Iterable[Assigned]) -> Difference:
    """The difference that the plan above names. The order of `people` does not matter."""
    rows = [row for group in _with_both(people) for row in group]
    early, late = ([row for row in rows if row.early is arm] for arm in (True, False))
    lost_early, lost_late = (sum(row.lost for row in arm) for arm in (early, late))
    campaigns = len({row.campaign for row in rows})
    stake = sum(row.stake_fen or 0 for row in early)
    counted = (len(early), len(late), lost_early, lost_late, len({row.draw for row in rows}), campaigns)
    why = _unknown(len(early), len(late), lost_early + lost_late, campaigns)
    if why:
        return Difference(*counted, None, None, None, why, None, stake, None, None, None)
    estimate, variance, simple = _estimate(rows)
    half = t95(campaigns - 1) * math.sqrt(variance)
    low, high = estimate - half, estimate + half
    return Difference(*counted, estimate, low, high, "", variance / simple if simple else None, stake,
                      round(estimate * stake), round(low * stake), round(high * stake))  # fmt: skip


def _with_both(people: Iterable[Assigned]) -> list[list[Assigned]]:
    """The draws that hold both arms; one alone compares nothing."""
    by_draw: dict[str, list[Assigned]] = defaultdict(list)
    for row in people:
        by_draw[row.draw].append(row)
    return [group for _, group in sorted(by_draw.items()) if len({row.early for row in group}) == 2]


def _unknown(early: int, late: int, losses: int, campaigns: int) -> str:
    if min(early, late) < LEAST_AN_ARM:
        return FEW_PEOPLE
    if campaigns < LEAST_CAMPAIGNS:
        return FEW_CAMPAIGNS
    return FEW_LOSSES if losses < LEAST_LOSSES or early + late - losses < LEAST_LOSSES else ""


def _estimate(rows: Sequence[Assigned]) -> tuple[float, float, float]:
    """Late minus early; its variance clustered by campaign; its variance had everybody fared by himself."""
    size, is_early, lost = Counter[str](), Counter[str](), Counter[str]()
    for row in rows:
        size[row.draw] += 1
        is_early[row.draw] += row.early
        lost[row.draw] += row.lost
    # Within each draw from its mean: what is left is the least squares of one regressor.
    x = [row.early - is_early[row.draw] / size[row.draw] for row in rows]
    y = [row.lost - lost[row.draw] / size[row.draw] for row in rows]
    spread = math.fsum(one * one for one in x)
    slope = math.fsum(a * b for a, b in zip(x, y, strict=True)) / spread
    pulls = [a * (b - slope * a) for a, b in zip(x, y, strict=True)]
    by_campaign: dict[str, list[float]] = defaultdict(list)
    for row, pull in zip(rows, pulls, strict=True):
        by_campaign[row.campaign].append(pull)
    n = len(by_campaign)
    clustered = math.fsum(math.fsum(group) ** 2 for _, group in sorted(by_campaign.items())) * n / (n - 1)
    alone = math.fsum(pull * pull for pull in pulls)
    return -slope, clustered / spread**2, alone / spread**2


def t95(freedom: int) -> float:
    """Two-sided 95 % quantile of Student's t (Abramowitz & Stegun 26.7.5); right to 4 digits from 9 degrees on.

    >>> round(t95(9), 3), round(t95(30), 3)
    (2.262, 2.042)
    """
    z, v = Z95, freedom
    terms = (
        (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96, (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )  # fmt: skip
    return z + math.fsum(term / float(v**power) for power, term in enumerate(terms, 1))
