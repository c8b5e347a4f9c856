"""After a rotation of keys: who is warned keeps his warnings, caps and mutes under his new token.

Unlike what was decided and signed, warnings are work of hours: left under old tokens, a contact of the same person
would open a second warning and tell him twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chainbreak.records.finding import read_token, write_token
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

AT_ONCE = 500
"""Recipients a statement."""


def exchange_recipients(office: Office, old: Any, new: Any) -> int:
    """Exchange the recipients of warnings, contacts, messages, visits and mutes, all in one transaction; how many
    people. `old`: replaced tokens, sorted, `new`: the token of each now. Again, it changes nothing.
    """
    from sqlalchemy import bindparam, select, update

    from chainbreak.store.desk.tables_contacts import correction_call
    from chainbreak.store.desk.tables_visits import visit
    from chainbreak.store.desk.tables_warnings import contact_event, statement, warning, warning_mute, warning_send

    people: set[str] = set()
    with office.desk.begin() as conn:
        for table in (warning, contact_event, warning_send, warning_mute, statement, visit, correction_call):
            known = conn.execute(select(table.c.recipient).distinct()).scalars().all()
            now = _exchanged(known, old, new)
            change = update(table).where(table.c.recipient == bindparam("was")).values(recipient=bindparam("now"))
            rows = [{"was": was, "now": token} for was, token in now.items()]
            for at in range(0, len(rows), AT_ONCE):
                conn.execute(change, rows[at : at + AT_ONCE])
            people |= set(now.values())
    return len(people)


def _exchanged(known: list[str] | Any, old: Any, new: Any) -> dict[str, str]:
    """Written token -> the one that took its place, of those that have been replaced."""
    written = [one for one in known if one.startswith(f"{Identifier.LINE}:")]
    tokens = np.array([read_token(one)[1] for one in written], np.int64)
    at = np.minimum(np.searchsorted(old, tokens), max(len(old) - 1, 0))
    hit = old[at] == tokens if len(old) else np.zeros(len(tokens), bool)
    return {written[i]: write_token(Identifier.LINE, int(new[at[i]])) for i in np.flatnonzero(hit).tolist()}
