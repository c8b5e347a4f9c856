"""Narratives of many reports at once: the script's phrases, the identifiers in them, in an officer's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from string import Formatter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from chainbreak.base.clock import US_PER_DAY, US_PER_MIN
from chainbreak.city.casebook.gangs import LOCAL_US
from chainbreak.city.casebook.mentions import Mentions
from chainbreak.city.casebook.scripts import PARTS
from chainbreak.city.casebook.words import FRAUDS, districts, wordings, words
from chainbreak.city.casebook.world import Book
from chainbreak.city.draws import Bools, Ints, Rng, scattered
from chainbreak.city.narratives import FAR, SURNAMES, phrases
from chainbreak.city.numbers import BANKS, BINS
from chainbreak.city.reports import QQ_WORDS, STREETS, WECHAT_WORDS

Slots = dict[str, pa.Array]
Texts = NDArray[np.str_]
TURN_TOLD = 0.7
"""Chance that a victim tells a turn of the script."""
SLIPS = 0.03
"""Chance of a slip of the pen wherever its word stands."""


def fill(templates: Sequence[str], choice: Ints, slots: Slots) -> pa.Array:
    """Text by row: template number `choice` (-1: empty) with its slots filled from the same row.

    >>> fill(["{a}号", "x"], np.array([1, 0, -1]), {"a": pa.array(["1", "2", "3"])}).to_pylist()
    ['x', '2号', '']
    """
    parsed = [list(Formatter().parse(template)) for template in templates]
    plain = np.asarray([all(slot is None for _, slot, _, _ in pieces) for pieces in parsed] + [True])[choice]
    # Templates without slots, and none at all (the last), are looked up; the others are put together row by row.
    parts = [pa.array([*templates, ""]).take(pa.array(choice[plain] % (len(templates) + 1)))]
    places = [np.flatnonzero(plain)]
    rest = np.flatnonzero(~plain)
    rest = rest[np.argsort(choice[rest], kind="stable")]
    for here in np.split(rest, np.flatnonzero(np.diff(choice[rest])) + 1):
        if len(here):
            pieces: list[Any] = []
            for literal, slot, _, _ in parsed[choice[here[0]]]:
                pieces += [literal, slots[slot].take(pa.array(here))] if slot else [literal]
            parts.append(pc.binary_join_element_wise(*pieces, ""))
            places.append(here)
    back = np.empty(len(choice), np.int64)
    back[np.concatenate(places)] = np.arange(len(choice))
    return pa.concat_arrays(parts).take(pa.array(back))


def narratives(book: Book, rng: Rng, rows: Ints, mentions: list[Mentions]) -> pa.Array:
    """The narratives of the reports `rows`."""
    return _Writer(book, rng, rows, mentions).text()


class _Writer:
    """One part of the reports on its way to text."""

    def __init__(self, book: Book, rng: Rng, rows: Ints, mentions: list[Mentions]) -> None:
        self.book, self.rng, self.rows, self.n = book, rng, rows, len(rows)
        self.officer = book.officer[rows]
        self.fraud = book.cases.fraud[rows]
        self.has = {m.named.slot: m.text.is_valid().to_numpy(zero_copy_only=False) for m in mentions}
        self.slots: Slots = {m.named.slot: m.text for m in mentions} | _plain_slots(book, rng, rows, mentions)

    def text(self) -> pa.Array:
        """The parts in the order of events, each filled in, joined, in the officer's short forms."""
        parts = [
            self.part("opening", np.ones(self.n, bool)),
            self.part("through_phone", self.has["phone"], "phone"),
            self.otherwise(),
            *self.script(),
            self.part("to_chat", self.has["chat"] & self.has["phone"], "chat"),
            self.site(),
            self.part("through_host", self.has["host"]),
            self.part("to_meeting", self.has["meeting"]),
            self.part("paying", self.has["card"], "card"),
            self.part("paying_unknown", ~self.has["card"]),
            self.part("paying_second", self.has["second"]),
            self.part("paying_platform", self.has["platform"]),
            self.part("own_card", self.has["own_card"]),
            self.part("hotline", self.has["hotline"]),
            self.part("ending", np.ones(self.n, bool)),
            self.part("own_line", self.has["own_line"]),
        ]
        return officer_style(self.rng, self.officer, pc.binary_join_element_wise(*parts, ""))

    def choose(self, name: Ints, n: Ints) -> Ints:
        """By row one of `n` wordings of the phrase numbered `name`: mostly the officer's favourite."""
        favourite = scattered(self.officer * 100_003 + name, 404) % n
        any_of_them = (self.rng.random(self.n) * n).astype(np.int64)
        return np.where(self.rng.random(self.n) < self.book.shape.habit, favourite, any_of_them)

    def part(self, name: str, here: Bools, *slots: str) -> pa.Array:
        """A phrase of the list `name` where `here`, else nothing; only phrases that have `slots`."""
        templates = [t for t in words().get(name) or phrases()[name] if all(f"{{{slot}}}" in t for slot in slots)]
        number = np.full(self.n, sum(name.encode()))
        choice = self.choose(number, np.full(self.n, len(templates)))
        return fill(templates, np.where(here, choice, -1), self.slots)

    def otherwise(self) -> pa.Array:
        """How it began where no telephone number is told: a chat account, or somebody unknown."""
        called = self.book.used["line"].of_report[self.rows] >= 0
        rest = ~self.has["phone"]
        return pc.binary_join_element_wise(
            self.part("through_web", rest & self.has["chat"], "chat"),
            self.part("through_phone_unknown", rest & ~self.has["chat"] & called),
            self.part("through_web_unknown", rest & ~self.has["chat"] & ~called), "",
        )  # fmt: skip

    def site(self) -> pa.Array:
        """Site and app, where both or one are told."""
        site, app = self.has["site"], self.has["app"]
        return pc.binary_join_element_wise(
            self.part("to_site", site & app, "site", "app"), self.part("to_site_only", site & ~app),
            self.part("to_app", app & ~site), "",
        )  # fmt: skip

    def script(self) -> list[pa.Array]:
        """Claim, story and turns of the report's script; some phrases are another script's, some turns are not told;
        a phrase is quoted in the script's wording or put in the officer's.
        """
        phrase = self.book.scripts.phrases[self.book.cases.script[self.rows]]
        noise = self.rng.random(phrase.shape) < self.book.shape.script_noise
        quoted = ~noise & (self.rng.random(phrase.shape) < self.book.shape.quoted)
        own = self.book.scripts.wordings[self.book.cases.script[self.rows]]
        out, turns = [], [np.full(self.n, -1)]
        for column, part in enumerate(PARTS):
            of = lexicon(part)
            any_of_them = (self.rng.random(self.n) * of.phrases[self.fraud]).astype(np.int64)
            which = np.where(noise[:, column], any_of_them, phrase[:, column])
            first, forms = of.first[self.fraud, which], of.forms[self.fraud, which]
            wording = self.choose(1_000 + first, forms)
            choice = first + np.where(quoted[:, column], (own[:, column] * forms).astype(np.int64), wording)
            told = np.ones(self.n, bool)
            if part == "turns":
                told = (self.rng.random(self.n) < TURN_TOLD) & np.all([which != one for one in turns], axis=0)
                turns.append(which)
            out.append(fill(of.templates, np.where(told, choice, -1), self.slots))
        return out


