"""Near-duplicates found without comparing every pair: signatures cut into bands, each band an index of its own.

Two texts meet where some band of theirs is equal (Leskovec, Rajaraman & Ullman, "Mining of Massive Datasets", 3.4):
with 10 bands of 3 numbers a pair of likeness j meets with probability 1 - (1 - j**3)**10, .985 at j = .7 and .74 at
j = .5. What meets is then compared exactly, shingle by shingle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chainbreak.text.likeness.minhash import NOTHING, K, Signatures, batches, likeness, mixed, shingles, signed

BANDS, ROWS = 10, 3
CROWD = 256
"""Where more texts than this share a band, the last ones added are tried: any copy of a text leads to it."""
SLACK = 2.0
"""Standard errors by which an estimate may fall short before a candidate is dropped unseen."""

_PAIRS = 50_000
"""Pairs compared at a time, which bounds the memory."""

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Match:
    """A text on the shelf like the one asked for: its name, the likeness by signature, and the exact one."""

    name: str
    estimated: float
    exact: float


@dataclass(frozen=True, slots=True)
class _Told:
    """Texts as the shelf keeps them: signatures, and distinct shingles (32 bits each) in ascending order, one text
    after the other, text i at starts[i] to starts[i + 1].
    """

    names: list[str]
    signatures: Signatures
    shingles: NDArray[np.uint32]
    starts: Ids


@dataclass(frozen=True, slots=True)
class _Section:
    """Texts put on the shelf together, with each band in order of its keys; equal keys in order of arrival."""

    told: _Told
    keys: NDArray[np.uint64]
    order: Ids


class Shelf:
    """Texts by wording, to be asked for their like. Adding is cheap at any time: sections grow by merging like ones.

    >>> shelf = Shelf()
    >>> shelf.add(["A1", "A2"], ["称其快递丢失可双倍理赔，需先开通理赔通道", "先送小礼品，拉入任务群做大额福利单"])
    >>> [(m.name, m.exact) for m in shelf.search(["对方称其快递丢失可双倍理赔，需先开通理赔通道。"])[0]]
    [('A1', 1.0)]
    """

    def __init__(self) -> None:
        self._sections: list[_Section] = []

    def __len__(self) -> int:
        return sum(len(section.told.names) for section in self._sections)

    def add(self, names: Sequence[str], texts: Sequence[str]) -> None:
        """Put texts on the shelf under their names; a name given twice stands for two texts.

        Raises:
            ValueError: there are more or fewer names than texts.
        """
        if len(names) != len(texts):
            raise ValueError(f"{len(names)} names for {len(texts)} texts")
        for part, named in zip(batches(texts), batches(names), strict=True):
            told = _told(part, list(named))
            # A section at most twice as long is joined to the new one, so there are never more than a few.
            while self._sections and len(self._sections[-1].told.names) < 2 * len(told.names):
                told = _joined(self._sections.pop().told, told)
            self._sections.append(_section(told))

    def search(self, texts: Sequence[str], least: float = 0.5, limit: int = 10) -> list[list[Match]]:
        """For each text its like on the shelf, exact likeness at least `least`; the likest first, then by name."""
        answers: list[list[Match]] = []
        for part in batches(texts):
            asked = _told(part, [""] * len(part))
            found: list[list[Match]] = [[] for _ in part]
            for section in self._sections:
                for row, match in _matches(asked, section, least):
                    found[row].append(match)
            answers += [sorted(some, key=lambda m: (-m.exact, m.name))[:limit] for some in found]
        return answers


def _told(texts: Sequence[str], names: list[str]) -> _Told:
    hashes, owner = shingles(texts)
    # Owner above, shingle below: one sort puts the distinct shingles of each text in order.
    both = np.unique(owner.astype(np.uint64) << np.uint64(32) | hashes & np.uint64(0xFFFFFFFF))
    starts = np.searchsorted(both, np.arange(len(texts) + 1, dtype=np.uint64) << np.uint64(32))
    return _Told(names, signed(hashes, owner, len(texts)), both.astype(np.uint32), starts)


def _joined(a: _Told, b: _Told) -> _Told:
    return _Told(
        a.names + b.names, np.concatenate((a.signatures, b.signatures)), np.concatenate((a.shingles, b.shingles)),
        np.concatenate((a.starts, b.starts[1:] + a.starts[-1])),
    )  # fmt: skip


def _section(told: _Told) -> _Section:
    keys = _bands(told.signatures)
    order = np.argsort(keys, axis=1, kind="stable")
    return _Section(told, np.take_along_axis(keys, order, axis=1), order)


def _bands(rows: Signatures) -> NDArray[np.uint64]:
    """Shape (BANDS, texts): each band's numbers as one key."""
    keys = np.zeros((BANDS, len(rows)), np.uint64)
    for step in range(ROWS):
        keys = mixed(keys ^ rows[:, step : BANDS * ROWS : ROWS].T.astype(np.uint64))
    return keys


