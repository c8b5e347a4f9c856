"""Sums of money in yuan, exact or vague, as int fen: 3万5, 两万三, 1.2w, 12万余元, 几万, 5-10万元, 38块5.

A number counts as money by 元 or a like ending, by a sign, by 万 or 亿 that counts nothing else, or by a word such as
损失 before it. Other currencies are no mentions, since no rate is known here. What 几 and 余 mean is our convention:
几 is 2 to 9, 余 and 多 reach to the next step of the last digit that is not zero, 上万 is 1万 to 10万.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from chainbreak.text.numerals import UNITS, WORDS, step_of, value_of
from chainbreak.text.page import Found, Page

_UNIT = "万萬亿億千百十佰仟拾"
_NUMBER = r"(?:\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,2})?(?!\d)|\d{1,12}(?:\.\d{1,4})?)"
_PLAIN = (
    rf"(?:{_NUMBER}(?: ?个?[{_UNIT}]{{1,2}}|[wWkK](?![A-Za-z0-9]))?(?:\d{{1,4}}[千百]?(?:\d百?)?)?|"
    rf"[{WORDS}]{{1,16}}(?:个亿)?)"
)
_VAGUE = (
    rf"(?:(?:好几|几|数|上)[{_UNIT}]{{1,3}}|十几[{_UNIT}]{{1,2}}|"
    rf"[一二两三四五六七八九][二两三四五六七八九][{_UNIT}]{{1,2}})"
)
_ENDING = r"(?:元整|元|块钱|块|圆整|圆|钱)"
_ONE = rf"(?:{_VAGUE}|{_PLAIN})"
_AMOUNT = re.compile(
    rf"(?=[¥ 0-9{WORDS}几数上好])(?<![0-9A-Za-z.*])(?P<sign>¥)? ?(?:[上数几好](?![{_UNIT}几]))?(?P<n>(?P<a>{_ONE})"
    rf"(?:(?P<first>元|块)?(?:-|~|到|至)(?P<b>{_ONE}))?(?P<more>[余多](?P<unit>[万亿千百])?)?"
    rf"(?: ?(?P<ending>{_ENDING}))?(?:(?<=块)(?P<change>\d(?![\d.])|[一二三四五六七八九](?![{WORDS}])))?)"
)
_SMALL = re.compile(rf"(?<![0-9A-Za-z.])(?P<n>(?P<a>\d|[{WORDS}])[毛角](?:钱)?)")
_START = re.compile(rf"[¥0-9{WORDS}几数上好]+", re.ASCII)
PATTERNS = (_AMOUNT, _SMALL)

_MONEY = re.compile(
    r"(?:转账?|转[了走出入给]|汇款?|汇[了出]|损失|金额|共计|合计|总计|一共|总共|被骗|骗[了走取]?|充值?|充了|投[入了资]|投资|"
    r"垫付|垫资|垫|支付|付款?|付了|定金|存[入了]|取[出现了]|借款?|借了[她他]?|还[了款]|返[还了利现]|返|佣金|本金|贷款?|额度|"
    r"保证金|手续费|押金|解冻金|会费|亏损?|亏了|花[了费]|到账|提现|余额|价值|价格|人民币|RMB|需要?|缴纳|交[了纳]?|欠|涉案|"
    r"资金|支付宝|分别|第[一二三四五六七八九十\d]次|给[了我他]?|奖金|扣[了款]?|工资|赔偿|理赔|收款|打款|打了|消费|"
    r"刷[了走]?|可贷|学费|年费|会员费|服务费|税|费用?)"
    r"(?:了|为|是|:|约|近|达|人民币|账|款|共|计|到|出|走|入|额|均|余|再|又|我|对方|大概|大约|将近|才|仅|￥| ){0,4}$"
)
_COUNTED = re.compile(
    r" ?(?:人|次|笔|名|个|天|日|月|年|岁|路|号|件|张|位|分钟|小时|时|点|粉|米|公里|平|条|台|套|级|度|倍|折|%|‰|单|群|"
    r"份|股|G|g|不要|一|分之|多?名|多?人|家|户|步|期|代|届|字|篇|/|楼|室|单元|只|瓶|盒|斤|公斤|克|kg|遍|层|排|座|辆|部|星)"
)
_FOREIGN = re.compile(r" ?(?:USDT|usdt|USD|usd|U币|美元|美金|美刀|港币|港元|日元|欧元|英镑|泰铢|卢布|韩元|比特币)")
_LIST = re.compile(r"[、,/和及与] ?$")
_MAX_FEN = 10**15


def amounts(page: Page) -> Iterator[Found]:
    """Sums of money; `low` and `high` in fen, equal where the text is exact."""
    last_end = -9
    for match in page.scan(_START, _AMOUNT):
        start, end = match.span("n")
        if match["sign"]:
            start = match.start("sign")
        if not page.free(start, end) or (match["b"] is None and _is_count(page, match, end)):
            continue
        read = _read(match)
        if read is None:
            continue
        low, high, end = read
        listed = start - last_end <= 2 and _LIST.search(page.plain[last_end:start]) is not None
        if not _is_money(page, match, start, end, listed):
            continue
        last_end = end
        exact = low == high
        value = str(low) if exact else f"{low}-{high}"
        sure = 0.95 if match["ending"] or match["sign"] else 0.8
        yield Found("amount", value, start, end, sure, True, () if exact else ("vague",), low, high)
    for match in page.scan(_START, _SMALL) if "毛" in page.plain or "角" in page.plain else ():
        number = value_of(match["a"])
        if number:
            fen = int(number * 10)
            yield Found("amount", str(fen), *match.span("n"), 0.9, True, (), fen, fen)


def _read(match: re.Match[str]) -> tuple[int, int, int] | None:
    """Lower and upper bound in fen, and where the amount ends; None for what is no number."""
    first, second, end = _bounds(match["a"]), match["b"], match.end("n")
    if first is None:
        return None
    low, high = first
    if second is not None:
        upper = _bounds(second)
        if upper is not None and low < 1_000 and upper[0] >= 1_000 and not _has_unit(match["a"]) and not match["first"]:
            scale = _scale(second)
            low = low * scale
        money = match["ending"] or _has_unit(second)
        if upper is None or upper[1] <= low or not money:
            return (
                (int(low * 100), int(high * 100), match.end("a")) if _has_unit(match["a"]) or match["first"] else None
            )
        high = upper[1]
    if match["more"]:
        if match["unit"]:  # 二十多万
            low = high = low * UNITS[match["unit"]]
        high = low + step_of(low) if low else low
    if match["change"]:
        if low == high and not match["more"] and low == low.to_integral_value():
            low = high = low + (value_of(match["change"]) or Decimal(0)) / 10
        else:
            end = match.start("change")
    fen = int(low * 100), int(high * 100)
    return (*fen, end) if 0 < fen[0] <= _MAX_FEN else None


def _bounds(written: str) -> tuple[Decimal, Decimal] | None:
    """What one written number spans, in yuan."""
    rest = written.lstrip("好几数上十") if written[0] in "好几数上" or written.startswith("十几") else ""
    if rest or written[0] in "几数上":
        size = value_of("一" + written[written.index(rest) :]) if rest else value_of("一" + written[1:])
        if size is None:
            return None
        if written[0] == "上":
            return size, size * 10
        if written.startswith("十几"):
            return size * 11, size * 19
        ten = 10 if "十" in written and rest and "十" not in rest else 1
        return size * 2 * ten, size * 9 * ten
    if re.fullmatch(rf"[一二两三四五六七八九]{{2}}[{_UNIT}]{{1,2}}", written):
        low, high = value_of(written[0] + written[2:]), value_of(written[1:])
        return (low, high) if low is not None and high is not None and low < high else None
    if written[0] in _UNIT and written[0] not in "十拾":
        return None
    number = value_of(written)
    return None if number is None else (number, number)


def _has_unit(written: str) -> bool:
    return any(c in UNITS for c in written)


def _scale(written: str) -> Decimal:
    """What the units at the end of a number multiply it with: 10万 -> 10,000."""
    scale = Decimal(1)
    for character in reversed(written):
        if character not in UNITS:
            break
        scale *= UNITS[character]
    return scale


def _is_count(page: Page, match: re.Match[str], end: int) -> bool:
    """Whether a number without a word or sign for money counts something else."""
    bare = not (match["sign"] or match["ending"] or match["first"])
    return bare and _COUNTED.match(page.plain, end) is not None


def _is_money(page: Page, match: re.Match[str], start: int, end: int, listed: bool) -> bool:
    after = page.plain[end : end + 6]
    if _FOREIGN.match(after):
        return False
    if match["sign"] or (match["ending"] and match["ending"] != "钱") or match["first"]:
        if match["ending"] == "块" and match["a"] == "一":  # 一块 also means together
            return _MONEY.search(page.before(start, 14)) is not None
        return not (match["ending"] == "元" and after.startswith(("旦", "宵", "月", "素", "桥")))
    if _is_count(page, match, end):
        return False
    written = match["a"]
    big = any(c in "万萬亿億wW" for c in written) or match["unit"] == "万"
    before = page.before(start, 14)
    if big and (written[0] in "0123456789" or _MONEY.search(before) or listed):
        return not before.endswith(("第", "分之", "约有"))
    if not (listed or _MONEY.search(before)):
        return False
    # A bare number is money only when it is no list number or share of something.
    return _has_unit(written) or (written[0].isdigit() and 2 <= len(written) <= 9 and written[0] != "0")
