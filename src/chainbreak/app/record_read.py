"""Reads are events too: a leaf for each thing looked at; for lists one leaf a person, list and ten minutes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from chainbreak.audit.log import Entry, append
from chainbreak.base.clock import US_PER_MIN

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

OFTEN_US = 10 * US_PER_MIN
"""Somebody who pages through a list does one thing, not fifty; who saw which list in which ten minutes is enough."""

_said: dict[tuple[str, str, str], int] = {}
_lock = threading.Lock()


def record_read(
    office: Office, actor: Actor, action: str, object: str, *, purpose: str = "", case: str = "", often: bool = False
) -> None:
    """Append the leaf of a read; `often`: only if this process has not said the same in the last ten minutes."""
    now = office.clock.now_us()
    if often:
        key = (actor.name, action, str(office.centre.root))
        with _lock:
            if now - _said.get(key, -OFTEN_US) < OFTEN_US:
                return
            _said[key] = now
    with office.desk.begin() as conn:
        append(conn, Entry.by(actor, now, action, object, purpose=purpose, case=case))
