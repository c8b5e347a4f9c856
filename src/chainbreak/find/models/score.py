"""A trained scorer and its folder: text models, a card, a page to read. No pickle; what is read back scores the same.

Bits are log2 odds of fraud at the share of fraud among the rows it was trained on; contributions of the features and
the base add up to them. The subject is a line (a card, a number), never a person.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from chainbreak.base.errors import InputError
from chainbreak.base.files import write_atomic
from chainbreak.find.models.extra import ml
from chainbreak.find.models.ratios import Ratio, with_ratios
from chainbreak.find.models.recipe import log_odds
from chainbreak.find.models.table import matrix

FORMAT = 1


@dataclass(frozen=True)
class Scored:
    """Scores of rows, in their order. `probability` 0..1; `bits` log2 odds; `flagged`: above the cut of the budget;
    `contributions` (bits, rows x features; None unless asked for) plus `base_bits` give `bits`."""

    names: tuple[str, ...]
    bits: np.ndarray
    flagged: np.ndarray
    base_bits: float
    contributions: np.ndarray | None = None

    @property
    def probability(self) -> np.ndarray:
        """The chance of fraud, at the training table's share of fraud."""
        return np.asarray(1.0 / (1.0 + np.exp2(-np.clip(self.bits, -500, 500))))

    def reasons(self, row: int, most: int = 5) -> list[dict[str, Any]]:
        """The features that moved a row furthest: `feature`, `bits`; largest first, ties by name."""
        if self.contributions is None:
            return []
        pairs = zip(self.names, self.contributions[row].tolist(), strict=True)
        ranked = sorted(pairs, key=lambda pair: (-abs(pair[1]), pair[0]))
        return [{"feature": name, "bits": round(bits, 3)} for name, bits in ranked[:most]]


@dataclass(frozen=True)
class Scorer:
    """Boosters, what they need of a table, the calibration (`slope`, `offset` in nats on their log-odds) and the cut.

    `cut_bits` is infinite when too few honest rows were held out to promise the budget: then nothing is flagged.
    """

    boosters: tuple[Any, ...]
    columns: tuple[str, ...]
    ratios: tuple[Ratio, ...]
    slope: float
    offset: float
    cut_bits: float
    budget: float
    card: Mapping[str, Any]

    @property
    def names(self) -> tuple[str, ...]:
        """The features: columns of the table, then ratios of them."""
        return (*self.columns, *(r.name for r in self.ratios))

    def score(self, table: pa.Table, *, explain: bool = True) -> Scored:
        """Score each row of a table that has the model's columns; others are ignored, empty cells are missing.

        Raises:
            InputError: a column is absent (CB-MO-011), not a number (CB-MO-006) or infinite (CB-MO-007).
        """
        absent = [name for name in self.columns if name not in table.column_names]
        if absent:
            raise InputError(
                "CB-MO-011", "the table lacks columns of the model", given=", ".join(absent[:8]),
                allowed=f"{len(self.columns)} columns, listed in the model's README.md",
            )  # fmt: skip
        return self.score_values(matrix(table, self.columns), explain=explain)

    def score_values(self, values: np.ndarray, *, explain: bool = False) -> Scored:
        """As `score`, from the columns as numbers (rows x `columns`)."""
        features = with_ratios(values, self.columns, self.ratios)
        bits = (self.slope * log_odds(self.boosters, features) + self.offset) / math.log(2)
        base, parts = 0.0, None
        if explain:
            # TreeSHAP (Lundberg et al. 2020) as LightGBM has it; the last column is the expected log-odds.
            whole = sum(b.predict(features, pred_contrib=True) for b in self.boosters) / len(self.boosters)
            parts = np.asarray(whole)[:, :-1] * (self.slope / math.log(2))
            base = float((self.slope * whole[0, -1] + self.offset) / math.log(2)) if len(whole) else 0.0
        return Scored(self.names, bits, bits > self.cut_bits, base, parts)

    def save(self, folder: Path, page: str) -> None:
        """Write the model as a folder: `model-NN.txt`, `card.json` last (a folder without it is no model), README.md.

        Raises:
            InputError: the folder holds something already (CB-MO-013).
        """
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError("CB-MO-013", "the folder is not empty", given=folder.name, allowed="a new or empty folder")
        folder.mkdir(parents=True, exist_ok=True)
        files = {}
        for number, booster in enumerate(self.boosters, 1):
            text = booster.model_to_string().encode()
            files[f"model-{number:02}.txt"] = hashlib.sha256(text).hexdigest()
            write_atomic(folder / f"model-{number:02}.txt", text)
        write_atomic(folder / "README.md", page.encode())
        whole = {
            "format": FORMAT, "files": files, "columns": self.columns, "ratios": self.ratios,
            "calibration": {"slope": self.slope, "offset": self.offset}, "budget": self.budget,
            "cut_bits": None if math.isinf(self.cut_bits) else self.cut_bits, "card": self.card,
        }  # fmt: skip
        write_atomic(folder / "card.json", (json.dumps(whole, indent=1, ensure_ascii=False) + "\n").encode())


def load(folder: Path) -> Scorer:
    """The scorer in a folder that `Scorer.save` wrote; it scores exactly as the one that was saved.

    Raises:
        InputError: no model there, or a file differs from what the card says (CB-MO-010).
        SetupError: LightGBM is not installed (CB-MO-001).
    """
    lightgbm = ml("lightgbm")
    try:
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        if card["format"] != FORMAT:
            raise ValueError(f"format {card['format']}")
        boosters = [lightgbm.Booster(model_str=_text(folder, name, digest)) for name, digest in card["files"].items()]
        return Scorer(
            tuple(boosters), tuple(card["columns"]), tuple(Ratio(*r) for r in card["ratios"]),
            card["calibration"]["slope"], card["calibration"]["offset"],
            math.inf if card["cut_bits"] is None else card["cut_bits"], card["budget"], card["card"],
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, AttributeError, lightgbm.basic.LightGBMError) as e:
        raise InputError(
            "CB-MO-010", "not a model that can be read", given=f"{folder.name}: {type(e).__name__} {e}"[:200],
            next_step="train it again: chainbreak model train",
        ) from None  # fmt: skip


def _text(folder: Path, name: str, digest: str) -> str:
    if Path(name).name != name:
        raise ValueError("a file outside the folder")
    content = (folder / name).read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise ValueError(f"{name} was changed")
    return content.decode()
