"""The phrases of casebook narratives: those of the city's reports, and `data/casebook_words.yaml`."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import yaml

from chainbreak.city.draws import Floats
from chainbreak.city.narratives import fraud_names, phrases

FRAUDS: tuple[str, ...] = tuple(fraud_names())
"""Keys of the kinds of fraud; a kind is its place in this list."""


@cache
def words() -> dict[str, Any]:
    """The phrases of `data/casebook_words.yaml`."""
    return _data("casebook_words")


@cache
def facts() -> dict[str, dict[str, Any]]:
    """By kind of fraud: weight, loss, age, as in `data/casebook_frauds.yaml`."""
    found: dict[str, dict[str, Any]] = _data("casebook_frauds")["frauds"]
    return found


@cache
def districts() -> tuple[str, ...]:
    """Names of districts, the most populous first."""
    return tuple(_data("casebook_frauds")["districts"])


def fraud_shares() -> Floats:
    """The share of each of FRAUDS among gangs."""
    weight = np.asarray([facts()[fraud]["weight"] for fraud in FRAUDS], float)
    shares: Floats = weight / weight.sum()
    return shares


@cache
def wordings(fraud: str, part: str) -> list[list[str]]:
    """Every phrase of `part` (claim, story, turns) of a kind of fraud, each as its wordings by different officers."""
    more: list[list[str]] = words()["frauds"][fraud][part]
    if part == "turns":
        return [*more, *words()["turns"]]
    first: list[str] = phrases()["frauds"][fraud][part]
    return [[phrase, *also] for phrase, also in zip(first, more, strict=True)]


def _data(name: str) -> dict[str, Any]:
    text = resources.files("chainbreak.city").joinpath(f"data/{name}.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded
