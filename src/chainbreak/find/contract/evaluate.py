"""Measures of detection, free of any detector: shares with intervals, devices found, alarms by class."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

Z95 = 1.959964
"""Normal quantile of a two-sided interval of 95 %."""
FOUND_SHARE = 0.5
PURITY = 0.9
"""A device is found if at least half of its SIMs lie in one reported cluster of purity .9 (spec/goip.md 8)."""


@dataclass(frozen=True)
class Share:
    """`hits` of `n` with Wilson's 95 % interval; an empty sample has the interval 0..1.

    >>> Share(0, 200).as_dict()
    {'n': 200, 'hits': 0, 'rate': 0.0, 'low': 0.0, 'high': 0.0188}
    """

    hits: int
    n: int

    @property
    def rate(self) -> float:
        """The share itself; NaN when nothing was counted."""
        return self.hits / self.n if self.n else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson (1927), two-sided 95 %."""
        if not self.n:
            return 0.0, 1.0
        p, z2 = self.rate, Z95**2 / self.n
        middle, half = p + z2 / 2, Z95 * math.sqrt(p * (1 - p) / self.n + z2 / (4 * self.n))
        return max(0.0, (middle - half) / (1 + z2)), min(1.0, (middle + half) / (1 + z2))

    def as_dict(self) -> dict[str, Any]:
        """Rounded to 4 places; rate None when nothing was counted."""
        low, high = self.interval
        rate = round(self.rate, 4) if self.n else None
        return {"n": self.n, "hits": self.hits, "rate": rate, "low": round(low, 4), "high": round(high, 4)}


@dataclass(frozen=True)
class Stay:
    """One stay of one unit in a device's gateway: where it truly stood (degrees, WGS 84), from and to in UTC µs."""

    device: str
    unit: str
    gateway: int
    cell_id: str
    lat: float
    lon: float
    from_us: int
    to_us: int


@dataclass(frozen=True)
class Truth:
    """What really is: `device` (unit -> device, account -> ring …) for the guilty, `level` of each device, and `kind`
    (unit -> class of honest look-alike or `resident`) for all others. Units are written tokens. `stays` says when and
    where units were in devices; `protected` units are those of protected classes.

    `any_device`: whether a unit of any device counts for the purity of a cluster, not of the one alone.
    """

    device: Mapping[str, str]
    level: Mapping[str, str]
    kind: Mapping[str, str]
    stays: tuple[Stay, ...] = ()
    protected: frozenset[str] = frozenset()
    any_device: bool = False

    def by(self, as_of_us: int) -> Truth:
        """The truth of those that were in a device by then (UTC µs)."""
        seen = {stay.unit for stay in self.stays if stay.from_us <= as_of_us}
        device = {unit: name for unit, name in self.device.items() if unit in seen}
        stays = tuple(stay for stay in self.stays if stay.from_us <= as_of_us)
        return replace(self, device=device, stays=stays)


def found_devices(clusters: Sequence[frozenset[str]], truth: Truth) -> dict[str, bool]:
    """Device -> found, by the rule above; a cluster's purity counts the members of that one device (`any_device`: of
    all devices).

    >>> truth = Truth({"a": "d", "b": "d", "c": "d"}, {"d": "L0"}, {})
    >>> found_devices([frozenset("ab")], truth), found_devices([frozenset("abxyz")], truth)
    ({'d': True}, {'d': False})
    """
    units: dict[str, set[str]] = {}
    for unit, device in truth.device.items():
        units.setdefault(device, set()).add(unit)
    found = dict.fromkeys(sorted(units), False)
    for cluster in clusters:
        for device in {truth.device[u] for u in cluster if u in truth.device}:
            shared = len(cluster & units[device])
            pure = sum(u in truth.device for u in cluster) if truth.any_device else shared
            if shared >= FOUND_SHARE * len(units[device]) and pure >= PURITY * len(cluster):
                found[device] = True
    return found


def recall_by_level(clusters: Sequence[frozenset[str]], truth: Truth) -> dict[str, Share]:
    """Level -> devices found of devices there are, ordered by level, then `all`."""
    found = found_devices(clusters, truth)
    by_level: dict[str, list[bool]] = {}
    for device, is_found in found.items():
        by_level.setdefault(truth.level[device], []).append(is_found)
    rows = {level: Share(sum(of_level), len(of_level)) for level, of_level in sorted(by_level.items())}
    return rows | {"all": Share(sum(found.values()), len(found))}


def is_true(cluster: frozenset[str], truth: Truth) -> bool:
    """Whether most of the cluster's units are guilty, of whatever device."""
    return 2 * sum(u in truth.device for u in cluster) > len(cluster)


def precision(clusters: Sequence[frozenset[str]], truth: Truth) -> Share:
    """True among reported."""
    return Share(sum(is_true(c, truth) for c in clusters), len(clusters))


def alarms_by_class(clusters: Sequence[frozenset[str]], truth: Truth) -> dict[str, Share]:
    """Class -> honest units that stand in a reported cluster, of all units of that class."""
    reported = frozenset().union(*clusters) if clusters else frozenset()
    sizes: dict[str, int] = {}
    hits: dict[str, int] = {}
    for unit, kind in truth.kind.items():
        sizes[kind] = sizes.get(kind, 0) + 1
        hits[kind] = hits.get(kind, 0) + (unit in reported)
    return {kind: Share(hits[kind], sizes[kind]) for kind in sorted(sizes)}
