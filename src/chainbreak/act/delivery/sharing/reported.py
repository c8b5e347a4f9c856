"""What others report, as read: indicators and what is said about them, in clear only until the door.

What cannot be read is kept aside with its reason, one by one; what is readable but not looked at here (hashes of
files, addresses of machines) is counted and left. Nothing is trusted: sizes are bounded, a time to come is no sighting.
"""

from __future__ import annotations

from dataclasses import dataclass, field

LARGEST_VALUE = 1_000
"""Characters of a number, name, account or address."""
LINE, ACCOUNT, DOMAIN, URL = "line", "account", "domain", "url"
SEEN, FALSE, OVER = "seen", "false", "over"


@dataclass(frozen=True)
class Reported:
    """One thing that a source reports. `value` is in clear; times UTC µs; `valid_until_us` None: the source sets no
    end; `confidence` 0..100, None where it says nothing.
    """

    shared_id: str
    kind: str
    value: str
    version_us: int
    first_seen_us: int
    last_seen_us: int
    valid_until_us: int | None = None
    confidence: int | None = None
    revoked: bool = False


@dataclass(frozen=True)
class Sighted:
    """What somebody at the source said about an indicator: seen (`count` times), false, over."""

    sighting_id: str
    shared_id: str
    says: str
    count: int
    at_us: int


@dataclass(frozen=True)
class Told:
    """What we tell a source about its indicator: our records met it `count` times, or it is wrong. Times UTC µs."""

    shared_id: str
    says: str
    count: int
    first_us: int
    last_us: int


@dataclass(frozen=True)
class Refused:
    """One object that could not be read, and why; never its content."""

    shared_id: str
    what: str


@dataclass
class Reading:
    """All of it. `withdrawn`: ids taken back by something that could not be read otherwise, with the time of that;
    `ignored`: sound, but of no kind that is looked at here.
    """

    reported: list[Reported] = field(default_factory=list)
    sighted: list[Sighted] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    withdrawn: dict[str, int] = field(default_factory=dict)
    ignored: int = 0
