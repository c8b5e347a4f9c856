"""Traces over the API: kept once, shown as kept, for those whose work it is; clear refusals in the one shape."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser import Browser
from sqlalchemy import select

from chainbreak.app.bootstrap import Office
from chainbreak.audit.tables import entries

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from money_world import TEN_US, bring_all

Program = Callable[[str], Browser]
V1 = "/api/v1"


@pytest.fixture
def office(office: Office, tmp_path: Path) -> Office:
    bring_all(office, tmp_path / "files")
    return office


def post(client: Browser, body: dict[str, Any], key: str = "trace-0001") -> Any:
    return client.post(f"{V1}/money/traces", json=body, headers={"idempotency-key": key, "x-purpose": "stop"})


def logged(office: Office) -> list[tuple[str, str]]:
    with office.desk.read() as conn:
        rows = conn.execute(select(entries.c.action, entries.c.object).order_by(entries.c.seq))
        return [tuple(row) for row in rows if row[0].startswith("trace.")]


def test_a_report_is_traced_once_and_shown_as_it_was_kept(office: Office, program: Program) -> None:
    chen, wu = program("chen"), program("wu")
    answer = post(chen, {"what": "r1", "rule": "fifo,lib"})
    assert answer.status_code == 201, answer.text
    run = answer.json()["item"]
    assert run["totals"]["holding"] == 220_000
    assert run["rules"]["names"] == ["fifo", "lib"]
    assert post(chen, {"what": "r1", "rule": "fifo,lib"}).status_code == 409
    shown = wu.get(f"{V1}/money/traces/{run['run_id']}").json()["item"]
    assert {key: shown[key] for key in run} == run
    assert shown["made_by"] == "chen"
    assert logged(office) == [("trace.run", "report:r1"), ("trace.read", f"trace:{run['run_id']}")]


def test_parts_of_transfers_and_the_way_back(program: Program) -> None:
    chen = program("chen")
    part = post(chen, {"what": "r1", "transfers": [{"transfer_id": "t2", "claim_fen": 100}], "horizon_us": None})
    assert part.json()["item"]["totals"]["claimed"] == 100
    back = post(chen, {"what": "t4", "direction": "back"}, "trace-0002").json()["item"]
    assert back["totals"]["origin"] == 250_000


def test_claims_are_told_with_their_reasons(office: Office, program: Program) -> None:
    items = program("wu").get(f"{V1}/money/reports/r1/claims").json()["items"]
    assert [(row["transfer_id"], row["sure"]) for row in items] == [("t1", True)]
    assert "named_account" in items[0]["why"]
    assert logged(office) == [("trace.claims", "report:r1")]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"what": "r9"}, 404, "CB-TR-023"), ({"what": "r1", "as_of_us": TEN_US - 1}, 422, "CB-TR-024"),
        ({"what": "r1", "rule": "fifth"}, 422, "CB-US-001"), ({"what": "r1", "de_minimis_fen": -1}, 422, "CB-UI-006"),
        ({"what": "r1", "transfers": [{"transfer_id": "t1", "claim_fen": 500_001}]}, 422, "CB-TR-026"),
        ({"what": ""}, 422, "CB-UI-006"), ({"what": "r1", "direction": "up"}, 422, "CB-UI-006"),
    ],
)  # fmt: skip
def test_what_cannot_be_traced_is_refused_in_the_one_shape(
    program: Program, body: dict[str, Any], status: int, code: str
) -> None:  # fmt: skip
    answer = post(program("chen"), body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text


@pytest.mark.parametrize(("who", "traces", "reads"), [
    ("chen", 201, 200), ("he", 201, 200), ("lin", 403, 200), ("zhou", 403, 200), ("wu", 403, 200), ("qian", 403, 403),
    ("admin", 403, 403),
])  # fmt: skip
def test_rights(office: Office, program: Program, who: str, traces: int, reads: int) -> None:
    from chainbreak.app.trace_money import trace_money
    from chainbreak.records.actor import SERVICE

    kept = trace_money(office, SERVICE, "r1")["run_id"]
    client = program(who)
    assert post(client, {"what": "r1"}).status_code == traces
    for path in (f"traces/{kept}", "reports/r1/claims"):
        assert client.get(f"{V1}/money/{path}").status_code == reads, path


def test_unknown_runs_and_reports_are_not_found(program: Program) -> None:
    chen = program("chen")
    assert chen.get(f"{V1}/money/traces/T-999999").json()["error"]["code"] == "CB-TR-028"
    assert chen.get(f"{V1}/money/traces/T-999999").status_code == 404
    assert chen.get(f"{V1}/money/reports/r9/claims").status_code == 404
