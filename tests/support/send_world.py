"""Warnings with messages planned about them, as `take_contacts` leaves them: for tests of channels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import insert, select
from warning_world import add_warning, event_of, known_lines

from chainbreak.act.delivery.sms import book
from chainbreak.act.warnings.model import send_id_of
from chainbreak.app.bootstrap import Office
from chainbreak.base.clock import US_PER_HOUR
from chainbreak.store.desk.tables_texts import text_message, text_part
from chainbreak.store.desk.tables_warnings import warning, warning_send


def warned(office: Office, n: int, tier: str = "low", channel: str = "sms", **said: Any) -> list[str]:
    """Warnings of `n` people with one message each, due now; the ids of the messages."""
    now = office.clock.now_us()
    ids = [add_warning(office, event_of(tier, line, now, i), now) for i, line in enumerate(known_lines(office, n))]
    return [plan(office, warning_id, channel, **said) for warning_id in ids]


def money_events(office: Office, sources: list[str]) -> list[str]:
    """A warning of the top tier for each source that says money moves, with a bank's notice; ids of the notices."""
    now, lines = office.clock.now_us(), known_lines(office, len(sources))
    made = []
    for i, (line, source) in enumerate(zip(lines, sources, strict=True)):
        event = replace(event_of("urgent", line, now, i), source=source, ref=f"pay-{i}", stake_fen=5_000_000)
        made.append(plan(office, add_warning(office, event, now), "bank"))
    return made


def plan(office: Office, warning_id: str, channel: str = "sms", purpose: str = "warn", **said: Any) -> str:
    """One planned message about a warning; its id. `said`: columns other than usual."""
    now = office.clock.now_us()
    with office.desk.begin() as conn:
        about = conn.execute(select(warning).where(warning.c.warning_id == warning_id)).one()
        row = {
            "send_id": send_id_of(warning_id, channel, purpose), "warning_id": warning_id,
            "recipient": about.recipient, "campaign": about.campaign, "channel": channel, "purpose": purpose,
            "rank": about.rank, "state": "due", "reason": "", "planned_at_us": now, "due_at_us": now,
            "expires_at_us": now + US_PER_HOUR, "attempts": 0, "receipt": "", **said,
        }  # fmt: skip
        conn.execute(insert(warning_send).values(**row))
    return str(row["send_id"])


def queue_text_of(office: Office, send_id: str, body: str = "a text") -> str:
    """Put the message into our queue of texts; the text's id."""
    now, text_id = office.clock.now_us(), book.text_id_of(f"warning:{send_id}", "")
    with office.desk.begin() as conn:
        book.add(conn, {
            "text_id": text_id, "event": f"warning:{send_id}", "recipient": "line:0000000000000001",
            "channel": book.SMS, "purpose": "warning", "template": "warning", "lang": "zh", "body": body,
            "queued_by": "service", "queued_at_us": now, "due_at_us": now, "expires_at_us": now + US_PER_HOUR,
        })  # fmt: skip
        conn.execute(
            warning_send.update().where(warning_send.c.send_id == send_id).values(state="handing", receipt=text_id)
        )
    return text_id


def sends(office: Office, *columns: str) -> list[tuple[Any, ...]]:
    """Columns of every message, by id."""
    named = [warning_send.c[name] for name in columns or ("state", "reason")]
    with office.desk.read() as conn:
        return [tuple(row) for row in conn.execute(select(*named).order_by(warning_send.c.send_id))]


def text_states(office: Office) -> list[tuple[str, str]]:
    """State of every text and of each of its parts."""
    with office.desk.read() as conn:
        joined = select(text_message.c.state, text_part.c.state).join(text_part)
        return [(row[0], row[1]) for row in conn.execute(joined.order_by(text_part.c.text_id, text_part.c.part))]
