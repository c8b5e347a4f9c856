"""Reads of the log are themselves in the log: who may read it, and the entry that says so."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from chainbreak.base.clock import rfc3339
from chainbreak.base.errors import RefusedError
from chainbreak.records.actor import Actor, Role

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office


@contextmanager
def reading_log(
    office: Office, actor: Actor, what: str, object: str, *,
    purpose: str, case: str = "", payload: Mapping[str, Any] | None = None,
) -> Iterator[Connection]:  # fmt: skip
    """A transaction in which an auditor reads the log, and which ends in the leaf `audit.<what>` that says so.

    Raises:
        RefusedError: the actor is no auditor (CB-AU-014), or gave no purpose (CB-AU-015); the attempt is in the log.
    """
    from chainbreak.audit.log import Entry, append

    def leaf(action: str, details: Mapping[str, Any] | None) -> Entry:
        return Entry.by(actor, office.clock.now_us(), action, object, purpose=purpose, case=case, payload=details)

    refused = None
    if not actor.has(Role.AUDITOR):
        refused = RefusedError(
            "CB-AU-014", "only an auditor reads the log", given=actor.name, allowed="the role auditor"
        )
    elif not purpose.strip():
        refused = RefusedError("CB-AU-015", "a read of the log needs a purpose", next_step="--purpose WHY")
    with office.desk.begin() as conn:
        if refused:
            append(conn, leaf("audit.refused", {"asked": what, "code": refused.code}))
        else:
            yield conn
            append(conn, leaf(f"audit.{what}", payload))
    if refused:
        raise refused


def as_row(entry: bytes) -> dict[str, Any]:
    """One entry as a row for people: its own fields, `time` in words, without the payload's commitment.

    >>> as_row(b'{"sequence":"0","at_us":"0","actor":"li","payload":"00"}')
    {'sequence': 0, 'time': '1970-01-01T00:00:00Z', 'actor': 'li'}
    """
    body = json.loads(entry)
    first = {"sequence": int(body.pop("sequence")), "time": rfc3339(int(body.pop("at_us")))}
    return first | {name: body[name] for name in _SHOWN if name in body}


_SHOWN = ("actor", "role", "via", "action", "object", "purpose", "case", "clock_us")
