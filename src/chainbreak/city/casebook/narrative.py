"""Narratives of many reports at once: the script's phrases, the identifiers in them, in an officer's words."""

from __future__ import annotations

from string import Formatter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR, US_PER_MIN
from chainbreak.city.casebook.mentions import Mentions
from chainbreak.city.casebook.scripts import TURNS
from chainbreak.city.casebook.words import FRAUDS, districts, wordings, words
from chainbreak.city.casebook.world import Book
from chainbreak.city.draws import Bools, Ints, Rng, scattered
from chainbreak.city.narratives import FAR, SURNAMES, phrases
from chainbreak.city.numbers import BANKS, BINS
from chainbreak.city.reports import QQ_WORDS, STREETS, WECHAT_WORDS

Slots = dict[str, pa.Array]
TURN_TOLD = 0.7
"""Chance that a victim tells a turn of the script."""


def fill(templates: list[str], choice: Ints, slots: Slots) -> pa.Array:
    """Text by row: template number `choice` (-1: empty) with its slots filled from the same row.

    >>> fill(["{a}号", "x"], np.array([1, 0, -1]), {"a": pa.array(["1", "2", "3"])}).to_pylist()
    ['x', '2号', '']
    """
    parts, rows = [pa.array([""]).take(pa.array(np.zeros(int((choice < 0).sum()), np.int64)))], [choice < 0]
    places = [np.flatnonzero(rows[0])]
    for number, template in enumerate(templates):
        here = np.flatnonzero(choice == number)
        if not len(here):
            continue
        pieces: list[pa.Array] = []
        at = pa.array(here)
        for literal, slot, _, _ in Formatter().parse(template):
            pieces.append(pa.scalar(literal))
            if slot:
                pieces.append(slots[slot].take(at))
        if not any(isinstance(piece, pa.Array) for piece in pieces):
            parts.append(pa.array([template]).take(pa.array(np.zeros(len(here), np.int64))))
        else:
            parts.append(pc.binary_join_element_wise(*pieces, "", null_handling="replace", null_replacement=""))
        places.append(here)
    back = np.empty(len(choice), np.int64)
    back[np.concatenate(places)] = np.arange(len(choice))
    return pa.chunked_array(parts).combine_chunks().take(pa.array(back))


def narratives(book: Book, rng: Rng, rows: Ints, mentions: list[Mentions]) -> pa.Array:
    """The narratives of the reports `rows`."""
    writer = _Writer(book, rng, rows, mentions)
    return writer.text()


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
            self.either("phone", "through_phone", self.either_web()),
            *self.script(),
            self.part("to_chat", self.has["chat"] & self.has["phone"]),
            self.site(),
            self.part("through_host", self.has["host"]),
            self.part("to_meeting", self.has["meeting"]),
            self.either("card", "paying", self.part("paying_unknown", ~self.has["card"])),
            self.part("paying_second", self.has["second"]),
            self.part("paying_platform", self.has["platform"]),
            self.part("own_card", self.has["own_card"]),
            self.part("hotline", self.has["hotline"]),
            self.part("ending", np.ones(self.n, bool)),
            self.part("own_line", self.has["own_line"]),
        ]
        return officer_style(self.rng, self.officer, pc.binary_join_element_wise(*parts, ""))

    def choose(self, name: object, n: int) -> Ints:
        """One of `n` wordings each: mostly the officer's favourite."""
        favourite = scattered(self.officer * 1_009 + sum(str(name).encode()), 404) % n
        return np.where(self.rng.random(self.n) < self.book.shape.habit, favourite, self.rng.integers(0, n, self.n))

    def part(self, name: str, here: Bools) -> pa.Array:
        """A phrase of the list `name` where `here`, else nothing."""
        templates = words().get(name) or phrases()[name]
        return fill(templates, np.where(here, self.choose(name, len(templates)), -1), self.slots)

    def either(self, slot: str, name: str, other: pa.Array) -> pa.Array:
        """A phrase of `name` where the slot is told, else `other`."""
        return pc.binary_join_element_wise(self.part(name, self.has[slot]), other, "")

    def either_web(self) -> pa.Array:
        """How it began where no telephone number is told: a chat account, or somebody unknown."""
        called = self.book.used["line"].of_report[self.rows] >= 0
        rest = ~self.has["phone"]
        return pc.binary_join_element_wise(
            self.part("through_web", rest & self.has["chat"]),
            self.part("through_phone_unknown", rest & ~self.has["chat"] & called),
            self.part("through_web_unknown", rest & ~self.has["chat"] & ~called), "",
        )  # fmt: skip

    def site(self) -> pa.Array:
        """Site and app, where both or one are told."""
        site, app = self.has["site"], self.has["app"]
        return pc.binary_join_element_wise(
            self.part("to_site", site & app), self.part("to_site_only", site & ~app), self.part("to_app", app & ~site),
            "",
        )  # fmt: skip

    def script(self) -> list[pa.Array]:
        """Claim, story and turns of the report's script; some phrases are another script's, some turns are not told."""
        book, n = self.book, self.n
        drawn = book.scripts.phrases[book.cases.script[self.rows]]
        noise = self.rng.random(drawn.shape) < book.shape.script_noise
        drawn = np.where(noise, self.rng.integers(0, 1 << 30, drawn.shape), drawn)
        told = self.rng.random((n, TURNS)) < TURN_TOLD
        out = [self.phrase("claim", drawn[:, 0], np.ones(n, bool)), self.phrase("story", drawn[:, 1], np.ones(n, bool))]
        return out + [self.phrase("turns", drawn[:, 2 + turn], told[:, turn]) for turn in range(TURNS)]

    def phrase(self, part: str, drawn: Ints, here: Bools) -> pa.Array:
        """The drawn phrase of the report's kind of fraud, in a wording the officer likes."""
        templates: list[str] = []
        choice = np.full(self.n, -1)
        for kind, fraud in enumerate(FRAUDS):
            of_kind = here & (self.fraud == kind)
            listed = wordings(fraud, part)
            which = drawn % len(listed)
            for number, forms in enumerate(listed):
                now = of_kind & (which == number)
                if now.any():
                    wording = self.choose((part, number), len(forms))
                    choice[now] = len(templates) + wording[now]
                templates += forms
        return fill(templates, choice, self.slots)


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
    out = []
    for text, draw in zip(chats.to_pylist(), rng.integers(0, 1_000, len(chats)).tolist(), strict=True):
        if text is None:
            out.append(None)
            continue
        cues = (
            QQ_WORDS if text.isdigit() else ("飞机{}", "Telegram账号{}", "纸飞机{}") if text[0] == "@" else WECHAT_WORDS
        )
        out.append(cues[draw % len(cues)].format(text))
    return pa.array(out, pa.string())


