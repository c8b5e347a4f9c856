"""Which lead first: a sum of four terms, each with what it is made of, about a thing and its losses, never a person.

    priority = money + victims + freshness + target                                             (points)
    money     = 10 · log2(1 + R / 10,000 yuan),  R = Σ loss · S(hours since it was transferred)
    victims   = 10 · log2(1 + V),                V = Σ contacts · 2^(−hours since / 12)
    freshness = 10 · 2^(−days since the newest trace / 7)
    target    = 0 … 20: what it costs the other side to replace it (`model.KINDS`)

*S*, the share of a transfer that has not yet left the first account, is the power law through the two published points:
28 % has left a mule account after 15 minutes, 53 % after one hour (RUSI with Lloyds, 2025, secondary source):
S(h) = (1 + 4 h)^−0.47. It is a prior; a centre with transfers has its own dwell times. The half-life of a contact
(12 h) and of a trace (7 d), the scale of 10,000 yuan and the points of a target are choices of this project, not
findings: ten points are one doubling of what is at stake, so nobody's order hangs on a third digit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from chainbreak.act.leads.model import KINDS, Signals
from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR

POINTS = 10.0
MONEY_SCALE_FEN = 1_000_000
CONTACT_HALF_LIFE_H = 12.0
TRACE_HALF_LIFE_D = 7.0
_STAY_RATE, _STAY_POWER = 4.0, 0.47


@dataclass(frozen=True)
class Term:
    """One part of a priority: its name, its points, and the amount it was computed from in the unit named."""

    name: str
    points: float
    amount: float
    unit: str


def still_there(hours: float) -> float:
    """Share of a transfer that has not yet left the first account, `hours` after it.

    >>> round(still_there(0.25), 2), round(still_there(1), 2), round(still_there(24), 2)
    (0.72, 0.47, 0.12)
    """
    return float((1 + _STAY_RATE * max(0.0, hours)) ** -_STAY_POWER)


def recoverable_fen(signals: Signals, now_us: int) -> int:
    """Fen that, by the prior, may still be caught at `now_us`.

    >>> recoverable_fen(Signals(losses=((0, 1_000_000),)), US_PER_HOUR)
    469336
    """
    return round(sum(fen * still_there((now_us - at) / US_PER_HOUR) for at, fen in signals.losses))


def at_risk(signals: Signals, now_us: int) -> float:
    """Victims the other side may still be talking into a payment at `now_us`.

    >>> at_risk(Signals(contacts=((0, 8.0),)), 12 * US_PER_HOUR)
    4.0
    """
    halves = ((n, (now_us - at) / US_PER_HOUR / CONTACT_HALF_LIFE_H) for at, n in signals.contacts)
    return sum(n * math.exp2(-max(0.0, half)) for n, half in halves)


def terms(kind: str, signals: Signals, now_us: int) -> tuple[Term, ...]:
    """The terms of a lead's priority at `now_us`, always the same four in the same order."""
    money, victims = recoverable_fen(signals, now_us), at_risk(signals, now_us)
    days = max(0.0, (now_us - signals.last_us) / US_PER_DAY)
    return (
        Term("money", POINTS * math.log2(1 + money / MONEY_SCALE_FEN), float(money), "fen"),
        Term("victims", POINTS * math.log2(1 + victims), victims, "person"),
        Term("freshness", POINTS * math.exp2(-days / TRACE_HALF_LIFE_D), days, "day"),
        Term("target", KINDS[kind].replacing, 0.0, ""),
    )


def merged(signals: Signals) -> Signals:
    """The same signals in few pairs, so that a list of thousands is ranked at once: losses whose ages differ by less
    than a doubling become one, at their mean time weighted by amount; contacts, which decay exponentially, become one
    exactly, at the newest.

    >>> hour = US_PER_HOUR
    >>> merged(Signals(((0, 100), (0, 300), (8 * hour, 5)), ((0, 4.0), (12 * hour, 1.0)), 0))
    Signals(losses=((28800000000, 5), (0, 400)), contacts=((43200000000, 3.0),), last_us=0)
    """
    newest = max((at for at, _ in signals.losses), default=0)
    bins: dict[int, list[tuple[int, int]]] = {}
    for at, fen in signals.losses:
        bins.setdefault(int(math.log2(1 + (newest - at) / US_PER_HOUR)), []).append((at, fen))
    losses = []
    for _, pairs in sorted(bins.items()):
        total = sum(fen for _, fen in pairs)
        losses.append((sum(at * fen for at, fen in pairs) // total if total else pairs[0][0], total))
    last = max((at for at, _ in signals.contacts), default=0)
    contacts = ((last, round(at_risk(signals, last), 6)),) if signals.contacts else ()
    return Signals(tuple(losses), contacts, signals.last_us)


def priority(kind: str, signals: Signals, now_us: int) -> float:
    """The sum of `terms`, in points.

    >>> fresh = Signals(losses=((0, 10_000_000),), contacts=((0, 3.0),), last_us=0)
    >>> round(priority("account", fresh, 0), 1), round(priority("account", fresh, US_PER_DAY), 1)
    (69.6, 33.3)
    """
    return sum(term.points for term in terms(kind, signals, now_us))
