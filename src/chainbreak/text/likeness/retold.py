"""A rewritten text led back to the one it was made from: evidence in bits, term by term.

A rewriter keeps some words of the source and drops others, adds a letter head and pads it out; no whole phrase need
survive. So each term of a source is weighed as a record linker weighs a field (Fellegi & Sunter, JASA 1969): found in
the rewritten text it speaks for the pair by log2 of how often such a term survives a rewriting over how often it stands
in any rewritten text; missing, it speaks against. Both shares are counted on pairs already known, never on the text
asked about. Terms are single Chinese characters, pairs of them, and words or numbers; a text either has one or not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PRIOR = 0.5
"""Weight, in known pairs, of what terms as frequent as this one do in general; chosen on one half of a public set."""
_CERTAIN = 1e-3
"""No share is held for nearer to never or always than this."""
_HAN = re.compile("[\u3400-\u9fff]+")
_WORD = re.compile("[a-z0-9]+")
_PARTED = re.compile(r"(?<=\d)[, -](?=\d)")
_FREQUENT = 10

Rows = NDArray[np.int64]
Shares = NDArray[np.float64]


def terms(text: str) -> set[str]:
    """The terms of a text; numbers lose the signs that part their digits.

    >>> sorted(terms("转账1,500元 by Alipay"))
    ['1500', 'alipay', 'by', '元', '账', '转', '转账']
    """
    plain = _PARTED.sub("", text.lower())
    found = set(_WORD.findall(plain))
    for run in _HAN.findall(plain):
        found.update(run)
        found.update(run[i : i + 2] for i in range(len(run) - 1))
    return found


@dataclass(frozen=True, slots=True)
class _Found:
    """Which terms stand in which texts: one entry per text and term, in order of texts."""

    text: Rows
    term: Rows
    texts: int


class Retold:
    """Sources to be found again by their retellings.

    >>> sources = ["急需佛跳墙，请代购并垫付货款", "您的快递丢失，可双倍理赔", "低息贷款，先交保证金"]
    >>> finder = Retold(sources, ["尊敬的客户：快递丢失，我司将启动理赔流程"], [1])
    >>> finder.best("我司现需采购佛跳墙礼盒，请贵方先行垫付", limit=1)[0][0]
    0
    """

    def __init__(self, sources: Sequence[str], retellings: Sequence[str], of: Sequence[int]) -> None:
        """`retellings[i]` is known to retell `sources[of[i]]`; the sources of none can be found all the same.

        Raises:
            ValueError: no known retelling, or not one source named for each.
        """
        if not retellings or len(retellings) != len(of):
            raise ValueError(f"{len(retellings)} retellings of {len(of)} sources; one of each is needed at least")
        self._number: dict[str, int] = {}
        self._sources = self._found(sources, new=True)
        told = self._found(retellings)
        survives, common = self._shares(told, np.asarray(of, np.int64))
        self._present = np.maximum(np.log2(survives / common), 0.0)
        self._absent = np.minimum(np.log2((1 - survives) / (1 - common)), 0.0)
        order = np.argsort(self._sources.term, kind="stable")
        self._holders = self._sources.text[order]  # texts by term: what a search walks through
        self._starts = np.searchsorted(self._sources.term[order], np.arange(len(self._number) + 1))
        weights = self._absent[self._sources.term]
        self._base = _summed(self._sources.text, weights, self._sources.texts)

    def bits(self, text: str) -> Shares:
        """Evidence for each source that `text` retells it, in bits; terms lean on each other, so no probability."""
        here: Rows = np.array(sorted(self._number[t] for t in terms(text) if t in self._number), np.int64)
        counts = self._starts[here + 1] - self._starts[here]
        at = np.arange(counts.sum()) + np.repeat(self._starts[here + 1] - np.cumsum(counts), counts)
        gain = np.repeat(self._present[here] - self._absent[here], counts)
        return self._base + _summed(self._holders[at], gain, self._sources.texts)

    def best(self, text: str, limit: int = 10) -> list[tuple[int, float]]:
        """Rows of the sources with the most evidence and their bits; the most first, equal ones in order of rows."""
        bits = self.bits(text)
        return [(int(row), float(bits[row])) for row in np.argsort(-bits, kind="stable")[:limit]]

    def _found(self, texts: Sequence[str], new: bool = False) -> _Found:
        number, rows, columns = self._number, [], []
        for row, text in enumerate(texts):
            # In order, so that sums of fractions come out the same whatever the order of a set.
            here = [number.setdefault(t, len(number)) if new else number.get(t, -1) for t in sorted(terms(text))]
            known = [term for term in here if term >= 0]
            rows.append(np.full(len(known), row))
            columns.append(np.array(known, np.int64))
        empty = [np.zeros(0, np.int64)]
        return _Found(np.concatenate(rows or empty), np.concatenate(columns or empty), len(texts))

    def _shares(self, told: _Found, of: Rows) -> tuple[Shares, Shares]:
        """How often each term of a source stands in its retelling, and in any retelling."""
        size = len(self._number)
        common = (np.bincount(told.term, minlength=size) + 0.3) / (told.texts + 1)
        chances = self._of_pairs(of)
        pairs = told.text * size + told.term
        survived = np.isin(chances, pairs)
        term = chances % size
        tried, kept = np.bincount(term, minlength=size), np.bincount(term[survived], minlength=size)
        # Terms alike in frequency, among sources and among retellings, lend each other their experience.
        among = np.log2(np.bincount(self._sources.term, minlength=size)).astype(np.int64)
        kind = np.minimum(np.log2(common * told.texts + 1).astype(np.int64), _FREQUENT) * (_FREQUENT + 1)
        kind += np.minimum(among, _FREQUENT)
        general = (np.bincount(kind, kept) + 0.5) / (np.bincount(kind, tried) + 2)
        survives = (kept + PRIOR * general[kind]) / (tried + PRIOR)
        return np.clip(survives, _CERTAIN, 1 - _CERTAIN), np.clip(common, _CERTAIN / 10, 1 - _CERTAIN)

    def _of_pairs(self, of: Rows) -> Rows:
        """Retelling and term as one number, for each term of the source of each retelling."""
        starts = np.searchsorted(self._sources.text, np.arange(self._sources.texts + 1))
        counts = starts[of + 1] - starts[of]
        at = np.arange(counts.sum()) + np.repeat(starts[of + 1] - np.cumsum(counts), counts)
        pairs: Rows = np.repeat(np.arange(len(of)), counts) * len(self._number) + self._sources.term[at]
        return pairs


def _summed(rows: Rows, weights: Shares, size: int) -> Shares:
    return np.asarray(np.bincount(rows, weights, minlength=size), np.float64)
