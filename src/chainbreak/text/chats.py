"""Accounts of chat services: an id counts only beside a word for the service, and such words come in many disguises."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chainbreak.text.page import NO_MONEY, Found, Page

_GAP = r"[号码群账帐户为是叫加人信服务友的同一上聊联系过 :,/(\"'“‘【\[@=]{0,6}(?:(?:ID|id|Id)[ :为是(]{0,2})?"
"""What stands between the word for a service and the id."""

_LETTERS = r"[A-Za-z][A-Za-z0-9_-]{5,19}"
_WECHAT = (
    r"(?:微 ?信|[薇威维葳徽卫微][❤♥]?信|[薇威微][❤♥]|(?<![A-Za-z0-9])[Vv](?:[❤♥]|信)|[加+][微薇Vv❤]|卫星|绿泡泡|"
    r"(?<![A-Za-z0-9])(?:[Vv][Xx]|[Ww][Xx]|[Ww]e[Cc]hat))"
)
_QQ = (
    r"(?:(?<![A-Za-z0-9])[Qq] ?[Qq](?![A-Za-z])|[扣抠叩蔻球]{2}|企鹅|(?<![A-Za-z])[Qq扣]群|加[Qq]|(?<![A-Za-z])[Qq]号|"
    r"群号|🐧)"
)
_TELEGRAM = r"(?:飞机|✈|电报|(?<![A-Za-z0-9])(?:[Tt]elegram|TG|tg|Tg))"
_SERVICE = (
    "(?:蝙蝠|抖音|快手|陌陌|探探|小红书|闲鱼|密聊|默往|土豆|游戏|[Ss]oul|SOUL|[Ss]kype|LINE|Line|[Ww]hats[Aa]pp|Potato)"
)
_OTHER = (
    rf"(?:{_SERVICE}(?:账号|帐号|号| ?(?:ID|id))?[为是:]{{1,2}}|{_SERVICE}(?:账号|帐号|号)|"
    r"(?<![A-Za-z0-9])(?:ID|id)[为是:]{1,2})"
)
_FORMS = tuple(
    (re.compile(trigger), re.compile(pattern, re.ASCII))
    for trigger, pattern in (
        ("[微薇威维葳徽卫绿加+VvWw]", rf"{_WECHAT}{_GAP}(?P<n>{_LETTERS}|\d{{5,12}}{NO_MONEY})(?![A-Za-z0-9_-])"),
        ("[Qq扣抠叩蔻球企加群🐧]", rf"{_QQ}{_GAP}(?P<n>\d{{5,12}})(?!\d){NO_MONEY}"),
        ("[飞✈电Tt]", rf"{_TELEGRAM}{_GAP}(?P<n>[A-Za-z][A-Za-z0-9_]{{3,31}})(?![A-Za-z0-9_])"),
        (
            "[蝙抖快陌探小闲密默土游SsLWwPIi]",
            rf"{_OTHER}[“\"(@ ]{{0,2}}(?P<n>[A-Za-z][A-Za-z0-9._-]{{4,31}}|\d{{6,12}}{NO_MONEY})(?![A-Za-z0-9_-])",
        ),
    )
)
PATTERNS = tuple(pattern for _, pattern in _FORMS)

_NAMES = frozenset(
    ("wechat", "weixin", "telegram", "whatsapp", "alipay", "iphone", "android", "huawei", "xiaomi", "skype", "tiktok")
)
_FLIGHT = re.compile(r"(?:[A-Z]{2}|[A-Z]\d|\d[A-Z])\d{3,4}", re.ASCII)
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)


def chats(page: Page) -> Iterator[Found]:
    """QQ, WeChat, Telegram and other ids, each beside its word; a mobile number used as an id stays a telephone."""
    for trigger, pattern in _FORMS:
        for match in page.scan(trigger, pattern):
            written = match["n"].rstrip(".")
            if _MOBILE.fullmatch(written) or written.lower() in _NAMES:
                continue
            if _FLIGHT.fullmatch(written) and "@" not in page.plain[match.start() : match.start("n")]:
                continue
            start = match.start("n")
            yield Found("chat", written.lower(), start, start + len(written), 0.9)
