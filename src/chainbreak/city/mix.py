"""What to build: a preset and the parameters of habits, look-alikes and gangs, from data, with a person's overrides."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from chainbreak.base.errors import InputError, UsageError, did_you_mean
from chainbreak.city.override import override


@dataclass(frozen=True)
class Preset:
    """Sizes: people, days, radio sites, radius in km, outlets, gangs, cases a day that begin online, boxes by level."""

    name: str
    people: int
    days: int
    sites: int
    radius_km: float
    outlets: int
    gangs: int
    online_cases_per_day: int
    boxes: dict[str, int]


@dataclass(frozen=True)
class Mix:
    """One preset and the parameter tree of `data/mix.yaml`, overrides applied."""

    preset: Preset
    tree: dict[str, Any]

    def __getitem__(self, part: str) -> Any:
        """A branch of the parameters: habits, callers, others, ledgers, levels, box, hotlists, gangs, missing …"""
        return self.tree[part]


def load_mix(preset: str, path: Path | None = None) -> Mix:
    """The parameters of `preset`, with those of the YAML file `path` in place of the shipped ones.

    >>> load_mix("town").preset.people
    20000

    Raises:
        UsageError: no such preset (CB-CI-001).
        InputError: the file is no YAML mapping, or names or shapes a parameter otherwise (CB-CI-002).
    """
    text = resources.files("chainbreak.city").joinpath("data/mix.yaml").read_text(encoding="utf-8")
    tree: dict[str, Any] = yaml.safe_load(text)
    if path is not None:
        tree = override(tree, path, _fitting, code="CB-CI-002", named="mix file")
    if preset not in tree["presets"]:
        raise UsageError("CB-CI-001", "no such preset", given=preset, allowed=did_you_mean(preset, tree["presets"]))
    return Mix(Preset(preset, **tree["presets"][preset]), tree)


def _fitting(where: str, known: Any, value: Any) -> Any:
    if isinstance(known, dict) or isinstance(value, dict):
        raise InputError("CB-CI-002", "parameter of another shape", given=where, allowed=type(known).__name__)
    return value
