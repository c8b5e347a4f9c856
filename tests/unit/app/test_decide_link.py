"""Decisions on links: who may, with what reason, what replaces what, and that a refused or tried one leaves nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from chainbreak.app.bootstrap import Office, open_office
from chainbreak.app.decide_link import decide_link
from chainbreak.app.ingest_file import ingest_files
from chainbreak.app.link_decisions import standing_decisions
from chainbreak.audit.log import size_of
from chainbreak.base.clock import FixedClock
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import Actor, Role
from chainbreak.store.desk import series as desk_series

NOON_US = 1_795_147_200_000_000
CHEN = Actor("chen", frozenset({Role.ANALYST}))
LI = Actor("li", frozenset({Role.ANALYST}))
WU = Actor("wu", frozenset({Role.AUDITOR}))
QIAN = Actor("qian", frozenset({Role.ENGINEER}))


@pytest.fixture(scope="session")
def centre_with_reports(empty_centre: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reports")
    shutil.copytree(empty_centre, folder / "centre")
    lines = [f"r{i},{NOON_US + i},东区,案情{i}" for i in range(1, 9)]
    (folder / "report.csv").write_text("report_id,reported_at_us,district,narrative\n" + "\n".join(lines) + "\n")
    office = open_office(folder / "centre", FixedClock(NOON_US))
    (run,) = ingest_files(office, QIAN, "report", [folder / "report.csv"])
    assert run.error == ""
    office.desk.close()
    return folder / "centre"


@pytest.fixture
def office(centre_with_reports: Path, tmp_path: Path) -> Office:
    shutil.copytree(centre_with_reports, tmp_path / "centre")
    return open_office(tmp_path / "centre", FixedClock(NOON_US))


def kept(office: Office) -> list[tuple[str, str, str]]:
    return [tuple(d) for d in standing_decisions(office)[0]]


def log_size(office: Office) -> int:
    with office.desk.read() as conn:
        return size_of(conn)


def test_words_become_constraints_and_leaves(office: Office) -> None:
    before = log_size(office)
    decide_link(office, CHEN, "r2", "r1", "same", "同一账户")
    decide_link(office, CHEN, "r1", "r3", "different", "话术不同")
    decide_link(office, CHEN, "r1", "r4", "unsure", "待查")
    assert kept(office) == [("confirm", "r1", "r2"), ("reject", "r1", "r3")]
    assert log_size(office) == before + 3
    assert standing_decisions(office)[1] == 3


def test_a_changed_mind_replaces_ones_own_word_and_the_same_word_adds_nothing(office: Office) -> None:
    decide_link(office, CHEN, "r1", "r2", "same", "同一账户")
    changed = decide_link(office, CHEN, "r2", "r1", "different", "账户抄错")
    assert changed["replaces"] == [1]
    assert changed["contradictions"] == []
    assert kept(office) == [("reject", "r1", "r2")]
    again = decide_link(office, CHEN, "r1", "r2", "different", "再按一次")
    assert again["decision_ids"] == changed["decision_ids"]
    assert standing_decisions(office)[1] == changed["decision_ids"][0]


def test_two_people_who_disagree_are_shown_and_nobody_wins(office: Office) -> None:
    decide_link(office, CHEN, "r1", "r2", "same", "同一账户")
    answer = decide_link(office, LI, "r1", "r2", "different", "不是同一人")
    assert answer["contradictions"] == [{"apart": 2, "joined": [1], "path": ["r1", "r2"], "pairs": 1}]
    assert kept(office) == [("confirm", "r1", "r2"), ("reject", "r1", "r2")]


def test_a_contradiction_through_a_third_report_names_all_three_decisions(office: Office) -> None:
    decide_link(office, CHEN, "r1", "r2", "same", "x")
    decide_link(office, CHEN, "r2", "r3", "same", "x")
    answer = decide_link(office, CHEN, "r1", "r3", "different", "x")
    assert answer["contradictions"] == [{"apart": 3, "joined": [1, 2], "path": ["r1", "r2", "r3"], "pairs": 1}]


def test_what_is_refused_or_only_tried_leaves_nothing(office: Office) -> None:
    before = log_size(office)
    with pytest.raises(RefusedError, match="CB-SE-002"):
        decide_link(office, WU, "r1", "r2", "same", "x")
    for a, b, word, why, code in (
        ("r1", "r2", "maybe", "x", "CB-SE-013"), ("r1", "r1", "same", "x", "CB-SE-005"),
        ("r1", "r99", "same", "x", "CB-SE-003"), ("r1", "r2", "same", "  ", "CB-SE-004"),
        ("r1", "r2", "same", "x" * 2001, "CB-SE-004"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=code):
            decide_link(office, CHEN, a, b, word, why)
    tried = decide_link(office, CHEN, "r1", "r2", "same", "x", dry_run=True)
    assert tried["decision_ids"] == []
    assert kept(office) == []
    with office.desk.read() as conn:
        assert desk_series.read_decisions(conn) == []
    assert log_size(office) == before
