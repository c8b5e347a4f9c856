"""What a centre may set about orders: kinds, ladders, ends, quorums, clocks. Defaults in `rules.yaml`, each citable."""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from chainbreak.base.clock import US_PER_HOUR, US_PER_MIN
from chainbreak.base.errors import UsageError, did_you_mean
from chainbreak.base.overlay import overlaid

SITE_FILE = "orders.yaml"


class Stops(BaseModel):
    """How often one account may be stopped: `most` times `each_h` hours, by orders of these `rungs`, whatever the case.

    Orders that run together are one stop. Stops that ended `counted_d` days ago no longer count.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rungs: tuple[str, ...]
    each_h: int = Field(gt=0)
    most: int = Field(gt=0)
    counted_d: int = Field(gt=0)

    @property
    def each_us(self) -> int:
        """One stop in µs."""
        return self.each_h * US_PER_HOUR

    @property
    def counted_us(self) -> int:
        """How long a stop counts after its end, in µs."""
        return self.counted_d * 24 * US_PER_HOUR


class KindRule(BaseModel):
    """One kind of order. `ladder` mildest first; `quorum` pairs (from amount in fen, signatures needed)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    objects: tuple[str, ...]
    ladder: tuple[str, ...]
    expiry_h: int = Field(gt=0)
    most_h: int = Field(gt=0)
    extensions: int = Field(ge=0)
    citation: str
    quorum: tuple[tuple[int, int], ...]
    two_for: tuple[str, ...]
    emergency: tuple[str, ...]
    money: bool
    stops: Stops | None = None

    @property
    def expiry_us(self) -> int:
        """Default length in µs."""
        return self.expiry_h * US_PER_HOUR

    @property
    def most_us(self) -> int:
        """Longest total length in µs, extensions included."""
        return self.most_h * US_PER_HOUR

    def signatures(self, rung: str, amount_fen: int | None, with_exception: bool) -> int:
        """How many different approvers must sign: by amount, by rung, and two where an exclusion is set aside."""
        by_amount = max(needed for from_fen, needed in self.quorum if (amount_fen or 0) >= from_fen)
        return max(by_amount, 2 if with_exception or rung in self.two_for else 1)


class Clocks(BaseModel):
    """Deadlines. Days are working days in the centre's zone: Monday to Friday without the holidays listed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    emergency_min: int = Field(gt=0, le=30)
    appeal_accept_days: int = Field(gt=0)
    appeal_decide_days: int = Field(gt=0)
    appeal_lapse_days: int = Field(gt=0)
    weakened_h: int = Field(gt=0)
    answer_h: int = Field(gt=0)

    @property
    def emergency_us(self) -> int:
        """Longest an emergency measure holds before a second person confirms it, in µs."""
        return self.emergency_min * US_PER_MIN


class Delivery(BaseModel):
    """How files for partners are written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    landing: str = Field(pattern=r"^([a-z0-9-]{1,63}\.)*[a-z0-9-]{0,63}$")
    """Host that a blocked name leads to; empty: it does not exist."""
    zone: str = Field(pattern=r"^([a-z0-9-]{1,63}\.)+[a-z0-9-]{1,63}$")
    """Name of the response policy zone."""
    ttl_s: int = Field(ge=1, le=3_600)
    """Seconds a resolver may keep an answer; short, so that a withdrawal acts soon."""


class Rules(BaseModel):
    """All of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kinds: dict[str, KindRule]
    clocks: Clocks
    delivery: Delivery
    release_reasons: tuple[str, ...]
    holidays: frozenset[date]
    """Days that are not working days although they are not at a weekend."""

    def kind(self, name: str) -> KindRule:
        """The rule of the kind called `name`.

        Raises:
            UsageError: no such kind (CB-US-001), naming the nearest.
        """
        if name not in self.kinds:
            raise UsageError("CB-US-001", "no such kind of order", given=name, allowed=did_you_mean(name, self.kinds))
        return self.kinds[name]


def load_rules(centre_root: Path | None = None) -> Rules:
    """The defaults, overlaid key by key with `orders.yaml` of the centre when there is one.

    >>> load_rules().kind("funds.hold").signatures("hold_amount", 60_000_000, False)
    2

    Raises:
        SetupError: the centre's file cannot be read (CB-OR-001).
    """
    site = centre_root / SITE_FILE if centre_root else None
    if site is None or not site.is_file():
        return _built_in()
    return overlaid(Rules, _text(), site, "CB-OR-001", "the centre's rules of orders cannot be read")


def _text() -> str:
    return resources.files("chainbreak.act.orders").joinpath("rules.yaml").read_text(encoding="utf-8")


@cache
def _built_in() -> Rules:
    # Asked for several times in every move; reading it takes longer than the move.
    return Rules.model_validate(yaml.safe_load(_text()))
