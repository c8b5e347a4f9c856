"""Queue a text to a person: an approved template, a recipient as a written token, never the same text twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainbreak.act.delivery.sms import book
from chainbreak.act.delivery.sms.templates import Published, fill, template
from chainbreak.base.clock import US_PER_HOUR
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import Actor, Role
from chainbreak.records.finding import read_token, write_token
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.base.wording import Lang

MAY_TEXT = frozenset({Role.ANALYST, Role.FUND_DESK, Role.HOTLINE, Role.LIAISON, Role.APPROVER})
"""Who speaks with people on the centre's behalf; no machine queues a text by itself."""
EVENT_MAX = 64


def text_notice(office: Office, actor: Actor, order_id: str, recipient: str = "", lang: Lang | None = None) -> str:
    """Queue the notice of an approved order to the person it concerns; the text's id.

    `recipient`: a written token `line:…`; empty for an order on a number, which tells that number. The notice counts as
    given when the centre says the text was delivered.

    Raises:
        UsageError: no such order (CB-OR-003), no notice is owed (CB-OR-066), nobody named to tell (CB-DL-206).
        RefusedError, InputError: as `queue_text`.
    """
    from sqlalchemy import select

    from chainbreak.act.orders import ledger
    from chainbreak.store.desk.tables_orders import notice

    with office.desk.read() as conn:
        order = ledger.read_order(conn, order_id)
        state = conn.execute(select(notice.c.state).where(notice.c.order_id == order_id)).scalar()
    if state not in ("due", "deferred"):
        raise UsageError("CB-OR-066", "no notice is owed", given=f"{order_id} {state or 'not approved'}")
    content = order.content
    about_line = content.object.startswith(f"{Identifier.LINE}:")
    name = "notice_line" if about_line and recipient in ("", content.object) else "notice_measure"
    values: dict[str, str | int] = {
        "day": content.starts_at_us, "until": content.expires_at_us, "code": str(content.remedy["receipt_code"]),
    }  # fmt: skip
    return queue_text(office, actor, name, f"notice:{order_id}", recipient or (content.object if about_line else ""),
                      values, lang=lang, case=content.case_ref)  # fmt: skip


def queue_text(
    office: Office, actor: Actor, name: str, event: str, recipient: str, values: Mapping[str, str | int], *,
    lang: Lang | None = None, due_at_us: int | None = None, case: str = "",
) -> str:  # fmt: skip
    """Queue the template `name` about `event` to `recipient` (a written token of a line); the text's id.

    Asked again for the same event and recipient it changes nothing and returns the same id.

    Raises:
        UsageError: no such template (CB-DL-204), not a line's token, or an event that is no name (CB-DL-206).
        InputError: a value does not fit its place (CB-DL-205), too long (CB-DL-201).
        RefusedError: the role (CB-DL-207).
    """
    from sqlalchemy import select

    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk.tables_texts import text_message as t

    if not actor.has(*MAY_TEXT):
        raise RefusedError("CB-DL-207", "this role does not text people", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(sorted(MAY_TEXT)))  # fmt: skip
    if not 0 < len(event) <= EVENT_MAX:
        raise UsageError("CB-DL-206", "not a usable event", given=f"{len(event)} characters",
                         allowed=f"1 to {EVENT_MAX}")  # fmt: skip
    to, approved, settings = _present(office, recipient), template(name), office.centre.settings
    language = lang or settings.language
    body = fill(approved, language, Published(settings.name, settings.hotline, settings.zone), values)
    now = office.clock.now_us()
    due = max(now, due_at_us or 0)
    text_id = book.text_id_of(event, to)
    with office.desk.begin() as conn:
        if conn.execute(select(t.c.text_id).where(t.c.text_id == text_id)).first():
            return text_id
        if known := _told_before(office, conn, event, to):
            return known
        book.add(conn, {
            "text_id": text_id, "event": event, "recipient": to, "channel": book.SMS, "purpose": approved.purpose,
            "template": name, "lang": language, "body": body, "queued_by": actor.name, "queued_at_us": now,
            "due_at_us": due, "expires_at_us": due + approved.valid_h * US_PER_HOUR,
        })  # fmt: skip
        append(conn, Entry.by(actor, now, "text.queue", f"text:{text_id}", purpose=approved.purpose, case=case,
                              payload={"recipient": to, "template": name, "event": event}))  # fmt: skip
    return text_id


def _present(office: Office, recipient: str) -> str:
    """The token that stands for the recipient today."""
    try:
        kind, token = read_token(recipient)
    except ValueError:
        kind, token = "", 0
    if kind != Identifier.LINE:
        raise UsageError("CB-DL-206", "a text goes to a telephone number", given=recipient[:40] or "nobody",
                         allowed="a written token line:…")  # fmt: skip
    office.keys.refresh()  # a server may have been running since before the last rotation
    return write_token(Identifier.LINE, office.vault.current(Identifier.LINE, token))


def _told_before(office: Office, conn: Connection, event: str, recipient: str) -> str:
    """The text about the same event that went to the same number under a token that a rotation has replaced since."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_texts import text_message as t

    if office.keys.epochs[Identifier.LINE] == 1 and Identifier.LINE not in office.keys.coming:
        return ""
    same = conn.execute(select(t.c.text_id, t.c.recipient).where(t.c.event == event, t.c.channel == book.SMS)).all()
    now = office.vault.currents(Identifier.LINE, {read_token(row.recipient)[1] for row in same})
    ours = read_token(recipient)[1]
    return next((str(row.text_id) for row in same if now[read_token(row.recipient)[1]] == ours), "")
