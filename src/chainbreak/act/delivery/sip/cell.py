"""One row of the proxy's hash table: a number, until when, and what happens to calls from and to it.

The key is the number in digits; a range of numbers ends in `*`, one for each open digit. The value is
`end:from:to:micro:order:form:measure:direction`: the end in UTC seconds, rounded down because the proxy counts seconds
and letting go early is the mild side; what happens to calls from and to the number; the rest of the end in µs; the
order; `+` when the number is E.164 and nothing when it is a service number as dialled; what the order says. The proxy
compares the end with its own clock, so a row lets go by itself.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from chainbreak.act.delivery.entry import Mark
from chainbreak.base.clock import US_PER_S, rfc3339
from chainbreak.base.errors import InputError

if TYPE_CHECKING:
    from chainbreak.act.delivery.entry import Entry
    from chainbreak.act.delivery.sip.settings import Settings

_NUMBER = re.compile(r"(\+?)([0-9]{3,20}\*{0,4})", re.ASCII)
_CELL = re.compile(r"(\d{1,11}):([a-z]+):([a-z]+):(\d{1,6}):(O-[0-9A-Z-]{1,22}):(\+?):([\w-]+):(both|in|out)", re.ASCII)
_PLAIN = re.compile(r"[\w-]{1,24}", re.ASCII)


class Effect(StrEnum):
    """What the proxy does with a call."""

    PASS = "pass"  # noqa: S105 (not a secret)
    LABEL = "label"
    REVERIFY = "reverify"
    DIVERT = "divert"
    REJECT = "reject"


def key_of(value: str, order_id: str) -> str:
    """The key of a number in the partner's form.

    >>> key_of("+8613800138000", ""), key_of("95588", ""), key_of("+861380013****", "")
    ('8613800138000', '95588', '861380013****')

    Raises:
        InputError: not a number a call can come from (CB-DL-121).
    """
    found = _NUMBER.fullmatch(value)
    if found is None:
        raise InputError("CB-DL-121", "not a number that calls come from or go to", given=order_id)
    return found[2]


def covering(number: str) -> list[str]:
    """Keys that may speak for a number in digits, in the order the proxy asks them.

    >>> covering("95588")
    ['95588', '9558*', '955**']
    """
    most = min(4, len(number) - 3)
    return [number[: len(number) - n] + "*" * n for n in range(most + 1)]


def effects(measure: str, direction: str, settings: Settings) -> tuple[Effect, Effect]:
    """What a rung does to calls from the number and to calls to it; never more than the rung says.

    | rung | calls from it | calls to it |
    |---|---|---|
    | label | pass with the label | pass |
    | reverify | sent to `reverify`, else labelled | pass |
    | divert | sent to `divert`, else labelled | sent to `divert`, else pass |
    | restrict_outgoing | 608 | pass |
    | block | 608 | 608 |

    A direction `out` or `in` leaves the other side alone.
    """
    from_it, to_it = {
        "reverify": (Effect.REVERIFY if settings.reverify else Effect.LABEL, Effect.PASS),
        "divert": (Effect.DIVERT, Effect.DIVERT) if settings.divert else (Effect.LABEL, Effect.PASS),
        "restrict_outgoing": (Effect.REJECT, Effect.PASS),
        "block": (Effect.REJECT, Effect.REJECT),
    }.get(measure, (Effect.LABEL, Effect.PASS))
    return (Effect.PASS if direction == "in" else from_it), (Effect.PASS if direction == "out" else to_it)


def cell_of(entry: Entry, settings: Settings) -> str:
    """The value that stands for an entry."""
    seconds, micro = divmod(entry.ends_at_us, US_PER_S)
    from_it, to_it = effects(entry.measure, entry.direction, settings)
    form = "+" if entry.value.startswith("+") else ""
    measure = entry.measure if _PLAIN.fullmatch(entry.measure) else "other"
    direction = entry.direction if entry.direction in ("in", "out") else "both"
    return f"{seconds}:{from_it}:{to_it}:{micro}:{entry.order_id}:{form}:{measure}:{direction}"


def mark_of(key: str, cell: str, settings: Settings) -> Mark | None:
    """What identifies a row read back; None when it is not ours. One that does something else than these settings make
    of its order has a mark that names none, so that it is put right.
    """
    found = _CELL.fullmatch(cell)
    if found is None:
        return None
    end, from_it, to_it, micro, order_id, form, measure, direction = found.groups()
    if (from_it, to_it) != effects(measure, direction, settings):
        return Mark(f"{form}{key}", "", "")
    return Mark(f"{form}{key}", order_id, rfc3339(int(end) * US_PER_S + int(micro)))
