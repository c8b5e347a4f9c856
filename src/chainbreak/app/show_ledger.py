"""What money is followed in, and the transfers that have no place in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.app.ledger_of import ledger_of
from chainbreak.app.trace_rights import admit_trace
from chainbreak.app.trace_run import ledger_facts
from chainbreak.records import Identifier
from chainbreak.records.finding import write_token

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def show_ledger(office: Office, actor: Actor, limit: int = 50) -> dict[str, Any]:
    """What a run would cite now (see `trace_run.ledger_facts`), and `refused_rows`: transfer_id, why, booked_at_us,
    payer, payee of up to `limit` transfers that have no place (`tie`, `currency`) or lost their link (`original`).

    Raises:
        RefusedError: a role whose work does not rest on traces (CB-TR-022).
        SetupError: no transfers (CB-TR-020).
    """
    admit_trace(office, actor, "trace.ledger", "ledger:*", often=True)
    held = ledger_of(office)
    rows = (
        held.refused.sort_by([("booked_at_us", "ascending"), ("transfer_id", "ascending")]).slice(0, limit).to_pylist()
    )
    for row in rows:
        row |= {side: write_token(Identifier.ACCOUNT, row[side]) for side in ("payer", "payee")}
    return {**ledger_facts(held, held.until_us), "refused_rows": rows}
