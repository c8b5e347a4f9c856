"""Returns for lists, the newest first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chainbreak.act.returns.machine import waits_for
from chainbreak.act.returns.model import Return, State
from chainbreak.app.move_return import may_read, return_now
from chainbreak.base.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

ALL = "all"
STAGES: dict[str, tuple[str, ...]] = {
    "planned": (State.PLANNED, State.REOPENED), "reviewed": (State.REVIEWED,), "published": (State.PUBLISHED,),
    "decided": (State.DECIDED,), "over": (State.PAID, State.WITHDRAWN), ALL: (),
}  # fmt: skip
"""Stage -> states it shows."""
COLUMNS = (
    "return_id", "state", "account", "round", "legal_case", "frozen_fen", "returned_fen", "still_frozen_fen", "victims",
    "objections", "notice_until_us", "frozen_until_us", "updated_at_us",
)  # fmt: skip


def list_returns(
    office: Office, actor: Actor, *, stage: str = ALL, after: str = "", limit: int = 50
) -> list[dict[str, Any]]:
    """Rows of a stage as their files say, with `standing` (the state, or `notice_over`) and `waits_for_me`; `after`:
    the last return of the page before.

    Raises:
        UsageError: no such stage (CB-US-001), or `after` is no return (CB-RM-001).
        RefusedError: the actor reads no returns (CB-RM-005).
    """
    from chainbreak.store.desk import returns

    may_read(actor)
    if stage not in STAGES:
        raise UsageError("CB-US-001", "no such stage", given=stage[:64], allowed=did_you_mean(stage, STAGES))
    with office.desk.read() as conn:
        now = return_now(conn, office.clock.now_us())
        files = returns.list_files(conn, STAGES[stage], _number(after), limit)
    return [_row(file, actor, now) for file in files]


def count_returns(office: Office, actor: Actor) -> dict[str, int]:
    """Stage -> how many returns it shows.

    Raises:
        RefusedError: the actor reads no returns (CB-RM-005).
    """
    from chainbreak.store.desk import returns

    may_read(actor)
    with office.desk.read() as conn:
        by_state = returns.counts(conn)
    return {
        stage: sum(n for state, n in by_state.items() if not states or state in states)
        for stage, states in STAGES.items()
    }  # fmt: skip


def _row(file: dict[str, Any], actor: Actor, now_us: int) -> dict[str, Any]:
    found = Return.from_dict(json.loads(file["body"]))
    is_over = found.state is State.PUBLISHED and now_us >= (found.notice_until_us or 0)
    return {name: file[name] for name in COLUMNS} | {
        "standing": "notice_over" if is_over else file["state"], "waits_for_me": waits_for(found, actor, now_us),
        "bank": found.plan.pot.bank,
    }  # fmt: skip


def _number(return_id: str) -> int | None:
    if not return_id:
        return None
    digits = return_id.removeprefix("RT-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise UsageError("CB-RM-001", "no such return in this list", given=return_id[:64],
                         next_step="start from the first page")  # fmt: skip
    return int(digits)
