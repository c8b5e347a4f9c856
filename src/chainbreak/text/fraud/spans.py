"""Bits a sign made words a person can read: neighbouring signs of one mind, the heaviest of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chainbreak.text.fraud.typed import Word

MOST = 12
"""Most words shown; a reader looks at no more."""
LEAST = 0.1
"""Lightest word shown, in bits."""
_LONGEST = 10
"""Longest word, in signs, so that a clause of one mind falls into readable parts."""


def words_of(text: str, bits: NDArray[np.float64]) -> tuple[tuple[Word, ...], float]:
    """The words that weigh most, in order of the text, and the bits of all the rest; together they are `bits.sum()`.

    >>> words, rest = words_of("刷单，你好", np.array([2.0, 1.0, 0.0, -0.01, -0.02]))
    >>> [(w.surface, w.bits) for w in words], round(rest, 2)
    ([('刷单', 3.0)], -0.03)
    """
    runs = [(start, end, float(bits[start:end].sum())) for start, end in _runs(text, bits)]
    heavy = sorted(runs, key=lambda run: (-abs(run[2]), run[0]))[:MOST]
    shown = sorted(run for run in heavy if abs(run[2]) >= LEAST)
    words = tuple(Word(start, end, text[start:end], weight) for start, end, weight in shown)
    return words, float(bits.sum()) - sum(word.bits for word in words)


def _runs(text: str, bits: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Neighbouring letters and digits whose bits have one sign, cut where they weigh least when too long."""
    runs: list[tuple[int, int]] = []
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or not _one_word(text, bits, at):
            if text[start].isalnum() and bits[start:at].any():
                runs += [(start, at)] if text[start].isascii() else _parted(start, at, bits)
            start = at
    return runs


def _one_word(text: str, bits: NDArray[np.float64], at: int) -> bool:
    before, here = text[at - 1], text[at]
    if not (before.isalnum() and here.isalnum()) or before.isascii() != here.isascii():
        return False
    # A Latin word or a number is one, whatever its signs say.
    return here.isascii() or bits[at - 1] * bits[at] > 0


def _parted(start: int, end: int, bits: NDArray[np.float64]) -> list[tuple[int, int]]:
    if end - start <= _LONGEST:
        return [(start, end)]
    cut = start + 2 + int(np.argmin(np.abs(bits[start + 2 : end - 2])))
    return _parted(start, cut, bits) + _parted(cut, end, bits)
