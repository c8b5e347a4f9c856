"""Identifiers: normalising them, the keyed tokens that stand for them, and the sealed vault."""
