"""Which type of fraud a report tells of: `classify(text)`, with the words that decided and when not to answer."""

from __future__ import annotations

from functools import cache

from chainbreak.text.fraud.typed import Model, Typed, Word

__all__ = ["Model", "Typed", "Word", "classify"]


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
