"""Notices at a bank's desk while money moves: the same messages as `push`, to people who see the same clock as we do.

A notice restricts nothing. A bank is told of what it reported itself; one that takes notices for others too, as a desk
shared by a city's banks does, says so.
"""

from __future__ import annotations

from chainbreak.act.delivery import webhook
from chainbreak.act.delivery.webhook import NEEDS, config, open_point

__all__ = ["NEEDS", "Settings", "config", "open_point"]


class Settings(webhook.Settings):
    """How a bank's desk wants to be spoken to."""

    for_all: bool = False
    """Whether it takes notices about money at any bank; else only about what it reported itself."""
