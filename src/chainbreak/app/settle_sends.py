"""Bring messages to what their channels say of them, and go on where nobody could be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from chainbreak.records.actor import SERVICE

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.act.warnings.channels import Receipt
    from chainbreak.app.bootstrap import Office
    from chainbreak.store.desk.warning_sends import Became

MANY = "sends"
"""The object of a leaf about messages; its payload names them."""


def settle_sends(office: Office, conn: Connection, channel: str, said: Sequence[Became]) -> None:
    """Bring messages to what their channel says, in the caller's transaction with one leaf, and begin what the tier
    asks for where nobody could be told.
    """
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import warning_sends as desk

    if not said:
        return
    now = office.clock.now_us()
    desk.settle(conn, said, now)
    states: dict[str, list[str]] = {}
    for one in said:
        states.setdefault(one.state, []).append(one.send_id)
    if set(states) - {desk.HANDING}:
        append(conn, Entry.by(SERVICE, now, "warning.settle", MANY, purpose="warn",
                              payload={"channel": channel, **states}))  # fmt: skip
    next_action(office, conn, [*states.get(desk.FAILED, ()), *states.get(desk.DUE, ())])


def next_action(office: Office, conn: Connection, send_ids: Sequence[str]) -> None:
    """Begin the tier's next action for the warnings that these messages, where they have failed, did not tell of."""
    from chainbreak.app.tidy_warnings import unreached
    from chainbreak.store.desk import warning_sends as desk

    if send_ids and (rows := desk.given_up(conn, send_ids, office.clock.now_us())):
        unreached(conn, office, rows, office.clock.now_us())


def texts_settled(office: Office, conn: Connection, changed: Mapping[str, str]) -> None:
    """Bring messages to what their texts say. `changed`: text -> its new state; texts about other things are left."""
    from sqlalchemy import select

    from chainbreak.act.warnings.channels.sms import BECAME, EVENT
    from chainbreak.store.desk import warning_sends as desk
    from chainbreak.store.desk.funds import chunks
    from chainbreak.store.desk.tables_texts import text_message as t

    said = []
    for some in chunks(text_id for text_id, state in changed.items() if BECAME[state] != desk.HANDING):
        of_warnings = select(t.c.text_id, t.c.event).where(t.c.text_id.in_(some), t.c.event.startswith(EVENT))
        for row in conn.execute(of_warnings):
            state = changed[row.text_id]
            reason = ("expired" if state == "expired" else "not_delivered") if BECAME[state] == desk.FAILED else ""
            said.append(desk.Became(row.event.removeprefix(EVENT), BECAME[state], reason))
    settle_sends(office, conn, desk.SMS, said)


def became(receipt: Receipt) -> Became:
    """What a channel's receipt makes of a message."""
    from chainbreak.store.desk.warning_sends import Became

    return Became(receipt.send_id, receipt.state, receipt.reason, receipt.receipt)
