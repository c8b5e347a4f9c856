"""A kept run as far as it still stands: what was claimed by mistake is nobody's ground to hold money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chainbreak.store.desk import funds

if TYPE_CHECKING:
    from sqlalchemy import Connection


def standing_run(conn: Connection, run: Mapping[str, Any]) -> Mapping[str, Any]:
    """The run (as `funds.read_run` gives it) with the money of claims that were taken back since left out of its
    holdings; the run itself where none was. Only for what follows from it: what is cited is the run as it was kept.
    """
    body = run["body"]
    known = funds.read_claims(conn, [claim["claim_id"] for claim in body["claims"]])
    void = {claim_id for claim_id, claim in known.items() if claim["state"] == funds.VOID}
    if not void:
        return run
    holdings = []
    for row in body.get("holdings", ()):
        by_claim = {claim_id: fen for claim_id, fen in row["by_claim"].items() if claim_id not in void}
        if by_claim:
            holdings.append({**row, "by_claim": by_claim, "fen": sum(by_claim.values())})
    return {**run, "body": {**body, "holdings": holdings}}
