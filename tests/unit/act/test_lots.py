"""Which money of a run can be held: what lies with others, not what came home."""

from __future__ import annotations

from typing import Any

from chainbreak.act.funds.lots import lots_of


def flow(payer: str, payee: str, fen: int, at_us: int, parent: int, hop: int) -> dict[str, Any]:
    """A flow of claim C1."""
    return {"claim_id": "C1", "payer": payer, "payee": payee, "lo": 0, "hi": fen, "booked_at_us": at_us,
            "parent": parent, "hop": hop}  # fmt: skip


def test_money_that_a_recall_brought_back_to_the_victim_is_not_to_be_held() -> None:
    flows = [flow("victim", "mule", 100, 1, -1, 1), flow("mule", "other", 30, 2, 0, 2),
             flow("mule", "victim", 60, 3, 0, 2)]  # fmt: skip
    holdings = [
        {"account": account, "by_claim": {"C1": fen}, "flows": [at]}
        for account, fen, at in (("mule", 10, 0), ("other", 30, 1), ("victim", 60, 2))
    ]
    lots = lots_of({"flows": flows, "holdings": holdings, "unknown": [], "de_minimis": []})
    assert {(lot.account, lot.fen, lot.since_us) for lot in lots} == {("mule", 10, 1), ("other", 30, 2)}
