"""One mention: a place in a text where something is named that a case can hang on."""

from __future__ import annotations

from dataclasses import dataclass

from chainbreak.base.errors import InputError
from chainbreak.identity.domains import host_form, registrable

SUSPECT, VICTIM, BANK, POLICE, UNKNOWN = "suspect", "victim", "bank", "police", "unknown"
MASKED, JOINED = "masked", "joined"
"""Steps that others must heed: a masked number stands for many; a joined one was put together from several places."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One thing named at one place of a text.

    `kind`: a value of `records.Identifier`, or domain, url, app, amount, time · `value`: canonical form · `surface`: as
    written, `text[start:end]`, in code points of the original text · `normalisation`: steps that led from surface to
    value · `valid`: False where a check digit is wrong or part of the number is not known · `role`: whose it is
    (suspect, victim, bank, police, unknown) · `confidence` in 0..1 · `low`/`high`: bounds of an amount in fen (both
    included) or of a time in µs UTC (`high` excluded); None where there are none.
    """

    kind: str
    value: str
    surface: str
    start: int
    end: int
    normalisation: tuple[str, ...] = ()
    valid: bool = True
    role: str = UNKNOWN
    confidence: float = 1.0
    low: int | None = None
    high: int | None = None

    @property
    def masked(self) -> bool:
        """Whether part of the number was not written; such a value is never one number."""
        return MASKED in self.normalisation


def host_of(value: str) -> str:
    """The host in the value of a domain or url mention.

    >>> host_of("https://m.jd-kf88.com:8443/app"), host_of("jd-kf88.com")
    ('m.jd-kf88.com', 'jd-kf88.com')
    """
    host = value.partition("://")[2] or value
    for mark in "/?#:":
        host = host.partition(mark)[0]
    return host


def domain_of(mention: Mention) -> str | None:
    """The registrable domain of a `url` or `domain` mention; None for other kinds and for bare addresses.

    >>> domain_of(Mention("url", "https://m.jd-kf88.com.cn/app", "", 0, 0))
    'jd-kf88.com.cn'
    """
    if mention.kind not in ("url", "domain"):
        return None
    host = host_of(mention.value)
    if host.replace(".", "").isdigit():
        return None
    try:
        return registrable(host_form(host))
    except InputError:
        return None
