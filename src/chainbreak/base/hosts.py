"""Where things are sent: on this machine, or elsewhere and then only under TLS."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Whether nothing said to this host leaves the machine.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost"), is_loopback("localhost.example")
    (True, True, True, False)
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_private(address: str) -> bool:
    """Whether nobody on the way can read what is said to an address, so that secrets and identifiers may travel.

    >>> is_private("https://bank.example/api"), is_private("http://[::1]:8080"), is_private("http://bank.example")
    (True, True, False)

    Raises:
        ValueError: not an address.
    """
    parts = urlsplit(address)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    )
