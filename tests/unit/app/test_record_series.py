"""What a link run found is written whole or not at all, once, under ids that last; on SQLite and on PostgreSQL."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from chainbreak.app.bootstrap import Office, open_office
from chainbreak.app.contradictions import contradictions
from chainbreak.app.detach_report import detach_report
from chainbreak.app.link_decisions import standing_decisions
from chainbreak.app.list_series import list_series, wanted_series
from chainbreak.app.merge_series import merge_series
from chainbreak.app.record_series import KINDS, Linking, record_series
from chainbreak.app.rename_series import rename_series
from chainbreak.app.show_series import show_series
from chainbreak.app.split_series import split_series
from chainbreak.app.undo_decision import undo_decision
from chainbreak.audit.log import size_of
from chainbreak.base.clock import FixedClock
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import SERVICE, Actor, Role
from chainbreak.store.desk import Desk
from chainbreak.store.desk import series as desk_series
from chainbreak.store.desk.series import Stay
from chainbreak.store.desk.tables_series import link_run, series_event, series_member

sys.path.insert(0, str(Path(__file__).parent))
from record_again_and_again import SIZES, partition

NOON_US = 1_795_147_200_000_000
CHEN = Actor("chen", frozenset({Role.ANALYST}))
WU = Actor("wu", frozenset({Role.AUDITOR}))
CHILD = Path(__file__).with_name("record_again_and_again.py")
ROUNDS = 6


@pytest.fixture
def office(empty_centre: Path, tmp_path: Path, desk_url: str) -> Office:
    shutil.copytree(empty_centre, tmp_path / "centre")
    opened = open_office(tmp_path / "centre", FixedClock(NOON_US))
    opened.desk = Desk(desk_url, opened.clock)
    yield opened
    opened.desk.close()


def stay(report: str, district: str = "东区", type_: str = "fake_task", loss_fen: int | None = 100) -> Stay:
    return Stay(report, NOON_US + ord(report[-1]), district, type_, loss_fen, 6.5)


def record(office: Office, groups: Sequence[Any], facts: dict[str, Stay] | None = None, **more: Any) -> dict[str, Any]:
    """Record a partition as `link` would give it, taking in every decision; `reports`: of the whole centre."""
    reports = more.pop("reports", "abcdefgh") + "".join(r for group in groups for r in group)
    known = {r: stay(r) for group in groups for r in group} | (facts or {})
    through = more.pop("decided_through", standing_decisions(office)[1])
    return record_series(office, SERVICE, Linking(groups, known, through, "test@1", set(reports), **more))


def now(office: Office) -> dict[str, str]:
    with office.desk.read() as conn:
        return {s: "".join(sorted(stays)) for s, stays in desk_series.living(conn).items()}


def events(office: Office, run: int) -> list[tuple[str, str, str]]:
    with office.desk.read() as conn:
        rows = desk_series.read_events(conn)
    return [(e["series_id"], e["kind"], e["cause"]) for e in rows if e["run_id"] == run]


def test_the_first_run_makes_series_with_sums(office: Office) -> None:
    facts = {"b": stay("b", "西区", "loan", None), "c": stay("c", loss_fen=250)}
    told = record(office, ["abc", "d", "ef"], facts)
    assert (told["created"], told["series"], told["ids_changed"]) == (2, 2, 0)
    assert now(office) == {"S-000001": "abc", "S-000002": "ef"}
    assert events(office, told["run_id"]) == [("S-000001", "created", "arrival"), ("S-000002", "created", "arrival")]
    shown = show_series(office, "S-000001")
    assert (shown["reports"], shown["loss_fen"], shown["since_us"]) == (3, 350, NOON_US + ord("a"))
    assert shown["districts"] == {"东区": 2, "西区": 1}
    assert shown["types"] == {"fake_task": 2, "loan": 1}
    assert [m["report_id"] for m in shown["members"]] == ["a", "b", "c"]
    assert shown["members"][1]["loss_fen"] is None


def test_the_same_again_changes_nothing_but_the_runs(office: Office) -> None:
    record(office, ["abc", "ef"])
    with office.desk.read() as conn:
        before = [tuple(r) for r in conn.execute(select(series_member))]
    told = record(office, ["fe", "cba"])
    assert {told[k] for k in (*KINDS, "ids_changed", "inserts")} == {0}
    with office.desk.read() as conn:
        assert [tuple(r) for r in conn.execute(select(series_member))] == before
    assert events(office, told["run_id"]) == []


def test_a_corrected_report_changes_the_sums_without_an_event(office: Office) -> None:
    record(office, ["abc"])
    told = record(office, ["abc"], {"a": stay("a", "南区", loss_fen=900)})
    assert events(office, told["run_id"]) == []
    shown = show_series(office, "S-000001")
    assert shown["loss_fen"] == 1_100
    assert shown["districts"] == {"东区": 2, "南区": 1}


def test_churn_is_ids_changed_per_thousand_inserts(office: Office) -> None:
    record(office, ["abc", "de"])
    told = record(office, ["abcdex"], reports="abcdefghxy")
    assert (told["ids_changed"], told["inserts"], told["churn_per_1000"]) == (2, 2, 1000.0)
    assert events(office, told["run_id"]) == [("S-000001", "merged", "arrival"), ("S-000002", "merged", "arrival")]
    assert told["merged"] == 1
    shown = show_series(office, "S-000002")
    assert (shown["state"], shown["merged_into"]) == ("ended", "S-000001")
    assert [m["report_id"] for m in shown["members"]] == ["d", "e"]


def test_what_arrived_and_what_went_is_known_from_one_run_to_the_next(office: Office) -> None:
    record(office, ["abc"], reports="abcd")
    told = record(office, ["abcd"], reports="abcd")
    assert events(office, told["run_id"]) == [("S-000001", "grown", "recomputed")]
    told = record(office, ["abcdx"], reports="abcdx")
    assert events(office, told["run_id"]) == [("S-000001", "grown", "arrival")]
    told = record(office, ["abc"], reports="abcx")
    assert events(office, told["run_id"]) == [("S-000001", "shrunk", "withdrawal")]
    told = record(office, ["ab"], reports="abcx")
    assert events(office, told["run_id"]) == [("S-000001", "shrunk", "recomputed")]


def test_what_one_arrival_touched_is_recorded_alone(office: Office) -> None:
    record(office, ["abc", "de", "gh"])
    told = record(office, ["abx"], partly=True, reports="abx", gone="c")
    assert now(office) == {"S-000001": "abx", "S-000002": "de", "S-000003": "gh"}
    assert (told["series"], told["reports"], told["inserts"]) == (3, 8, 1)
    told = record(office, [], partly=True, reports="de")
    assert now(office) == {"S-000001": "abx", "S-000003": "gh"}
    assert (told["series"], told["ended"], told["reports"]) == (2, 1, 8)
    told = record(office, ["dez"], partly=True, reports="dez")
    assert now(office)["S-000002"] == "dez"
    assert events(office, told["run_id"]) == [("S-000002", "undone", "arrival")]


def test_a_merge_and_its_undoing_give_both_ids_back(office: Office) -> None:
    record(office, ["abc", "de"])
    (number,) = merge_series(office, CHEN, ["S-000001", "S-000002"], "同一收款账户")["decision_ids"]
    assert [tuple(d) for d in standing_decisions(office)[0]] == [("confirm", "a", x) for x in "bcde"]
    assert show_series(office, "S-000001")["pending"] == [number]
    told = record(office, ["abcde"])
    assert events(office, told["run_id"]) == [("S-000001", "merged", "decision"), ("S-000002", "merged", "decision")]
    assert show_series(office, "S-000001")["pending"] == []
    undo_decision(office, CHEN, number, "账户系误录")
    assert standing_decisions(office)[0] == []
    told = record(office, ["abc", "de"])
    assert now(office) == {"S-000001": "abc", "S-000002": "de"}
    assert events(office, told["run_id"]) == [("S-000001", "split", "undo"), ("S-000002", "undone", "undo")]
    shown = show_series(office, "S-000001")
    assert [(d["kind"], d["undone_by"]) for d in shown["decisions"]] == [("merge", 2), ("undo", None)]


def test_merging_many_is_one_decision_each_and_each_is_undone_alone(office: Office) -> None:
    record(office, ["ab", "cd", "ef"])
    answer = merge_series(office, CHEN, ["S-000001", "S-000002", "S-000003"], "话术同源")
    assert (len(answer["decision_ids"]), answer["reports"]) == (2, 6)
    undo_decision(office, CHEN, answer["decision_ids"][0], "复核")
    assert [tuple(d)[1:] for d in standing_decisions(office)[0]] == [("a", "b"), ("a", "e"), ("a", "f")]


def test_split_and_detach_keep_apart_and_say_which_merges_they_cut(office: Office) -> None:
    record(office, ["ab", "cd"])
    merge_series(office, CHEN, ["S-000001", "S-000002"], "x")
    record(office, ["abcd"])
    answer = split_series(office, CHEN, "S-000001", ["c", "a"], "两个窝点")
    assert (answer["out"], answer["rest"], answer["cuts"], answer["contradictions"]) == (["a", "c"], 2, [1], [])
    assert [tuple(d) for d in standing_decisions(office)[0]] == [
        ("confirm", "a", "c"), ("confirm", "b", "d"),
        ("reject", "a", "b"), ("reject", "a", "d"), ("reject", "b", "c"), ("reject", "c", "d"),
    ]  # fmt: skip
    record(office, ["ac", "bd"])
    detach_report(office, CHEN, "d", "与其余无关")
    assert ("reject", "b", "d") in [tuple(d) for d in standing_decisions(office)[0]]
    assert contradictions(office) == []


def test_an_earlier_split_against_a_later_merge_is_shown_in_both_series(office: Office) -> None:
    record(office, ["abcd"])
    split_series(office, CHEN, "S-000001", ["c", "d"], "x")
    record(office, ["ab", "cd"])
    answer = merge_series(office, CHEN, ["S-000001", "S-000002"], "y")
    (clash,) = contradictions(office)
    assert (clash["apart"], clash["joined"], clash["pairs"]) == (1, [2], 4)
    assert [d["why"] for d in clash["decisions"]] == ["x", "y"]
    assert answer["contradictions"] == [{k: v for k, v in clash.items() if k != "decisions"}]
    for series_id in ("S-000001", "S-000002"):
        shown = show_series(office, series_id)
        assert [c["apart"] for c in shown["contradictions"]] == [1]
        assert "contradiction" in [q["kind"] for q in shown["questions"]]


def test_undoing_an_undoing_and_undoing_once_more(office: Office) -> None:
    record(office, ["ab", "cd"])
    merge_series(office, CHEN, ["S-000001", "S-000002"], "x")
    undo_decision(office, CHEN, 1, "x")
    with pytest.raises(RefusedError, match="CB-SE-007"):
        undo_decision(office, CHEN, 1, "x")
    undo_decision(office, CHEN, 2, "x")
    assert len(standing_decisions(office)[0]) == 3
    undo_decision(office, CHEN, 1, "x")
    assert standing_decisions(office)[0] == []


def test_what_cannot_be_decided(office: Office) -> None:
    record(office, ["ab", "cd"])
    record(office, ["abcd"])
    for verb, args, code in (
        (merge_series, (["S-000001"],), "CB-SE-005"), (merge_series, (["S-000001", "S-000009"],), "CB-SE-001"),
        (merge_series, (["S-000001", "S-000002"],), "CB-SE-008"), (split_series, ("S-000001", ["z"]), "CB-SE-009"),
        (split_series, ("S-000001", list("abcd")), "CB-SE-009"), (split_series, ("S-000001", []), "CB-SE-009"),
        (detach_report, ("z",), "CB-SE-009"), (undo_decision, (7,), "CB-SE-006"),
        (rename_series, ("S-000001", "名" * 201), "CB-SE-015"), (rename_series, ("nothing", "x"), "CB-SE-001"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=code):
            verb(office, CHEN, *args, "理由")
        with pytest.raises((RefusedError, UsageError), match=r"CB-SE-002|CB-SE-005|CB-SE-015"):
            verb(office, WU, *args, "理由")
    assert standing_decisions(office) == ([], 0)


def test_a_name_is_kept_with_what_it_was(office: Office) -> None:
    record(office, ["ab"])
    rename_series(office, CHEN, "S-000001", "  “金猪” 刷单案 ", "专案名称")
    rename_series(office, CHEN, "S-000001", "“金猪” 刷单案", "再按一次")
    shown = show_series(office, "S-000001")
    assert shown["name"] == "“金猪” 刷单案"
    assert [(e["kind"], e.get("old"), e.get("new")) for e in shown["events"]][1:] == [("renamed", "", "“金猪” 刷单案")]


def test_a_run_that_knew_less_is_not_recorded_over_one_that_knew_more(office: Office) -> None:
    record(office, ["ab", "cd"])
    merge_series(office, CHEN, ["S-000001", "S-000002"], "x")
    record(office, ["abcd"])
    with pytest.raises(RefusedError, match="CB-SE-016"):
        record(office, ["ab", "cd"], decided_through=0)
    assert now(office) == {"S-000001": "abcd"}


def test_lists_filter_and_page(office: Office) -> None:
    facts = {"a": stay("a", "西区"), "c": stay("c", type_="loan", loss_fen=10_000)}
    record(office, ["ab", "cd", "ef", "gh"], facts)
    office.clock = FixedClock(NOON_US + 60)
    record(office, ["abx", "cd", "ef"], facts)

    def ids(*args: Any, **more: Any) -> list[str]:
        return [row["series_id"] for row in list_series(office, wanted_series(*args, **more))]

    assert ids() == ["S-000001", "S-000003", "S-000002"]
    assert ids("all") == ["S-000004", "S-000001", "S-000003", "S-000002"]
    assert ids("ended") == ["S-000004"]
    assert ids(district="西区") == ["S-000001"]
    assert ids(type_="loan") == ["S-000002"]
    assert ids(least_loss_fen=10_000) == ["S-000002"]
    assert ids(changed_since_us=NOON_US + 60) == ["S-000001"]
    assert ids(new_since_us=NOON_US + 60) == []
    pages, after = [], None
    while page := list_series(office, wanted_series("all"), after=after, limit=1):
        after = page[-1]["series_id"]
        pages.append(after)
    assert pages == ids("all")
    with pytest.raises(UsageError, match="CB-US-001"):
        wanted_series("gone")


def test_killed_at_any_moment_it_was_recorded_whole_or_not_at_all(office: Office, desk_url: str) -> None:
    shapes = {tuple(map(tuple, partition(size))) for size in SIZES}
    draw = random.Random(20261122)
    for _ in range(ROUNDS):
        child = subprocess.Popen(
            [sys.executable, str(CHILD), str(office.centre.root), desk_url], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout
        assert child.stdout.readline() == "ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(timeout=draw.uniform(0.1, 1.0))
        child.kill()
        child.wait()
        child.stdout.close()
        check_whole(office, shapes)
    with office.desk.read() as conn:
        assert conn.execute(select(func.count()).select_from(link_run)).scalar_one() > ROUNDS


def check_whole(office: Office, shapes: set[tuple[tuple[str, ...], ...]]) -> None:
    with office.desk.begin() as conn:  # waits until the killed one's transaction is gone
        runs = conn.execute(select(func.count()).select_from(link_run)).scalar_one()
        groups = {s: tuple(sorted(stays)) for s, stays in desk_series.living(conn).items()}
        last = desk_series.last_run(conn)
        events_of_last = select(func.count()).where(series_event.c.run_id == (last.run_id if last else 0))
        told = conn.execute(events_of_last).scalar_one()
        assert size_of(conn) == runs
        if last is not None:
            assert tuple(sorted(groups.values())) in shapes
            assert last.series == len(groups)
            changed = (series_member.c.since_run == last.run_id) | (series_member.c.until_run == last.run_id)
            moved = conn.execute(select(func.count()).where(changed)).scalar_one()
            assert (told > 0) == (moved > 0)
