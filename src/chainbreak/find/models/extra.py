"""The libraries of the extra `ml`, imported when first needed; without them the rest of the house works as before."""

from __future__ import annotations

import importlib
from typing import Any

from chainbreak.base.errors import SetupError


def ml(module: str) -> Any:
    """`lightgbm`, or a module of scikit-learn.

    Raises:
        SetupError: the extra is not installed, or LightGBM lacks the OpenMP runtime (CB-MO-001).
    """
    try:
        return importlib.import_module(module)
    except (ImportError, OSError) as e:
        raise SetupError(
            "CB-MO-001", "the line scorer's libraries are not here", given=str(e)[:200],
            next_step="install chainbreak[ml]; LightGBM also needs the OpenMP runtime: scripts/system-packages",
        ) from None  # fmt: skip
