"""Which type of fraud a report tells of: `classify(text)`, with the words that decided and when not to answer."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

from chainbreak.text.fraud.typed import Model, Typed, Word

__all__ = ["Model", "Typed", "Word", "classify", "model_of"]

TRAINED = Path("fraud", "model")
"""Where a centre keeps the reader it trained, below its root; it is then the one that types its reports."""


def classify(text: str, model: Model | None = None) -> Typed:
    """The type of fraud `text` tells of, by `model` (None: the built-in cue words and the national types).

    >>> typed = classify("在家刷单做任务，先返佣金，后要求垫付联单")
    >>> typed.type, typed.abstained
    ('fake_task', False)
    >>> classify("你好").abstained
    True
    """
    return (model or _built_in()).read(text)


@cache
def _built_in() -> Model:
    from chainbreak.text.fraud.cues import cue_model

    return cue_model()


@lru_cache(maxsize=2)
def _trained(folder: Path, written: tuple[tuple[str, int], ...]) -> Model:
    """The reader in `folder`, read once for as long as its files were `written` when they are."""
    from chainbreak.text.fraud.table import load_model

    return load_model(folder)


def model_of(root: Path | None, folder: Path | None = None) -> Model:
    """The reader in `folder`; else the one the centre at `root` trained; else the built-in words, for its types.

    Raises:
        InputError: the folder is no trained reader (CB-FR-007).
        SetupError: the centre's types cannot be used (CB-FR-001).
    """
    if folder is None and root is not None and (root / TRAINED).is_dir():
        folder = root / TRAINED
    if folder is not None:
        return _trained(folder, tuple(sorted((p.name, p.stat().st_mtime_ns) for p in folder.glob("*.*"))))
    from chainbreak.text.fraud.cues import cue_model
    from chainbreak.text.fraud.types import types_of

    return cue_model(types_of(root))
