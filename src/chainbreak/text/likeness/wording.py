"""The wording of texts: what is left of a report when who, where, when and how much are taken out of it.

A script is told with other numbers, names, places and sums each time; those play no part here. What stays is a row of
units: each Chinese character (and each character of other scripts without spaces), and each word of an alphabet. All
texts of a batch are worked on at once as one array of code points, so the cost is some passes of NumPy over 4 bytes a
character. Ranges of code points are written out here, since Python's own character tables change with its version and
a signature must be the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

VERSION = 1
"""Of the rules here and of noise.yaml together; signatures of different versions must not be compared."""

Points = NDArray[np.uint32]
Flags = NDArray[np.bool_]

_OTHER, _HAN, _LETTER, _DIGIT, _JOINER = range(5)
_ALPHABETS = ((0xC0, 0x24F), (0x370, 0x52F), (0x531, 0x587), (0x5D0, 0x5EA), (0x620, 0x64A), (0x10A0, 0x10FF))
_CHARACTERS = ((0xE01, 0xE4E), (0x3041, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF))
_BEYOND = 0xFFFF
"""Where characters above the basic plane are looked up: ideographs are kept, signs such as emoji are not."""
_JOINERS = "._-@:/+*#?=&~%\\"
_BASE = np.uint64(0x9E3779B97F4A7C15)
_LONGEST = 64
_LONGEST_NAME = 10


@dataclass(frozen=True, slots=True)
class Wording:
    """Units of many texts in a row: `units` (uint64, one per character or word), `owner` (int64, row of its text)."""

    units: NDArray[np.uint64]
    owner: NDArray[np.int64]
    texts: int


@dataclass(frozen=True, slots=True)
class _Noise:
    """noise.yaml as tables: one flag per code point of the basic plane, and words by length as packed characters."""

    numerals: Flags
    units: Flags
    surnames: Flags
    name_stops: Flags
    place_ends: Flags
    someone: Flags
    quotes: Flags
    beside_apps: NDArray[np.uint64]
    singles: Flags
    words: dict[int, NDArray[np.uint64]]
    before_names: dict[int, NDArray[np.uint64]]
    after_names: dict[int, NDArray[np.uint64]]
    not_places: NDArray[np.uint64]
    starts: Flags


def wording(texts: Sequence[str]) -> Wording:
    """The units of each text, in order.

    >>> "".join(map(chr, wording(["王某（女，46岁）称其于3月5日刷单返利被骗3.5万元，加微信abc123"]).units))
    '称其于刷单返利加'
    """
    if not len(texts):
        return Wording(np.zeros(0, np.uint64), np.zeros(0, np.int64), 0)
    points, lengths = _points(texts)
    places = np.where(points <= _BEYOND, points, np.where(points >> 17 == 1, _BEYOND, 0)).astype(np.uint16)
    classes, folded = _classes()[places], _folded()[places]
    letter, han = classes == _LETTER, classes == _HAN
    # The separator behind each text belongs to it, so that none is empty.
    starts = np.cumsum(lengths + 1) - lengths - 1
    letter &= ~_identifiers(classes, folded)
    han &= ~_noise_flags(folded, classes)
    counts = np.add.reduceat(np.stack([classes == _HAN, letter]).astype(np.int32), starts, axis=1)
    # In Chinese text the Latin letters are ids, names of apps and sites; four letters take the room of a character.
    letter &= np.repeat(counts[0] * 4 < counts[1], lengths + 1)
    begins = letter.copy()
    begins[1:] &= ~letter[:-1]
    kept = np.flatnonzero(han | letter)
    heads = np.flatnonzero((han | begins)[kept])
    owner = np.repeat(np.arange(len(texts)), lengths + 1)
    if not kept.size:
        return Wording(np.zeros(0, np.uint64), np.zeros(0, np.int64), len(texts))
    within = np.arange(kept.size) - np.repeat(heads, np.diff(heads, append=kept.size))
    values = np.where(points[kept] > _BEYOND, points[kept], folded[kept]).astype(np.uint64)
    units = np.add.reduceat(values * _powers()[within % _LONGEST], heads)
    return Wording(units, owner[kept[heads]], len(texts))


def _points(texts: Sequence[str]) -> tuple[Points, NDArray[np.int64]]:
    """All texts as code points, each with a line break behind it, and their lengths without it."""
    joined = "\n".join(texts) + "\n"
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint32, copy=False)
    return points, np.fromiter(map(len, texts), np.int64, len(texts))


def _identifiers(classes: NDArray[np.uint8], folded: Points) -> Flags:
    """Where a run of letters, digits and joining signs is an identifier: it holds a digit, @, _ or an inner . or :"""
    inside = classes >= _LETTER
    word = (classes == _LETTER) | (classes == _DIGIT)
    telling = (classes == _DIGIT) | _in(folded, "@_*\\=")
    between: Flags = np.zeros(len(classes), np.bool_)
    between[1:-1] = word[:-2] & word[2:]
    telling |= between & _in(folded, ".:/")
    # The first stretch may be text or run; each stretch is one or the other.
    edges = np.flatnonzero(np.diff(inside, prepend=~inside[:1]))
    told = np.add.reduceat(telling.astype(np.int32), edges) > 0
    spread: Flags = np.repeat(told, np.diff(edges, append=len(classes)))
    return spread & inside


def _in(folded: Points, signs: str) -> Flags:
    found: Flags = _flags(signs)[folded]
    return found


def _noise_flags(folded: Points, classes: NDArray[np.uint8]) -> Flags:
    """Where a character belongs to a number, a name, a place, a bank or the report form."""
    noise = _noise()
    drop: Flags = (classes == _DIGIT) | noise.numerals[folded]
    counted = noise.units[folded]
    for _ in range(2):  # 万元, 时许
        drop[1:] |= drop[:-1] & counted[1:]
    drop |= noise.singles[folded]
    pairs = folded[:-1].astype(np.uint64) << np.uint64(16) | folded[1:]
    _drop_apps(drop, folded, pairs, noise)
    maybe = np.flatnonzero(noise.starts[_slot(pairs)])
    _drop_places(drop, folded, classes, noise)
    for size, at in _matches(folded, maybe, noise.words):
        for step in range(size):
            drop[at + step] = True
    _drop_names(drop, folded, maybe, noise)
    return drop


def _drop_apps(drop: Flags, folded: Points, pairs: NDArray[np.uint64], noise: _Noise) -> None:
    """What stands in quotes beside 下载, 软件 and the like, if it is short enough for a name."""
    signs = np.flatnonzero(noise.quotes[folded])
    opens, closes = signs[:-1], signs[1:]
    short = (closes - opens > 1) & (closes - opens <= _LONGEST_NAME + 1) & (opens >= 2) & (closes + 2 < len(folded))
    opens, closes = opens[short], closes[short]
    named = np.isin(pairs[opens - 2], noise.beside_apps) | np.isin(pairs[closes + 1], noise.beside_apps)
    for step in range(1, _LONGEST_NAME + 1):
        at = opens[named] + step
        drop[at[at < closes[named]]] = True


def _drop_places(drop: Flags, folded: Points, classes: NDArray[np.uint8], noise: _Noise) -> None:
    at = np.flatnonzero(noise.place_ends[folded])
    at = at[at >= 2]
    pair = folded[at - 1].astype(np.uint64) << np.uint64(16) | folded[at]
    at = at[~np.isin(pair, noise.not_places) & (classes[at - 1] == _HAN) & (classes[at - 2] == _HAN)]
    for step in range(3):
        drop[at - step] = True


def _drop_names(drop: Flags, folded: Points, maybe: NDArray[np.int64], noise: _Noise) -> None:
    """Names: after 报警人 and the like a surname and up to two characters; before 女士 and the like one surname."""
    last = len(folded) - 4
    for size, at in _matches(folded, maybe, noise.before_names):
        at = at[at + size < last] + size
        at = at[noise.surnames[folded[at]]]
        drop[at] = True
        for step in (1, 2):
            at = at[~noise.name_stops[folded[at + step]]]
            drop[at + step] = True
    someone = np.flatnonzero(noise.someone[folded])
    drop[someone] = True
    for at in (someone, *(at for _, at in _matches(folded, maybe, noise.after_names))):
        at = at[at > 0] - 1
        drop[at[noise.surnames[folded[at]]]] = True


def _matches(
    folded: Points, maybe: NDArray[np.int64], words: dict[int, NDArray[np.uint64]]
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Length and starts of the words found; only places where some word's first two characters may stand are tried."""
    for size, known in words.items():
        at = maybe[maybe + size <= len(folded)]
        packed = np.zeros(len(at), np.uint64)
        for step in range(size):
            packed = packed << np.uint64(16) | folded[at + step]
        yield size, at[np.isin(packed, known)]


