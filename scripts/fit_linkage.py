#!/usr/bin/env python3
"""Fit find/linkage/weights.toml on casebooks of development seeds (101-199); seeds from 901 on are never touched.

1. `own`: for each key that three or more reports name, how many of its pairs of reports are of one gang, by a logistic
   regression on kind, number of reports and measures; this decides what is a hub.
2. `shared`, `near`, `together`, `manner`: whether a compared pair is of one gang, by a logistic regression on what it
   shares once hubs are silent; coefficients over ln 2 are bits, so that prior + sum is the log-odds.
3. `prior` less `CAUTION_MILLI`, `hub_below`, `strong` and `apart`: those with the best B³ + pair F1 on the held-back
   seeds among those whose pair precision is at least `LEAST_PRECISION` there: people act on what is joined.
Kinds that casebooks lack take the worth of the kind they are most like (`LIKE`).
"""

from __future__ import annotations

import argparse
import tempfile
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from chainbreak.bench.linkage.book import Book, read_book
from chainbreak.city.casebook import shape, write_casebook
from chainbreak.find.linkage import hubs, link, terms
from chainbreak.find.linkage.measures import partition_measures
from chainbreak.find.linkage.model import KINDS
from chainbreak.find.linkage.weights import Scale, Sum, Weights

TABLE = Path(__file__).parents[1] / "src/chainbreak/find/linkage/weights.toml"
N_EDGES = (3.0, 5.0, 10.0, 30.0, 100.0, 1_000.0)
MEASURES = {"script_same": (0.05, 0.15, 0.3, 0.5, 0.75), "type_same": (0.25, 0.5, 0.75, 0.95),
            "days": (3.0, 10.0, 30.0, 90.0)}  # fmt: skip
MANNER = {"script": (0.1, 0.2, 0.35, 0.55), "type": (0.5,), "days": (1.0, 3.0, 7.0, 20.0, 60.0), "district": (0.5,),
          "loss": (1.0, 3.0), "victim": (0.5,)}  # fmt: skip
TOGETHER = (2.0, 3.0)
FITTED = ((101, 10_000, {}), (102, 50_000, {}), (104, 20_000, {"renting": 0.05}),
          (105, 20_000, {"renting": 0.7}), (106, 20_000, {"script_noise": 0.5}))  # fmt: skip
HELD_BACK = ((111, 10_000), (112, 50_000))
HUB_BELOW = (-3_000, -2_000)
STRONG = (2_500, 3_500)
CAUTION_MILLI = (500, 1_000, 1_500)
APART = (500, 1_000)
LEAST_PRECISION = 0.85
LIKE = {"site": "device", "id": "line"}
Columns = list[tuple[tuple[str, ...], Any]]


def book(folder: Path, seed: int, reports: int, change: dict[str, float] | None = None) -> Book:
    """The casebook of a seed, made when it is not there yet."""
    import dataclasses

    change = dict(change or {})
    out = folder / f"{seed}-{reports}"
    if not (out / "manifest.json").exists():
        like = shape().renting(change.pop("renting")) if "renting" in change else shape()
        write_casebook(out, reports, seed, dataclasses.replace(like, **change))
    return read_book(out)


