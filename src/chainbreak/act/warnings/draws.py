"""The order of calls within a tier that holds more people than can be reached: drawn, from a seed in the log.

Early and late places are then comparable, which is what an honest figure of what warnings do needs (warnings, section
7). Nobody is withheld: all are worked down. Each place is a function of the seed and the warning alone, so that who
joins later takes a place among all, and anybody can draw the same order again.
"""

from __future__ import annotations

import hashlib

PLACES = 1 << 62
"""Places are drawn from so many, which leaves no ties and fits a 64-bit column."""


def drawn_place(seed: str, warning_id: str) -> int:
    """The place of a warning under a seed: the first 62 bits of SHA-256(seed, NUL, warning), uniform, smaller first.

    >>> drawn_place("00", "W-1") == drawn_place("00", "W-1") < PLACES
    True
    """
    digest = hashlib.sha256(f"{seed}\0{warning_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 2