def _slot(pairs: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return (pairs * _BASE) >> np.uint64(48)


@cache
def _classes() -> NDArray[np.uint8]:
    table = np.zeros(_BEYOND + 1, np.uint8)
    for ranges, kind in ((_ALPHABETS, _LETTER), (_CHARACTERS, _HAN)):
        for first, last in ranges:
            table[first : last + 1] = kind
    table[_BEYOND] = _HAN
    for signs, kind in ((_JOINERS, _JOINER), ("0123456789", _DIGIT), ("abcdefghijklmnopqrstuvwxyz", _LETTER)):
        for sign in signs + signs.upper():
            table[[ord(sign), ord(sign) + 0xFEE0]] = kind  # and its full-width form
    return table


@cache
def _folded() -> Points:
    table = np.arange(_BEYOND + 1, dtype=np.uint32)
    table[0xFF01:0xFF5F] -= 0xFEE0
    table[0x41:0x5B] += 32
    table[0xFF21:0xFF3B] += 32
    for first, last in ((0xC0, 0xDE), (0x391, 0x3A9), (0x410, 0x42F)):  # Latin-1, Greek, Cyrillic capitals
        table[first : last + 1] += 32
    table[0x400:0x410] += 80
    return table


@cache
def _powers() -> NDArray[np.uint64]:
    return np.cumprod(np.concatenate((np.ones(1, np.uint64), np.full(_LONGEST - 1, _BASE))), dtype=np.uint64)


@cache
def _flags(signs: str) -> Flags:
    table = np.zeros(_BEYOND + 1, np.bool_)
    table[[ord(sign) for sign in signs]] = True
    return table


_SIGNS = ("numerals", "units", "surnames", "name_stops", "place_ends", "someone", "quotes")


@cache
def _noise() -> _Noise:
    written = resources.files("chainbreak.text.likeness").joinpath("noise.yaml").read_text(encoding="utf-8")
    book: dict[str, Any] = yaml.safe_load(written)
    dropped = [word for key in ("office", "places", "banks", "after_names") for word in book[key]]
    starts = np.zeros(1 << 16, np.bool_)
    pairs = [_packed(word[:2]) for word in dropped + book["before_names"] if len(word) > 1]
    starts[_slot(np.array(pairs, np.uint64))] = True
    return _Noise(
        **{key: _flags(book[key]) for key in _SIGNS},
        singles=_flags("".join(word for word in dropped if len(word) == 1)),
        words=_by_length(dropped), before_names=_by_length(book["before_names"]),
        after_names=_by_length(book["after_names"]),
        beside_apps=np.array(sorted(map(_packed, book["beside_apps"])), np.uint64),
        not_places=np.array(sorted(map(_packed, book["not_places"])), np.uint64), starts=starts,
    )  # fmt: skip


def _packed(word: str) -> int:
    value = 0
    for sign in word:
        value = value << 16 | ord(sign)
    return value


def _by_length(words: list[str]) -> dict[int, NDArray[np.uint64]]:
    sizes = sorted({len(word) for word in words} - {1})
    return {size: np.array(sorted({_packed(w) for w in words if len(w) == size}), np.uint64) for size in sizes}
