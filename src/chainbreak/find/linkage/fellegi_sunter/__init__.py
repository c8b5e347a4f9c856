"""Weights of evidence for pairs: each comparison has levels, each level is worth signed bits.

The model of Fellegi and Sunter (1969): a pair is linked with log2 odds `prior_bits + sum of bits`, where the bits of a
level are `log2(m / u)`: how often it occurs among linked pairs over how often among others. `fit_labelled` estimates
them from solved pairs, `fit_em` without labels; `rarity_bits` adds what a rare value is worth beyond its level
(Winkler 1989). A level is a small number per comparison (uint8), 0 the least alike; `MISSING` says nothing either way.
NumPy only; everything is deterministic.
"""

from chainbreak.find.linkage.fellegi_sunter.bits import MISSING, Bits
from chainbreak.find.linkage.fellegi_sunter.em import averaged, fit_em, fit_prior, shares
from chainbreak.find.linkage.fellegi_sunter.labelled import fit_labelled, scaled
from chainbreak.find.linkage.fellegi_sunter.rarity import rarity_bits

__all__ = ["MISSING", "Bits", "averaged", "fit_em", "fit_labelled", "fit_prior", "rarity_bits", "scaled", "shares"]
