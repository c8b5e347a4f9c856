"""Orders about a range of numbers: all that differ in their last digits only, written with a `*` for each of them.

A range is for numbers that one hand holds in a row, as a gateway's or a virtual operator's block. It always needs a
written reason and two signatures, and every exclusion inside it counts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chainbreak.base.errors import UsageError

if TYPE_CHECKING:
    from chainbreak.act.orders.model import Content

OPEN = "*"
MOST_OPEN = 4
"""At most 10,000 numbers: the smallest block that China's plan assigns to an operator (号码段 of 万号); our choice."""
KIND = "number.block"
_WORLD = re.compile(r"\+[1-9]\d{7,14}", re.ASCII)


def range_of(value: str, open_digits: int) -> str:
    """The range that a number in E.164 stands in when its last digits are open.

    >>> range_of("+8613900130042", 3)
    '+8613900130***'

    Raises:
        UsageError: no number of E.164, or not 1 to 4 open digits (CB-OR-017).
    """
    if not 1 <= open_digits <= MOST_OPEN or not _WORLD.fullmatch(value):
        raise UsageError(
            "CB-OR-017", "not a range of numbers", given=f"{open_digits} open digits",
            allowed=f"1 to {MOST_OPEN}, of a number that can be dialled from abroad",
        )  # fmt: skip
    return value[:-open_digits] + OPEN * open_digits


def open_digits_of(value: str) -> int:
    """How many digits of a value are open; 0 for one number.

    >>> open_digits_of("+861390013****"), open_digits_of("CN:95588")
    (4, 0)
    """
    return len(value) - len(value.rstrip(OPEN))


def open_digits(content: Content) -> int:
    """How many digits an order's scope leaves open; 0 for an order about one thing."""
    return int(content.scope.get("open_digits", 0))
