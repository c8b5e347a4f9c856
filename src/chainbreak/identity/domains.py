"""Internet names: one written form for hosts, and the part somebody registered. Domains stay in clear."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from chainbreak.base.errors import InputError

_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.){1,20}[a-z0-9-]{2,63}", re.ASCII)


def host_form(raw: str) -> str:
    """A host name in lower-case ASCII (IDNA 2008 with the UTS 46 mapping), without the final dot.

    >>> host_form("WWW.Jd-KF88.com."), host_form("例え.テスト")
    ('www.jd-kf88.com', 'xn--r8jz45g.xn--zckzah')

    Raises:
        InputError: not a host name of at least two labels (CB-ID-010).
    """
    import idna

    text = raw.strip().rstrip(".").lower()
    try:
        ascii_text = text if text.isascii() else idna.encode(text, uts46=True).decode()
    except idna.IDNAError:
        ascii_text = ""
    if len(ascii_text) > 253 or not _HOST.fullmatch(ascii_text):
        raise InputError("CB-ID-010", "not a domain name", allowed="labels of letters, digits and hyphens")
    return ascii_text


def registrable(host: str) -> str:
    """The registrable domain of a host in `host_form`, by the public suffix list as packaged (no network); the host
    itself when it is a public suffix.

    >>> registrable("a.b.example.com.cn"), registrable("com.cn")
    ('example.com.cn', 'com.cn')
    """
    return _suffixes().privatesuffix(host) or host


def is_public_suffix(host: str) -> bool:
    """Whether a host in `host_form` is nobody's own: names below it belong to unrelated people.

    >>> is_public_suffix("com.cn"), is_public_suffix("example.com.cn")
    (True, False)
    """
    return _suffixes().privatesuffix(host) is None


@cache
def known_ending(label: str) -> bool:
    """Whether `label` is a top-level domain of the public suffix list, lower case.

    >>> known_ending("com"), known_ending("exe")
    (True, False)
    """
    return _suffixes().publicsuffix(label, accept_unknown=False) is not None


@cache
def _suffixes() -> Any:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()
