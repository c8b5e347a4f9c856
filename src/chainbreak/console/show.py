"""How values are written on a page: times, amounts, tokens, durations, digests, in the reader's language and zone."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup, escape

from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR, US_PER_MIN, from_us, rfc3339
from chainbreak.base.units import format_fen, format_fen_wan
from chainbreak.base.wording import Lang, catalogue, word

SHAPES = {"urgent": "▲", "high": "◆", "medium": "■", "low": "●", "done": "✓", "lapsed": "○"}
"""Each hue of state has its own shape, so that nothing is told by colour alone."""


def moment(at_us: int | str | None, zone: str, *, seconds: bool = False, year: bool = False) -> Markup:
    """A time in the centre's zone with the UTC time in the tooltip; an em dash for none.

    >>> moment(1795132800000000, "Asia/Shanghai")
    Markup('<time datetime="2026-11-20T00:00:00Z" title="2026-11-20T00:00:00Z">11-20 08:00</time>')
    """
    if at_us is None:
        return Markup("—")
    form = ("%Y-" if year else "") + "%m-%d %H:%M" + (":%S" if seconds else "")
    utc = rfc3339(int(at_us) // 1_000_000 * 1_000_000)
    text = from_us(int(at_us), zone).strftime(form)
    return Markup('<time datetime="{0}" title="{0}">{1}</time>').format(utc, text)


def lasting(span_us: int, lang: Lang, *, brief: bool = False) -> str:
    """A duration in its two largest parts; `brief`: in the largest alone.

    >>> lasting(3 * US_PER_HOUR + 20 * US_PER_MIN, "zh"), lasting(50 * US_PER_MIN, "en"), lasting(2 * US_PER_DAY, "en")
    ('3 小时 20 分', '50 min', '2 d')
    """
    minutes = max(0, abs(span_us) // US_PER_MIN)
    days, rest = divmod(minutes * US_PER_MIN, US_PER_DAY)
    hours, rest = divmod(rest, US_PER_HOUR)
    parts = [("day", days), ("hour", hours), ("minute", rest // US_PER_MIN)]
    first = next((i for i, (_, n) in enumerate(parts) if n), 2)
    shown = [parts[first], *[p for p in parts[first + 1 : first + 2] if p[1] and not brief]]
    return " ".join(f"{n} {word(f'console.unit.{unit}', lang)}" for unit, n in shown)


def short(text: str, head: int = 6, tail: int = 4) -> Markup:
    """A token or digest in monospace, shortened in the middle, the full value in the tooltip; the kind stays.

    >>> short("line:9f3a0123456789ab")
    Markup('<span class="mono" title="line:9f3a0123456789ab">line:9f3a01…89ab</span>')
    """
    kind, colon, digits = text.rpartition(":")
    is_name = "." in digits or len(digits) <= head + tail + 1  # domains are read, not compared
    cut = digits if is_name else f"{digits[:head]}…{digits[-tail:]}"
    return Markup('<span class="mono" title="{}">{}</span>').format(text, kind + colon + cut)


def fen(amount: int | None) -> Markup:
    """Fen as yuan; from 1 万 on with the labelled second form in the tooltip."""
    if amount is None:
        return Markup("—")
    return Markup('<span title="{}">{}</span>').format(format_fen_wan(amount), format_fen(amount))


def number(value: Any) -> str:
    """A number for people: thousands separated, at most three significant decimals; text passes through.

    >>> number(1234567), number(0.98765), number(12.0), number("x")
    ('1,234,567', '0.988', '12', 'x')
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, int) or float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.3g}"


def state(hue: str, text: str, *, follows: bool = False) -> Markup:
    """A state as word, shape and hue; `follows`: the row's script renews it when the detail beside it changes.

    >>> state("done", "生效中")
    Markup('<span class="state is-done"><span class="shape" aria-hidden="true">✓</span>生效中</span>')
    """
    mark = Markup(" data-state") if follows else ""
    return Markup('<span class="state is-{}"{}><span class="shape" aria-hidden="true">{}</span>{}</span>').format(
        hue, mark, SHAPES[hue], text
    )


def word_or(key: str, fallback: str, lang: Lang) -> str:
    """The catalogue's word, or `fallback` for a name that a partner or a later detector brought."""
    return word(key, lang) if key in catalogue() else fallback


def bits_bar(bits: float) -> Markup:
    """Evidence as a bar from the middle: right for, left against; full at 8 bits (a likelihood ratio of 256)."""
    width = round(min(abs(bits), 8.0) / 8 * 46, 1)
    x, side = (46.0, "for") if bits >= 0 else (46 - width, "against")
    return Markup(
        '<svg class="bits" viewBox="0 0 92 10" role="img" aria-label="{} bit">'
        '<rect class="{}" x="{}" y="1" width="{}" height="8" rx="1"/><path class="zero" d="M46 0v10"/></svg>'
    ).format(f"{bits:+.1f}", escape(side), x, width)
