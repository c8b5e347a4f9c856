"""Counting in whole numbers, which every engine answers alike."""

from __future__ import annotations

from typing import Any

import ibis


def one(condition: Any) -> Any:
    """1 where the condition holds, 0 where it does not or is unknown (int64)."""
    return ibis.coalesce(condition, False).cast("int64")


def summed(column: Any) -> Any:
    """The sum of a column of whole numbers (int64)."""
    return column.sum().cast("int64")
