"""How values are written on a page: times, amounts, tokens, durations, digests, in the reader's language and zone."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup, escape

from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR, US_PER_MIN, from_us, rfc3339
from chainbreak.base.units import format_fen, format_fen_wan
from chainbreak.base.wording import Lang, catalogue, word

SHAPES = {"urgent": "▲", "high": "◆", "medium": "■", "low": "●", "done": "✓", "lapsed": "○"}
"""Each hue of state has its own shape, so that nothing is told by colour alone."""


# Bidirectional controls (Unicode TR9): in a name or a note they would turn round the words beside them.
_TURNING = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)], "\ufffd")


def in_reading_order(value: Any) -> Any:
    """Text with its bidirectional controls made visible; anything else as it is.

    >>> in_reading_order("gpj.\u202eexe"), in_reading_order(Markup("<b>")), in_reading_order(3)
    ('gpj.\ufffdexe', Markup('<b>'), 3)
    """
    return type(value)(value.translate(_TURNING)) if isinstance(value, str) else value


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
    ('3小时20分', '50 min', '2 d')
    """
    minutes = max(0, abs(span_us) // US_PER_MIN)
    days, rest = divmod(minutes * US_PER_MIN, US_PER_DAY)
    hours, rest = divmod(rest, US_PER_HOUR)
    parts = [("day", days), ("hour", hours), ("minute", rest // US_PER_MIN)]
    first = next((i for i, (_, n) in enumerate(parts) if n), 2)
    shown = [parts[first], *[p for p in parts[first + 1 : first + 2] if p[1] and not brief]]
    gap = "" if lang == "zh" else " "  # between Han and digits the browser leaves the space (text-autospace)
    return gap.join(f"{n}{gap}{word(f'console.unit.{unit}', lang)}" for unit, n in shown)


def swift(span_us: int | None, lang: Lang) -> str:
    """A latency: milliseconds below a second, seconds below a minute, then as `lasting`; an em dash for none.

    >>> swift(860, "en"), swift(522_000, "zh"), swift(4_510_000, "en"), swift(125_000_000, "en"), swift(None, "en")
    ('0.86 ms', '522毫秒', '4.51 s', '2 min', '—')
    """
    if span_us is None:
        return "—"
    if span_us >= US_PER_MIN:
        return lasting(span_us, lang)
    gap = "" if lang == "zh" else " "
    value, unit = (span_us / 1_000, "ms") if span_us < 1_000_000 else (span_us / 1_000_000, "second")
    figures = f"{value:.0f}" if value >= 100 else f"{value:.3g}"
    return figures + gap + word(f"console.unit.{unit}", lang)


def short(text: str, head: int = 6, tail: int = 4) -> Markup:
    """A digest or an id in monospace, shortened in the middle, the full value in the tooltip.

    >>> short("9f3a0123456789ab")
    Markup('<span class="mono" title="9f3a0123456789ab">9f3a01…89ab</span>')
    """
    return Markup('<span class="mono" title="{}">{}</span>').format(text, _cut(text, head, tail))


def thing(text: str, lang: Lang, head: int = 4, tail: int = 4, *, named: bool = True) -> Markup:
    """A written token as the word of its kind and the token shortened; a domain is read, not compared, so it is whole.
    `named` false: without the kind, where a column beside it tells it.

    >>> thing("line:9f3a0123456789ab", "en")
    Markup('<span class="thing" title="line:9f3a0123456789ab"><span class="kind">line</span><span class="mono">9f3a…89ab</span></span>')
    >>> thing("some-shop.example.com", "zh")
    Markup('<span class="thing" title="some-shop.example.com">some-shop.example.com</span>')
    >>> thing("device:box:9f3a0123456789ab", "en", named=False)
    Markup('<span class="thing" title="device:box:9f3a0123456789ab"><span class="mono">9f3a…89ab</span></span>')
    """  # noqa: E501 the value of a doctest stands on one line
    kind, colon, value = text.partition(":")
    if not colon:
        return Markup('<span class="thing" title="{0}">{0}</span>').format(text)
    value = value.rpartition(":")[2]  # `device:box:…`: the kind is told already
    shown = word("console.thing.all", lang) if value == "*" else _cut(value, head, tail)
    mark = Markup('<span class="kind">{}</span>').format(word_or(f"console.thing.{kind}", kind, lang))
    return Markup('<span class="thing" title="{}">{}<span class="mono">{}</span></span>').format(
        text, mark if named else "", shown
    )


def _cut(text: str, head: int, tail: int) -> str:
    return text if len(text) <= head + tail + 1 else f"{text[:head]}…{text[-tail:]}"


def fen(amount: int | None) -> Markup:
    """Fen as yuan; from 1 万 on with the labelled second form in the tooltip."""
    if amount is None:
        return Markup("—")
    return Markup('<span title="{}">{}</span>').format(format_fen_wan(amount), format_fen(amount))


def yuan(fen: int | None) -> str:
    """Fen as a field shows them: yuan, without a mark, without idle zeros.

    >>> yuan(3500000), yuan(1234), yuan(None)
    ('35000', '12.34', '')
    """
    if fen is None:
        return ""
    return str(fen // 100) if fen % 100 == 0 else f"{fen // 100}.{fen % 100:02d}"


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


def chance(score: float) -> str:
    """A probability in percent, in words of a model that is never certain: at most 99.9, at least below 0.1.

    >>> chance(0.99998), chance(0.9541), chance(0.0)
    ('99.9', '95.4', '<0.1')
    """
    return "<0.1" if score < 0.001 else f"{min(score * 100, 99.9):.1f}"


def signed(bits: float) -> str:
    """Bits with their sign and as many digits as they have, so that a column of them adds up.

    >>> signed(13.5), signed(-0.028), signed(0.0)
    ('+13.5', '\u22120.028', '0')
    """
    written = f"{abs(bits):.3f}".rstrip("0").rstrip(".")
    return written if written == "0" else ("+" if bits > 0 else "\u2212") + written


def measured(value: float, unit: str) -> str:
    """A value beside its unit; a share in percent.

    >>> measured(0.0118, "share"), measured(0.8, "share"), measured(481.0, "s")
    ('1.18%', '80%', '481')
    """
    return f"{value * 100:.3g}%" if unit == "share" else number(value)


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


FULL_BITS = 4.0
"""Where a bar of evidence is full: 4 bits, a likelihood ratio of 16; few single reasons weigh more."""


def bits_bar(bits: float) -> Markup:
    """Evidence as a bar from the middle: right for, left against; the number beside it says what is beyond the end."""
    width = round(min(abs(bits), FULL_BITS) / FULL_BITS * 46, 1)
    x, side = (46.0, "for") if bits >= 0 else (46 - width, "against")
    return Markup(
        '<svg class="bits" viewBox="0 0 92 10" role="img" aria-label="{} bit">'
        '<rect class="{}" x="{}" y="1" width="{}" height="8" rx="1"/></svg>'
    ).format(f"{bits:+.1f}", escape(side), x, width)
