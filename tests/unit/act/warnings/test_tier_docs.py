"""The reference page of tiers says all that may stand in the file, and its example is good."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from pydantic import BaseModel

from chainbreak.act.warnings.model import FACTS, KINDS
from chainbreak.act.warnings.tier_faults import faults, notes
from chainbreak.act.warnings.tiers import Action, Bound, Caps, Policy, QuietHours, Repeat, Tier, read_policy

PAGE = (Path(__file__).resolve().parents[4] / "docs/reference/tiers.md").read_text(encoding="utf-8")


def keys(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def test_every_key_fact_kind_and_action_is_told() -> None:
    told = set(re.findall(r"`([^`\n]+)`", PAGE))
    words = {word for piece in told for word in re.findall(r"[a-z_.]+", piece)}
    assert keys(Policy) | keys(Tier) | set(FACTS) | set(KINDS) | {"kind", "confidence"} <= words
    assert set(get_args(Action)) | keys(Bound) <= words
    for part, model in (("repeat", Repeat), ("caps", Caps), ("quiet_hours", QuietHours)):
        assert {f"{part}.{key}" for key in keys(model)} <= words


def test_nothing_is_told_that_there_is_not() -> None:
    rows = re.findall(r"^\| (`[^|]+`) \|", PAGE, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([a-z_.]+)`", row)}
    parts = {f"{part}.{key}" for part, model in (("repeat", Repeat), ("caps", Caps), ("quiet_hours", QuietHours))
             for key in keys(model)}  # fmt: skip
    assert named <= keys(Policy) | keys(Tier) | set(FACTS) | set(KINDS) | {"kind", "confidence"} | parts


def test_the_example_is_a_good_policy() -> None:
    example = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert len(example) == 1
    assert faults(example[0]) == []
    assert notes(read_policy(example[0])) == []
