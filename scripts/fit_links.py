"""Fit the tables by which goip joins cards into devices, on simulated cities, and write links.toml.

    python scripts/fit_links.py --preset county --seeds 101 102 103 104 105 106 --work DIR

Six tables (find/detectors/goip/v2/group.py): cards, pairs, and cards against a device, of boxes that stand still
and of those whose cards move. Edges and shapes are a person's choice and are kept as they stand; bits and priors are
fitted and held within +-6, since no single measure of a simulation deserves more. Protected lines are left out. Pairs
of two devices are a negative like any other; of the pairs that are none, a share is drawn and the prior set right.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from fit_detector import centre_of

from chainbreak.app.truth import read_truth
from chainbreak.find.contract.calibration import fit
from chainbreak.find.contract.runner import records_of, reduced
from chainbreak.find.contract.weights import Rule, Weights
from chainbreak.find.detectors.goip.v2 import Goip
from chainbreak.find.detectors.goip.v2.field import Field, read_field, sim_measures
from chainbreak.find.detectors.goip.v2.group import LinkTables, cores, link_tables, odds
from chainbreak.find.detectors.goip.v2.links import belongings, pair_up
from chainbreak.records.finding import write_token
from chainbreak.records.kind import Identifier

STANDING, MOVING = ("L0", "L1", "L2", "L3"), ("L4", "L5", "L6")
MOST_BITS = 6.0
DRAWN = 0.05
"""Share of the pairs that are none of one device that is fitted on."""
Columns = dict[str, list[np.ndarray]]


@dataclass
class World:
    """One city: its field and reduced tables, and device and level of each SIM ("" for honest ones)."""

    field: Field
    reduced: Any
    device: np.ndarray
    level: np.ndarray

    @property
    def is_free(self) -> np.ndarray:
        """SIMs that no register class protects."""
        return np.array([not p for p in self.field.protected], bool)


def read_world(work: Path, preset: str, seed: int) -> World:
    """The city of `seed`, reduced as the detector does."""
    office, detector = centre_of(work, seed, preset), Goip()
    truth = read_truth(office, detector, work / f"{preset}-{seed}" / "city" / "truth")
    session = office.engine()
    try:
        stamp, tables = records_of(session, detector)
        rows = reduced(session, detector, tables, stamp)
    finally:
        session.close()
    field = read_field(rows, detector.params)
    written = [write_token(Identifier.IMSI, int(t)) for t in field.token]
    device = np.array([truth.device.get(w, "") for w in written])
    level = np.array([truth.level.get(d, "") for d in device])
    sys.stderr.write(f"{preset} {seed}: {field.n} candidates, {int((device != '').sum())} in boxes\n")
    return World(field, rows, device, level)


def fitted(old: Weights, columns: Columns, labels: list[np.ndarray], drawn: float = 1.0) -> Weights:
    """`old` with bits and prior fitted anew."""
    edges = {name: rule.edges for name, rule in old.rules.items()}
    shapes = {name: rule.shape for name, rule in old.rules.items() if rule.shape}
    table = fit({n: np.concatenate(c) for n, c in columns.items()}, np.concatenate(labels), edges, shapes)
    rules = {
        name: Rule(name, rule.family, rule.unit, rule.edges,
                   tuple(max(-MOST_BITS, min(MOST_BITS, b)) for b in table.bits[name]), rule.shape)
        for name, rule in old.rules.items()
    }  # fmt: skip
    return Weights(rules, round(table.prior_bits + float(np.log2(drawn)), 3), 0.0, old.levels)


def fit_cards(worlds: list[World], old: Weights, levels: tuple[str, ...]) -> Weights:
    """Cards of boxes of `levels` against honest SIMs."""
    columns: Columns = {name: [] for name in old.rules}
    labels: list[np.ndarray] = []
    for w in worlds:
        kept = w.is_free & ((w.device == "") | np.isin(w.level, levels))
        for name, values in sim_measures(w.field).items():
            columns[name].append(values[kept])
        labels.append((w.device != "")[kept])
    return fitted(old, columns, labels)


def pairs_of(w: World, tables: LinkTables) -> tuple[Any, np.ndarray, np.ndarray]:
    """The world's pairs, own bits of its SIMs, and which pairs are of one device."""
    own = odds(sim_measures(w.field), tables.standing_card, tables.moving_card)
    pairs = pair_up(w.field, own, w.reduced)
    return pairs, own, (w.device[pairs.a] == w.device[pairs.b]) & (w.device[pairs.a] != "")


