"""Stories of reports."""
from __future__ import annotations
from functools import cache
from importlib import resources
from typing import Any
import yaml

@cache
def phrases() -> dict[str, Any]:
    """The phrases of `data/narratives.yaml`."""
    text = resources.files("chainbreak.city").joinpath("data/narratives.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded

def fraud_names() -> list[str]:
    """The keys of the twelve kinds of fraud, in the order of the file."""
    return list(phrases()["frauds"])
