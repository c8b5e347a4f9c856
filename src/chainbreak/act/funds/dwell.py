"""How long stolen money stays on an account: the centre's own curves by bank and hop, else what is published.

Learned from stays on paths of stolen money before the day it is asked for, so that no case teaches about itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from chainbreak.act.funds.rules import Rules
from chainbreak.act.funds.survival import Curve, Stay, kaplan_meier, prior_curve

Key = tuple[str | None, int | None]
"""(bank, hop); None: any."""


@dataclass(frozen=True)
class Lot:
    """Money of one claim on one account: how much, since when, after how many transfers from the theft (1: the first
    account that it reached), and the index of the flow that brought it (below 0: it has been mixed).
    """

    account: str
    claim_id: str
    fen: int
    since_us: int
    hop: int
    flow: int = -1


@dataclass(frozen=True)
class Dwell:
    """Curves by (bank, hop) where there are enough stays, and the prior for where there are not."""

    curves: Mapping[Key, Curve]
    prior: Curve

    def curve(self, bank: str, hop: int, age_us: int = 0, wait_us: int = 0) -> Curve:
        """The narrowest curve that says something of money which has lain on a `bank`'s account for `age_us`."""
        keys: tuple[Key, ...] = ((bank, hop), (bank, None), (None, hop), (None, None))
        own = (self.curves[key] for key in keys if key in self.curves)
        return next((curve for curve in own if curve.knows(age_us, wait_us)), self.prior)

    def still_there(self, bank: str, hop: int, age_us: int, wait_us: int) -> tuple[float, str]:
        """P(money there after `age_us` is there after `wait_us` more), and which curve says so."""
        curve = self.curve(bank, hop, age_us, wait_us)
        return curve.still_there(age_us, wait_us), curve.source

    def median_left_us(self, bank: str, hop: int, age_us: int) -> int | None:
        """µs after which half of such money will have left; None when longer than was ever seen."""
        return self.curve(bank, hop, age_us).median_left_us(age_us)

    @cached_property
    def sources(self) -> list[str]:
        """Every curve's own word on what it rests on, the prior last."""
        return [curve.source for curve in self.curves.values()] + [self.prior.source]


def learn(stays: Iterable[tuple[str, int, Stay]], rules: Rules) -> Dwell:
    """Curves from (bank, hop, stay); only those with `rules.enough` observations."""
    by_key: dict[Key, list[Stay]] = defaultdict(list)
    for bank, hop, stay in stays:
        for key in ((None, None), (None, hop), *(((bank, None), (bank, hop)) if bank else ())):
            by_key[key].append(stay)
    curves: dict[Key, Curve] = {}
    for key, told in by_key.items():
        groups = len({stay.group for stay in told})
        if groups >= rules.enough and any(stay.left for stay in told):
            curves[key] = kaplan_meier(told, source_of(key, groups))
    prior = prior_curve(rules.prior, rules.prior_source)
    return Dwell(curves, prior)


def source_of(key: Key, stays: int) -> str:
    """What a curve rests on, for people.

    >>> source_of(("ICBC", 1), 41)
    'Kaplan-Meier, 41 stays: bank ICBC, hop 1'
    """
    bank, hop = key
    where = [*([f"bank {bank}"] if bank is not None else []), *([f"hop {hop}"] if hop is not None else [])]
    return f"Kaplan-Meier, {stays} stays: {', '.join(where) or 'all accounts'}"
