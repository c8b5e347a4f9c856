"""Domains over DNS: signed updates to a hidden BIND primary, which resolvers follow as response policy zones."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from chainbreak.act.delivery.dns.settings import Settings

if TYPE_CHECKING:
    from chainbreak.act.delivery.dns.point import DnsPoint
    from chainbreak.act.delivery.point import Setup

__all__ = ["NEEDS", "Settings", "config", "open_point"]

NEEDS: tuple[str, ...] = ("tsig",)


def open_point(setup: Setup) -> DnsPoint:
    """The primary of a partner; nothing is connected yet.

    Raises:
        SetupError: the key cannot be read (CB-DL-100).
    """
    from chainbreak.act.delivery.dns.point import DnsPoint

    settings = Settings.model_validate(setup.settings)
    return DnsPoint(setup.partner_id, settings, setup.address, setup.secret("tsig"), setup.rules.landing)


def config(settings: Settings, address: str, secret: Callable[[str], str], partner: str) -> dict[str, str]:
    """Files of the primary and of resolvers of three makes, by path, ready to run; see `serving`.

    Raises:
        SetupError: the key is not there, or cannot be read (CB-DL-100).
    """
    from chainbreak.act.delivery.dns.serving import files
    from chainbreak.base.clock import US_PER_S, SystemClock

    return files(settings, address, secret("tsig"), SystemClock().now_us() // US_PER_S)
