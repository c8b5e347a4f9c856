"""Features made of two others: a per b. Trees cut one feature at a time, so a ratio they must guess costs them rows.

A file of ratios is YAML, `name: [above, below]`; it is written into the model, which makes them again when it scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from chainbreak.base.errors import InputError


class Ratio(NamedTuple):
    """`above` per `below`; missing where either is, or where `below` is 0."""

    name: str
    above: str
    below: str


def read_ratios(path: Path | None) -> tuple[Ratio, ...]:
    """The ratios of a file; none without one.

    Raises:
        InputError: not a file of ratios (CB-MO-012).
    """
    if path is None:
        return ()
    import yaml

    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
        return tuple(Ratio(str(name), *map(str, pair)) for name, pair in given.items())
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError, TypeError, ValueError) as e:
        raise InputError(
            "CB-MO-012", "not a file of ratios", given=f"{path.name}: {type(e).__name__}",
            allowed="name: [column above, column below], a line each",
        ) from None  # fmt: skip


def usable(ratios: Sequence[Ratio], names: Sequence[str]) -> tuple[Ratio, ...]:
    """Those whose two parts are among `names` and whose own name is not: what is dropped takes its ratios along."""
    return tuple(r for r in ratios if r.above in names and r.below in names and r.name not in names)


def with_ratios(values: np.ndarray, names: Sequence[str], ratios: Sequence[Ratio]) -> np.ndarray:
    """`values` (rows x names) with a column for each ratio at the end.

    >>> with_ratios(np.array([[6.0, 3.0], [1.0, 0.0]]), ["a", "b"], [Ratio("a_per_b", "a", "b")])[:, 2].tolist()
    [2.0, nan]
    """
    made = []
    for ratio in ratios:
        below = values[:, list(names).index(ratio.below)]
        above = values[:, list(names).index(ratio.above)]
        made.append(np.divide(above, below, out=np.full(len(values), np.nan), where=below != 0))
    return np.ascontiguousarray(np.column_stack([values, *made]))
