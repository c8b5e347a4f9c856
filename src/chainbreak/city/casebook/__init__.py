"""Casebooks: reports alone, from a hundred to two million, with their series known; no calls, transfers or people.

The line of data: `shapes` (parameters) → `gangs`, `scripts`, `rotation` (what exists and happened) → `world` (all of
it, columns of numbers) → `mentions`, `narrative` (texts), `detections` → `write` (files). A benchmark and
nothing else: what linking does here says nothing of what it does on real reports. docs/reference/casebook.md has the
assumptions.
"""

from chainbreak.city.casebook.shapes import Shape, shape
from chainbreak.city.casebook.write import write_casebook

__all__ = ["Shape", "shape", "write_casebook"]
