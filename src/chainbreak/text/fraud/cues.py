"""The built-in reader of types: cue words with bits, written by hand. It needs no data of a centre, and says so.

Naive Bayes in form: a type's score is the sum of the bits of the cues found, shrunk because cues of one text repeat one
another; shares are those sums as powers of two. Equal priors: which type is common differs by place and year. Wrong
where a report quotes another fraud's words (a victim of a false police call who was told of a loan), and blind to
wordings nobody wrote down; a centre with labelled reports does better with `chainbreak case classify --train`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any, NamedTuple

import numpy as np
import yaml

from chainbreak.text.fraud.typed import Typed, Word, probabilities, ranking
from chainbreak.text.fraud.types import FraudType, cue_rows, national

NAME = "cues@1"
NEAR = 12
"""Farthest that A of a cue `A~B` stands before B, in characters, within one clause."""
_CLAUSE_END = "。！？；!?;\n"


class Cue(NamedTuple):
    """One cue: `word` is what is marked; `before` must stand shortly before it ("" when nothing must)."""

    before: str
    word: str
    bits: Mapping[str, float]


class _Hit(NamedTuple):
    start: int
    end: int
    cue: Cue


@dataclass(frozen=True)
class CueModel:
    """Types in order, cues (those without bits only keep their characters), and the two numbers of cues.yaml."""

    types: tuple[str, ...]
    cues: tuple[Cue, ...]
    shrink: float
    abstain_below: float
    name: str

    @cached_property
    def _by_start(self) -> Mapping[str, tuple[Cue, ...]]:
        """First two characters -> cues, so that one pass over a text meets them all; no cue is a single character."""
        starts: dict[str, list[Cue]] = {}
        for cue in self.cues:
            starts.setdefault(cue.word[:2], []).append(cue)
        return {start: tuple(cues) for start, cues in starts.items()}

    def read(self, text: str) -> Typed:
        """The type of one text by the cues found in it; without any, all types alike and abstained."""
        hits = self._hits(text)
        table = np.array([[hit.cue.bits.get(key, 0.0) for key in self.types] for hit in hits]).reshape(
            -1, len(self.types)
        )
        scores = self.shrink * table.sum(axis=0)
        ranked = ranking(self.types, probabilities(scores))
        first, second = (self.types.index(key) for key, _ in ranked[:2])
        margins = self.shrink * (table[:, first] - table[:, second])
        words = tuple(
            Word(hit.start, hit.end, text[hit.start : hit.end], float(bits))
            for hit, bits in zip(hits, margins, strict=True)
            if bits
        )
        return Typed(ranked[0][0], ranked[0][1], ranked, words, ranked[0][1] < self.abstain_below)

    def _hits(self, text: str) -> list[_Hit]:
        """Cues found, each once, none within another, in order of the text."""
        lowered = _lower(text)
        found = [
            _Hit(at, at + len(cue.word), cue)
            for at in range(len(lowered))
            for cue in self._by_start.get(lowered[at : at + 2], ())
            if lowered.startswith(cue.word, at) and _stands(lowered, cue, at)
        ]
        # The longest first; of equal ones that which needs a word before it, as the more particular.
        found.sort(key=lambda hit: (hit.start - hit.end, not hit.cue.before, hit.start))
        taken = np.zeros(len(text), bool)
        kept: dict[tuple[str, str], _Hit] = {}
        for hit in found:
            if not taken[hit.start : hit.end].any():
                taken[hit.start : hit.end] = True
                if hit.cue.bits:
                    kept.setdefault((hit.cue.before, hit.cue.word), hit)
        return sorted(kept.values(), key=lambda hit: hit.start)


def _lower(text: str) -> str:
    """Lower case, character by character, so that offsets stay.

    >>> len(_lower("İA")), _lower("İA")[1]
    (2, 'a')
    """
    low = text.lower()
    return low if len(low) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _stands(lowered: str, cue: Cue, at: int) -> bool:
    """Whether a cue found at `at` counts there: Latin ones as whole words, others with `before` within reach."""
    return _whole(lowered, cue.word, at) and (not cue.before or _follows(lowered, cue.before, at))


def _whole(lowered: str, word: str, at: int) -> bool:
    if not word.isascii():
        return True
    return not re.match(r"[a-z]", lowered[at - 1 : at]) and not re.match(r"[a-z]", lowered[at + len(word) :][:1])


def _follows(lowered: str, before: str, at: int) -> bool:
    reach = lowered[max(0, at - NEAR - len(before)) : at]
    found = reach.rfind(before)
    return found >= 0 and not any(mark in reach[found:] for mark in _CLAUSE_END)


@cache
def _shipped() -> Any:
    text = resources.files("chainbreak.text.fraud").joinpath("cues.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def cue_model(types: Mapping[str, FraudType] | None = None) -> CueModel:
    """The built-in model for `types` (None: the national twelve); local types bring their own cues.

    >>> read = cue_model().read("对方自称某银行信贷经理，称无抵押可贷5万元，需先交保证金")
    >>> read.type, read.abstained, [word.surface for word in read.words][:2]
    ('loan', False, ['信贷经理', '无抵押'])
    """
    known = national() if types is None else types
    body = _shipped()
    gathered: dict[tuple[str, str], dict[str, float]] = {}
    for key, kind in known.items():
        rows = {**cue_rows(body["types"].get(key, {}), key)}
        for bits, cues in [*rows.items(), *kind.cues.items()]:
            for written in cues:
                before, _, word = written.lower().rpartition("~")
                gathered.setdefault((before, word), {})[key] = bits
    made = [Cue(before, word, bits) for (before, word), bits in gathered.items()]
    made += [Cue("", phrase, {}) for phrase in body["quiet"]]
    return CueModel(tuple(known), tuple(made), body["shrink"], body["abstain_below"], _name_of(known))


def _name_of(types: Mapping[str, FraudType]) -> str:
    """Other types or other cues have another name: what the one has read the other may read otherwise."""
    if [*types] == [*national()] and not any(kind.cues for kind in types.values()):
        return NAME
    told = [(key, list(kind.cues.items())) for key, kind in types.items()]
    return f"{NAME}+{hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]}"
