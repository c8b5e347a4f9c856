"""What a state machine answers to a move that may not be made."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Objection:
    """One reason why a move may not be made, with its stable code."""

    code: str
    what: str
    given: str = ""
    allowed: str = ""
