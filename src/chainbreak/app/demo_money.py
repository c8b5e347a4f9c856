"""The demo's money: the newest reports traced, and what still lies on accounts held for the fullest of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from chainbreak.base.clock import US_PER_DAY

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

Who = Callable[[str], "Actor"]
TRACED_US = 2 * US_PER_DAY
"""How old a report may be: the term of a stop payment."""
DRAFTED = 4
WAITING = 1
"""Orders that the demo drafts for one report, and how many of them it leaves for whoever opens the console."""


def trace_town(office: Office, who: Who, until_us: int) -> str:
    """Trace the reports of the two days before `until_us`; the fund desk drafts holds for the one of which most still
    lies on accounts, and another person signs all but the last.
    """
    from chainbreak.app.draft_holds import draft_holds
    from chainbreak.app.trace_batch import trace_batch
    from chainbreak.base.units import format_fen

    desk = who("wu")
    runs = [run for run in trace_batch(office, desk, since_us=until_us - TRACED_US, purpose="investigation")
            if run["run_id"]]  # fmt: skip
    if not runs:
        return "no report with a payment in the ledger"
    lost, lies = (sum(run[name] for run in runs) for name in ("claimed_fen", "holding_fen"))
    best = max(runs, key=lambda run: (run["holding_fen"], run["run_id"]))
    drafted = [
        row for row in draft_holds(office, desk, best["run_id"], top=DRAFTED, purpose="investigation") if row["ok"]
    ]
    for number, row in enumerate(drafted):
        _sign(office, who, row["order_id"], is_signed=number < len(drafted) - WAITING)
    held = sum(row["amount_fen"] for row in drafted)
    return (
        f"{len(runs)} reports traced, {format_fen(lies)} of {format_fen(lost)} still on accounts; "
        f"{len(drafted)} holds of {format_fen(held)} for {best['what']}, {WAITING} waiting for you"
    )


def _sign(office: Office, who: Who, order_id: str, *, is_signed: bool) -> None:
    from chainbreak.app.approve_order import approve_order
    from chainbreak.app.show_order import show_order
    from chainbreak.app.submit_order import submit_order

    submit_order(office, who("wu"), order_id)
    if is_signed:
        shown = show_order(office, order_id)
        for approver in ("chen", "he")[: shown["needed"]]:
            approve_order(office, who(approver), order_id, shown["digest"])