def _matches(asked: _Told, section: _Section, least: float) -> list[tuple[int, Match]]:
    rows, ids = _met(asked, section)
    answers: list[tuple[int, Match]] = []
    for start in range(0, len(rows), _PAIRS):
        some, of = rows[start : start + _PAIRS], ids[start : start + _PAIRS]
        estimated = likeness(asked.signatures[some], section.told.signatures[of])
        near = np.flatnonzero(estimated >= least - SLACK * np.sqrt(least * (1 - least) / K))
        some, of = some[near], of[near]
        exact = _exact(asked, some, section.told, of)
        answers += [
            (int(some[i]), Match(section.told.names[of[i]], float(estimated[near[i]]), float(exact[i])))
            for i in np.flatnonzero(exact >= least)
        ]
    return answers


def _met(asked: _Told, section: _Section) -> tuple[Ids, Ids]:
    """Rows of the texts asked for and of those of the section that share a band with them, each pair once."""
    size = len(section.told.names)
    told = np.flatnonzero(asked.signatures[:, 0] != NOTHING)
    pairs = []
    for band, keys in enumerate(_bands(asked.signatures[told])):
        left, right = (np.searchsorted(section.keys[band], keys, side) for side in ("left", "right"))
        counts = np.minimum(right - left, CROWD)
        at = np.arange(counts.sum()) + np.repeat(right - np.cumsum(counts), counts)
        pairs.append(np.repeat(told, counts) * size + section.order[band][at])
    met = np.unique(np.concatenate(pairs))
    return met // size, met % size


def _exact(a: _Told, rows: Ids, b: _Told, ids: Ids) -> NDArray[np.float64]:
    """The Jaccard likeness of the shingles of a's `rows` and b's `ids`, pair by pair."""
    of_a, of_b = _gathered(a, rows), _gathered(b, ids)
    both = np.sort(np.concatenate((of_a, of_b)))
    shared = np.bincount((both[1:][both[1:] == both[:-1]] >> np.uint64(32)).astype(np.int64), minlength=len(rows))
    sizes = (a.starts[rows + 1] - a.starts[rows]) + (b.starts[ids + 1] - b.starts[ids])
    exact: NDArray[np.float64] = shared / np.maximum(sizes - shared, 1)
    return exact


def _gathered(told: _Told, rows: Ids) -> NDArray[np.uint64]:
    """The shingles of the rows in turn, the number of the turn in the upper half."""
    counts = told.starts[rows + 1] - told.starts[rows]
    at = np.arange(counts.sum()) + np.repeat(told.starts[rows + 1] - np.cumsum(counts), counts)
    turns = np.arange(len(rows), dtype=np.uint64) << np.uint64(32)
    gathered: NDArray[np.uint64] = np.repeat(turns, counts) | told.shingles[at]
    return gathered
