"""The words by which a citizen checks that it is us who call: adjective, noun and two digits, 青山17, green hill 17.

A phrase derives by HMAC from a random id under the centre's key and is kept nowhere: a hash of so few words could be
searched, a keyed one cannot. One in about 60,000 guesses is right, and a phrase bears only a few (`TRIES`).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass

from chainbreak.base.clock import US_PER_HOUR, US_PER_MIN
from chainbreak.base.wording import Lang

VALID_US = 15 * US_PER_MIN
"""How long a phrase serves (warnings, section 5)."""
CODE_US = 2 * US_PER_HOUR
"""How long a case code finds its warning: time to hang up, dial and wait. Our choice."""
TRIES = 5
"""Wrong words after which a phrase is dead. Our choice."""

ADJECTIVES = (
    ("青", "green"), ("红", "red"), ("白", "white"), ("黑", "black"), ("黄", "yellow"), ("蓝", "blue"),
    ("紫", "purple"), ("金", "golden"), ("银", "silver"), ("大", "big"), ("小", "little"), ("高", "tall"),
    ("长", "long"), ("圆", "round"), ("老", "old"), ("新", "new"), ("暖", "warm"), ("甜", "sweet"), ("快", "quick"),
    ("双", "twin"), ("飞", "flying"), ("亮", "bright"), ("深", "deep"),
)  # fmt: skip
NOUNS = (
    ("山", "hill"), ("河", "river"), ("湖", "lake"), ("海", "sea"), ("云", "cloud"), ("月", "moon"), ("星", "star"),
    ("石", "stone"), ("松", "pine"), ("竹", "bamboo"), ("梅", "plum"), ("鸟", "bird"), ("鱼", "fish"), ("马", "horse"),
    ("羊", "sheep"), ("牛", "ox"), ("桥", "bridge"), ("船", "boat"), ("灯", "lamp"), ("花", "flower"), ("门", "gate"),
    ("塔", "tower"), ("茶", "tea"), ("米", "rice"), ("瓜", "melon"), ("笔", "pen"), ("鼓", "drum"), ("风", "wind"),
    ("象", "elephant"), ("龟", "turtle"),
)  # fmt: skip
"""One meaning in both languages; no two of a list sound alike on a bad line."""
_LABEL = b"chainbreak hotline phrase"


@dataclass(frozen=True)
class Phrase:
    """One phrase in both languages, to be read out and to be typed."""

    zh: str
    en: str

    def said_in(self, lang: Lang) -> str:
        """As the operator reads it out.

        >>> Phrase("青山17", "green hill 17").said_in("en")
        'green hill 17'
        """
        return self.zh if lang == "zh" else self.en

    def is_said(self, words: str) -> bool:
        """Whether a citizen's words are this phrase, in either language; takes equally long for each wrong one.

        >>> phrase = Phrase("青山17", "green hill 17")
        >>> phrase.is_said(" 青 山１７。"), phrase.is_said("Green Hill 17"), phrase.is_said("青山71")
        (True, True, False)
        """
        given = _plain(words).encode()
        matches = [hmac.compare_digest(given, _plain(own).encode()) for own in (self.zh, self.en)]
        return any(matches)


def phrase_of(key: bytes, phrase_id: str, warning_id: str) -> Phrase:
    """The phrase of a row: the same for the same key and ids, without a pattern for anybody else.

    >>> phrase_of(b"k" * 32, "00" * 16, "W-000000000000")
    Phrase(zh='甜石12', en='sweet stone 12')
    """
    own = hmac.digest(key, _LABEL, hashlib.sha256)
    draw = int.from_bytes(hmac.digest(own, f"{phrase_id}\0{warning_id}".encode(), hashlib.sha256))
    draw, adjective = divmod(draw, len(ADJECTIVES))
    draw, noun = divmod(draw, len(NOUNS))
    digits = 10 + draw % 90
    (zh, en), (zh_noun, en_noun) = ADJECTIVES[adjective], NOUNS[noun]
    return Phrase(f"{zh}{zh_noun}{digits}", f"{en} {en_noun} {digits}")


def _plain(words: str) -> str:
    """Letters and figures alone, small, of one width."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", words).casefold())
