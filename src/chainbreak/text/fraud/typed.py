"""What a reading for the type of fraud gives: types in order, the words that decided, whether it is an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np

LAST_RESORT = "other"
"""The type a report is put to when nothing speaks for one: other online crime."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word or phrase of the text that moved the reading.

    `start`, `end` are code points of the given text; `bits` speak for the type given (below zero: for the runner-up).
    """

    start: int
    end: int
    surface: str
    bits: float


@dataclass(frozen=True, slots=True)
class Typed:
    """The type of fraud one text tells of.

    `ranked`: every type with its probability, most probable first. `words` in order of the text.
    `base_bits` plus the bits of all `words` and `rest_bits` (what lies in words too light to show) are the log2 odds of
    `type` against the runner-up. `abstained`: too weak for an answer; `type` is then the best guess and no more.
    """

    type: str
    probability: float
    ranked: tuple[tuple[str, float], ...]
    words: tuple[Word, ...]
    abstained: bool
    base_bits: float = 0.0
    rest_bits: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values, ready for JSON; probabilities and bits to four places."""
        told = asdict(self)
        told["probability"] = round(self.probability, 4)
        told["ranked"] = [[key, round(p, 4)] for key, p in self.ranked]
        told["words"] = [{**asdict(word), "bits": round(word.bits, 4)} for word in self.words]
        return {**told, "base_bits": round(self.base_bits, 4), "rest_bits": round(self.rest_bits, 4)}


class Model(Protocol):
    """What reads texts for their type; the built-in cue words and a trained table both do."""

    @property
    def name(self) -> str:
        """Which model and version this is; stands beside every type it gives."""
        ...

    def read(self, text: str) -> Typed:
        """The type of one text."""
        ...


def probabilities(bits: np.ndarray) -> np.ndarray:
    """Shares that add up to 1 along the last axis, from log2 scores.

    >>> probabilities(np.array([2.0, 1.0, 1.0])).tolist()
    [0.5, 0.25, 0.25]
    """
    risen = np.exp2(bits - bits.max(axis=-1, keepdims=True))
    return np.asarray(risen / risen.sum(axis=-1, keepdims=True))


def ranking(types: Sequence[str], shares: np.ndarray) -> tuple[tuple[str, float], ...]:
    """Types with their shares, the largest first; of equal ones `other` first, the one that claims least, then by key.

    >>> ranking(["b", "a", "c"], np.array([0.25, 0.25, 0.5]))
    (('c', 0.5), ('a', 0.25), ('b', 0.25))
    >>> ranking(["a", "other"], np.array([0.5, 0.5]))[0][0]
    'other'
    """
    pairs: Mapping[str, float] = dict(zip(types, shares.tolist(), strict=True))
    return tuple(sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0] != LAST_RESORT, pair[0])))
