"""Take a claim back: the report was withdrawn, the transfer came back, the victim knew the payee after all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainbreak.act.orders import ledger
from chainbreak.act.orders.falling import let_fall
from chainbreak.act.orders.guards import DRAFTERS
from chainbreak.app.order_ask import plain_ask, rules_to_let_go
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.base.units import format_fen
from chainbreak.store.desk import funds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def void_claim(office: Office, actor: Actor, claim_id: str, reason: str, key: str | None = None) -> dict[str, Any]:
    """Make a claim void, and let go what was held for it alone. Returns claim_id, report_id, and order ids: `fallen`
    (issued, now released), `withdrawn` (drafts), `weakened` (they stand on other claims; a task says how much of each
    rested on this one).

    Raises:
        UsageError: no such claim (CB-FD-004), or no reason (CB-FD-009).
        RefusedError: it has ended already (CB-FD-005), a role that does not draft (CB-FD-006), or the key was used
            (CB-DK-006).
    """
    if not actor.has(*DRAFTERS):
        raise RefusedError("CB-FD-006", "this role does not work on claims", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(sorted(DRAFTERS)))  # fmt: skip
    if not reason.strip():
        raise UsageError("CB-FD-009", "a reason is needed", allowed="a few words")
    with office.desk.begin(key) as conn:
        claim = funds.read_claims(conn, [claim_id]).get(claim_id)
        if claim is None:
            raise UsageError("CB-FD-004", "there is no such claim", given=claim_id[:40],
                             allowed="C- and six digits", next_step="chainbreak trace show RUN names them")  # fmt: skip
        if claim["state"] == funds.VOID:
            raise RefusedError("CB-FD-005", "the claim is void already", given=claim_id)
        return _void(office, conn, actor, claim, reason.strip())


def void_claims_of(office: Office, conn: Connection, actor: Actor, report_id: str, reason: str) -> None:
    """Make every standing claim of a report void, within a transaction that the caller keeps."""
    for claim in funds.claims_of(conn, report_id):
        if claim["state"] != funds.VOID:
            _void(office, conn, actor, claim, reason.strip())


def _void(office: Office, conn: Connection, actor: Actor, claim: Mapping[str, Any], reason: str) -> dict[str, Any]:
    from chainbreak.audit.log import Entry, append

    claim_id, rules = claim["claim_id"], rules_to_let_go(office)
    ask = plain_ask(office, conn, actor, {"reason": reason})
    funds.end_claim(conn, claim_id, funds.VOID, actor.name, ask.at_us, reason)
    shares = {row["order_id"]: row["fen"] for row in funds.shares_of_claims(conn, [claim_id])}

    def note(order_id: str) -> str:
        return f"claim {claim_id} is void: {reason}; {format_fen(shares.get(order_id, 0))} of the hold was for it"

    found = let_fall(conn, {f"claim:{claim_id}"}, f"claim:{claim_id}", note, ask.at_us, rules)
    withdrawn = []
    for order_id in found["unsigned"]:
        order = ledger.read_order(conn, order_id)
        if order.state in funds.WAITING:
            ledger.make(conn, "withdraw", order_id, order, ask, rules)
            withdrawn.append(order_id)
    weakened = [{"order_id": order_id, "over_fen": shares.get(order_id, 0)} for order_id in found["weakened"]]
    follows = {"fallen": found["fallen"], "withdrawn": withdrawn, "weakened": weakened}
    payload = {"claim_id": claim_id, "reason": reason, "fen": format_fen(claim["fen"]), **follows}
    append(conn, Entry.by(actor, ask.at_us, "claim.void", f"claim:{claim_id}", payload=payload))
    return {"claim_id": claim_id, "report_id": claim["report_id"], **follows}
