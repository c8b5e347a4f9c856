"""The libraries of the extra `ml`, imported when first needed: reading needs none of them, only training does."""

from __future__ import annotations

import importlib
from typing import Any

from chainbreak.base.errors import SetupError


def ml(module: str) -> Any:
    """A module of scikit-learn or SciPy.

    Raises:
        SetupError: the extra is not installed (CB-FR-006).
    """
    try:
        return importlib.import_module(module)
    except ImportError as e:
        raise SetupError(
            "CB-FR-006", "the libraries for training are not here", given=str(e)[:200],
            next_step="install chainbreak[ml]; reading types needs none of them",
        ) from None  # fmt: skip
