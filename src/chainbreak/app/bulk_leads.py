"""One move of many leads in one transaction: each is answered for, and none is left half done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chainbreak.act.leads.machine import MOVES
from chainbreak.app.dispatch_lead import dispatch_data
from chainbreak.app.move_lead import lead_now, may_read, move_in, read_lead, try_move
from chainbreak.base.errors import ChainbreakError, RefusedError, UsageError, did_you_mean

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

MOST = 200
"""Leads of one batch: a page of them, seen before they are moved."""
BULK = tuple(move for move in MOVES if move not in ("draft", "revise", "lapse"))


def bulk_leads(
    office: Office, actor: Actor, lead_ids: Sequence[str], move: str, data: Mapping[str, Any] | None = None, *,
    all_or_none: bool = False, dry_run: bool = False, key: str | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Make `move` with every lead named and say of each what became of it: rows (lead_id, ok, state, code, message).

    `all_or_none`: as soon as one is refused none is moved, and the others carry CB-LF-034. Otherwise what can be moved
    is. Either way everything is kept at once, so a lost connection leaves nothing half done. `dry_run` keeps nothing.

    Raises:
        UsageError: no such move (CB-US-001), or too many leads (CB-LF-035).
        RefusedError: the actor reads no leads (CB-LF-006).
    """
    may_read(actor)
    if move not in BULK:
        raise UsageError("CB-US-001", "no such move", given=move, allowed=did_you_mean(move, BULK))
    ids = list(dict.fromkeys(lead_ids))
    if not 1 <= len(ids) <= MOST:
        raise UsageError(
            "CB-LF-035", "name at least one lead, not too many", given=str(len(ids)), allowed=f"1 to {MOST}"
        )
    if dry_run:
        with office.desk.read() as conn:
            return _report(_try_all(conn, office, actor, ids, move, data), all_or_none)
    with office.desk.begin(key) as conn:
        tried = _try_all(conn, office, actor, ids, move, data)
        if not (all_or_none and any(isinstance(answer, ChainbreakError) for _, answer in tried)):
            now = lead_now(conn, office.clock.now_us())
            for lead_id, answer in tried:
                if not isinstance(answer, ChainbreakError):
                    move_in(conn, actor, now, lead_id, move, _data_of(conn, lead_id, move, data, now))
    return _report(tried, all_or_none)


def _try_all(
    conn: Connection, office: Office, actor: Actor, ids: Sequence[str], move: str, data: Mapping[str, Any] | None
) -> list[tuple[str, str | ChainbreakError]]:
    now = lead_now(conn, office.clock.now_us())
    tried: list[tuple[str, str | ChainbreakError]] = []
    for lead_id in ids:
        try:
            said = _data_of(conn, lead_id, move, data, now)
            tried.append((lead_id, str(try_move(conn, actor, now, lead_id, move, said).state)))
        except (RefusedError, UsageError) as refusal:
            tried.append((lead_id, refusal))
    return tried


def _data_of(
    conn: Connection, lead_id: str, move: str, data: Mapping[str, Any] | None, now_us: int
) -> dict[str, Any]:  # fmt: skip
    said = dict(data or {})
    if move != "dispatch":
        return said
    due = said.get("deadline_us")
    return dispatch_data(read_lead(conn, lead_id), now_us, str(said.get("unit", "")), int(due) if due else None)


def _report(tried: Sequence[tuple[str, str | ChainbreakError]], all_or_none: bool) -> list[dict[str, Any]]:
    refused = any(isinstance(answer, ChainbreakError) for _, answer in tried)
    rows = []
    for lead_id, answer in tried:
        if isinstance(answer, ChainbreakError):
            told = {"ok": False, "state": "", "code": answer.code, "message": answer.what, "given": answer.given}
        elif all_or_none and refused:
            told = {"ok": False, "state": "", "code": "CB-LF-034", "message": "others of the batch were refused",
                    "given": ""}  # fmt: skip
        else:
            told = {"ok": True, "state": answer, "code": "", "message": "", "given": ""}
        rows.append({"lead_id": lead_id, **told})
    return rows
