"""What agreement on a rare value is worth beyond the level it reaches."""

from __future__ import annotations

import numpy as np

from chainbreak.find.linkage.fellegi_sunter.bits import Floats


def rarity_bits(share: Floats, u: float, least: float = 1e-9) -> Floats:
    """Bits to add to a level of agreement reached by two records with the same value (Winkler 1989; as Splink's
    term-frequency adjustment): `log2(u / share)`.

    Args:
        share: how much of all records has the value, per pair; NaN where the pair does not agree on one value: 0 bits.
        u: how often unlinked pairs reach the level, over all values.
        least: shares below it count as it, so that a misspelling seen once is not taken for proof.

    >>> rarity_bits(np.array([0.25, 0.01, np.nan]), 0.02).round(3).tolist()
    [-3.644, 1.0, 0.0]
    """
    told: Floats = np.log2(u / np.maximum(np.nan_to_num(share, nan=u), least))
    return told
