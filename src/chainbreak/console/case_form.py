"""What people type into the forms of a report, as values; and values as a form shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chainbreak.base.clock import from_us, parse_moment
from chainbreak.base.errors import UsageError
from chainbreak.base.units import yuan_to_fen

if TYPE_CHECKING:
    from chainbreak.console.session import Visit

MOST_ROLES = 400
"""Identifiers of one form; a story of the greatest length names fewer."""


def local_minute(at_us: int | None, zone: str) -> str:
    """A time as a field of type datetime-local shows it, to the minute; "" for none.

    >>> local_minute(1795132800000000, "Asia/Shanghai"), local_minute(None, "UTC")
    ('2026-11-20T08:00', '')
    """
    return "" if at_us is None else from_us(at_us, zone).strftime("%Y-%m-%dT%H:%M")


def moment_of(text: str, zone: str) -> int | None:
    """The time in a field; None when it is empty.

    Raises:
        UsageError: not a time (CB-RT-005).
    """
    if not text.strip():
        return None
    try:
        return parse_moment(text, zone)
    except ValueError:
        raise UsageError("CB-RT-005", "not a time", given=text[:40], allowed="2026-11-20 08:30") from None


def loss_of(text: str, visit: Visit) -> int | None:
    """The amount in a field, in fen: yuan in digits, or as people say it (3万5); None when it is empty.

    Raises:
        UsageError: not an amount (CB-RT-005).
    """
    from chainbreak.app.report_texts import mentions_of

    if not text.strip():
        return None
    try:
        return yuan_to_fen(text)
    except ValueError:
        told = [m for m in mentions_of(visit.office, text, None) if m.kind == "amount" and m.low == m.high]
        if len(told) == 1 and told[0].low is not None:
            return told[0].low
        raise UsageError("CB-RT-005", "not an amount", given=text[:40], allowed="35000, 3万5") from None


def read_fields(visit: Visit, form: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str], dict[str, str]]:
    """A form of correction: fields, roles by key, and identifiers to add with their role. Only what differs from
    `was:<field>`, the value that the form was opened with, is taken.

    Raises:
        UsageError: a field that cannot be read (CB-RT-005).
    """
    given = {name: value for name, value in form.items() if isinstance(value, str)}

    def changed(name: str) -> str | None:
        value = given.get(name)
        return value if value is not None and value.strip() != given.get(f"was:{name}", "").strip() else None

    zone = visit.office.centre.settings.zone
    values: dict[str, Any] = {
        name: text.strip() for name in ("type", "district") if (text := changed(name)) is not None
    }
    if (text := changed("loss")) is not None:
        values["loss_fen"] = loss_of(text, visit)
    if (text := changed("occurred")) is not None:
        values["occurred_at_us"] = moment_of(text, zone)
    keys = [name.removeprefix("role:") for name in given if name.startswith("role:")][:MOST_ROLES]
    roles = {key: role for key in keys if (role := changed(f"role:{key}")) is not None}
    added = given.get("add", "").strip()
    return values, roles, {added[:255]: given.get("add_role", "suspect")} if added else {}


@dataclass(frozen=True)
class Filled:
    """The form of a new report as it was sent. None: the field still says what the machine put there."""

    narrative: str
    reported_at_us: int
    receipt: str
    report_id: str
    victim: str
    type: str | None
    district: str | None
    loss: str | None
    occurred: str | None
    roles: dict[str, str]
    added: tuple[str, ...]


def filled_in(visit: Visit, form: Mapping[str, Any], added: list[str]) -> Filled:
    """The form as values; `added`: every field of that name.

    Raises:
        UsageError: the time of the report cannot be read (CB-RT-005).
    """
    given = {name: value for name, value in form.items() if isinstance(value, str)}

    def own(name: str) -> str | None:
        value = given.get(name)
        return value.strip() if value is not None and value.strip() != given.get(f"was:{name}", "").strip() else None

    names = [name.removeprefix("role:") for name in given if name.startswith("role:")][:MOST_ROLES]
    zone = visit.office.centre.settings.zone
    typed = [one.strip()[:255] for one in [*added, given.get("add", "")] if one.strip()]
    return Filled(
        narrative=given.get("narrative", ""),
        reported_at_us=moment_of(given.get("reported", ""), zone) or visit.office.clock.now_us(),
        receipt=given.get("receipt", "")[:64], report_id=given.get("report_id", "").strip()[:64],
        victim=given.get("victim", "").strip()[:128], type=own("type"), district=own("district"), loss=own("loss"),
        occurred=own("occurred"), roles={name: role for name in names if (role := own(f"role:{name}")) is not None},
        added=tuple(dict.fromkeys(typed))[:50],
    )  # fmt: skip
