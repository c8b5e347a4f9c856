"""Scripts: which phrases a gang's callers keep to. Public ones are many gangs' (copycats), others a gang's own.

A script is a choice of phrases: how the caller presents himself, the story, and some turns, all out of the lists of its
kind of fraud (`data/narratives.yaml`, `data/casebook_words.yaml`), so that two scripts of one kind overlap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chainbreak.city.casebook.shapes import Shape
from chainbreak.city.casebook.words import FRAUDS, fraud_shares, wordings
from chainbreak.city.draws import Floats, Ints, Rng, stream

if TYPE_CHECKING:
    from chainbreak.city.casebook.gangs import Gangs

TURNS = 4
"""Turns of a script beside claim and story."""
PHASES = 3
"""A gang works from at most so many scripts one after another."""
PARTS = ("claim", "story", *["turns"] * TURNS)
"""The columns of `Scripts.phrases`."""


@dataclass(frozen=True)
class Scripts:
    """Per script: `fraud` (place in FRAUDS) and `phrases`, places in the lists of PARTS, no turn twice, with
    `wordings`, which of a phrase's wordings is the script's (0 to 1 along the list). Per gang: its scripts one after
    another and the share of its time at which it changes. Per sub-gang: a script of its own or -1.
    """

    fraud: Ints
    phrases: Ints
    wordings: Floats
    of_gang: Ints
    changes: Floats
    of_sub: Ints

    def in_use(self, gang: Ints, sub: Ints, share: Floats) -> Ints:
        """The script of each report, by gang, sub-gang and share of the gang's time."""
        phase = (share[:, None] > self.changes[gang]).sum(axis=1)
        own = self.of_sub[sub]
        found: Ints = np.where(own >= 0, own, self.of_gang[gang, phase])
        return found


def make_scripts(shape: Shape, gangs: Gangs, seed: int) -> Scripts:
    """Public scripts first, then own ones as gangs need them; numbered in no order that means anything."""
    rng = stream(seed, "casebook scripts")
    kinds = [rng.choice(len(FRAUDS), gangs.n, p=fraud_shares())]
    owner = np.repeat(np.arange(gangs.n), gangs.subs)
    apart = (gangs.subs[owner] > 1) & (rng.random(len(owner)) < shape.sub_script)
    changing = (gangs.size >= 4) & (rng.random(gangs.n) < shape.switches)
    twice = changing & (gangs.size >= 12) & (rng.random(gangs.n) < 0.3)
    changes = np.sort(rng.uniform(0.2, 0.8, (gangs.n, 2)), axis=1)
    # Who never changes does so after the end of his time.
    changes[~changing] = 2.0
    changes[changing & ~twice, 1] = 2.0
    for here in (changing, twice):
        other = here & (rng.random(gangs.n) < shape.changed_kind)
        kinds.append(np.where(other, rng.choice(len(FRAUDS), gangs.n, p=fraud_shares()), kinds[-1]))
    # One script for each phase of each gang and for each sub-gang, whether it comes to be used or not.
    wanted = np.concatenate([*kinds, kinds[0][owner]])
    number, fraud = _choose(shape, rng, wanted)
    shuffled = rng.permutation(len(fraud))
    placed = np.empty(len(fraud), np.int64)
    placed[shuffled] = fraud
    chosen = shuffled[number]
    of_gang = chosen[: gangs.n * PHASES].reshape(PHASES, gangs.n).T
    of_sub = np.where(apart, chosen[gangs.n * PHASES :], -1)
    own = rng.random((len(fraud), len(PARTS)))
    return Scripts(placed, _phrases(rng, placed), own, of_gang, changes, of_sub)


def _choose(shape: Shape, rng: Rng, kinds: Ints) -> tuple[Ints, Ints]:
    """For each entry a script of its kind of fraud, a public one by rank or a new one; and the kind of each script."""
    copy = rng.random(len(kinds)) < shape.copycats
    weight = 1.0 / (np.arange(shape.public_scripts) + 1.0)
    rank = rng.choice(shape.public_scripts, len(kinds), p=weight / weight.sum())
    public = np.repeat(np.arange(len(FRAUDS)), shape.public_scripts)
    number = np.where(copy, kinds * shape.public_scripts + rank, len(public) + np.cumsum(~copy) - 1)
    return number, np.concatenate([public, kinds[~copy]])


def _phrases(rng: Rng, fraud: Ints) -> Ints:
    """For each script of a kind of fraud a phrase from the list of each of PARTS."""
    sizes = np.asarray([[len(wordings(one, part)) for part in PARTS[:3]] for one in FRAUDS])[fraud]
    claim, story = (rng.random((len(fraud), 2)) * sizes[:, :2]).astype(np.int64).T
    draw = rng.random((len(fraud), int(sizes[:, 2].max())))
    draw[np.arange(draw.shape[1]) >= sizes[:, 2:]] = 2.0
    return np.column_stack([claim, story, np.argsort(draw, axis=1)[:, :TURNS]])
