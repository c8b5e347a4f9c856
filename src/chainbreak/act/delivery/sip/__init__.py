"""Telephone numbers at a SIP proxy: rows of Kamailio's hash table, set by JSON-RPC, seen by test calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery.sip.settings import Settings

if TYPE_CHECKING:
    from chainbreak.act.delivery.point import Setup
    from chainbreak.act.delivery.sip.point import SipPoint

__all__ = ["NEEDS", "NEEDS_OVER_TLS", "Settings", "config", "open_point"]

NEEDS: tuple[str, ...] = ("client", "ca")
"""Our certificate with its key, and who signed the proxy's (PEM)."""
NEEDS_OVER_TLS = NEEDS
"""Read for an address over https alone."""


def open_point(setup: Setup) -> SipPoint:
    """The proxy of a partner; nothing is connected yet.

    Raises:
        SetupError: commands would travel unprotected (CB-DL-120), or the certificate cannot be read (CB-DL-122).
    """
    from chainbreak.act.delivery.sip.point import SipPoint
    from chainbreak.act.delivery.sip.rpc import Rpc

    settings = Settings.model_validate(setup.settings)
    return SipPoint(settings, Rpc(setup.address, setup.secret, settings.timeout_s), setup.desired)


def config(settings: Settings, address: str, partner: str = "chainbreak", **_: Any) -> dict[str, str | bytes]:
    """The proxy's own files, by name (see `files.config`)."""
    from chainbreak.act.delivery.sip import files

    return files.config(settings, address, partner)
