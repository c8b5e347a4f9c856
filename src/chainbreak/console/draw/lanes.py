"""One day of a device: a row a port or a card, bars for stays of cards, ticks for calls, a mark where cards swap."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from markupsafe import Markup

from chainbreak.app.device_picture import LONG_US, Lane, Session
from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR, from_us

WIDTH, LEFT, RIGHT, AXIS = 1040, 118, 84, 22
"""In units of the view box, which are pixels at full width: rows' names on the left, their counts on the right."""
Words = Callable[..., str]


def pitch(rows: int) -> int:
    """The height of a row: comfortable for few, dense for many; a hundred and more scroll.

    >>> pitch(4), pitch(30), pitch(128)
    (26, 18, 14)
    """
    return 26 if rows <= 12 else 18 if rows <= 40 else 14


def axis(are: str, t: Words) -> Markup:
    """The hours of the day above rows that `are` ports or sims, drawn apart so that they stay when the rows scroll."""
    labels = Markup("").join(
        Markup('<text x="{}" y="15" class="{}">{}</text>').format(
            _x(hour * US_PER_HOUR), "start" if hour == 0 else "end" if hour == 24 else "middle", f"{hour:02d}:00"
        )
        for hour in range(0, 25, 2)
    )  # fmt: skip
    head = t("console_device.lane.calls_of" if are == "sims" else "console_device.lane.totals")
    totals = Markup('<text x="{}" y="15" class="end">{}</text>').format(WIDTH - 2, head)
    return Markup('<svg class="lane-axis" viewBox="0 0 {} {}" aria-hidden="true">{}{}</svg>').format(
        WIDTH, AXIS, labels, totals
    )


def lanes(rows: list[Lane], day_from_us: int, are: str, zone: str, t: Words) -> Markup:
    """The rows; `are`: imei, inferred or sims. Times are UTC µs, `day_from_us` the local midnight."""
    high = pitch(len(rows))
    grid = Markup("").join(
        Markup('<path class="grid" d="M{} 0V{}"/>').format(_x(hour * US_PER_HOUR), high * len(rows))
        for hour in range(0, 25, 2)
    )
    body = Markup("").join(_lane(row, at, high, day_from_us, are, zone, t) for at, row in enumerate(rows))
    said = t("console_device.lane.said", n=len(rows))
    return Markup('<svg class="lanes" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>').format(
        WIDTH, high * len(rows), said, grid, body
    )


def _lane(row: Lane, at: int, high: int, day_us: int, are: str, zone: str, t: Words) -> Markup:
    top, text = at * high, at * high + high / 2 + 4
    name = t("console_device.lane.port", n=at + 1) if are == "inferred" else _shorter(row.name)
    parts = [
        Markup('<path class="rule" d="M0 {0}H{1}"/>').format(top + high - 0.5, WIDTH),
        Markup('<text class="name{}" x="4" y="{}">{}<title>{}</title></text>').format(
            "" if are == "inferred" else " is-token", text, name, row.name or name),
    ]  # fmt: skip
    tint, before = 0, None
    for stay in row.sessions:
        swapped = before is not None and before.sim != stay.sim
        tint ^= swapped
        parts.append(_bar(stay, top, high, day_us, zone, tint, t))
        if swapped:
            x = _x(stay.from_us - day_us)
            parts.append(Markup('<path class="swap" d="M{} {}l3.5 -5h-7z"/>').format(x, top + 6))
        before = stay
    calls = [c for s in row.sessions for c in s.calls if day_us <= c.at_us < day_us + US_PER_DAY]
    for name_, some in (
        ("tick", (c for c in calls if not c.answered)),
        ("tick is-answered", (c for c in calls if c.answered and c.end_us - c.at_us <= LONG_US)),
        ("tick is-long", (c for c in calls if c.answered and c.end_us - c.at_us > LONG_US)),
    ):
        parts.append(_ticks(name_, (c.at_us - day_us for c in some), top, high))
    cards = len({s.sim for s in row.sessions})
    counts = t("console_device.lane.counts" if are != "sims" else "console_device.lane.calls", sims=cards, n=len(calls))
    parts.append(Markup('<text class="count end" x="{}" y="{}">{}</text>').format(WIDTH - 2, text, counts))
    return Markup("").join(parts)


def _bar(stay: Session, top: int, high: int, day_us: int, zone: str, tint: int, t: Words) -> Markup:
    x = _x(max(stay.from_us - day_us, 0))
    width = max(_x(min(stay.to_us - day_us, US_PER_DAY)) - x, 2.0)
    span = "–".join(f"{from_us(at, zone):%H:%M}" for at in (stay.from_us, stay.to_us))
    title = t("console_device.lane.stay", sim=stay.sim, span=span, n=len(stay.calls))
    return Markup('<rect class="stay is-{}" x="{}" y="{}" width="{:.1f}" height="{}" rx="1.5"><title>{}</title></rect>'
                  ).format("ab"[tint], x, top + 4, width, high - 8, title)  # fmt: skip


def _ticks(name: str, moments: Iterable[int], top: int, high: int) -> Markup:
    """One path for all calls of a sort; those within half a pixel are one tick."""
    places = sorted({round(_x(at) * 2) / 2 for at in moments})
    if not places:
        return Markup("")
    long = high - 4 if "long" in name else high - 10
    first = top + (high - long) / 2
    path = "".join(f"M{x:g} {first:g}v{long:g}" for x in places)
    return Markup('<path class="{}" d="{}"/>').format(name, path)


def _x(span_us: int) -> float:
    return round(LEFT + span_us / US_PER_DAY * (WIDTH - LEFT - RIGHT), 1)


def _shorter(token: str) -> str:
    digits = token.partition(":")[2]
    return f"{digits[:4]}…{digits[-4:]}" if len(digits) > 9 else digits or "—"
