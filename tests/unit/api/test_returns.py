"""Returns by program: from a plan to the bank's receipt, versions, digests, the one shape of errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from browser import Browser

from chainbreak.app.bootstrap import Office

Program = Callable[[str], Browser]
DAY = 86_400_000_000


def post(caller: Browser, path: str, body: Any = None, etag: str = "") -> Any:
    headers = {"idempotency-key": f"{abs(hash((path, str(body), etag))):020d}"} | ({"if-match": etag} if etag else {})
    return caller.post(f"/api/v1/returns{path}", json=body or {}, headers=headers)


def wish(office: Office, **more: Any) -> dict[str, Any]:
    now = office.clock.now_us()
    claims = [{"claim_id": f"R{i}", "name": "王小明", "loss_fen": 1_000, "reported_at_us": now - i} for i in range(3)]
    return {"account": "6222020200112233448", "frozen_fen": 1_000, "basis": "通知书", "frozen_until_us": now + 99 * DAY,
            "claims": claims, **more}  # fmt: skip


def test_from_a_plan_to_the_banks_receipt_by_programs(office: Office, program: Program) -> None:
    now = office.clock.now_us()
    statement = [{"transfer_id": "t1", "booked_at_us": now - 9, "direction": "in", "amount_fen": 1_000,
                  "counterparty": "6217001180003344556", "claim_id": "R0"}]  # fmt: skip
    answer = post(program("chen"), "", wish(office, statement=statement, opening_fen=0))
    assert answer.status_code == 201, answer.text
    item, path = answer.json()["item"], f"/{answer.json()['item']['return_id']}"
    assert (item["case"], [row["amount_fen"] for row in item["rows"]]) == ("single", [0, 0, 1_000])
    assert "6217001180003344556" not in answer.text
    assert "王小明" not in answer.text
    etag = answer.headers["etag"]
    assert post(program("lin"), f"{path}/review", {"digest": item["digest"]}).status_code == 428
    assert post(program("lin"), f"{path}/review", {"digest": item["digest"]}, '"9"').status_code == 412
    assert post(program("lin"), f"{path}/review", {"digest": "0" * 64}, etag).json()["error"]["code"] == "CB-RM-022"
    for who, move, body in (
        ("lin", "review", {"digest": item["digest"]}), ("he", "decide", {"digest": item["digest"]}),
        ("zhou", "pay", {"receipts": [{"claim_id": "R0", "receipt": "B-1"}]}),
    ):  # fmt: skip
        answer = post(program(who), f"{path}/{move}", body, etag)
        assert answer.status_code == 200, answer.text
        etag = answer.headers["etag"]
    item = program("wu").get(f"/api/v1/returns{path}").json()["item"]
    assert (item["state"], item["paid_fen"], item["still_frozen_fen"]) == ("paid", 1_000, 0)


def test_a_second_return_on_an_account_is_a_conflict_and_nonsense_is_no_traceback(
    office: Office, program: Program
) -> None:
    chen = program("chen")
    assert post(chen, "", wish(office)).status_code == 201
    again = post(chen, "", wish(office, note="x"))
    assert (again.status_code, again.json()["error"]["given"]) == (409, "RT-000001")
    assert post(chen, "", wish(office, frozen_fen=10**18)).status_code == 422
    assert post(chen, "", wish(office, account="not an account", note="y")).json()["error"]["code"] == "CB-RM-012"
    assert chen.get("/api/v1/returns/RT-999999").status_code == 404
    assert program("qian").get("/api/v1/returns").json()["error"]["code"] == "CB-RM-005"


def test_a_calculation_keeps_nothing(office: Office, program: Program) -> None:
    made = post(program("wu"), "/calculate", wish(office)).json()["item"]
    assert ([row["amount_fen"] for row in made["rows"]], made["surplus_fen"]) == ([334, 333, 333], 0)
    assert program("wu").get("/api/v1/returns").json()["items"] == []