class Case:
    """A book with its keys measured."""

    def __init__(self, of: Book) -> None:
        self.book, self.reports = of, of.reports
        self.groups = hubs.group(of.reports)
        self.digests = link.digests(of.reports.ids)
        self.measures = hubs.measure(of.reports, self.digests, self.groups)
        self.keys = key_columns(self.groups, self.measures)

    def same(self) -> tuple[Any, Any]:
        """Of each key the share of its pairs of reports that are of one gang, and its reports less one, at most 20."""
        sizes, gangs = self.groups.sizes, int(self.book.gang.max()) + 1
        owner = np.repeat(np.arange(len(sizes)), sizes)
        cell, count = np.unique(owner * gangs + self.book.gang[self.groups.report], return_counts=True)
        same = np.bincount(cell // gangs, count * (count - 1) / 2, len(sizes))
        return same / (sizes * (sizes - 1) / 2), np.minimum(sizes - 1, 20)

    def pairs(self, worth: Any) -> tuple[Columns, Any]:
        """What every compared pair is like, and whether it is of one gang."""
        groups, reports = self.groups, self.reports
        met = link.meeting(reports, self.digests, groups, worth)
        evidence = link.weigh(reports, met, groups, self.measures, worth, flat())
        n, both = len(met[0][0]), evidence.both
        loud = worth[both.group] > 0
        pair, key = both.pair[loud], both.group[loud]
        columns = [(name, np.bincount(pair, column[key], n)) for name, column in self.keys]
        near, of = evidence.near
        columns += [(("near", KINDS[code]), np.bincount(near[of == code], minlength=n)) for code in (0, 1)]
        many = np.bincount(pair, minlength=n)
        columns += [(("together", str(at)), np.searchsorted(TOGETHER, many, side="right") == at + 1) for at in range(2)]
        for name, values in terms.manner_of(reports, met[0]):
            columns += leveled(("manner", name), values, MANNER[name], ~np.isnan(values))
        return columns, self.book.gang[met[0][0]] == self.book.gang[met[0][1]]


def leveled(name: tuple[str, ...], values: Any, edges: tuple[float, ...], known: Any) -> Columns:
    """One column a part of the scale."""
    part = np.where(known, np.searchsorted(edges, np.nan_to_num(values), side="right"), -1)
    return [((*name, str(at)), (part == at).astype(np.float32)) for at in range(len(edges) + 1)]


def key_columns(groups: hubs.Groups, measures: hubs.Measures) -> Columns:
    """What each key is like."""
    columns: Columns = []
    for code, kind in enumerate(KINDS):
        columns += leveled(("kinds", kind), measures.n.astype(float), N_EDGES, groups.kind == code)
    for name, edges in MEASURES.items():
        columns += leveled(("measures", name), getattr(measures, name), edges, ~np.isnan(measures.script_same))
    return columns


def flat() -> Weights:
    """Weights that say nothing, to compare pairs before there are any."""
    none = Sum(0, {kind: Scale((), (0,), 0) for kind in KINDS}, {})
    return Weights("", 0, 0, 0, 0, none, none, dict.fromkeys(KINDS, 0), Scale((), (0,), 0),
                   {name: Scale((), (0,), 0) for name in MANNER})  # fmt: skip


def fit(columns: Columns, truth: Any, weight: Any = None) -> tuple[dict[tuple[str, ...], int], int]:
    """Thousandths of a bit of each column, and of the rest."""
    table = np.stack([column for _, column in columns], axis=1).astype(np.float32)
    found = LogisticRegression(C=1.0, max_iter=4_000).fit(table, truth, weight)
    milli = np.round(np.append(found.coef_[0], found.intercept_[0]) / np.log(2) * 1_000).astype(int).tolist()
    return dict(zip([name for name, _ in columns], milli[:-1], strict=True)), milli[-1]


def joined(parts: list[Columns]) -> Columns:
    """The same columns of several books, one after the other."""
    return [(rows[0][0], np.concatenate([column for _, column in rows])) for rows in zip(*parts, strict=True)]


def scale(milli: dict[tuple[str, ...], int], name: tuple[str, ...], edges: tuple[float, ...]) -> Scale:
    """The scale of what was fitted under `name`."""
    return Scale(edges, tuple(milli[(*name, str(at))] for at in range(len(edges) + 1)), 0)


def summed(milli: dict[tuple[str, ...], int], base: int) -> Sum:
    """The sum over a key's columns."""
    return Sum(base, {kind: scale(milli, ("kinds", LIKE.get(kind, kind)), N_EDGES) for kind in KINDS},
               {name: scale(milli, ("measures", name), edges) for name, edges in MEASURES.items()})  # fmt: skip


def fit_own(cases: list[Case]) -> Sum:
    """What tells a gang's own key."""
    parts, shares, weights = [], [], []
    for case in cases:
        share, weight = case.same()
        keep = case.groups.sizes >= hubs.LEAST
        parts.append([(name, column[keep]) for name, column in case.keys])
        shares.append(share[keep])
        weights.append(weight[keep])
    share, weight = np.concatenate(shares), np.concatenate(weights)
    columns = joined([joined(parts), joined(parts)])
    milli, base = fit(columns, np.repeat([1, 0], len(share)), np.concatenate([share * weight, (1 - share) * weight]))
    return summed(milli, base)


def fit_pairs(cases: list[Case], own: Sum, hub_below: int) -> Weights:
    """The table for one cut between hubs and others."""
    parts, truths = [], []
    silent = Weights("", 0, hub_below, 0, 0, own, summed_ones(), {}, Scale((), (0,), 0), {})
    for case in cases:
        columns, truth = case.pairs(silent.worth(case.groups.kind, case.measures))
        parts.append(columns)
        truths.append(truth)
    milli, prior = fit(joined(parts), np.concatenate(truths))
    near = {kind: milli.get(("near", kind), 0) for kind in KINDS}
    together = Scale(TOGETHER, (0, milli[("together", "0")], milli[("together", "1")]), 0)
    manner = {name: scale(milli, ("manner", name), edges) for name, edges in MANNER.items()}
    return Weights("linkage@1", prior, hub_below, 0, 0, own, summed(milli, 0), near, together, manner)


def summed_ones() -> Sum:
    """Every key worth something."""
    return Sum(1_000, {kind: Scale((), (0,), 0) for kind in KINDS}, {})


def write(table: Weights, path: Path) -> None:
    """The table as TOML."""

    def row(of: Scale) -> str:
        return f"{{edges = {list(of.edges)}, milli = {list(of.milli)}, unknown = {of.unknown}}}"

    lines = [
        "# Written by scripts/fit_linkage.py. Thousandths of a bit.",
        f'version = "{table.version}"',
        *(f"{name} = {getattr(table, name)}" for name in ("prior", "strong", "hub_below", "apart")),
        f"together = {row(table.together)}",
        f"near = {{{', '.join(f'{k} = {v}' for k, v in table.near.items())}}}",
    ]
    for name, of in (("own", table.own), ("shared", table.shared)):
        lines += [f"\n[{name}]", f"base = {of.base}"]
        for part in ("kinds", "measures"):
            lines += [f"\n[{name}.{part}]", *(f"{key} = {row(one)}" for key, one in getattr(of, part).items())]
    lines += ["\n[manner]", *(f"{key} = {row(one)}" for key, one in table.manner.items()), ""]
    path.write_text("\n".join(lines), encoding="utf-8")


def main() -> None:
    """Fit, choose on the held-back seeds, write."""
    import dataclasses

    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--books", type=Path, default=Path(tempfile.gettempdir()) / "casebooks")
    folder = ask.parse_args().books
    cases = [Case(book(folder, *given)) for given in FITTED]
    own = fit_own(cases)
    held = [book(folder, *given) for given in HELD_BACK]
    best: tuple[float, Weights | None] = (-1.0, None)
    for hub_below in HUB_BELOW:
        fitted = fit_pairs(cases, own, hub_below)
        for strong, caution, apart in product(STRONG, CAUTION_MILLI, APART):
            near = {kind: min(milli, strong - 1) for kind, milli in fitted.near.items()}
            table = dataclasses.replace(fitted, prior=fitted.prior - caution, apart=apart, strong=strong, near=near)
            told = [partition_measures(one.gang, link.link(one.reports, (), table).label) for one in held]
            value = float(np.mean([m["pair_f1"] + m["b3_f1"] for m in told]))
            names = ("pair_precision", "pair_recall", "pair_f1", "b3_f1")
            shown = "; ".join("/".join(f"{m[name]:.3f}" for name in names) for m in told)
            print(hub_below, strong, caution, apart, f"{value:.4f}", shown, flush=True)
            sure = np.mean([m["pair_precision"] for m in told]) >= LEAST_PRECISION
            if sure and value > best[0]:
                best = (value, table)
    assert best[1] is not None
    write(best[1], TABLE)


if __name__ == "__main__":
    main()
