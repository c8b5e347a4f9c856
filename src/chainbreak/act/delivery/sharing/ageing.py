"""Ageing: what others report loses weight with time, and what nobody confirms is over.

The polynomial of MISP's decaying models: score = base · (1 − (t / τ)^(1/δ)), t since it was last seen, τ the lifetime,
δ the speed (Iklody et al. 2018, arXiv:1803.11052; Mokaddem et al. 2019, arXiv:1902.03914). A sighting starts t anew.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from chainbreak.base.clock import US_PER_DAY
from chainbreak.base.overlay import overlaid

SITE_FILE = "sharing.yaml"


class Model(BaseModel):
    """How one kind ages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lifetime_d: float = Field(gt=0, le=3_650)
    """τ, days after the last sighting at which nothing is left."""
    decay: float = Field(gt=0, le=10)
    """δ: 1 falls evenly; more, faster at first."""
    confidence: int = Field(ge=0, le=100)
    """Base score where the source says none."""
    over_below: float = Field(ge=0, le=100)
    """A score below it is over."""

    def score(self, confidence: int | None, age_us: int, seen: int = 0, false: int = 0) -> float:
        """0..100. `age_us` since it was last seen; of `seen` and `false` sightings the share that confirms counts, the
        report itself as one (our choice: MISP lets tags say it).

        >>> model = Model(lifetime_d=10, decay=1, confidence=80, over_below=30)
        >>> model.score(None, 0), model.score(50, 5 * US_PER_DAY), model.score(None, 11 * US_PER_DAY)
        (80.0, 25.0, 0.0)
        >>> model.score(None, 0, seen=1, false=2)
        40.0
        """
        base = (self.confidence if confidence is None else confidence) * (1 + seen) / (1 + seen + false)
        spent = min(max(age_us, 0) / (self.lifetime_d * US_PER_DAY), 1.0)
        return round(float(base * (1.0 - spent ** (1 / self.decay))), 6)


class Ageing(BaseModel):
    """Models by name, and which one each kind follows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    presets: dict[str, Model]
    kinds: dict[str, str]

    @model_validator(mode="after")
    def _every_kind_has_a_model(self) -> Ageing:
        missing = {"line", "url", "domain", "account"} - self.kinds.keys() or set(self.kinds.values()) - set(
            self.presets
        )
        if missing:
            raise ValueError(f"no model for {', '.join(sorted(missing))}")
        return self

    def model(self, kind: str) -> Model:
        """The model of a kind."""
        return self.presets[self.kinds[kind]]


def load_ageing(centre_root: Path | None = None) -> Ageing:
    """The built-in models, overlaid key by key with `sharing.yaml` of the centre when there is one.

    >>> load_ageing().model("line").lifetime_d
    10.0

    Raises:
        SetupError: the centre's file cannot be read (CB-DL-167).
    """
    site = centre_root / SITE_FILE if centre_root else None
    if site is None or not site.is_file():
        return _built_in()
    return overlaid(Ageing, _text(), site, "CB-DL-167", "the settings of ageing cannot be read")


def _text() -> str:
    return resources.files("chainbreak.act.delivery.sharing").joinpath("ageing.yaml").read_text(encoding="utf-8")


@cache
def _built_in() -> Ageing:
    return Ageing.model_validate(yaml.safe_load(_text()))
