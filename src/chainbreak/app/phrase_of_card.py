"""The phrase and the case code of a card: made when it is opened, renewed when asked, told to nobody but its holder."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.phrase import CODE_US, VALID_US, Phrase, phrase_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

CODES = 10_000


def ready_phrase(conn: Connection, actor: Actor, warning_id: str, now_us: int) -> None:
    """Make a phrase unless the card has one that still serves this attempt."""
    from chainbreak.store.desk import warning_calls as calls

    row, known = calls.row_of(conn, warning_id), calls.phrase_row(conn, warning_id)
    assert row is not None, "its card was just taken"
    attempts = calls.attempts_of(conn, warning_id)
    since = attempts[-1]["ended_at_us"] if attempts else 0
    if known and known["expires_at_us"] > now_us and known["made_at_us"] > since and known["state"] != calls.REPLACED:
        return
    _add(conn, actor, row, known, now_us, same_attempt=False)


def renew_phrase(office: Office, actor: Actor, warning_id: str) -> None:
    """A new phrase for a card the actor has open: the one before is too old, was shown, or was guessed at.

    Raises:
        UsageError: no such warning (CB-WA-141).
        RefusedError: the actor works no calls (CB-WA-140), or has not opened the card (CB-WA-142).
    """
    from chainbreak.app.open_warning import held_row
    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk import warning_calls as calls

    now = office.clock.now_us()
    with office.desk.begin() as conn:
        row = held_row(conn, actor, warning_id, now)
        _add(conn, actor, row, calls.phrase_row(conn, warning_id), now, same_attempt=True)
        append(conn, Entry.by(actor, now, "warning.phrase", f"warning:{warning_id}", purpose="warn"))


def _add(
    conn: Connection, actor: Actor, row: Mapping[str, Any], known: Mapping[str, Any] | None, now_us: int, *,
    same_attempt: bool,
) -> None:  # fmt: skip
    """Add a phrase of its own random id; the case code stays while it finds the warning."""
    from chainbreak.store.desk import warning_calls as calls

    code = known["code"] if known and known["code_until_us"] > now_us else _free_code(conn, now_us)
    calls.add_phrase(conn, {
        "phrase_id": secrets.token_hex(16), "warning_id": row["warning_id"], "recipient": row["recipient"],
        "code": code, "made_by": actor.name, "made_at_us": now_us, "expires_at_us": now_us + VALID_US,
        "code_until_us": now_us + CODE_US, "tries": 0, "state": calls.LIVE, "way": "",
        "called_back_at_us": known["called_back_at_us"] if known and same_attempt else None,
    })  # fmt: skip


def phrase_in(office: Office, row: Mapping[str, Any]) -> Phrase:
    """The phrase that a row of `warning_phrase` stands for."""
    return phrase_of(office.keys.ref_key, row["phrase_id"], row["warning_id"])


def _free_code(conn: Connection, now_us: int) -> str:
    """A code that finds no other warning; when all do, one that another card's will give way to."""
    from chainbreak.store.desk import warning_calls as calls

    taken = calls.codes_taken(conn, now_us)
    free = [code for code in (f"{n:04d}" for n in range(CODES)) if code not in taken]
    return secrets.choice(free) if free else f"{secrets.randbelow(CODES):04d}"
