"""Min-hash signatures of wording: 32 numbers a text, whose agreement estimates how many shingles two texts share.

One permutation hashing (Li, Owen & Zhang, NIPS 2012): each shingle is hashed once; 5 bits choose one of 32 bins, the
rest is the value of which the bin keeps the least. An empty bin borrows from one chosen by its own fixed sequence of
draws (optimal densification: Shrivastava, ICML 2017), so that equal sets stay equal and the estimate unbiased.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from chainbreak.text.likeness.wording import wording

K = 32
"""Numbers in a signature. The standard error of a likeness j is at most sqrt(j * (1 - j) / K), .088 at j = .5."""
SPAN = 3
"""Units in a shingle."""
NOTHING = np.uint32(0xFFFFFFFF)
"""Fills the signature of a text without wording; it is like nothing, not even another such text."""

_BATCH = 4096
_FACTORS = tuple(np.uint64(f) for f in (0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93))

Signatures = NDArray[np.uint32]


def signatures(texts: Sequence[str]) -> Signatures:
    """Grain: one row of K numbers per text, the same on every machine and whatever the batch.

    Identifiers, digits, sums, times, names of persons and places, and the words of the report form play no part.

    >>> a, b = signatures(["对方称刷单返利，转账到6222000011112222", "对方称刷单返利，转账到6217333344445555"])
    >>> bool((a == b).all()), a.shape
    (True, (32,))
    """
    blocks = [signed(*shingles(part), len(part)) for part in batches(texts)]
    return np.concatenate(blocks) if blocks else np.zeros((0, K), np.uint32)


def likeness(a: Signatures, b: Signatures) -> NDArray[np.float64]:
    """The estimated Jaccard likeness of each row of `a` with the same row of `b`; a single row goes with every row.

    >>> likeness(signatures(["先交保证金才能放款"]), signatures(["先交保证金才能放款", "冒充客服退款"])).tolist()
    [1.0, 0.0]
    """
    agree: NDArray[np.float64] = ((a == b) & (a != NOTHING)).sum(axis=-1) / K
    return agree


def shingles(texts: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Hashes of all shingles of all texts, and the row of the text each belongs to; repeats stay.

    A text of fewer units than a shingle has one all the same, filled up with blanks.
    """
    told = wording(texts)
    hashes = told.units * _FACTORS[0]
    whole = np.ones(len(hashes), np.bool_)
    whole[1:] = told.owner[1:] != told.owner[:-1]
    for step in range(1, SPAN):
        same = told.owner[step:] == told.owner[:-step]
        hashes[:-step] += np.where(same, mixed(told.units[step:] + np.uint64(step)), np.uint64(0))
        hashes *= _FACTORS[step]
    whole[: -SPAN + 1] |= same
    return mixed(hashes[whole]), told.owner[whole]


def signed(hashes: NDArray[np.uint64], owner: NDArray[np.int64], texts: int) -> Signatures:
    """The signatures of `texts` texts from what `shingles` gave for them."""
    bins = owner * K + (hashes >> np.uint64(59)).astype(np.int64)
    flat = np.full(texts * K, NOTHING, np.uint32)
    np.minimum.at(flat, bins, np.minimum(hashes.astype(np.uint32), NOTHING - np.uint32(1)))
    return _densified(flat.reshape(texts, K))


def batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """The texts in parts that keep the arrays small; results never depend on it."""
    return (texts[i : i + _BATCH] for i in range(0, len(texts), _BATCH))


def _densified(sparse: Signatures) -> Signatures:
    """Each empty bin takes the value of the first filled bin of its own sequence; rows wholly empty stay so."""
    dense = sparse.copy()
    rows, bins = np.nonzero((sparse == NOTHING) & (sparse != NOTHING).any(axis=1)[:, None])
    attempts = np.zeros(1, np.uint64)
    while rows.size:
        attempts += np.uint64(1)
        draws = mixed(bins.astype(np.uint64) * _FACTORS[0] + attempts * _FACTORS[2]) >> np.uint64(59)
        found = sparse[rows, draws.astype(np.int64)]
        dense[rows, bins] = found
        still = found == NOTHING
        rows, bins = rows[still], bins[still]
    return dense


def mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Every bit of the input in every bit of the output: the finalizer of SplitMix64 (Steele, Lea & Flood 2014)."""
    values = (values ^ values >> np.uint64(30)) * _FACTORS[0]
    values = (values ^ values >> np.uint64(27)) * _FACTORS[1]
    return values ^ values >> np.uint64(31)
