"""Sums over the thefts of a city by report delay and bank latency, and tables of means over cities."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainbreak.act.funds.rules import load_rules
from chainbreak.base.clock import US_PER_MIN
from chainbreak.bench.funds.methods import Ask, dwell_before, first_hop, ours, whole_accounts
from chainbreak.bench.funds.score import Effect, effect, freezable, moment
from chainbreak.bench.funds.watch import Paths, caught, paths
from chainbreak.find.tracing import Rule

if TYPE_CHECKING:
    from chainbreak.bench.funds.book import Book, Theft

DELAYS_MIN = (5, 15, 30, 60)
LATENCIES_MIN = (0, 5, 15)
ORDERS = {"K = 1": 1, "K = 3": 3, "K = 10": 10, "K = all": None}
"""How many of our holds, the best first, are asked for."""
OTHERS = ("first hop only", "whole accounts, FIFO", "whole accounts, poison")
METHODS = (*ORDERS, *OTHERS)
ONCE, ANEW = "asked once", "asked anew as money moves"


@dataclass
class Sum:
    """Over the thefts of one city at one delay and latency: fen as in `Effect`; `claimed`: what victims had paid when
    banks acted; `thefts`: how many.
    """

    thefts: int = 0
    claimed: int = 0
    freezable: int = 0
    captured: int = 0
    not_traced: int = 0
    fen_hours: float = 0.0
    touched: int = 0
    orders: int = 0

    def add(self, claimed: int, in_reach: int, done: Effect) -> None:
        """Count one theft in."""
        self.thefts += 1
        self.claimed += claimed
        self.freezable += in_reach
        self.captured += done.captured
        self.not_traced += done.not_traced
        self.fen_hours += done.fen_hours
        self.touched += done.touched
        self.orders += done.orders

    def follow(self, ways: Paths, at_us: int, latency_us: int, again: bool) -> None:
        """Count one theft in whose money is followed to the end, under the rule."""
        self.thefts += 1
        self.claimed += int(ways.fen[ways.parent < 0].sum())
        self.captured += caught(ways, at_us, latency_us, again)


Sums = dict[tuple[int, int, str], Sum]
"""(delay in minutes, latency in minutes, method) -> sums of one city."""


def sums_of(book: Book, rule: Rule = "fifo") -> Sums:
    """One city measured; our traces under `rule`."""
    sums: Sums = {(d, s, m): Sum() for d in DELAYS_MIN for s in LATENCIES_MIN for m in (*METHODS, ONCE, ANEW)}
    for theft in book.thefts:
        for delay in DELAYS_MIN:
            at_us = theft.first_us + delay * US_PER_MIN
            others = dict(zip(OTHERS, (
                first_hop(book, theft, at_us), whole_accounts(book, theft, at_us, "fifo"),
                whole_accounts(book, theft, at_us, "poison"),
            ), strict=True))  # fmt: skip
            for latency in LATENCIES_MIN:
                now = moment(book, at_us + latency * US_PER_MIN)
                claimed = sum(claim.fen for claim in book.claims(theft.case, now.at_us))
                ways = paths(book, theft, at_us)
                for method in (ONCE, ANEW):
                    sums[delay, latency, method].follow(ways, at_us, latency * US_PER_MIN, method == ANEW)
                asks = {**_by_k(book, theft, at_us, latency * US_PER_MIN, rule), **others}
                for method, asked in asks.items():
                    done = effect(book, theft, asked, now)
                    sums[delay, latency, method].add(claimed, freezable(now, theft), done)
    return sums


def _by_k(book: Book, theft: Theft, at_us: int, latency_us: int, rule: Rule) -> dict[str, list[Ask]]:
    rules = load_rules()
    asked = ours(book, theft, at_us, latency_us, dwell_before(book, at_us, rules), rules, rule)
    return {name: asked[:most] for name, most in ORDERS.items()}


def markdown(cities: list[Sums], title: str) -> str:
    """What could be saved and is, what of the freezable, harm to others, orders, and what is caught in the end."""
    parts = [f"Simulated cities ({title}); mean ± sd over cities. A benchmark, never evidence of field performance."]
    parts += [
        _table("Share of what victims had paid when banks act that is held", cities, _share("captured", "claimed"),
               ("freezable", _share("freezable", "claimed"))),
        _table("Captured / freezable", cities, _share("captured", "freezable")),
        _table("Money that is no victim's, held: yuan-hours a theft", cities, lambda s: s.fen_hours / 100 / s.thefts),
        _table("Uninvolved accounts held at, a theft", cities, lambda s: s.touched / s.thefts),
        _table("Yuan held that a FIFO trace of that moment finds to be no victim's, a theft", cities,
               lambda s: s.not_traced / 100 / s.thefts),
        _table("Orders a theft", cities, lambda s: s.orders / s.thefts),
        _table("Share of what victims had paid when they reported that holds catch in the end, under the rule", cities,
               _share("captured", "claimed"), methods=(ONCE, ANEW)),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _share(part: str, whole: str) -> Callable[[Sum], float]:
    return lambda sums: getattr(sums, part) / getattr(sums, whole) if getattr(sums, whole) else 0.0


def _table(
    name: str, cities: list[Sums], figure: Callable[[Sum], float],
    first: tuple[str, Callable[[Sum], float]] | None = None, methods: tuple[str, ...] = METHODS,
) -> str:  # fmt: skip
    head = ["report after", "bank acts after", *([first[0]] if first else []), *methods]
    lines = [f"**{name}**", "", f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for delay in DELAYS_MIN:
        for latency in LATENCIES_MIN:
            cells = [] if first is None else [_cell(first[1](city[delay, latency, METHODS[0]]) for city in cities)]
            cells += [_cell(figure(city[delay, latency, method]) for city in cities) for method in methods]
            lines.append(f"| {delay} min | {latency} min | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(values: Iterator[float]) -> str:
    """Mean ± standard deviation; shares with three digits behind the point, the rest with at least three that count.

    >>> _cell(iter([0.5, 0.7])), _cell(iter([1234.0, 1500.0]))
    ('.600 ± .141', '1,367 ± 188')
    """
    told = list(values)
    mean, sd = statistics.fmean(told), statistics.stdev(told) if len(told) > 1 else 0.0
    return f"{_number(mean)} ± {_number(sd)}"


def _number(value: float) -> str:
    if abs(value) >= 10:
        return f"{value:,.0f}"
    return f"{value:.3f}".lstrip("0") if abs(value) < 1 and value else f"{value:.3g}"
