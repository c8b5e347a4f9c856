"""What a centre may set about proposals of holds; defaults in `rules.yaml`, its own in `funds.yaml`."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from chainbreak.base.clock import US_PER_HOUR, US_PER_MIN
from chainbreak.base.errors import SetupError

SITE_FILE = "funds.yaml"


class Rules(BaseModel):
    """All of it; `rules.yaml` says what each is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    priority: Literal["earliest", "prorata"]
    latency_min: float = Field(ge=0, le=24 * 60)
    latency_of: dict[str, float]
    partner_of: dict[str, str]
    least_fen: int = Field(ge=1)
    horizon_h: int = Field(gt=0, le=24 * 30)
    learn_days: int = Field(gt=0)
    claims_most: int = Field(gt=0)
    enough: int = Field(ge=2)
    prior: tuple[tuple[float, float], ...] = Field(min_length=1)
    prior_source: str
    k: tuple[int, ...]

    @model_validator(mode="after")
    def _prior_falls(self) -> Self:
        minutes, gone = zip(*self.prior, strict=True)
        rising = all(a < b for a, b in zip((0.0, *minutes), minutes, strict=False))
        rising &= all(a < b for a, b in zip((0.0, *gone), gone, strict=False)) and gone[-1] < 1
        if not rising:
            raise ValueError("prior: minutes and shares must rise from 0, shares below 1")
        return self

    def latency_us(self, bank: str) -> int:
        """µs until this bank acts on an order drafted now."""
        return round(self.latency_of.get(bank, self.latency_min) * US_PER_MIN)

    @property
    def horizon_us(self) -> int:
        """µs after a theft for which its paths are learned from."""
        return self.horizon_h * US_PER_HOUR


def load_rules(centre_root: Path | None = None) -> Rules:
    """The defaults, overlaid with `funds.yaml` of the centre when there is one.

    >>> load_rules().latency_us("any bank") // 60_000_000
    5

    Raises:
        SetupError: the centre's file cannot be read (CB-FD-001).
    """
    site = centre_root / SITE_FILE if centre_root else None
    if site is None or not site.is_file():
        return _built_in()
    try:
        own = yaml.safe_load(site.read_text(encoding="utf-8")) or {}
        return Rules.model_validate({**yaml.safe_load(_text()), **own})
    except (yaml.YAMLError, UnicodeDecodeError, ValidationError, TypeError) as e:
        first = e.errors()[0] if isinstance(e, ValidationError) else None
        where = f"{'.'.join(map(str, first['loc']))}: {first['msg']}" if first else type(e).__name__
        raise SetupError(
            "CB-FD-001", "the centre's rules of holds cannot be read", given=where, next_step=f"correct {site}"
        ) from None


def _text() -> str:
    return resources.files("chainbreak.act.funds").joinpath("rules.yaml").read_text(encoding="utf-8")


@cache
def _built_in() -> Rules:
    return Rules.model_validate(yaml.safe_load(_text()))
