"""The partners behind a channel, and what its messages say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from chainbreak.base.clock import rfc3339
from chainbreak.base.errors import SetupError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from chainbreak.act.warnings.channels import Channel, Notice
    from chainbreak.act.warnings.channels.hooks import HookChannel
    from chainbreak.app.bootstrap import Office

FORMATS = {"sms": "sms", "push": "push", "bank": "bankdesk"}
"""Channel -> format of the partner behind it."""
MONEY = frozenset({"transfer.toward_mule", "screenshare.reported", "cash.or_courier"})
"""Kinds of event in which money moves."""


@dataclass(frozen=True)
class Way:
    """Who stands behind a channel: "" for nobody. `channel`: none for texts, which a session of its own sends.
    `query_s`: seconds between questions after what was handed over, 0 for never.
    """

    partner_id: str = ""
    channel: Channel | None = None
    query_s: int = 0


def open_way(office: Office, name: str) -> Way:
    """The way of a channel: its first active partner, and for banks all of them.

    Raises:
        SetupError: a partner's settings, address or key do not do (CB-WA-121, CB-DL-162).
    """
    rows = partners_of(office, name)
    if not rows:
        return Way()
    if name == "sms":
        return Way(rows[0]["partner_id"])
    from chainbreak.act.warnings.channels.hooks import Desks

    if name == "push":
        channel, settings = _hook(office, name, rows[0])
        return Way(rows[0]["partner_id"], channel, settings.query_s if settings.statuses else 0)
    opened = {row["partner_id"]: _hook(office, name, row) for row in rows}
    shared = next((partner_id for partner_id, (_, settings) in opened.items() if settings.for_all), "")
    own = {partner_id: desk for partner_id, (desk, _) in opened.items() if partner_id != shared}
    asked = [settings.query_s for _, settings in opened.values() if settings.statuses]
    return Way(" ".join(opened), Desks(own, opened[shared][0] if shared else None), min(asked, default=0))


def partners_of(office: Office, name: str) -> list[dict[str, Any]]:
    """Rows of the active partners of a channel's format, by name."""
    from chainbreak.app.change_partners import list_partners

    return [row for row in list_partners(office) if row["format"] == FORMATS[name] and row["active"]]


def _hook(office: Office, name: str, row: Mapping[str, Any]) -> tuple[HookChannel, Any]:
    from pydantic import ValidationError

    from chainbreak.act.delivery.points import room_of
    from chainbreak.act.delivery.sms.templates import Published
    from chainbreak.act.delivery.webhook.client import Webhook
    from chainbreak.act.warnings.channels.hooks import HookChannel, bank_content, push_content
    from chainbreak.app.partner_secrets import secret_path

    try:
        settings: Any = room_of(row["format"]).Settings.model_validate(json.loads(row["settings"]))
        key = secret_path(office, row["partner_id"], "signing_key").read_text(encoding="utf-8").strip()
    except (ValidationError, OSError):
        raise SetupError("CB-WA-121", "the channel's partner is not set up completely", given=row["partner_id"],
                         next_step=f"chainbreak partner check {row['partner_id']}") from None  # fmt: skip
    of = office.centre.settings
    published = Published(of.name, of.hotline, of.zone)
    content = bank_content if name == "bank" else partial(push_content, published=published)
    hook = Webhook(row["address"], key, office.clock, settings.ca)
    return HookChannel(name, hook, content, settings.batch), settings


def notices_of(conn: Connection, office: Office, name: str, rows: Sequence[Row[Any]]) -> list[Notice]:
    """What rows of claimed messages say, without numbers."""
    from chainbreak.act.warnings.channels import Notice

    money = _money(conn, rows) if name == "bank" else {}
    first = office.centre.settings.language
    return [
        Notice(row.send_id, row.recipient, row.purpose, row.tier, row.fraud, row.lang or first, row.deadline_us,
               row.expires_at_us, money=money.get(row.warning_id, {}))
        for row in rows
    ]  # fmt: skip


def _money(conn: Connection, rows: Sequence[Row[Any]]) -> dict[str, dict[str, Any]]:
    """Warning -> what is known of the payment: the newest event in which money moves, with the bank's own reference."""
    from chainbreak.store.desk.warnings import events_of

    stakes = {row.warning_id: row.stake_fen for row in rows}
    found = {}
    for warning_id, events in events_of(conn, stakes).items():
        moving = [event for event in events if event["kind"] in MONEY]
        if moving:
            found[warning_id] = _payment(moving[-1], stakes[warning_id])
    return found


def _payment(event: Mapping[str, Any], stake_fen: int | None) -> dict[str, Any]:
    return {
        "event": event["kind"], "source": event["source"], "ref": event["ref"], "at": rfc3339(event["at_us"]),
        "stake_fen": stake_fen,
    }  # fmt: skip
