"""Reports from the desk: taken whole or not at all, once however often sent, corrected and taken back, found again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from chainbreak.app.bootstrap import Office
from chainbreak.app.correct_report import (
    amend_report,
    assign_report,
    correct_report,
    delete_report,
    restore_report,
    undo_report,
)
from chainbreak.app.list_reports import filter_of, inbox_counts, list_reports, next_report
from chainbreak.app.read_draft import near_reports, read_draft
from chainbreak.app.show_report import show_report
from chainbreak.app.take_report import Draft, take_report
from chainbreak.audit.tables import entries
from chainbreak.base.errors import InputError, RefusedError, UsageError
from chainbreak.records.actor import Actor, Role
from chainbreak.store.desk import reports

CHEN = Actor("chen", frozenset({Role.ANALYST}))
LI = Actor("li", frozenset({Role.HOTLINE}))
WU = Actor("wu", frozenset({Role.AUDITOR}))
QIAN = Actor("qian", frozenset({Role.ENGINEER}))
STORY = (
    "今天上午10点，我接到自称京东客服的电话13800138000，让我下载www.jd-kf88.com的软件并打开屏幕共享，"
    "转账到卡6222020200112233448。我的手机是13912345678，后来打95588才知道被骗，共损失5万5千元。"
)
SUSPECT = "line:+8613800138000"


@pytest.fixture
def office(new_office: Office) -> Office:
    return new_office


def draft(office: Office, **more: object) -> Draft:
    return replace(Draft(STORY, office.clock.now_us(), "form-1"), **more)  # type: ignore[arg-type]


def leaves(office: Office) -> int:
    with office.desk.read() as conn:
        return int(conn.execute(select(func.count()).select_from(entries)).scalar_one())


def test_a_report_is_taken_once_however_often_it_is_sent(office: Office) -> None:
    first = take_report(office, CHEN, draft(office, type="loan", loss_fen=5_500_000, district="城东区"))
    known = leaves(office)
    again = take_report(office, CHEN, draft(office, type="loan", loss_fen=5_500_000, district="城东区"))
    assert (first["new"], again["new"]) == (True, False)
    assert again["report_id"] == first["report_id"]
    assert leaves(office) == known
    assert [r["report_id"] for r in list_reports(office, CHEN)["rows"]] == [first["report_id"]]
    with pytest.raises(RefusedError, match="CB-RT-010"):
        take_report(office, CHEN, draft(office, report_id=first["report_id"], narrative="另一个故事"))


def test_a_form_sent_twice_at_once_is_one_report(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    # Both requests look before either has written: at that moment the desk knows no such report.
    looked = iter([None, reports.read_report, None, reports.read_report])

    def read_report(conn: Connection, report_id: str) -> object:
        ask = next(looked)
        return ask and ask(conn, report_id)

    with monkeypatch.context() as at_once:
        at_once.setattr(reports, "read_report", read_report)
        first, second = (take_report(office, CHEN, draft(office, type="loan")) for _ in range(2))
    assert (first["new"], second["new"], second["record_ref"]) == (True, False, first["record_ref"])
    assert [e["act"] for e in show_report(office, CHEN, first["report_id"])["events"]] == ["taken"]


def test_nothing_in_clear_leaves_the_vault(office: Office) -> None:
    taken = take_report(office, CHEN, draft(office, roles={"chat:kefu_99": "suspect"}))
    found = show_report(office, WU, taken["report_id"])
    for secret in ("13800138000", "13912345678", "6222020200112233448", "kefu_99"):
        assert secret not in repr(found)
        raw = (office.centre.root / "desk.db").read_bytes() if (office.centre.root / "desk.db").exists() else b""
        assert secret.encode() not in raw
    text = found["narrative"]
    marks = {text[s["start"] : s["end"]] for s in found["spans"] if s["key"].startswith("line:")}
    assert all(mark.startswith("[line:") for mark in marks)


def test_what_the_person_said_stands_against_the_machine_and_is_kept_as_labels(office: Office) -> None:
    read = read_draft(office, CHEN, STORY, office.clock.now_us())
    assert {n["name"] for n in read["named"]} >= {SUSPECT, "line:CN:95588"}
    assert next(n for n in read["named"] if n["name"] == "line:CN:95588")["exclusions"]
    assert read["loss_fen"] == 5_500_000
    taken = take_report(office, CHEN, draft(office, type="loan", roles={SUSPECT: "bank", "chat:kefu_99": "suspect"}))
    found = show_report(office, CHEN, taken["report_id"])
    roles = {row["key"]: (row["role"], row["by"]) for row in found["identifiers"]}
    assert ("bank", "person") in roles.values()
    assert any(key.startswith("chat:") and role == ("suspect", "person") for key, role in roles.items())
    with office.desk.read() as conn:
        labels = list(reports.standing_labels(conn))
    assert {label["what"] for label in labels} == {"type", "mention"}
    assert all(label["version"] for label in labels)
    assert next(label for label in labels if label["what"] == "type")["person"] == {"type": "loan"}


def test_corrections_keep_old_and_new_and_can_be_taken_back(office: Office) -> None:
    report_id = take_report(office, CHEN, draft(office, loss_fen=100))["report_id"]
    correct_report(
        office, LI, report_id, {"loss_fen": 5, "district": "城西区"}, "报案人更正", add={"13700137000": "suspect"}
    )
    found = show_report(office, CHEN, report_id)
    assert (found["loss_fen"], found["district"]) == (5, "城西区")
    event = found["events"][-1]
    assert (event["actor"], event["why"], event["changes"]["loss_fen"]) == ("li", "报案人更正", [100, 5])
    with pytest.raises(UsageError, match="CB-RT-004"):
        correct_report(office, LI, report_id, {"loss_fen": 5})
    with pytest.raises(UsageError, match="CB-RT-007"):
        undo_report(office, CHEN)  # not their own
    assert undo_report(office, LI) == report_id
    back = show_report(office, CHEN, report_id)
    assert (back["loss_fen"], back["district"], back["said"]) == (100, "", {})
    assert [e["act"] for e in back["events"]] == ["taken", "corrected", "undone"]


def test_undo_refuses_to_write_over_somebody_elses_later_word(office: Office) -> None:
    report_id = take_report(office, CHEN, draft(office, loss_fen=100))["report_id"]
    correct_report(office, LI, report_id, {"loss_fen": 5})
    correct_report(office, CHEN, report_id, {"loss_fen": 6})
    with pytest.raises(RefusedError, match="CB-RT-008"):
        undo_report(office, LI)


def test_amending_and_deleting_leave_everything_behind(office: Office) -> None:
    taken = take_report(office, CHEN, draft(office))
    report_id = taken["report_id"]
    with pytest.raises(UsageError, match="CB-RT-011"):
        delete_report(office, CHEN, report_id, " ")
    ref = amend_report(office, CHEN, report_id, "对方电话其实是13800138009。", "报案人补充")
    assert ref != taken["record_ref"]
    assert office.vault.text(taken["record_ref"]) == STORY
    assert show_report(office, CHEN, report_id)["narrative"].startswith("对方电话其实是[line:")
    delete_report(office, CHEN, report_id, "重复登记")
    assert list_reports(office, CHEN)["rows"] == []
    assert inbox_counts(office, CHEN)["deleted"] == 1
    with pytest.raises(RefusedError, match="CB-RT-006"):
        correct_report(office, CHEN, report_id, {"loss_fen": 1})
    restore_report(office, CHEN, report_id, "不是重复")
    assert [r["report_id"] for r in list_reports(office, CHEN)["rows"]] == [report_id]


def test_next_gives_each_person_a_report_of_their_own(office: Office) -> None:
    made = {
        take_report(office, CHEN, draft(office, receipt=f"f{i}", narrative=f"{STORY}{i}"))["report_id"]
        for i in range(3)
    }
    got = [next_report(office, who, filter_of()) for who in (CHEN, LI, CHEN)]
    assert set(got) == made
    assert next_report(office, LI, filter_of()) is None
    assert assign_report(office, LI, str(got[1]), "") is not None
    assert inbox_counts(office, CHEN) == {"all": 3, "unread": 0, "mine": 2, "free": 1, "deleted": 0}


def test_reports_that_came_in_files_are_filed_typed_and_found_beside_a_draft(
    office: Office, ingest_all: Callable[[Office, Path], None], tmp_path: Path
) -> None:
    ingest_all(office, tmp_path / "in")
    listed = list_reports(office, CHEN)
    assert [(r["report_id"], r["unread"], r["type_by"]) for r in listed["rows"]] == [("r1", True, "machine")]
    assert listed["waiting"] == 0
    read = read_draft(office, CHEN, "骗子用13800000001打给我，让我加微信abc_123", office.clock.now_us())
    near = near_reports(office, CHEN, "x", [(n["key"], n["role"]) for n in read["named"]])
    assert [(r["report_id"], len(r["keys"])) for r in near["same"]] == [("r1", 2)]
    delete_report(office, CHEN, "r1", "误报")
    assert near_reports(office, CHEN, "x", [(n["key"], n["role"]) for n in read["named"]])["same"] == []


def test_who_may_not_is_refused_and_what_is_wrong_is_named(office: Office) -> None:
    for act in (
        lambda: take_report(office, WU, draft(office)), lambda: read_draft(office, QIAN, STORY, 0),
        lambda: list_reports(office, QIAN), lambda: show_report(office, QIAN, "r1"),
        lambda: next_report(office, WU, filter_of()),
    ):  # fmt: skip
        with pytest.raises(RefusedError, match="CB-RT-002"):
            act()
    with pytest.raises(InputError, match="CB-RT-009"):
        take_report(office, CHEN, draft(office, narrative=" "))
    with pytest.raises(UsageError, match="CB-RT-005"):
        take_report(office, CHEN, draft(office, type="nosuch"))
    with pytest.raises(UsageError, match="CB-RT-001"):
        show_report(office, CHEN, "nosuch")
