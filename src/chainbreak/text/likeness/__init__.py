"""How alike texts are in their wording: signatures, near-duplicates, and rewritten texts found again."""

from chainbreak.text.likeness.minhash import K, likeness, shingles, signatures

__all__ = ["K", "likeness", "shingles", "signatures"]
