"""The types of fraud: twelve national ones, and what a centre adds or renames in ROOT/fraud/types.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from chainbreak.base.errors import SetupError

LOCAL_TYPES = Path("fraud", "types.yaml")
"""Where a centre keeps its own types, below its root."""
_KEY = re.compile(r"[a-z][a-z0-9_]{0,31}")
_CUE = re.compile(r"(?:[^~]{1,30}~)?[^~]{2,60}")
_MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class FraudType:
    """One type: its key (stored), its names (shown); `cues`: bits -> cue words of a local type, as in cues.yaml."""

    key: str
    zh: str
    en: str
    cues: Mapping[float, tuple[str, ...]] = field(default_factory=dict)


@cache
def national() -> Mapping[str, FraudType]:
    """The twelve national types by key, in the order of the scheme.

    >>> len(national()), national()["police"].zh
    (12, '冒充公检法及政府机关')
    """
    text = resources.files("chainbreak.text.fraud").joinpath("types.yaml").read_text(encoding="utf-8")
    return _types_of(text, "types.yaml")


def types_of(root: Path | None) -> Mapping[str, FraudType]:
    """The national types, then those of the centre at `root`; a local entry with a national key renames it.

    Raises:
        SetupError: the centre's file cannot be used (CB-FR-001).
    """
    path = root / LOCAL_TYPES if root else None
    if path is None or not path.is_file():
        return national()
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _unusable("larger than 1 MB")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise _unusable(type(e).__name__) from None
    return {**national(), **_types_of(text, str(LOCAL_TYPES))}


def _types_of(text: str, where: str) -> dict[str, FraudType]:
    import yaml

    try:
        body = yaml.safe_load(text)
    except yaml.YAMLError as e:
        raise _unusable(f"{where}: {str(e).splitlines()[0]}") from None
    if not isinstance(body, dict) or not body:
        raise _unusable(f"{where} holds no types")
    return {str(key): _type_of(str(key), row, where) for key, row in body.items()}


def _type_of(key: str, row: Any, where: str) -> FraudType:
    if not _KEY.fullmatch(key):
        raise _unusable(f"{where}: key {key[:40]!r}", "at most 32 lower-case letters, digits and _, a letter first")
    if not isinstance(row, dict) or set(row) - {"zh", "en", "definition", "cues"}:
        raise _unusable(f"{where}: {key}", "zh, en, definition, cues")
    if not all(isinstance(row.get(lang), str) and row[lang].strip() for lang in ("zh", "en")):
        raise _unusable(f"{where}: {key}", "names zh and en")
    cues = cue_rows(row.get("cues") or {}, f"{where}: {key}")
    return FraudType(key, row["zh"], row["en"], cues)


def cue_rows(rows: Any, where: str) -> dict[float, tuple[str, ...]]:
    """Bits -> cues of one type, checked.

    Raises:
        SetupError: bits that are no number between -10 and 10, or cues that are no words (CB-FR-001).
    """
    if not isinstance(rows, dict):
        raise _unusable(f"{where}: cues", "BITS: [cue, cue]")
    checked = {}
    for bits, cues in rows.items():
        if isinstance(bits, bool) or not isinstance(bits, int | float) or not -10 <= bits <= 10:
            raise _unusable(f"{where}: bits {bits!r}", "a number from -10 to 10")
        if not isinstance(cues, list) or not all(isinstance(c, str) and _CUE.fullmatch(c) for c in cues):
            raise _unusable(f"{where}: cues at {bits}", "a list of words of 2 to 60 characters, or A~B")
        checked[float(bits)] = tuple(cues)
    return checked


def _unusable(given: str, allowed: str = "KEY: {zh: …, en: …}") -> SetupError:
    return SetupError(
        "CB-FR-001", "the file of fraud types cannot be used", given=given, allowed=allowed,
        next_step="docs/how-to/train-the-classifier.md shows the form",
    )  # fmt: skip
