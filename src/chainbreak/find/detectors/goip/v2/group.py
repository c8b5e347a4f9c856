"""Candidates joined into devices: the rows that `exhibits` and `judge` go by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import resources
from typing import Any

import numpy as np
import pyarrow as pa

from chainbreak.find.contract.detector import Rows
from chainbreak.find.contract.weights import Weights, weights_of
from chainbreak.find.detectors.goip.v2.field import Field, Floats, Ints, read_field, sim_measures
from chainbreak.find.detectors.goip.v2.links import BASE_SHARE, Pairs, belongings, components, pair_up, weigh_all
from chainbreak.find.detectors.goip.v2.params import GoipParams

ROUNDS = 3
"""Times membership is weighed anew: devices settle within two."""
GROUPS = pa.schema([
    ("group", pa.int64()), ("sim", pa.int64()), ("place", pa.int64()), ("bits", pa.float64()),
    ("is_exhibit", pa.int64()),
])  # fmt: skip


@dataclass(frozen=True)
class LinkTables:
    """Bits of a card, of a pair, and of a card against a device, each for boxes that stand still and for those whose
    cards move; priors included in `prior_bits`."""

    standing_card: Weights
    moving_card: Weights
    standing_pair: Weights
    moving_pair: Weights
    standing_member: Weights
    moving_member: Weights


def link_tables() -> LinkTables:
    """The tables of links.toml."""
    text = resources.files(__package__).joinpath("links.toml").read_text(encoding="utf-8")
    return LinkTables(**{part.name: weights_of(text, part.name) for part in fields(LinkTables)})


def odds(measures: Mapping[str, Floats], *tables: Weights) -> Floats:
    """Log2 odds of each row by the table that gives most."""
    found: Floats = np.maximum.reduce([weigh_all(measures, table) + table.prior_bits for table in tables])
    return found


def group_sims(reduced: Rows, params: GoipParams, tables: LinkTables) -> pa.Table:
    """One row (group, sim): `place` from 0 by how surely it belongs, `bits` the log2 odds of that, `is_exhibit` 1 for
    those whose calls are fetched. A group of one is a line by itself."""
    field = read_field(reduced, params)
    own = odds(sim_measures(field), tables.standing_card, tables.moving_card)
    pairs = pair_up(field, own, reduced)
    device, moving = cores(field, pairs, tables, params)
    sure = np.full(field.n, -np.inf)
    for _ in range(ROUNDS):
        device, sure = members(field, own, pairs, device, moving, tables, params)
    return pa.Table.from_pylist(_rows(field, own, device, sure, params), schema=GROUPS)


def cores(field: Field, pairs: Pairs, tables: LinkTables, params: GoipParams) -> tuple[Ints, int]:
    """Number of each SIM's device by pairs alone, -1 for none; from the second value on, devices whose cards move.

    Boxes that stand still show in single pairs. Cards that move share little with each other card, but with several:
    weaker pairs of those that are left make a core when three hang together, or two by a pair that is sure.
    """
    protected = np.array(field.protected, dtype=object)
    alike = protected[pairs.a] == protected[pairs.b]
    device = np.full(field.n, -1)
    standing = alike & (odds(pairs.measures, tables.standing_pair) >= params.core_bits)
    found = components(field.n, pairs.a[standing], pairs.b[standing])
    for number, group in enumerate(found):
        device[group] = number
    moving = odds(pairs.measures, tables.moving_pair)
    left = alike & (moving >= params.hint_bits) & (device[pairs.a] < 0) & (device[pairs.b] < 0)
    sure = np.zeros(field.n, bool)
    sure[pairs.a[left & (moving >= params.core_bits)]] = True
    hints = components(field.n, pairs.a[left], pairs.b[left])
    kept = [group for group in hints if len(group) >= params.hint_sims or sure[group].any()]
    for number, group in enumerate(kept, len(found)):
        device[group] = number
    return device, len(found)


def members(
    field: Field, own: Floats, pairs: Pairs, device: Ints, moving: int, tables: LinkTables, params: GoipParams
) -> tuple[Ints, Floats]:
    """Each SIM's device and the log2 odds that it belongs to it, weighed against the other members so far: strays
    leave, and cards whose own calls say little join those they share everything with. `moving`: the first number of
    devices whose cards move; boxes of one gang call each other, so a card that stands still in a box stays there."""
    where, who, measures = belongings(field, own, pairs, device)
    moves = where >= moving
    tellers = (tables.moving_member, tables.standing_member)
    bits = np.where(moves, *(odds(measures, table) for table in tellers)) if len(where) else np.zeros(0)
    protected = np.array(field.protected, dtype=object)
    first, inside = np.full(int(device.max(initial=-1)) + 1, -1), np.flatnonzero(device >= 0)
    first[device[inside][::-1]] = inside[::-1]
    allowed = (bits >= params.member_bits) & (protected[who] == protected[first[where]])
    where, who, bits, moves = where[allowed], who[allowed], bits[allowed], moves[allowed]
    # A SIM that could belong to several devices of one sort goes to the likeliest; the lower number of equals.
    order = np.lexsort((where, -bits, moves, who))
    unique, at = np.unique(who[order], return_index=True)
    found, sure = np.full(field.n, -1), np.full(field.n, -np.inf)
    found[unique], sure[unique] = where[order][at], bits[order][at]
    return found, sure


def _rows(field: Field, own: Floats, device: Ints, sure: Floats, params: GoipParams) -> list[dict[str, Any]]:
    held = [np.flatnonzero(device == number) for number in np.unique(device[device >= 0])]
    groups = [group for group in held if len(group) > 1 and together(field, group) >= params.least_together]
    strength = {int(g[0]): float(np.maximum(own[g], 0).sum() + np.minimum(sure[g], 10).sum()) for g in groups}
    groups = sorted(groups, key=lambda g: (-strength[int(g[0])], field.token[g[0]]))[: params.most_groups]
    taken = np.zeros(field.n, bool)
    taken[np.concatenate([*groups, np.zeros(0, np.int64)])] = True
    lines = sorted(np.flatnonzero(~taken).tolist(), key=lambda s: (-own[s], field.token[s]))[: params.most_lines]
    rows = []
    for number, group in enumerate([*(g.tolist() for g in groups), *([s] for s in lines)]):
        ordered = sorted(group, key=lambda s: (-own[s], field.token[s]))
        for place, sim in enumerate(ordered):
            bits = sure[sim] if len(group) > 1 else own[sim]
            rows.append({"group": number, "sim": int(field.token[sim]), "place": place, "bits": round(float(bits), 6),
                         "is_exhibit": int(place < params.exhibit_sims)})  # fmt: skip
    return rows


def together(field: Field, group: Ints) -> float:
    """Share of the cards that have a place in common with most others; 1 where no cell is known at all."""
    mine = np.isin(field.stay_sim, group) & (field.stay_share >= BASE_SHARE)
    return float(np.bincount(field.stay_cell[mine]).max()) / len(group) if mine.any() else 1.0


def by_group(rows: Any, key: str = "group") -> dict[int, list[dict[str, Any]]]:
    """Rows of a table by the value of `key`, in the order of their contents."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row[key]].append(row)
    return found
