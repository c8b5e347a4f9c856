"""A trained reader of types: a table of pieces of text with their weights, and nothing else. No pickle, no library.

Score of a type, in nats = bias + sum of (value of a piece x its weight); the softmax of the scores is the probability.
The value of a piece is (1 + ln count) x idf, each block scaled to length 1. As the score is a sum, every sign of the
text knows what it added.

The folder: `weights.npz` (grams and numbers as plain arrays), `card.json`, `README.md`.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainbreak.base.errors import InputError
from chainbreak.base.files import write_atomic
from chainbreak.text.fraud.grams import Block, grams, pieces
from chainbreak.text.fraud.spans import words_of
from chainbreak.text.fraud.typed import Typed, probabilities, ranking

FORMAT = 1
WEIGHTS, CARD, PAGE = "weights.npz", "card.json", "README.md"

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Part:
    """One block: its pieces in order, idf of each, weights (pieces x types)."""

    block: Block
    grams: tuple[str, ...]
    idf: Floats
    weights: Floats

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Piece -> its row."""
        return {gram: row for row, gram in enumerate(self.grams)}

    def values(self, counts: Mapping[str, int]) -> tuple[NDArray[np.intp], Floats]:
        """Rows of the pieces that are known, and their values, for how often each is met."""
        known = [(row, n) for gram, n in counts.items() if (row := self.place.get(gram)) is not None]
        rows = np.array([row for row, _ in known], np.intp)
        values = (1.0 + np.log([n for _, n in known])) * self.idf[rows] if known else np.zeros(0)
        return rows, np.asarray(values / (np.linalg.norm(values) or 1.0), np.float32)


@dataclass(frozen=True)
class TableModel:
    """Types in order, the blocks, the bias of each type, and how probable an answer must be."""

    types: tuple[str, ...]
    parts: tuple[Part, ...]
    bias: Floats
    abstain_below: float
    card: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """`trained:` and the first digits of what the weights hash to."""
        return f"trained:{self.card.get('weights_sha256', '')[:12]}"

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Scores in nats (texts x types), whose softmax is the probability."""
        return np.array([self._score(text) for text in texts]).reshape(-1, len(self.types))

    def _score(self, text: str) -> NDArray[np.float64]:
        total = np.asarray(self.bias, float).copy()
        for part in self.parts:
            rows, values = part.values(Counter(grams(text, part.block)))
            total += values @ part.weights[rows]
        return total

    def read(self, text: str) -> Typed:
        """The type of one text, with the words that decided between it and the runner-up."""
        bits = self._score(text) / math.log(2)
        ranked = ranking(self.types, probabilities(bits))
        first, second = (self.types.index(key) for key, _ in ranked[:2])
        words, rest = words_of(text, self._margin_by_sign(text, first, second))
        base = float(self.bias[first] - self.bias[second]) / math.log(2)
        return Typed(ranked[0][0], ranked[0][1], ranked, words, ranked[0][1] < self.abstain_below, base, rest)

    def _margin_by_sign(self, text: str, first: int, second: int) -> NDArray[np.float64]:
        """Bits for `first` against `second`, a sign of the text each; a piece's bits are shared among its signs."""
        steps = [0.0] * (len(text) + 1)  # what is added where a piece starts, and taken away where it ends
        for part in self.parts:
            met = pieces(text, part.block)
            counts = Counter(piece.gram for piece in met)
            rows, values = part.values(counts)
            worth = values * (part.weights[rows, first] - part.weights[rows, second])
            by_gram = {part.grams[row]: float(w) / counts[part.grams[row]] for row, w in zip(rows, worth, strict=True)}
            for gram, start, end in met:
                if share := by_gram.get(gram):
                    steps[start] += share / (end - start)
                    steps[end] -= share / (end - start)
        return np.cumsum(steps[:-1]) / math.log(2)

    def save(self, folder: Path, page: str = "") -> Mapping[str, Any]:
        """Write the model's folder, new or empty; returns the card as written, with what the weights hash to.

        Raises:
            InputError: the folder holds something, or cannot be made (CB-FR-008).
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise _no_place(folder, "it is not empty")
            body = self._arrays()
            card = {**self.card, "weights_sha256": hashlib.sha256(body).hexdigest()}
            write_atomic(folder / WEIGHTS, body)
            write_atomic(folder / CARD, (json.dumps(card, ensure_ascii=False, indent=1) + "\n").encode())
            write_atomic(folder / PAGE, page.encode())
            return card
        except OSError as e:
            raise _no_place(folder, e.strerror or type(e).__name__) from None

    def _arrays(self) -> bytes:
        arrays: dict[str, Any] = {"bias": self.bias}
        for at, part in enumerate(self.parts):
            arrays[f"grams{at}"] = np.frombuffer("\n".join(part.grams).encode(), np.uint8)
            arrays[f"idf{at}"], arrays[f"weights{at}"] = part.idf, part.weights
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)
        return buffer.getvalue()


def _no_place(folder: Path, why: str) -> InputError:
    return InputError("CB-FR-008", "cannot write the model there", given=f"{folder.name}: {why}",
                      allowed="a new or an empty folder")  # fmt: skip


def load_model(folder: Path) -> TableModel:
    """The model that `case classify --train` kept in `folder`.

    Raises:
        InputError: the folder is not such a model, or was changed (CB-FR-007).
    """
    try:
        body = (folder / WEIGHTS).read_bytes()
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        if card["format"] != FORMAT or card["weights_sha256"] != hashlib.sha256(body).hexdigest():
            raise ValueError("card and weights do not belong together")
        with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
            parts = tuple(
                Part(
                    Block(*block), tuple(arrays[f"grams{at}"].tobytes().decode().split("\n")), arrays[f"idf{at}"],
                    arrays[f"weights{at}"],
                )
                for at, block in enumerate(card["blocks"])
            )  # fmt: skip
            bias = arrays["bias"]
        shapes = {(len(p.grams), len(card["types"])) == p.weights.shape and len(p.idf) == len(p.grams) for p in parts}
        if shapes != {True} or len(bias) != len(card["types"]):
            raise ValueError("shapes do not fit")
        return TableModel(tuple(card["types"]), parts, bias, float(card["abstain_below"]), card)
    except (OSError, ValueError, KeyError, TypeError, EOFError) as e:
        raise InputError(
            "CB-FR-007", "not a model of types", given=f"{folder.name}: {_said(e)}",
            allowed="a folder written by chainbreak case classify --train",
        ) from None  # fmt: skip


def _said(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else "") or str(error)[:120]
