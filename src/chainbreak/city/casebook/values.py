"""Identifiers by place: numbers, cards, chat ids, domains and names of apps, valid in form and made up.

A place says nothing but which one: neighbours in number belong to nobody in common.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from chainbreak.city.draws import Ints, scattered, stream
from chainbreak.city.numbers import BINS, as_text, card_numbers, mobile_numbers
from chainbreak.city.sites import SITE_ENDINGS, SYLLABLES

FOREIGN = ("008525", "008526", "008529", "008536", "00656", "00658", "00659", "006012", "006013", "006016")
FIXED = ("03798", "03718", "05128", "05718", "05918", "07558", "07318", "03118", "04318", "05318")
"""Beginnings of numbers abroad and fixed, to be followed by seven digits; ten of each, one for each first digit of the
tails that mobile numbers have, so that different tails stay different numbers.
"""
OFFICIAL = ("96110", "95588", "95533", "95599", "95566", "95555", "95338", "95554", "95546", "95311", "95188", "95017")
"""Hotlines that reports cite, the most cited first; the others are companies' made-up 400 numbers."""
MEETING_APPS = ("云聚会议", "畅谈会议", "联播会议", "众视通", "远桥助手", "易控远程", "微享会议", "同屏宝", "云腾会议",
                "掌上会议", "连麦通", "飞屏")  # fmt: skip
HOSTS = ("s-url.cn", "dl-pan.com", "kqr.cc", "t-go.cn", "xiazai8.net", "fxlj.top", "yunpan-s.com", "dwz9.cn",
         "app-fx.com", "lanfile.net", "u-link.cc", "qrma.net", "sharebox.cn", "d-lian.com", "wpan.top", "goto5.cn",
         "mkefu-s.com", "yxz.cc", "fenfa1.com", "h5wang.cn")  # fmt: skip
WALLETS = ("zfb", "wx-pay", "ysf", "heli", "tongfu", "jiesuan")
_LETTERS = "abcdefhjkmnprstwxyz"
_APP_HEADS = "鑫众安汇优联天云乐微金聚速盛融享博恒瑞达"
_APP_MIDDLES = "汇享联赢付信盈投贷聊购选客服通达创讯"
_APP_TAILS = ("", "宝", "通", "助手", "贷", "任务", "直播", "理财", "客服", "商城", "量化", "快贷")


def line_values(seed: int, n: int, first: int) -> pa.Array:
    """`n` telephone numbers of gangs: four in five mobile, the others abroad or fixed."""
    rng = stream(seed, "casebook lines", first)
    mobile = mobile_numbers(rng, first, n)
    kind, tail = rng.random(n), mobile % 10**8
    which, rest = tail // 10**7, np.char.zfill((tail % 10**7).astype(str), 7)
    abroad, fixed = (np.char.add(np.asarray(heads)[which], rest) for heads in (FOREIGN, FIXED))
    return pa.array(np.where(kind < 0.8, mobile.astype(str), np.where(kind < 0.92, abroad, fixed)))


def mobile_values(seed: int, n: int, first: int) -> pa.Array:
    """`n` mobile numbers of people."""
    return as_text(mobile_numbers(stream(seed, "casebook mobiles", first), first, n))


def card_values(seed: int, n: int, first: int) -> pa.Array:
    """`n` card numbers of 19 digits that pass Luhn; the bank is `place % 6` of BINS after a shuffle."""
    return as_text(card_numbers(stream(seed, "casebook cards", first).integers(0, len(BINS), n), first))


def chat_values(seed: int, n: int) -> pa.Array:
    """`n` chat ids: WeChat ids, QQ numbers, Telegram handles."""
    rng = stream(seed, "casebook chats")
    mixed = _mixed(n, seed, 10**8)
    letters = np.asarray(list(_LETTERS))
    head = letters[rng.integers(0, len(letters), n)]
    for _ in range(2):
        head = np.char.add(head, letters[rng.integers(0, len(letters), n)])
    kind = rng.random(n)
    wechat = np.char.add(head, mixed.astype(str))
    telegram = np.char.add(np.char.add(np.char.add("@", head), "_"), mixed.astype(str))
    number = (mixed * 37 + 200_000_000).astype(str)
    return pa.array(np.where(kind < 0.6, wechat, np.where(kind < 0.85, number, telegram)))


def domain_values(seed: int, n: int) -> pa.Array:
    """`n` different domains of syllables and digits."""
    rng = stream(seed, "casebook domains")
    mixed, size = _mixed(n, seed, len(SYLLABLES) ** 3 * 1_000), len(SYLLABLES)
    syllables = np.asarray(SYLLABLES)
    name = np.char.add(syllables[mixed // 1_000 % size], syllables[mixed // 1_000 // size % size])
    name = np.char.add(name, np.where(rng.random(n) < 0.3, "-", ""))
    name = np.char.add(name, syllables[mixed // 1_000 // size**2])
    name = np.char.add(name, np.char.zfill((mixed % 1_000).astype(str), 3))
    ending = np.char.add(".", np.asarray(SITE_ENDINGS)[rng.integers(0, len(SITE_ENDINGS), n)])
    return pa.array(np.char.add(name, ending))


def app_values(seed: int, n: int) -> pa.Array:
    """`n` names of apps, of which many are alike: whoever sells such apps sells them to several."""
    drawn = scattered(np.arange(n), seed % 1_000_003 + 403)
    heads, middles, tails = (np.asarray(list(x)) for x in (_APP_HEADS, _APP_MIDDLES, _APP_TAILS))
    name = np.char.add(heads[drawn % len(heads)], middles[drawn // 32 % len(middles)])
    return pa.array(np.char.add(name, tails[drawn // 1_024 % len(tails)]))


def hotline_values(n: int) -> pa.Array:
    """`n` hotlines: official short numbers, then 400 numbers of ten digits."""
    made = [f"400{6_180_000 + place * 9_973 % 3_000_000:07d}" for place in range(n)]
    return pa.array([*OFFICIAL, *made][:n])


def platform_values(n: int) -> pa.Array:
    """`n` accounts of payment platforms and their merchants."""
    return pa.array([f"{WALLETS[place % len(WALLETS)]}-{100_001 + place * 7_919}" for place in range(n)])


def _mixed(n: int, seed: int, size: int) -> Ints:
    """`n` different numbers below `size`, which is no multiple of the step's prime factors; they differ by seed."""
    return (np.arange(n, dtype=np.int64) * 7_368_787 + seed % 1_000_003 * 1_009) % size
