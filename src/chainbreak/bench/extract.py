"""Reading reports: F1 on the hand-labelled suite by kind, beside peers; reports a CPU second; hostile text.

A mention counts when kind, span and value are all right. The suite lies in `tests/data/mentions*.yaml`; the part held
out was labelled before the extractor existed, and none of its texts was looked at in tuning. Its writer also wrote the
extractor, and every text is made up: the figures say that each row of the specification works, not how often a real
report is read in full. Peers: `phonenumbers` (PhoneNumberMatcher, region CN) for telephones, plain regular expressions
for every kind.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from chainbreak.base.clock import to_us
from chainbreak.base.errors import SetupError
from chainbreak.bench import BenchRow, watch
from chainbreak.text.extract import extract

SUITE = Path(__file__).resolve().parents[3] / "tests" / "data"
HELD_OUT = "mentions_heldout.yaml"
REPORTED = "2026-11-20T18:30:00+08:00"
REPORTS = {"small": 500, "full": 5_000}
HOSTILE = 100_000

Key = tuple[str, int, int, str]
"""Kind, start, end, value."""


@dataclass(frozen=True)
class Case:
    """One labelled text. `mentions`: key -> (valid, role or None where the label names none)."""

    text: str
    mentions: dict[Key, tuple[bool, str | None]]


def run(scale: str) -> list[BenchRow]:
    """F1 rows of the tuned and the held-out part, then speed, then the slowest pattern."""
    tuned, held_out = cases(exclude=HELD_OUT), cases(only=HELD_OUT)
    rows = [*_f1_rows("tuned", tuned), *_f1_rows("held out", held_out), _role_row(held_out)]
    return [*rows, *_speed_rows(REPORTS[scale]), _hostile_row()]


def cases(only: str = "", exclude: str = "") -> list[Case]:
    """The labelled texts, in the order of the files.

    Raises:
        SetupError: the suite is not here; it comes with the source, not with an installed package (CB-TX-001).
    """
    import yaml

    files = sorted(SUITE.glob(only or "mentions*.yaml"))
    if not files:
        raise SetupError("CB-TX-001", "the labelled suite is not here", next_step="run from a checkout of the source")
    return [_case(row) for f in files if f.name != exclude for row in yaml.safe_load(f.read_text(encoding="utf-8"))]


def _case(row: dict[str, Any]) -> Case:
    mentions: dict[Key, tuple[bool, str | None]] = {}
    at = 0
    for written in row["m"]:
        kind, surface, value, *flags = (part.strip(" ") for part in written.split("|"))
        start = row["t"].index(surface, at)
        at = start + len(surface)
        marks = flags[0].split(",") if flags else []
        value = surface if value == "=" else value
        role = next((mark for mark in marks if mark != "invalid"), None)
        mentions[kind, start, at, f"{value}+08:00" if kind == "time" else value] = ("invalid" not in marks, role)
    return Case(row["t"], mentions)


def read(text: str) -> dict[Key, tuple[bool, str | None]]:
    """What the extractor finds, in the form of a label."""
    from datetime import datetime

    found = extract(text, reported_at_us=to_us(datetime.fromisoformat(REPORTED)))
    return {(m.kind, m.start, m.end, m.value): (m.valid, m.role) for m in found}


def tally(labelled: Iterable[Case], reader: Callable[[str], Iterable[Key]]) -> dict[str, tuple[int, int, int]]:
    """Kind -> (right, found too much, missed); "all" sums them."""
    counts: dict[str, Counter[str]] = {}
    for case in labelled:
        want, got = set(case.mentions), set(reader(case.text))
        for name, keys in (("right", want & got), ("more", got - want), ("missed", want - got)):
            for kind, *_ in keys:
                counts.setdefault(kind, Counter())[name] += 1
                counts.setdefault("all", Counter())[name] += 1
    return {kind: (c["right"], c["more"], c["missed"]) for kind, c in sorted(counts.items())}


def f1(right: int, more: int, missed: int) -> float:
    """The harmonic mean of precision and recall.

    >>> f1(8, 2, 2)
    0.8
    """
    return 2 * right / max(1, 2 * right + more + missed)


def _f1_rows(part: str, labelled: list[Case]) -> list[BenchRow]:
    ours, naive, phones = (tally(labelled, reader) for reader in (read, naive_read, _phonenumbers_read))
    rows = []
    for kind, counts in ours.items():
        right, more, missed = counts
        if not right + missed:
            continue
        peer = f1(*naive.get(kind, (0, 0, missed + right)))
        said = f"F1 {kind}, {part}: ours {f1(*counts):.3f} (precision {right / max(1, right + more):.3f}, recall "
        said += f"{right / (right + missed):.3f}), plain patterns {peer:.3f}"
        if kind == "line":
            said += f", phonenumbers {f1(*phones.get('line', (0, 0, right + missed))):.3f}"
        rows.append(BenchRow(said, right + missed, peer="plain patterns", ratio=f1(*counts) / peer if peer else None))
    return rows


def _role_row(labelled: list[Case]) -> BenchRow:
    right = asked = 0
    for case in labelled:
        found = read(case.text)
        named = {key: role for key, (_, role) in case.mentions.items() if role and key in found}
        asked += len(named)
        right += sum(found[key][1] == role for key, role in named.items())
    return BenchRow(f"roles named by the label, held out: {right} of {asked} right", asked)


def _speed_rows(reports: int) -> list[BenchRow]:
    texts = _narratives(reports)
    rows = []
    for name, reader in (("extract", read), ("plain patterns", naive_read)):
        for text in texts[:50]:  # suffix lists and number plans are loaded once a process
            reader(text)
        with watch() as cost:
            for text in texts:
                reader(text)
        rows.append(BenchRow(f"reports of the city: {name}", reports, cost.seconds, cost.cpu_s, reports / cost.cpu_s))
    rows[0].peer, rows[0].ratio = "plain patterns", (rows[0].cpu_s or 0) / (rows[1].cpu_s or 1)
    return rows


def _narratives(count: int) -> list[str]:
    """Reports as the simulated city writes them."""
    import numpy as np

    from chainbreak.city.narratives import Told, fraud_names, narrative

    rng = np.random.default_rng(20261122)

    def digits(n: int) -> str:
        return "".join(map(str, rng.integers(0, 10, n)))

    return [
        narrative(rng, Told(
            fraud=fraud_names()[i % 12], by_phone=i % 2 == 0, day="2026年11月3日", time="15时20分",
            place="青江区解放路", woman=i % 3 == 0, age=20 + i % 60,
            phone=f"138{digits(8)}" if i % 2 == 0 else "",
            chat=f"微信abk{digits(6)}", app="财富通", site=f"jd-kf{digits(3)}.com", card=f"6222{digits(15)}",
            bank="工商银行", loss_fen=int(rng.integers(5, 5_000)) * 10_000, times=1 + i % 4,
        ))
        for i in range(count)
    ]  # fmt: skip


HOSTILE_PIECES = (
    "1", "1 ", "1-", "0", "00", "+", "+1", "(0", "106", "400", "1380013800 ", "12345678901234567890", "138****", "138…",
    "6222 ", "a", "a.", "a-", "a@", "@", ".", "%a@a.", "Aa1 ", "AA11 ", "GB82 WEST ", "QQ", "IMEI ", "[line:", "T1a",
    "微信", "微信 ", "加", "加+", "飞机a ", "卡1", "账号:", "电话", "电话1", "拨打 ", "95588 ", "a点", "a点com", "http://",
    "http://a.", "一", "一万", "二三五万", "十几", "几万", "3万5", "转账1", "1月", "1月1日", "昨天", "昨天下午3",
    "12:", "一点半", "“", "“a", "下载", "下载a", "用“", "前三位1", "开头", "尾号", "l0O", "1\u200b", "①",
    "\u200b", "１",
)  # fmt: skip


def hostile(piece: str, length: int) -> str:
    """A text of one piece over and over."""
    return (piece * (length // len(piece) + 1))[:length]


def cost_of(pattern: re.Pattern[str], text: str) -> float:
    """CPU seconds of this thread to find every match of a pattern in a text."""
    begin = time.thread_time()
    for _ in pattern.finditer(text):
        pass
    return time.thread_time() - begin


def all_patterns() -> list[re.Pattern[str]]:
    """Every pattern with which a text is read."""
    rooms = ("accounts", "amounts", "apps", "chats", "fold", "hosts", "partial", "people", "phones", "roles", "times")
    return [pattern for room in rooms for pattern in import_module(f"chainbreak.text.{room}").PATTERNS]


def _hostile_row() -> BenchRow:
    worst, name = 0.0, ""
    for piece in HOSTILE_PIECES:
        text = hostile(piece, HOSTILE)
        for pattern in all_patterns():
            # The better of two: other processes only ever add.
            took = min(cost_of(pattern, text), cost_of(pattern, text))
            if took > worst:
                worst, name = took, f"{piece!r} on {pattern.pattern[:40]!r}"
    return BenchRow(f"slowest pattern on 100 kB of hostile text: {worst * 1_000:.1f} ms ({name})", HOSTILE, cpu_s=worst)


_NAIVE = {
    "line": (
        r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d{9})(?!\d)|(?<!\d)0\d{2,3}-?\d{7,8}(?!\d)|(?<!\d)400-?\d{3}-?\d{4}(?!\d)"
    ),
    "account": r"(?<!\d)\d{16,19}(?!\d)",
    "person": r"(?<!\d)\d{17}[\dXx](?!\d)",
    "url": r"https?://[^\s，。；）]+",
    "domain": r"(?<![\w.@])(?:[a-zA-Z0-9-]+\.)+(?:com|cn|net|org|top|vip|cc|shop|xyz)(?![\w.])",
    "ip": r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])",
    "chat": r"(?:微信号?|[Vv]信|QQ号?|QQ群)[：: ]?([A-Za-z0-9_-]{5,20})",
    "app": r"[“\"]([^”\"]{1,20})[”\"](?:APP|app|软件|平台)",
    "amount": r"(\d+(?:\.\d+)?)(万?)元",
    "time": r"(\d{4})年(\d{1,2})月(\d{1,2})日(?:(\d{1,2})时(?:(\d{1,2})分)?)?",
    "imei": r"IMEI[：: ]?(\d{14,16})",
}
_NAIVE_COMPILED = {kind: re.compile(pattern, re.ASCII) for kind, pattern in _NAIVE.items()}


def naive_read(text: str) -> list[Key]:
    """What a page of plain patterns finds, as one would write it in an afternoon."""
    return [
        (kind, *_span(match), _naive_value(kind, match))
        for kind, pattern in _NAIVE_COMPILED.items()
        for match in pattern.finditer(text)
    ]


def _span(match: re.Match[str]) -> tuple[int, int]:
    grouped = match.re.groups == 1 and match[1] is not None and not match[0].startswith(("+", "8"))
    return match.span(1) if grouped else match.span()


def _naive_value(kind: str, match: re.Match[str]) -> str:
    if kind == "line":
        digits = match[1] or match[0].replace("-", "").lstrip("0")
        return f"+86{digits}"
    if kind == "amount":
        return str(round(float(match[1]) * (1_000_000 if match[2] else 100)))
    if kind == "time":
        year, month, day, hour, minute = match.groups()
        clock = f"T{int(hour):02d}" + (f":{int(minute):02d}" if minute else "") if hour else ""
        return f"{year}-{int(month):02d}-{int(day):02d}{clock}+08:00"
    value = match[1] if match.re.groups else match[0]
    return value[:14] if kind == "imei" else value.upper() if kind == "person" else value.lower()


def _phonenumbers_read(text: str) -> list[Key]:
    import phonenumbers

    form = phonenumbers.PhoneNumberFormat.E164
    found = phonenumbers.PhoneNumberMatcher(text, "CN")
    return [("line", m.start, m.end, phonenumbers.format_number(m.number, form)) for m in found]