@dataclass(frozen=True)
class Lexicon:
    """All wordings of one part in one list; by kind of fraud how many phrases there are, by kind and phrase where the
    first wording stands and how many there are.
    """

    templates: list[str]
    phrases: Ints
    first: Ints
    forms: Ints


@cache
def lexicon(part: str) -> Lexicon:
    """The lexicon of `part` (claim, story, turns)."""
    listed = [wordings(fraud, part) for fraud in FRAUDS]
    most = max(len(phrases) for phrases in listed)
    forms = np.asarray([[len(p) for p in phrases] + [0] * (most - len(phrases)) for phrases in listed])
    first = np.concatenate([[0], np.cumsum(forms)[:-1]]).reshape(forms.shape)
    templates = [wording for phrases in listed for phrase in phrases for wording in phrase]
    return Lexicon(templates, np.asarray([len(phrases) for phrases in listed]), first, forms)


def _plain_slots(book: Book, rng: Rng, rows: Ints, mentions: list[Mentions]) -> Slots:
    """The slots that are no identifiers."""
    n, at = len(rows), book.occurred_us[rows]
    person = book.victim[rows]
    woman = np.asarray([int(p[16]) % 2 == 0 for p in book.persons.take(pa.array(person)).to_pylist()])
    surname = _pick(list(SURNAMES), person)
    title = np.where(rng.random(n) < 0.6, "某", np.where(rng.random(n) < 0.5, "某某", np.where(woman, "女士", "先生")))
    place = np.char.add(np.asarray(districts())[book.cases.district[rows]], np.asarray(STREETS)[person % len(STREETS)])
    day, time = _moment(rng, at)
    # The bank that the first digits of the card name; any where there are none.
    cards = next(m for m in mentions if m.named.slot == "card").meant.fill_null(str(BINS[0])).to_pylist()
    bank = [BANKS[BINS.index(int(card[:6]))] for card in cards]
    texts = {
        "day": day, "time": time, "place": place, "age": book.age[rows].astype(str),
        "name": np.char.add(surname, title), "sex": np.where(woman, "女", "男"),
        "voice": _any(rng, ["男", "女"], n), "far": _any(rng, list(FAR), n), "bank": bank,
        "amount": _amounts(rng, book.loss_fen[rows] // 100), "times": rng.integers(1, 6, n).astype(str),
        "small": np.char.add((rng.integers(3, 90, n) * 10).astype(str), "元"),
        "big": np.char.add(rng.integers(3, 30, n).astype(str), "万元"),
        "later": _any(rng, ["当日", "次日", "随后", "先后", "当天下午"], n),
    }  # fmt: skip
    slots = {name: pa.array(values, pa.string()) for name, values in texts.items()}
    return slots | {"chat": _with_cue(rng, next(m for m in mentions if m.named.slot == "chat").text)}


def _with_cue(rng: Rng, chats: pa.Array) -> pa.Array:
    """Chat ids with the word that says whose id it is."""
    out: list[str | None] = []
    for text, draw in zip(chats.to_pylist(), rng.integers(0, 1_000, len(chats)).tolist(), strict=True):
        if text is None:
            out.append(None)
            continue
        cues = (
            QQ_WORDS if text.isdigit() else ("飞机{}", "Telegram账号{}", "纸飞机{}") if text[0] == "@" else WECHAT_WORDS
        )
        out.append(cues[draw % len(cues)].format(text))
    return pa.array(out, pa.string())


def _pick(choices: list[str], key: Ints) -> Texts:
    found: Texts = np.asarray(choices)[scattered(key, 405) % len(choices)]
    return found


def _any(rng: Rng, choices: list[str], n: int) -> Texts:
    found: Texts = np.asarray(choices)[rng.integers(0, len(choices), n)]
    return found


def _amounts(rng: Rng, yuan: Ints) -> list[str]:
    """Losses as written: in yuan, with separators, in 万, or about."""
    out: list[str] = []
    for value, draw in zip(yuan.tolist(), rng.random(len(yuan)).tolist(), strict=True):
        if value >= 10_000 and draw < 0.35:
            out.append(f"{value / 10_000:.2f}".rstrip("0").rstrip(".") + "万元")
        elif value >= 10_000 and draw < 0.45:
            out.append(f"{value // 10_000}万余元")
        else:
            out.append((f"{value}元", f"{value:,}元", f"人民币{value}元")[int(draw * 1_000) % 3])
    return out


def _moment(rng: Rng, at_us: Ints) -> tuple[list[str], list[str]]:
    """Day and time of day as written, local time."""
    local = at_us + LOCAL_US
    date = (local // US_PER_DAY).astype("datetime64[D]").astype(str).tolist()
    minute = (local % US_PER_DAY // US_PER_MIN).tolist()
    days, times = [], []
    for text, m, style in zip(date, minute, rng.integers(0, 20, len(local)).tolist(), strict=True):
        year, month, day = text.split("-")
        hour = m // 60
        half = "凌晨" if hour < 6 else "上午" if hour < 12 else "下午" if hour < 18 else "晚上"
        clock = (f"{hour}时{m % 60}分", f"{hour:02d}:{m % 60:02d}", f"{half}{(hour - 1) % 12 + 1}点", "")[style // 5]
        gap = " " if clock else ""
        forms = (f"{year}年{int(month)}月{int(day)}日", f"{int(month)}月{int(day)}日", f"{year}.{month}.{day}{gap}",
                 f"本月{int(day)}日", f"{text}{gap}")  # fmt: skip
        days.append(forms[style % 5])
        times.append(clock)
    return days, times


def officer_style(rng: Rng, officer: Ints, texts: pa.Array) -> pa.Array:
    """An officer's short forms throughout, and slips of the pen now and then."""
    book = phrases()
    for number, (word, forms) in enumerate(book["short_forms"].items()):
        # One officer in five has a short form for a word, always the same.
        habit = scattered(officer * 31 + number, 406) % (5 * len(forms))
        for form_number, form in enumerate(forms):
            texts = _replaced(texts, habit == form_number, word, form)
    for word, slip in book["slips"].items():
        texts = _replaced(texts, rng.random(len(texts)) < SLIPS, word, slip)
    return _replaced(texts, scattered(officer, 407) % 10 == 0, "，", ",")


def _replaced(texts: pa.Array, rows: Bools, word: str, other: str) -> pa.Array:
    chosen = pa.array(rows)
    return pc.replace_with_mask(texts, chosen, pc.replace_substring(texts.filter(chosen), word, other))
