"""The one catalogue of words for pages, terminal, notices and reports, and the one table of error codes.

Words live in `base/words/*.yaml` (key -> zh, en), error codes in `base/codes/*.yaml`. Chinese is written first; a test
fails on a key that lacks a language. Keys are dotted and start with the file's name: `orders.state.approved`.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml

from chainbreak.base.errors import Bug

Lang = Literal["zh", "en"]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's safe loader is ten times faster where the wheel brings it; both read the same."""

LANGS: tuple[Lang, ...] = ("zh", "en")


def _load(folder: str) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for entry in sorted(resources.files("chainbreak.base").joinpath(folder).iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".yaml"):
            parsed = yaml.load(entry.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 both are safe loaders
            for key, value in (parsed or {}).items():
                if key in merged:
                    raise Bug("CB-US-001", "a key stands in two catalogue files", given=key)
                merged[key] = value
    return merged


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Every key of the word catalogue with its text in each language."""
    return _load("words")


@cache
def codes() -> dict[str, dict[str, dict[str, str]]]:
    """Every error code with `title` and `remedy` in each language."""
    return _load("codes")


def word(key: str, lang: Lang, **values: object) -> str:
    """The text of `key` in `lang`, with `{name}` places filled from `values`.

    Raises:
        Bug: the key is not in the catalogue; a test walks templates and code so that this does not reach a user.
    """
    texts = catalogue().get(key)
    if texts is None or lang not in texts:
        raise Bug("CB-US-001", "a word is missing from the catalogue", given=f"{key} ({lang})")
    return texts[lang].format(**values) if values else texts[lang]
