"""Open a card by its warning's id, or by the case code that a citizen says who calls the published number."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.calls import HOLD_US
from chainbreak.act.warnings.model import OPEN
from chainbreak.app.next_warning import must_call
from chainbreak.base.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.app.reveal_identifier import Revealed
    from chainbreak.records.actor import Actor

_CODE = re.compile(r"\d{4}")


def open_warning(office: Office, actor: Actor, named: str) -> dict[str, Any]:
    """The card, as `warning_card` gives it, locked by the actor unless somebody else has it open or it is closed.

    Opened by a case code, the citizen has checked us: they dialled the published number themselves. They are on the
    line with the actor now, so the card is theirs whoever had it open.

    Raises:
        UsageError: no such warning (CB-WA-141), or a code that finds none now (CB-WA-143).
        RefusedError: the actor works no calls (CB-WA-140).
    """
    from chainbreak.app.phrase_of_card import ready_phrase
    from chainbreak.app.warning_card import warning_card
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import warning_calls as calls

    must_call(actor)
    now = office.clock.now_us()
    with office.desk.begin() as conn:
        found = calls.by_code(conn, named, now) if _CODE.fullmatch(named) else None
        if _CODE.fullmatch(named) and found is None:
            raise UsageError("CB-WA-143", "this code finds no warning now", given=named,
                             next_step="ask for the code again; it serves two hours")  # fmt: skip
        warning_id = found["warning_id"] if found else named
        row = row_named(conn, warning_id)
        is_open, until = row["state"] == OPEN, now + HOLD_US
        if is_open and calls.take(conn, warning_id, actor.name, now, until, over=found is not None):
            ready_phrase(conn, actor, warning_id, now)
        if found:
            calls.note_call_back(conn, warning_id, now)
        append(conn, Entry.by(actor, now, "warning.open", f"warning:{warning_id}", purpose="warn",
                              payload={"by": "code" if found else "id"}))  # fmt: skip
    return warning_card(office, actor, warning_id)


def card_in_hand(office: Office, actor: Actor) -> dict[str, Any] | None:
    """The card that the actor has open, after the page was loaded anew; None: none.

    Raises:
        RefusedError: the actor works no calls (CB-WA-140).
    """
    from chainbreak.app.warning_card import warning_card
    from chainbreak.store.desk import warning_calls as calls

    must_call(actor)
    with office.desk.read() as conn:
        warning_id = calls.in_hand(conn, actor.name, office.clock.now_us())
    return warning_card(office, actor, warning_id) if warning_id else None


def keep_warning(office: Office, actor: Actor, warning_id: str) -> None:
    """The call goes on: the card stays with the actor for another ten minutes.

    Raises:
        UsageError: no such warning (CB-WA-141).
        RefusedError: the actor works no calls (CB-WA-140), or has not opened the card (CB-WA-142).
    """
    from chainbreak.store.desk import warning_calls as calls

    now = office.clock.now_us()
    with office.desk.begin() as conn:
        held_row(conn, actor, warning_id, now)
        calls.take(conn, warning_id, actor.name, now, now + HOLD_US)


def reveal_recipient(office: Office, actor: Actor, warning_id: str) -> Revealed:
    """The number to dial, for whoever has the card open; a reveal like any other, with the warning as its case.

    Raises:
        UsageError: no such warning (CB-WA-141).
        RefusedError: the actor works no calls (CB-WA-140), or has not opened the card (CB-WA-142).
        InputError: the number is not in the vault (CB-ID-021).
    """
    from chainbreak.app.reveal_identifier import reveal_identifier

    with office.desk.read() as conn:
        row = held_row(conn, actor, warning_id, office.clock.now_us())
    return reveal_identifier(office, actor, row["recipient"], purpose="warn", case=warning_id)


def held_row(conn: Connection, actor: Actor, warning_id: str, now_us: int) -> dict[str, Any]:
    """The row of a warning whose card the actor has open.

    Raises:
        UsageError: no such warning (CB-WA-141).
        RefusedError: the actor works no calls (CB-WA-140), or has not opened the card (CB-WA-142).
    """
    must_call(actor)
    row = row_named(conn, warning_id)
    if row["holder"] != actor.name or (row["held_until_us"] or 0) <= now_us:
        raise RefusedError("CB-WA-142", "open the card first", given=row["holder"] or "nobody has it open",
                           next_step=f"chainbreak warn show {warning_id} --as {actor.name}")  # fmt: skip
    return row


def row_named(conn: Connection, warning_id: str) -> dict[str, Any]:
    """The row of a warning.

    Raises:
        UsageError: there is none (CB-WA-141).
    """
    from chainbreak.store.desk import warning_calls as calls

    row = calls.row_of(conn, warning_id)
    if row is None:
        raise UsageError("CB-WA-141", "there is no such warning", given=warning_id[:40],
                         next_step="chainbreak warn list")  # fmt: skip
    return row
