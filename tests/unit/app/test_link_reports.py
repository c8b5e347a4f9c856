"""Linking a centre's reports: read once from the vault, corrected by people, tied by findings, forgotten if purged."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from chainbreak.app import link_reports as linking
from chainbreak.app import readings
from chainbreak.app.bootstrap import Office, open_office
from chainbreak.app.collect_reports import collect_reports
from chainbreak.app.correct_report import correct_report, delete_report, restore_report
from chainbreak.app.decide_link import decide_link
from chainbreak.app.explain_link import explain_link
from chainbreak.app.ingest_file import ingest_files
from chainbreak.app.link_reports import link_reports, linked_about
from chainbreak.app.readings import forget_readings, readings_of
from chainbreak.app.rotate_keys import rotate_keys
from chainbreak.app.take_report import Draft, take_report
from chainbreak.base.errors import SetupError
from chainbreak.records import Identifier
from chainbreak.records.actor import Actor, Role
from chainbreak.store.desk import series as desk_series
from chainbreak.text import extract

CHEN = Actor("chen", frozenset({Role.ANALYST}))
QIAN = Actor("qian", frozenset({Role.ENGINEER}))
ADMIN = Actor("admin", frozenset({Role.ADMIN}))
STORIES = {
    "A1": "对方自称京东客服，让我加微信kefu_8899，说要取消百万保障，转账到6222020200112233448，我的手机是13912345678。",
    "A2": "有人冒充京东客服，要我加微信kefu_8899办理取消百万保障，遂转账3万元到6217001234567890123。",
    "A3": "在网上看到贷款广告，先交保证金2000元，对方微信daikuan_77，后来打95588才知道被骗。",
}


@pytest.fixture
def office(new_office: Office) -> Office:
    for number, story in STORIES.items():
        take_report(new_office, CHEN, Draft(story, new_office.clock.now_us(), f"form-{number}", report_id=number))
    return new_office


def series_of(office: Office) -> list[set[str]]:
    found: dict[str, set[str]] = {}
    with office.desk.read() as conn:
        for report_id, series in desk_series.series_of(conn, list(STORIES)).items():
            if series:
                found.setdefault(series, set()).add(report_id)
    return list(found.values())


def test_two_stories_with_one_chat_account_are_a_series_and_say_so(office: Office) -> None:
    told = link_reports(office, CHEN)
    assert (told["reports"], told["series"]) == (3, 1)
    assert series_of(office) == [{"A1", "A2"}]
    why = explain_link(office, "A1", "A2")
    chat = next(term for term in why["terms"] if term["kind"] == "chat")
    assert chat["key"].startswith("chat:")
    assert chat["bits"] > 0
    assert "kefu_8899" not in repr(why)
    assert why["total_bits"] == pytest.approx(why["prior_bits"] + sum(term["bits"] for term in why["terms"]))


def test_linking_again_and_in_another_process_changes_nothing(office: Office) -> None:
    link_reports(office, CHEN)
    for again in range(2):
        if again:
            linking._HELD.clear()  # as a new process
        told = link_reports(open_office(office.centre.root, office.clock), CHEN)
        assert {kind: told[kind] for kind in ("created", "grown", "merged", "split", "ended")} == {
            "created": 0, "grown": 0, "merged": 0, "split": 0, "ended": 0,
        }  # fmt: skip


def test_what_a_person_corrects_links_or_parts(office: Office) -> None:
    link_reports(office, CHEN)
    key = next(t["key"] for t in explain_link(office, "A1", "A2")["terms"] if t["kind"] == "chat")
    correct_report(office, CHEN, "A1", {}, "是被害人自己的微信", roles={key: "victim"})
    link_reports(office, CHEN)
    assert series_of(office) == []
    correct_report(office, CHEN, "A1", {}, "仍是对方的", roles={key: "suspect"})
    link_reports(office, CHEN)
    assert series_of(office) == [{"A1", "A2"}]


def test_what_another_process_recorded_is_explained_here(office: Office) -> None:
    link_reports(office, CHEN)
    key = next(t["key"] for t in explain_link(office, "A1", "A2")["terms"] if t["kind"] == "chat")
    here = dict(linking._HELD)
    correct_report(office, CHEN, "A1", {}, "是被害人自己的微信", roles={key: "victim"})
    linking._HELD.clear()
    link_reports(office, CHEN)
    linking._HELD.clear()
    linking._HELD.update(here)
    assert "chat" not in {term["kind"] for term in explain_link(office, "A1", "A2")["terms"]}


def test_a_deleted_report_leaves_its_series_and_comes_back_restored(office: Office) -> None:
    link_reports(office, CHEN)
    delete_report(office, CHEN, "A2", "重复录入")
    link_reports(office, CHEN)
    assert series_of(office) == []
    with pytest.raises(SetupError, match="CB-SE-011"):
        linked_about(office, ["A2"])
    restore_report(office, CHEN, "A2", "并非重复")
    link_reports(office, CHEN)
    assert series_of(office) == [{"A1", "A2"}]


def test_what_people_decide_stands_until_it_is_taken_back(office: Office) -> None:
    decide_link(office, CHEN, "A1", "A2", "different", "两地同名账号")
    decide_link(office, CHEN, "A1", "A3", "same", "同一嫌疑人供述")
    link_reports(office, CHEN)
    assert series_of(office) == [{"A1", "A3"}]


def test_what_findings_tie_together_is_a_key_of_its_own(office: Office) -> None:
    collected = collect_reports(office)
    assert {"device", "ring"} & {name.partition(":")[0] for name in collected.reports.names.values()} == set()
    assert sorted(collected.facts) == sorted(STORIES)


def test_readings_hold_no_number_and_no_story_and_are_made_again(office: Office) -> None:
    link_reports(office, CHEN)
    kept = b"".join(path.read_bytes() for path in office.centre.readings.rglob("*.parquet"))
    for secret in ("6222020200112233448", "13912345678", "kefu_8899", "百万保障"):
        assert secret.encode() not in kept
    forget_readings(office)
    assert not office.centre.readings.exists()
    link_reports(office, CHEN)
    assert series_of(office) == [{"A1", "A2"}]


def test_a_rotation_of_keys_keeps_the_series(office: Office) -> None:
    link_reports(office, CHEN)
    rotate_keys(office, ADMIN, [Identifier.CHAT, Identifier.ACCOUNT])
    again = open_office(office.centre.root, office.clock)
    told = link_reports(again, CHEN)
    assert series_of(office) == [{"A1", "A2"}]
    assert (told["created"], told["ended"]) == (0, 0)
    # What comes under the new keys meets what was linked under the old ones.
    correct_report(again, CHEN, "A3", {}, "补充", add={"chat:kefu_8899": "suspect"})
    link_reports(again, CHEN)
    assert series_of(again) == [{"A1", "A2", "A3"}]


def test_the_name_of_an_app_in_the_form_is_no_chat_account(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_text(
        "report_id,reported_at_us,narrative,identifiers\n"
        + "".join(f"F{i},{office.clock.now_us()},网上被骗{i}元,app:云聚会议\n" for i in range(2)), encoding="utf-8",
    )  # fmt: skip
    assert [run.quarantined for run in ingest_files(office, QIAN, "report", [path])] == [0]
    names = set(collect_reports(office).reports.names.values())
    assert "app:云聚会议" in names
    assert not [name for name in names if name.startswith("chat:") and "云聚" in name]


def test_a_record_is_read_once_and_the_log_says_for_what(office: Office) -> None:
    link_reports(office, CHEN)
    assert _opened(office) == [("service", "linkage")]
    link_reports(office, CHEN)
    assert _opened(office) == [("service", "linkage")]
    refs = [row["record_ref"] for row in readings_of(office, _refs(office)).to_pylist()]
    before = {path: path.stat().st_mtime_ns for path in office.centre.readings.rglob("*.parquet")}
    taken = take_report(office, CHEN, replace(
        Draft(STORIES["A3"] + "又一次。", office.clock.now_us(), "form-9"), report_id="A4"))  # fmt: skip
    link_reports(office, CHEN)
    after = {path: path.stat().st_mtime_ns for path in office.centre.readings.rglob("*.parquet")}
    assert before.items() <= after.items()
    assert len(after) == len(before) + 1
    assert taken["record_ref"] not in refs


def test_what_is_read_otherwise_is_read_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    link_reports(office, CHEN)
    before = {key for row in readings_of(office, _refs(office)).to_pylist() for key in row["name"]}
    monkeypatch.setattr(readings, "_by_form", lambda *_: [])
    monkeypatch.setattr(readings, "mentions_of", lambda *_: [])
    assert {key for row in readings_of(office, _refs(office)).to_pylist() for key in row["name"]} == before
    monkeypatch.setattr(extract, "VERSION", "extract@0")
    assert not {key for row in readings_of(office, _refs(office)).to_pylist() for key in row["name"]}
    link_reports(office, CHEN)
    assert not {"chat", "account"} & {name.partition(":")[0] for name in collect_reports(office).reports.names.values()}


def test_types_of_the_centre_are_read_at_once(office: Office) -> None:
    link_reports(office, CHEN)
    folder = office.centre.root / "fraud"
    folder.mkdir()
    (folder / "types.yaml").write_text(
        "warranty: {zh: 保障诈骗, en: Warranty, cues: {9: [百万保障, 办理取消]}}", "utf-8"
    )
    link_reports(office, CHEN)
    with office.desk.read() as conn:
        (living,) = desk_series.living(conn).values()
    assert "warranty" in {stay.type for stay in living.values()}


def _refs(office: Office) -> list[str]:
    from sqlalchemy import select

    from chainbreak.store.desk.tables_reports import report_file

    with office.desk.read() as conn:
        return list(conn.execute(select(report_file.c.record_ref)).scalars())


def _opened(office: Office) -> list[tuple[str, str]]:
    from sqlalchemy import select

    from chainbreak.audit.tables import entries

    c = entries.c
    with office.desk.read() as conn:
        rows = conn.execute(select(c.actor, c.entry).where(c.action == "report.read_by_machine"))
        return [(row.actor, json.loads(row.entry)["purpose"]) for row in rows]
