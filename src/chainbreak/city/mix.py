"""What to build: a preset and the parameters of habits, look-alikes and gangs, from data, with a person's overrides."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from chainbreak.base.errors import InputError, UsageError, did_you_mean


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
        """A branch of the parameters: habits, callers, others, levels, box, hotlists, gangs, missing, optional."""
        return self.tree[part]


def load_mix(preset: str, override: Path | None = None) -> Mix:
    """The parameters of `preset`, with those of the YAML file `override` in place of the shipped ones.

    >>> load_mix("town").preset.people
    20000

    Raises:
        UsageError: no such preset (CB-CI-001).
        InputError: the override is no YAML, or names a parameter that does not exist (CB-CI-002).
    """
    text = resources.files("chainbreak.city").joinpath("data/mix.yaml").read_text(encoding="utf-8")
    tree: dict[str, Any] = yaml.safe_load(text)
    if override is not None:
        tree = _merged(tree, _read_override(override), "")
    if preset not in tree["presets"]:
        raise UsageError("CB-CI-001", "no such preset", given=preset, allowed=did_you_mean(preset, tree["presets"]))
    return Mix(Preset(preset, **tree["presets"][preset]), tree)


def _read_override(path: Path) -> dict[str, Any]:
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as e:
        raise InputError("CB-CI-002", "the mix file cannot be read", given=str(e).splitlines()[0]) from None
    if not isinstance(given, dict):
        raise InputError("CB-CI-002", "the mix file is not a mapping", given=type(given).__name__)
    return given


def _merged(known: dict[str, Any], given: dict[str, Any], path: str) -> dict[str, Any]:
    out = dict(known)
    for key, value in given.items():
        where = f"{path}{key}"
        if key not in known:
            raise InputError("CB-CI-002", "unknown parameter", given=where, allowed=did_you_mean(str(key), known))
        if isinstance(known[key], dict) != isinstance(value, dict):
            raise InputError("CB-CI-002", "parameter of another shape", given=where, allowed=type(known[key]).__name__)
        out[key] = _merged(known[key], value, where + ".") if isinstance(value, dict) else value
    return out
