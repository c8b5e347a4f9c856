"""After a rotation of keys: who is warned keeps his warnings, caps and mutes under his new token.

Unlike what was decided and signed, warnings are work of hours: left under old tokens, a contact of the same person
would open a second warning and tell him twice. So would a contact whose id follows from an old token: records are read
again after a rotation, and what they say must be a further word about the event that stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from chainbreak.base.clock import US_PER_DAY
from chainbreak.records.finding import read_token, write_token
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office

AT_ONCE = 500
"""Recipients a statement."""
READ_AGAIN_US = 8 * US_PER_DAY
"""Older contacts are told of by nobody any more: nothing says so much later what it says."""
Exchange = Mapping[Identifier, tuple[Any, Any]]
"""Kind -> replaced tokens, sorted, and the token of each now."""


def exchange_recipients(office: Office, exchange: Exchange) -> int:
    """Exchange the recipients of warnings, contacts, messages, visits, phrases and mutes, and what contacts are with,
    all in one transaction; how many people. Again, it changes nothing.
    """
    from sqlalchemy import bindparam, select, update

    from chainbreak.store.desk.tables_contacts import correction_call
    from chainbreak.store.desk.tables_hotline import warning_phrase
    from chainbreak.store.desk.tables_visits import visit
    from chainbreak.store.desk.tables_warnings import contact_event, statement, warning, warning_mute, warning_send

    named = [table.c.recipient for table in (
        warning, contact_event, warning_send, warning_mute, statement, visit, correction_call, warning_phrase,
    )]  # fmt: skip
    people: set[str] = set()
    with office.desk.begin() as conn:
        for column in (*named, contact_event.c.indicator):
            now = _exchanged(conn.execute(select(column).distinct()).scalars().all(), exchange)
            change = update(column.table).where(column == bindparam("was")).values({column: bindparam("now")})
            rows = [{"was": was, "now": token} for was, token in now.items()]
            for at in range(0, len(rows), AT_ONCE):
                conn.execute(change, rows[at : at + AT_ONCE])
            people |= set(now.values()) if column is not contact_event.c.indicator else set()
        _name_anew(conn, office.clock.now_us() - READ_AGAIN_US)
    return len(people)


def _name_anew(conn: Connection, since_us: int) -> None:
    """Give each contact since a moment the id that follows from what it says now."""
    from sqlalchemy import bindparam, select, update

    from chainbreak.app.take_contacts import event_of
    from chainbreak.store.desk.tables_warnings import contact_event

    lately = conn.execute(select(contact_event).where(contact_event.c.at_us >= since_us)).mappings()
    named = ((row["event_id"], event_of(dict(row)).event_id) for row in lately)
    if changed := [{"was": was, "now": now} for was, now in named if was != now]:
        change = update(contact_event).where(contact_event.c.event_id == bindparam("was"))
        conn.execute(change.values(event_id=bindparam("now")), changed)


def _exchanged(known: Iterable[str], exchange: Exchange) -> dict[str, str]:
    """Written token -> the one that took its place, of those that have been replaced."""
    found: dict[str, str] = {}
    for kind, (old, new) in exchange.items():
        written = [one for one in known if one.startswith(f"{kind}:")] if len(old) else []
        tokens = np.array([read_token(one)[1] for one in written], np.int64)
        at = np.minimum(np.searchsorted(old, tokens), max(len(old) - 1, 0))
        hit = np.flatnonzero(old[at] == tokens).tolist() if written else []
        found |= {written[i]: write_token(kind, int(new[at[i]])) for i in hit}
    return found
