"""Whose a number is: the suspect's, the victim's own, a bank's, the police's; read from the words around it.

A link by the victim's own telephone would join unrelated reports of one person, and a link by a hotline everything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from chainbreak.text.hotlines import HOTLINES
from chainbreak.text.mention import POLICE, SUSPECT, UNKNOWN, VICTIM
from chainbreak.text.page import Found, Page

OWNED = frozenset({"line", "account", "chat", "person", "imei", "imsi", "domain", "url", "ip", "app"})
"""Kinds that belong to somebody."""

_CUES = re.compile(
    r"(?P<victim>报警人|受害人|被害人|事主|报案人|当事人|本人|我的|自己的?|其(?:手机|电话|名下|银行卡|卡|本人)|我(?:本人|自己|卡|手机|微信|尾号|名下|单位)|"
    r"用我|从我|单位电话|被骗的|输入|填[了写]|告知|被盗刷)|"
    r"(?P<suspect>对方|嫌疑人|嫌(?=[,先用让打])|骗子|陌生|自称|冒充|客服|转[^0-9,。;\n]{0,4}[到至入给]|汇[^0-9,。;\n]{0,2}[到至入]|打[到至入]|打款|收款|"
    r"涉案|加(?!密)|添加|联系(?!方式|电话|人)|拉[进入]|来电|显示|接到?(?:了)?|收到|拨打|致电|发来|发送|链接|登录|打开|点击|下载|进入|指定|提供的?|他的?|让|要求|向|认识|网友|男子|女子|短信|"
    r"号主|群主|卖家|买家|网站|注册|平台)|"
    r"(?P<police>民警|警官|派出所|反诈中心|刑侦|公安)"
)
_CUE_START = re.compile(
    "[报受被事当本我自其用从单输填告对嫌骗陌冒客转汇打收涉加添联拉来显接拨致发链登点下进指提他让要向认网男女短号群卖买注平"
    "民警派反刑公]"
)
_AFTER = re.compile(
    r"[^0-9\n。;,]{0,8}?(?:打来|打进|打给|给我打|来电|发来|发的?短信|发送|反复拨打|打了|这个骗子|骗我|骂过?我|联系我|自称)"
)
_PRETENDED = re.compile("自称|冒充|假")
_SENTENCE = re.compile("[。;!?\n]")
PATTERNS = (_CUES,)
_REACH = 40


def roles(page: Page, found: Sequence[Found]) -> list[str]:
    """The role of each mention, in the order given (sorted by start)."""
    given: list[str] = []
    last_end, last_role = 0, UNKNOWN
    for mention in found:
        if mention.kind not in OWNED:
            given.append(UNKNOWN)
            continue
        role = _public(mention) or _read(page, mention, last_end, last_role)
        given.append(role)
        last_end, last_role = mention.end, role if role in (SUSPECT, VICTIM) else last_role
    return given


def _last_cue(text: str) -> str | None:
    """The role that the last cue of a text gives."""
    for start in reversed([found.start() for found in _CUE_START.finditer(text)]):
        if cue := _CUES.match(text, start):
            return cue.lastgroup
    return None


def _public(mention: Found) -> str | None:
    """The role of a hotline, whatever is said of it."""
    return HOTLINES.get(mention.value.removeprefix("CN:")) if mention.value.startswith("CN:") else None


def _read(page: Page, mention: Found, last_end: int, last_role: str) -> str:
    start = max(last_end, mention.start - _REACH)
    before = page.plain[start : mention.start]
    stops = list(_SENTENCE.finditer(before))
    inside = before[stops[-1].end() :] if stops else before
    if role := _last_cue(inside):
        if role == POLICE and (mention.kind != "line" or _PRETENDED.search(inside)):
            return SUSPECT
        return role
    if _AFTER.match(page.plain[mention.end : mention.end + 14]):
        return SUSPECT
    if not stops and last_end and mention.start - last_end <= 20:
        return last_role
    return UNKNOWN
