"""Reports as an officer writes them: phrases joined by kind of fraud, identifiers in many spellings, slips and gaps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from chainbreak.city.draws import Rng

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗"
FAR = ("北京", "上海", "武汉", "哈尔滨", "昆明", "南京")
_NUMERALS = str.maketrans("0123456789", "零一二三四五六七八九")
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True)
class Told:
    """What the victim can tell. Texts; amounts in fen; `phone`, `site` and `card` empty when there was none."""

    fraud: str
    by_phone: bool
    day: str
    time: str
    place: str
    woman: bool
    age: int
    phone: str
    chat: str
    app: str
    site: str
    card: str
    bank: str
    loss_fen: int
    times: int


@cache
def phrases() -> dict[str, Any]:
    """The phrases of `data/narratives.yaml`."""
    text = resources.files("chainbreak.city").joinpath("data/narratives.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def fraud_names() -> list[str]:
    """The keys of the twelve kinds of fraud, in the order of the file."""
    return list(phrases()["frauds"])


def narrative(rng: Rng, told: Told) -> str:
    """One report's story in Chinese."""
    book = phrases()
    kind = book["frauds"][told.fraud]
    parts = [_one(rng, book["opening"]), _one(rng, book["through_phone" if told.by_phone else "through_web"]),
             _one(rng, kind["claim"]), _one(rng, kind["story"])]  # fmt: skip
    if told.by_phone:
        parts.append(_one(rng, book["to_chat"]))
    if told.site:
        parts.append(_one(rng, book["to_site"]))
    parts += [_one(rng, book["paying"]), _one(rng, book["ending"])]
    # A part left out now and then: the officer was in a hurry.
    if rng.random() < 0.12:
        del parts[int(rng.integers(3, len(parts)))]
    return _officer(rng, "".join(parts).format(**_slots(rng, told)))


def _slots(rng: Rng, told: Told) -> dict[str, str]:
    amount = spoken_amount(rng, told.loss_fen)
    return {
        "day": told.day, "time": told.time, "place": told.place, "age": str(told.age),
        "name": _one(rng, list(SURNAMES)) + _one(rng, ["某", "某某", "女士" if told.woman else "先生"]),
        "sex": "女" if told.woman else "男", "voice": _one(rng, ["男", "女"]), "far": _one(rng, list(FAR)),
        "phone": spelled_number(rng, told.phone), "chat": told.chat, "app": told.app,
        "site": spelled_site(rng, told.site), "card": spelled_card(rng, told.card), "bank": told.bank,
        "amount": amount, "times": str(told.times),
        "small": f"{int(rng.integers(3, 90)) * 10}元", "big": f"{int(rng.integers(3, 30))}万元",
        "later": _one(rng, ["当日", "次日", "随后", "先后", "当天下午"]),
    }  # fmt: skip


def _one(rng: Rng, choices: list[str]) -> str:
    return choices[int(rng.integers(0, len(choices)))]


def spelled_number(rng: Rng, number: str) -> str:
    """A telephone number as people write it: mostly plain, else parted, wide, in Chinese numerals, or half hidden."""
    u, head, middle, tail = rng.random(), number[:3], number[3:7], number[7:]
    if not number or u < 0.74 or len(number) != 11:
        return number
    forms = [f"{head}-{middle}-{tail}", f"{head} {middle} {tail}", f"+86{number}", number.translate(_WIDE),
             number.translate(_NUMERALS), f"{head}****{tail}"]  # fmt: skip
    return forms[min(int((u - 0.74) / 0.26 * len(forms)), len(forms) - 1)]


def spelled_card(rng: Rng, card: str) -> str:
    """A card number: mostly plain, else in fours, masked, or with one wrong digit."""
    u = rng.random()
    if not card or u < 0.78:
        return card
    if u < 0.88:
        return " ".join(card[i : i + 4] for i in range(0, len(card), 4))
    if u < 0.95:
        return f"{card[:4]}****{card[-4:]}"
    at = int(rng.integers(4, len(card)))
    return card[:at] + str((int(card[at]) + int(rng.integers(1, 10))) % 10) + card[at + 1 :]


def spelled_site(rng: Rng, site: str) -> str:
    """A site: plain, with www or a scheme, or its dot written out."""
    u = rng.random()
    forms = [site, site, f"www.{site}", f"https://{site}/app", f"http://{site}", site.replace(".", "点"),
             site.replace(".", "[.]"), site.replace(".", "。")]  # fmt: skip
    return forms[int(u * len(forms))] if site else ""


def spelled_amount_wan(fen: int) -> str:
    """Fen in 万元, to two places, as reports do.

    >>> spelled_amount_wan(3_500_000)
    '3.5万元'
    """
    return f"{fen / 1_000_000:.2f}".rstrip("0").rstrip(".") + "万元"


def spoken_amount(rng: Rng, fen: int) -> str:
    """A loss as written: exact in yuan, in 万, with separators, or short."""
    yuan = fen // 100
    if yuan >= 10_000 and rng.random() < 0.5:
        return spelled_amount_wan(fen) if rng.random() < 0.7 else f"{yuan // 10_000}万余元"
    return _one(rng, [f"{yuan}元", f"{yuan:,}元", f"人民币{yuan}元", f"{yuan}"])


def _officer(rng: Rng, text: str) -> str:
    """An officer's short forms, one for all of a text, and slips of the pen."""
    book = phrases()
    for word, forms in book["short_forms"].items():
        if word in text and rng.random() < 0.2:
            text = text.replace(word, _one(rng, forms))
    for word, slip in book["slips"].items():
        if word in text and rng.random() < 0.08:
            text = text.replace(word, slip, 1)
    if rng.random() < 0.1:
        text = text.replace("，", ",")
    return text
