"""Identifiers: normalising them, the keyed tokens that stand for them, the sealed vault, masking of free text."""
