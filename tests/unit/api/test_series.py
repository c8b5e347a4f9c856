"""Series over the API: pages that do not shift, rights, looks in the log, decisions once each, clear refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from browser import Browser
from sqlalchemy import select

from chainbreak.app.bootstrap import Office
from chainbreak.app.record_series import Linking, record_series
from chainbreak.audit.tables import entries
from chainbreak.records.actor import SERVICE
from chainbreak.store.desk.series import Stay

Program = Callable[[str], Browser]
V1 = "/api/v1"


def record(office: Office, groups: list[str], through: int = 0) -> None:
    facts = {r: Stay(r, ord(r), "东区", "loan", 100, 5.0) for group in groups for r in group}
    record_series(office, SERVICE, Linking(groups, facts, through, "test@1", set("abcdefgh")))


@pytest.fixture
def recorded(office: Office) -> Office:
    record(office, ["ab", "cd", "efg"])
    return office


def post(client: Browser, path: str, body: dict[str, Any], key: str) -> Any:
    return client.post(V1 + path, json=body, headers={"idempotency-key": key})


def logged(office: Office) -> list[tuple[str, str]]:
    with office.desk.read() as conn:
        return [tuple(row) for row in conn.execute(select(entries.c.action, entries.c.object).order_by(entries.c.seq))]


def test_pages_follow_one_another(recorded: Office, program: Program) -> None:
    chen, seen, more = program("chen"), [], None
    for _ in range(3):
        page = chen.get(f"{V1}/series", params={"limit": 1} | ({"next": more} if more else {})).json()
        seen += [row["series_id"] for row in page["items"]]
        more = page["next"]
    assert (seen, more) == (["S-000003", "S-000002", "S-000001"], None)
    assert chen.get(f"{V1}/series", params={"type": "game"}).json()["items"] == []
    assert chen.get(f"{V1}/series", params={"state": "gone"}).status_code == 422
    assert chen.get(f"{V1}/series", params={"limit": 501}).status_code == 422


def test_events_are_asked_for_after_the_last_one_seen(recorded: Office, program: Program) -> None:
    wu = program("wu")
    page = wu.get(f"{V1}/series/events", params={"limit": 2}).json()
    rest = wu.get(f"{V1}/series/events", params={"next": page["next"]}).json()
    assert [e["kind"] for e in page["items"] + rest["items"]] == ["created"] * 3
    assert rest["next"] is None


def test_who_may_look_and_every_look_is_in_the_log(recorded: Office, program: Program) -> None:
    item = program("wu").get(f"{V1}/series/S-000003", params={"lang": "zh"}, headers={"x-purpose": "check"}).json()
    assert item["item"]["reports"] == 3
    assert item["story"][0].startswith("串案 S-000003：3 案")
    assert program("qian").get(f"{V1}/series/S-000003").status_code == 403
    assert program("qian").get(f"{V1}/series").status_code == 403
    assert [row for row in logged(recorded) if row[0].startswith("series.")] == [
        ("series.read", "series:S-000003"), ("series.refuse_read", "series:S-000003"),
        ("series.refuse_read", "series:*"),
    ]  # fmt: skip
    assert program("wu").get(f"{V1}/series/S-000099").status_code == 404


def test_a_decision_is_made_once_shown_as_pending_and_undone(recorded: Office, program: Program) -> None:
    chen = program("chen")
    body = {"series": ["S-000001", "S-000002"], "why": "同一账户"}
    done = post(chen, "/series/merge", body, "merge-0001").json()
    assert done["item"]["decision_ids"] == [1]
    assert post(chen, "/series/merge", body, "merge-0001").status_code == 409
    assert chen.get(f"{V1}/series/S-000001").json()["item"]["pending"] == [1]
    record(recorded, ["abcd", "efg"], through=1)
    assert post(chen, "/series/merge", body, "merge-0002").json()["error"]["code"] == "CB-SE-008"
    assert post(chen, "/series/S-000001/split", {"reports": ["a"], "why": "x"}, "split-0001").json()["item"][
        "cuts"
    ] == [1]
    assert post(chen, "/links/detach", {"report_id": "b", "why": "x"}, "detach-001").status_code == 200
    assert post(chen, "/links/decisions/1/undo", {"why": "误判"}, "undo-00001").status_code == 200
    assert post(chen, "/links/decisions/1/undo", {"why": "误判"}, "undo-00002").status_code == 409
    assert post(chen, "/links/decisions/77/undo", {"why": "误判"}, "undo-00003").status_code == 404
    assert (
        post(chen, "/series/S-000001/name", {"name": "金猪", "why": "专案"}, "name-00001").json()["item"]["name"]
        == "金猪"
    )
    assert [action for action, _ in logged(recorded)][-4:] == [
        "link.split",
        "link.detach",
        "link.undo",
        "series.rename",
    ]


def test_what_is_refused_changes_nothing(recorded: Office, program: Program) -> None:
    before = [row for row in logged(recorded) if row[0].startswith("link.")]
    word = {"a": "a", "b": "b", "word": "same", "why": "x"}
    assert (
        post(program("wu"), "/series/merge", {"series": ["S-000001", "S-000002"], "why": "x"}, "key-00001").status_code
        == 403
    )
    assert post(program("chen"), "/links/decide", word | {"why": ""}, "key-00002").status_code == 422
    assert post(program("chen"), "/links/decide", word | {"word": "maybe"}, "key-00003").status_code == 422
    assert (
        post(program("chen"), "/links/decide", word | {"b": "nowhere"}, "key-00004").json()["error"]["code"]
        == "CB-SE-003"
    )
    assert program("chen").get(f"{V1}/links", params={"a": "a", "b": "a"}).json()["error"]["code"] == "CB-SE-005"
    assert program("chen").get(f"{V1}/series/contradictions").json() == {"ok": True, "items": []}
    assert [row for row in logged(recorded) if row[0].startswith("link.")][: len(before)] == before
    assert not any(action == "link.same" for action, _ in logged(recorded))