def _pick(choices: list[str], key: Ints) -> Ints:
    found: Ints = np.asarray(choices)[scattered(key, 405) % len(choices)]
    return found


def _any(rng: Rng, choices: list[str], n: int) -> Ints:
    found: Ints = np.asarray(choices)[rng.integers(0, len(choices), n)]
    return found


def _amounts(rng: Rng, yuan: Ints) -> list[str]:
    """Losses as written: in yuan, with separators, in 万, or about."""
    out = []
    for value, draw in zip(yuan.tolist(), rng.random(len(yuan)).tolist(), strict=True):
        if value >= 10_000 and draw < 0.35:
            out.append(f"{value / 10_000:.2f}".rstrip("0").rstrip(".") + "万元")
        elif value >= 10_000 and draw < 0.45:
            out.append(f"{value // 10_000}万余元")
        else:
            out.append((f"{value}元", f"{value:,}元", f"人民币{value}元")[int(draw * 1_000) % 3])
    return out


def _moment(rng: Rng, at_us: Ints) -> tuple[Ints, Ints]:
    """Day and time of day as written, local time."""
    local = at_us + 8 * US_PER_HOUR
    n = len(local)
    date = (local // US_PER_DAY).astype("datetime64[D]").astype(str).tolist()
    minute = (local % US_PER_DAY // US_PER_MIN).tolist()
    days, times = [], []
    for text, m, style in zip(date, minute, rng.integers(0, 20, n).tolist(), strict=True):
        year, month, day = text.split("-")
        forms = (f"{year}年{int(month)}月{int(day)}日", f"{int(month)}月{int(day)}日", f"{year}.{month}.{day} ",
                 f"本月{int(day)}日", f"{text} ")  # fmt: skip
        days.append(forms[style % 5])
        hour = m // 60
        half = "凌晨" if hour < 6 else "上午" if hour < 12 else "下午" if hour < 18 else "晚上"
        times.append(
            (f"{hour}时{m % 60}分", f"{hour:02d}:{m % 60:02d}", f"{half}{(hour - 1) % 12 + 1}点", "")[style // 5]
        )
    return np.asarray(days), np.asarray(times)


def officer_style(rng: Rng, officer: Ints, texts: pa.Array) -> pa.Array:
    """An officer's short forms throughout, and slips of the pen now and then."""
    book = phrases()
    for number, (word, forms) in enumerate(book["short_forms"].items()):
        habit = scattered(officer * 31 + number, 406) % (5 * len(forms))
        for form_number, form in enumerate(forms):
            texts = _where(pa.array(habit == form_number), pc.replace_substring(texts, word, form), texts)
    for word, slip in book["slips"].items():
        texts = _where(pa.array(rng.random(len(texts)) < 0.03), pc.replace_substring(texts, word, slip), texts)
    narrow = scattered(officer, 407) % 10 == 0
    return _where(pa.array(narrow), pc.replace_substring(texts, "，", ","), texts)


def _where(rows: pa.Array, then: pa.Array, otherwise: pa.Array) -> pa.Array:
    return pc.if_else(rows, then, otherwise)
