"""No word is missing in a language, and no place in a text is left unfilled."""

from __future__ import annotations

import string

import pytest

from chainbreak.base.errors import Bug
from chainbreak.base.wording import LANGS, catalogue, word


def test_every_word_stands_in_both_languages() -> None:
    missing = [
        (key, lang) for key, texts in catalogue().items() for lang in LANGS if not str(texts.get(lang, "")).strip()
    ]
    assert missing == []
    # A comma that no quotation marks hold cuts the text and leaves its rest as a key.
    assert [key for key, texts in catalogue().items() if set(texts) != set(LANGS)] == []


def test_both_languages_of_a_word_have_the_same_places() -> None:
    def places(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    differing = [key for key, texts in catalogue().items() if places(texts["zh"]) != places(texts["en"])]
    assert differing == []


def test_an_unknown_word_is_a_bug_and_names_the_key() -> None:
    with pytest.raises(Bug, match=r"no\.such\.key"):
        word("no.such.key", "zh")
