"""One candidate SIM with everything `judge` knows of it, put together from the reduced tables."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from chainbreak.find.contract.detector import Measure, Rows
from chainbreak.find.contract.weights import Weights
from chainbreak.find.detectors.goip.v1.measures import MEASURES, Cited, Row
from chainbreak.find.detectors.goip.v1.params import GoipParams
from chainbreak.records.finding import write_token
from chainbreak.records.kind import Identifier

OF_ONE_SIM = (
    "callees_per_day", "outgoing_share", "calls_per_callee", "called_back_share",
    "median_gap", "cells_per_sim",
)  # fmt: skip
"""Measures of behaviour that make sense for a SIM alone."""


@dataclass(frozen=True)
class Sim:
    """A candidate: legs of its busiest day, its register rows, its `uses` of devices and cells, where it is at home
    (cell or None) with that cell's share of its legs, the bits of its own behaviour, and its protected class or ""."""

    token: int
    legs: tuple[Row, ...]
    lines: tuple[Row, ...]
    uses: tuple[Row, ...]
    home: str | None
    home_share: float
    bits: float
    protected: str

    @property
    def written(self) -> str:
        """Token of the card, or of the line where the operator gives no card."""
        kind = Identifier.IMSI if self.legs[0]["imsi"] is not None else Identifier.LINE
        return write_token(kind, self.token)

    @property
    def msisdns(self) -> set[int]:
        """Tokens of the numbers it used on its busiest day."""
        return {r["msisdn"] for r in self.legs if r["msisdn"] is not None}

    @property
    def callees(self) -> int:
        """Different numbers it called on its busiest day."""
        return len({r["peer"] for r in self.legs if r["kind"] == "mo_call"})

    @property
    def first_us(self) -> int:
        """Its first voice leg in the window, UTC µs."""
        return min(int(u["first_us"]) for u in self.uses)


def read_sims(reduced: Rows, params: GoipParams, weights: Weights) -> list[Sim]:
    """All candidates, ordered by token."""
    legs = _grouped(reduced["days"].to_pylist(), "sim")
    uses = _grouped(reduced["uses"].to_pylist(), "sim")
    lines = reduced["lines"].to_pylist()
    by_card, by_number = _grouped(lines, "imsi"), _grouped(lines, "msisdn")
    found = []
    for token in sorted(legs):
        mine = legs[token]
        numbers = {r["msisdn"] for r in mine if r["msisdn"] is not None}
        register = by_card.get(token) or [row for n in sorted(numbers) for row in by_number.get(n, [])]
        found.append(_read_sim(token, mine, register, uses[token], params, weights))
    return found


def _read_sim(
    token: int, legs: list[Row], lines: list[Row], uses: list[Row],
    params: GoipParams, weights: Weights,
) -> Sim:  # fmt: skip
    home, share = _home(uses)
    cited = Cited(tuple(legs), tuple(lines))
    bits = sum(weights.rules[m.rule].weigh(m.value) for m in measure(OF_ONE_SIM, cited) if m.value == m.value)
    return Sim(token, cited.legs, cited.lines, tuple(uses), home, share, bits, _protected(legs, lines, params))


def measure(names: Iterable[str], cited: Cited) -> list[Measure]:
    """Each named measure on the same cited rows."""
    return [Measure(name, MEASURES[name](cited), cited.refs()) for name in names]


def _home(uses: list[Row]) -> tuple[str | None, float]:
    legs: Counter[str] = Counter()
    for use in uses:
        if use["cell_id"] is not None:
            legs[str(use["cell_id"])] += use["legs"]
    if not legs:
        return None, 0.0
    home, most = min(legs.items(), key=lambda item: (-item[1], item[0]))
    return home, most / sum(legs.values())


def _protected(legs: list[Row], lines: list[Row], params: GoipParams) -> str:
    classes = {r["plan"] for r in lines} & set(params.protected_plans)
    classes |= {r["msisdn_class"] for r in legs} & set(params.protected_classes)
    return min(classes) if classes else ""


def _grouped(rows: list[Row], key: str) -> dict[int, list[Row]]:
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda r: str(r["record_ref"])):
        if row[key] is not None:
            groups[row[key]].append(row)
    return groups