def fit_pairs(worlds: list[World], tables: LinkTables) -> tuple[Weights, Weights]:
    """Pairs of one device of standing, and of moving levels, against a share of all others."""
    rng = np.random.default_rng(1)
    old = {STANDING: tables.standing_pair, MOVING: tables.moving_pair}
    columns: dict[Any, Columns] = {levels: {n: [] for n in table.rules} for levels, table in old.items()}
    labels: dict[Any, list[np.ndarray]] = {levels: [] for levels in old}
    for w in worlds:
        pairs, _, same = pairs_of(w, tables)
        free = w.is_free[pairs.a] & w.is_free[pairs.b]
        drawn = rng.random(len(same)) < DRAWN
        for levels, table in old.items():
            kept = free & np.where(same, np.isin(w.level[pairs.a], levels), drawn)
            for name in table.rules:
                columns[levels][name].append(pairs.measures[name][kept])
            labels[levels].append(same[kept])
    standing, moving = (fitted(table, columns[levels], labels[levels], DRAWN) for levels, table in old.items())
    return standing, moving


def fit_members(worlds: list[World], tables: LinkTables) -> tuple[Weights, Weights]:
    """SIMs tied to a core that is mostly of one device: whether they are of that device."""
    old = {STANDING: tables.standing_member, MOVING: tables.moving_member}
    columns: dict[Any, Columns] = {levels: {n: [] for n in table.rules} for levels, table in old.items()}
    labels: dict[Any, list[np.ndarray]] = {levels: [] for levels in old}
    for w in worlds:
        pairs, own, _ = pairs_of(w, tables)
        device, _ = cores(w.field, pairs, tables, Goip().params)
        where, who, measures = belongings(w.field, own, pairs, device)
        owners = dict(owners_of(w, device))
        owner = np.array([owners.get(number, "") for number in where.tolist()])
        level = dict(zip(w.device.tolist(), w.level.tolist(), strict=True))
        of_level = np.array([level.get(name, "") for name in owner.tolist()])
        for levels, table in old.items():
            kept = np.isin(of_level, levels) & w.is_free[who]
            for name in table.rules:
                columns[levels][name].append(measures[name][kept])
            labels[levels].append((w.device[who] == owner)[kept])
    standing, moving = (fitted(table, columns[levels], labels[levels]) for levels, table in old.items())
    return standing, moving


def owners_of(w: World, device: np.ndarray) -> Iterator[tuple[int, str]]:
    """Number of each core that is mostly of one device, and that device."""
    for number in np.unique(device[device >= 0]).tolist():
        found, n = Counter(w.device[device == number].tolist()).most_common(1)[0]
        if found and 2 * n > int((device == number).sum()):
            yield number, found


def write(path: Path, tables: LinkTables, note: str) -> None:
    """The tables as TOML."""
    lines = [f"# Written by scripts/fit_links.py; edges are chosen by hand, bits and priors are fitted. {note}"]
    for part, table in vars(tables).items():
        lines += ["", f"[{part}]", f"prior_bits = {table.prior_bits}"]
        for name, rule in table.rules.items():
            shape = f'shape = "{rule.shape}", ' if rule.shape else ""
            lines.append(f'rules.{name} = {{family = "{rule.family}", unit = "{rule.unit}", {shape}'
                         f"edges = {list(rule.edges)}, bits = {list(rule.bits)}}}")  # fmt: skip
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Fit in the order in which the tables build on one another, and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="county")
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    parser.add_argument("--work", type=Path, required=True)
    args = parser.parse_args()
    worlds = [read_world(args.work, args.preset, seed) for seed in args.seeds]
    t = link_tables()
    t = replace(t, standing_card=fit_cards(worlds, t.standing_card, STANDING),
                moving_card=fit_cards(worlds, t.moving_card, MOVING))  # fmt: skip
    standing, moving = fit_pairs(worlds, t)
    t = replace(t, standing_pair=standing, moving_pair=moving)
    standing, moving = fit_members(worlds, t)
    t = replace(t, standing_member=standing, moving_member=moving)
    path = Path(__file__).parents[1] / "src/chainbreak/find/detectors/goip/v2/links.toml"
    write(path, t, f"Simulated cities, preset {args.preset}, seeds {', '.join(map(str, args.seeds))}.")


if __name__ == "__main__":
    main()
