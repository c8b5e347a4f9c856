"""Points in time as reports tell them, as spans of UTC µs: 2026年11月18日15时许, 昨晚11点多, 上周三, 次日上午9时.

Relative words are anchored to when the report was made; 次日, 当晚 and a bare clock to the last date named before. A
date without a year is the latest one that is not after the report. Parts of a day are spans of hours (`PARTS`, our
convention).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from chainbreak.base.clock import from_us, to_us
from chainbreak.text.numerals import value_of
from chainbreak.text.page import Found, Page

PARTS = {
    "凌晨": (0, 6), "半夜": (0, 6), "清晨": (5, 9), "早上": (5, 9), "早晨": (5, 9), "早": (5, 9), "晨": (5, 9),
    "上午": (6, 12), "中午": (11, 13), "下午": (12, 18), "午后": (12, 18), "傍晚": (17, 19), "晚上": (18, 24),
    "晚间": (18, 24), "夜里": (18, 24), "夜间": (18, 24), "晚": (18, 24), "夜": (18, 24), "深夜": (22, 24),
    "午夜": (22, 24),
}  # fmt: skip
"""Part of a day -> from hour, to hour."""

_N = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3}|两)"
_YEAR = r"(?:(?:19|20)\d{2}|[一二]{1}[零〇九]{1}[零〇一二三四五六七八九]{2}|今|去|前|本)年"
_PART = (
    "(?:凌晨|清晨|早[上晨]|[上中下]午|午[后夜]|傍晚|晚[上间]|夜[里间]|[深半]夜|"
    r"[早晚](?=\d|[一二三四五六七八九十两]))"
)
_DAY = (
    rf"(?P<y>{_YEAR})?(?P<m>(?<!\d){_N})月份?(?:(?P<d>{_N})[日号]|(?P<third>初|[上中下]旬|底|末))?|(?P<year>{_YEAR})|"
    r"(?P<iso>(?:19|20)\d{2}(?P<s>[-/.])\d{1,2}(?P=s)\d{1,2})(?!\d)|"
    r"(?P<word>今[天日早晨晚]|昨[天日晚夜]|大前天|前[天日晚]|当[天日晚]|次日|翌日|第二天)|"
    rf"(?P<ago>半|{_N}|\d{{1,3}})(?P<agounit>天|日|周|个?星期|个?月|个?小时|分钟)(?:之|以)?前|"
    r"(?<![下每])(?P<week>上上个?|上个?|本|这|这个)?(?:周|星期|礼拜)(?P<wd>[一二三四五六日天])|"
    r"(?P<lastweek>上个?(?:周|星期)(?![一二三四五六日天末]))|"
    rf"(?P<mo>上个?月|本月|这个月)(?:(?P<md>{_N})[日号])?|(?P<dom>(?<!\d){_N})[日号](?=的?[ ,]?(?:{_PART}|{_N}[时点:]))"
)
_CLOCK = (
    rf"(?P<h>{_N})(?::(?P<cm>\d{{2}})(?!\d)(?::(?P<cs>\d{{2}})(?!\d))?|(?:时|点钟?)(?![A-Za-z])"
    rf"(?:(?P<half>半)|(?P<quarter>一刻|三刻)|(?P<sharp>整)|(?P<min>{_N})分(?:(?P<sec>{_N})秒)?|"
    r"(?P<min2>\d\d)(?![\d元块万千.,]))?)"
)
_BEGINS = "[0-9一二三四五六七八九十两今去前本昨大当次翌第半上这周星礼凌清早中下午傍晚夜深]"
_TIME = re.compile(
    # A number counts only before a word for time; to see that at once keeps work small on long runs of numerals.
    r"(?=[今去前本昨大当次翌第半上这周星礼凌清早中下午傍晚夜深]|"
    r"[0-9零〇一二三四五六七八九十两]{1,4}[年月日号天周个小分时点:星]|[12][0-9]{3}[-/.])"
    r"(?<![0-9.*])(?<!\d:)"
    rf"(?:(?P<day>{_DAY})(?:(?:的|[ T])?(?P<part>{_PART}))?(?:[ T]?(?P<clock>{_CLOCK}))?|"
    rf"(?P<part2>{_PART})(?P<clock2>{_CLOCK.replace('P<', 'P<z')})|(?P<clock3>{_CLOCK.replace('P<', 'P<q')}))"
    r"(?P<hedge>[许多])?"
)
# Most of these characters begin other words, so their neighbours are looked at before the pattern is tried.
_START = re.compile(
    rf"{_BEGINS}(?<![0-9][0-9])(?=[-0-9零〇一二三四五六七八九十年月日号天周个小分时点:/.星早晨晚夜次礼拜期午上间里前二])",
    re.ASCII,
)
PATTERNS = (_TIME,)
_RATIO = re.compile(r"(?:比分?|比例|赔率)[为是:]?$")


@dataclass
class Anchor:
    """What relative words hang on: when the report was made (µs UTC), in its zone, and the last date named before."""

    reported_at_us: int | None
    zone: str
    named: date | None = None

    @cached_property
    def reported(self) -> datetime | None:
        """When the report was made, local."""
        return None if self.reported_at_us is None else from_us(self.reported_at_us, self.zone)

    @property
    def today(self) -> date | None:
        """The day of the report."""
        return self.reported.date() if self.reported else None


@dataclass(frozen=True)
class Span:
    """A local span of time and how it is written."""

    low: datetime
    high: datetime
    written: str
    day: date | None = None


def times(page: Page, reported_at_us: int | None, zone: str) -> Iterator[Found]:
    """Times; `low` and `high` are None where the text alone does not tell."""
    where, anchor = ZoneInfo(zone), Anchor(reported_at_us, zone)
    for match in page.scan(_START, _TIME):
        if not page.free(*match.span()) or not _is_time(page, match):
            continue
        try:
            span = _resolve(match, anchor)
        except ValueError:  # the 31st of November
            continue
        except LookupError:  # relative to what is not known
            yield Found("time", match[0], *match.span(), 0.4)
            continue
        if span.day:
            anchor.named = span.day
        low, high = span.low.replace(tzinfo=where), span.high.replace(tzinfo=where)
        offset = low.isoformat()[-6:]  # of that day: a zone may keep summer time
        relative = () if match["iso"] or match["y"] or match["year"] else ("relative",)
        yield Found(
            "time", f"{span.written}{offset}", *match.span(), 0.9, True, relative, to_us(low), to_us(high)
        )  # fmt: skip


def _is_time(page: Page, match: re.Match[str]) -> bool:
    """Whether a day or clock is meant: bare 三点 and 一时 are not, nor a lone 当日."""
    if match["word"] in ("当天", "当日", "次日", "翌日", "第二天") and not (match["part"] or match["clock"]):
        return False
    if match["wd"] and not (match["week"] or match["part"] or match["clock"]):
        return False
    if match["clock3"]:
        if match["qcm"]:
            hour = match["qh"]
            return hour.isdigit() and int(hour) < 24 and not _RATIO.search(page.before(match.start(), 4))
        after = page.plain[match.end() : match.end() + 1]
        sure = match["hedge"] == "许" or any(match[g] for g in ("qhalf", "qquarter", "qsharp", "qmin"))
        return sure or (match["qh"].isdigit() and "时" in match["clock3"] and after not in ("候", "间", "代", "期"))
    return True


def _number(text: str | None) -> int:
    value = value_of(text) if text else None
    return int(value) if value is not None else 0


def _resolve(match: re.Match[str], anchor: Anchor) -> Span:
    if match["ago"] and match["agounit"].endswith(("小时", "分钟")):
        return _hours_ago(match, anchor)
    if match["day"] is None:
        day = anchor.named or _known(anchor.today)
        group, part = ("z", match["part2"]) if match["part2"] else ("q", None)
        return _clock(match, group, day, part)
    days = _days(match, anchor)
    if match["clock"] or match["part"] or (match["word"] and match["word"][-1] in "早晨晚夜"):
        if days.day is None:
            raise ValueError("a clock needs a day")
        part = match["part"] or (match["word"][-1] if match["word"] and match["word"][-1] in "早晨晚夜" else None)
        return _clock(match, "", days.day, part) if match["clock"] else _part(days.day, str(part))
    return days


def _known(day: date | None) -> date:
    if day is None:
        raise LookupError("relative to an unknown day")
    return day


def _hours_ago(match: re.Match[str], anchor: Anchor) -> Span:
    if anchor.reported is None:
        raise LookupError("relative to an unknown time")
    hours = match["agounit"].endswith("小时")
    minutes = 30 if match["ago"] == "半" else _number(match["ago"]) * (60 if hours else 1)
    at = (anchor.reported - timedelta(minutes=minutes)).replace(tzinfo=None, second=0, microsecond=0)
    if hours and match["ago"] != "半":
        at = at.replace(minute=0)
        return Span(at, at + timedelta(hours=1), at.isoformat()[:13], at.date())
    return Span(at, at + timedelta(minutes=1), at.isoformat()[:16], at.date())


def _days(match: re.Match[str], anchor: Anchor) -> Span:
    if match["iso"]:
        return _day(date(*map(int, re.split(r"[-/.]", match["iso"]))))
    if match["m"]:
        return _month_or_day(match, anchor)
    if match["year"]:
        year = _year(match["year"], anchor)
        return Span(_at(date(year, 1, 1)), _at(date(year + 1, 1, 1)), str(year))
    if match["word"]:
        return _day(_by_word(match["word"], anchor))
    if match["ago"]:
        return _ago(match, _known(anchor.today))
    if match["wd"]:
        return _day(_weekday(match, _known(anchor.today)))
    if match["lastweek"]:
        today = _known(anchor.today)
        monday = today - timedelta(days=today.weekday() + 7)
        return Span(_at(monday), _at(monday + timedelta(days=7)), f"{monday}/{monday + timedelta(days=6):%d}")
    if match["mo"]:
        today = _known(anchor.today)
        first = today.replace(day=1)
        if match["mo"].startswith("上"):
            first = (first - timedelta(days=1)).replace(day=1)
        return _day(first.replace(day=_number(match["md"]))) if match["md"] else _month(first.year, first.month)
    return _day(_day_of_month(_number(match["dom"]), anchor.named or _known(anchor.today)))


def _month_or_day(match: re.Match[str], anchor: Anchor) -> Span:
    month, day = _number(match["m"]), _number(match["d"])
    if match["y"]:
        year = _year(match["y"], anchor)
    else:
        today = _known(anchor.today)
        year = today.year - (date(today.year, month, day or 1) > today)
    if day:
        return _day(date(year, month, day))
    whole = _month(year, month)
    if not match["third"]:
        return whole
    last = (whole.high - timedelta(days=1)).day
    begin, end = {"初": (1, 10), "上旬": (1, 10), "中旬": (11, 20)}.get(match["third"], (21, last))
    low, high = whole.low.replace(day=begin), whole.low.replace(day=end) + timedelta(days=1)
    return Span(low, high, f"{year}-{month:02d}-{begin:02d}/{end:02d}")


def _year(written: str, anchor: Anchor) -> int:
    back = {"今年": 0, "本年": 0, "去年": 1, "前年": 2}.get(written)
    return _number(written[:-1]) if back is None else _known(anchor.today).year - back


def _by_word(word: str, anchor: Anchor) -> date:
    if word in ("当天", "当日", "当晚"):
        return anchor.named or _known(anchor.today)
    if word in ("次日", "翌日", "第二天"):
        return _known(anchor.named) + timedelta(days=1)
    back = 3 if word == "大前天" else {"今": 0, "昨": 1, "前": 2}[word[0]]
    return _known(anchor.today) - timedelta(days=back)


def _ago(match: re.Match[str], today: date) -> Span:
    count, unit = 0.5 if match["ago"] == "半" else _number(match["ago"]), match["agounit"]
    if unit.endswith("月"):
        months = today.year * 12 + today.month - 1 - int(count)
        return _month(months // 12, months % 12 + 1)
    return _day(today - timedelta(days=int(count * (1 if unit in ("天", "日") else 7))))


def _weekday(match: re.Match[str], today: date) -> date:
    weekday = "一二三四五六日天".index(match["wd"]) % 7 if match["wd"] != "天" else 6
    week = match["week"] or ""
    monday = today - timedelta(days=today.weekday() + 7 * week.count("上"))
    day = monday + timedelta(days=weekday)
    return day - timedelta(days=7) if not week and day > today else day


def _day_of_month(day: int, known: date) -> date:
    """The latest day of that number that is not after `known`, unless `known` is of the text itself and earlier."""
    if day <= known.day:
        return known.replace(day=day)
    return (known.replace(day=1) - timedelta(days=1)).replace(day=day)


def _at(day: date) -> datetime:
    return datetime.combine(day, time())


def _day(day: date) -> Span:
    return Span(_at(day), _at(day) + timedelta(days=1), day.isoformat(), day)


def _month(year: int, month: int) -> Span:
    after = date(year + month // 12, month % 12 + 1, 1)
    return Span(_at(date(year, month, 1)), _at(after), f"{year}-{month:02d}")


def _part(day: date, part: str) -> Span:
    begin, end = PARTS[part]
    low = _at(day) + timedelta(hours=begin)
    return Span(low, _at(day) + timedelta(hours=end), f"{day}T{begin:02d}/{end:02d}", day)


def _clock(match: re.Match[str], group: str, day: date, part: str | None) -> Span:
    hour = _number(match[f"{group}h"])
    begin, end = PARTS.get(part or "", (0, 24))
    if part and hour <= 12 and begin >= 11 and (hour < begin or hour == 12):
        hour = hour + 12 if hour < 12 and not (part == "中午" and hour >= 11) else 24 if end == 24 else hour
    minutes = 30 if match[f"{group}half"] else {"一刻": 15, "三刻": 45}.get(match[f"{group}quarter"] or "", -1)
    for name in ("cm", "min", "min2"):
        if match[f"{group}{name}"]:
            minutes = _number(match[f"{group}{name}"])
    seconds = _number(match[f"{group}cs"] or match[f"{group}sec"])
    exact = bool(match[f"{group}cs"] or match[f"{group}sec"])
    if hour > 24 or minutes > 59 or seconds > 59:
        raise ValueError("no time of a day")
    low = _at(day) + timedelta(hours=hour, minutes=max(minutes, 0), seconds=seconds)
    if exact:
        return Span(low, low + timedelta(seconds=1), low.isoformat()[:19], day)
    if minutes >= 0:
        return Span(low, low + timedelta(minutes=1), low.isoformat()[:16], day)
    return Span(low, low + timedelta(hours=1), low.isoformat()[:13], day)
