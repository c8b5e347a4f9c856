"""What people type into the forms of a report, as values; and values as a form shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chainbreak.app.report_texts import loss_in, moment_in, named_by_hand
from chainbreak.base.clock import from_us
from chainbreak.base.errors import UsageError

if TYPE_CHECKING:
    from chainbreak.console.session import Visit

MOST_ROLES = 400
"""Identifiers of one form; a story of the greatest length names fewer."""

PAID = {"phone": ("line", "victim"), "paid_from": ("account", "victim"), "paid_to": ("account", "suspect")}
"""Fields of the payment: which kind of identifier each holds, and whose it is."""
CHANNELS = ("mobile_bank", "web_bank", "counter", "atm", "wechat", "alipay", "unionpay", "ecny", "other")


def local_minute(at_us: int | None, zone: str) -> str:
    """A time as a field of type datetime-local shows it, to the minute; "" for none.

    >>> local_minute(1795132800000000, "Asia/Shanghai"), local_minute(None, "UTC")
    ('2026-11-20T08:00', '')
    """
    return "" if at_us is None else from_us(at_us, zone).strftime("%Y-%m-%dT%H:%M")


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

    values: dict[str, Any] = {
        name: text.strip() for name in ("type", "district") if (text := changed(name)) is not None
    }
    if (text := changed("loss")) is not None:
        values["loss_fen"] = loss_in(visit.office, text)
    if (text := changed("occurred")) is not None:
        values["occurred_at_us"] = moment_in(visit.office, text)
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
    paid: dict[str, str] = field(default_factory=dict)
    """Fields of `PAID` as typed."""
    paid_roles: dict[str, str] = field(default_factory=dict)
    """Identifiers in them by name, with whose they are."""
    channel: str = ""

    @property
    def by_hand(self) -> tuple[str, ...]:
        """Everything typed as an identifier, of its kind where the field says which."""
        return (*self.added, *(f"{PAID[name][0]}:{text}" for name, text in self.paid.items()))


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
    paid = {name: given[name].strip()[:64] for name in PAID if given.get(name, "").strip()}
    typed = [one.strip()[:255] for one in [*added, given.get("add", "")] if one.strip()]
    return Filled(
        narrative=given.get("narrative", ""),
        reported_at_us=moment_in(visit.office, given.get("reported", "")) or visit.office.clock.now_us(),
        receipt=given.get("receipt", "")[:64], report_id=given.get("report_id", "").strip()[:64],
        victim=given.get("victim", "").strip()[:128], type=own("type"), district=own("district"), loss=own("loss"),
        occurred=own("occurred"), roles={name: role for name in names if (role := own(f"role:{name}")) is not None},
        added=tuple(dict.fromkeys(typed))[:50], paid=paid, paid_roles=_paid_roles(visit, paid),
        channel=given.get("channel", "") if given.get("channel") in CHANNELS else "",
    )  # fmt: skip


def _paid_roles(visit: Visit, paid: Mapping[str, str]) -> dict[str, str]:
    """What cannot be read is left out here; the form lists it among what names nothing."""
    roles: dict[str, str] = {}
    for name, text in paid.items():
        kind, role = PAID[name]
        try:
            roles[named_by_hand(visit.office, f"{kind}:{text}").name] = role
        except UsageError:
            continue
    return roles
