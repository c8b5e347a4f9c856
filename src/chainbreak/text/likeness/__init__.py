"""How alike texts are in their wording: signatures, near-duplicates, and rewritten texts found again."""

from chainbreak.text.likeness.minhash import K, likeness, signatures
from chainbreak.text.likeness.retold import Retold
from chainbreak.text.likeness.shelf import Match, Shelf

__all__ = ["K", "Match", "Retold", "Shelf", "likeness", "signatures"]
