"""`chainbreak link` from reports to a case file: linked, explained, decided, undone, exported; each step logged."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from chainbreak.app.add_person import add_person
from chainbreak.app.ingest_file import ingest_files
from chainbreak.app.init_centre import init_centre
from chainbreak.audit.tables import entries
from chainbreak.base.settings import Settings
from chainbreak.cli.root import run
from chainbreak.records.actor import Actor, Role

SETUP = Actor("os:test", frozenset({Role.ADMIN}))
PEOPLE = {"boss": ["admin"], "chen": ["analyst"], "li": ["analyst"], "wu": ["auditor"], "qian": ["engineer"]}
NOON_US, DAY_US = 1_795_147_200_000_000, 86_400_000_000
ACCOUNT = "6222021234567890128"
STORIES = {
    "r01": f"客服来电，添加微信kf_abc888领取刷单任务，垫付联单，向{ACCOUNT}转账，对方电话13800010001",
    "r02": f"网上刷单做任务，微信kf_abc888拉我进群，返佣后让垫付，转到账户{ACCOUNT}后无法提现",
    "r03": f"刷单返利，让我下载APP垫付，银行卡{ACCOUNT}，电话13800010001",
    "r04": "冒充公安说我涉嫌洗钱，让我把钱转到安全账户6217001234567890123，电话13900020002",
    "r05": "自称公检法办案人员，要求转账到安全账户6217001234567890123核查资金，电话13900020002",
    "r06": "网购被骗，卖家电话13700030003，付款后失联",
}


@pytest.fixture
def centre(tmp_path: Path) -> Path:
    office = init_centre(tmp_path / "centre", Settings())
    for name, roles in PEOPLE.items():
        add_person(office, SETUP, name, roles)
    rows = [
        f'{r},{NOON_US + i * DAY_US},东区,{(i + 1) * 10_000},"{text}"' for i, (r, text) in enumerate(STORIES.items())
    ]
    (tmp_path / "report.csv").write_text("\n".join(["report_id,reported_at_us,district,loss_fen,narrative", *rows]))
    (done,) = ingest_files(office, SETUP, "report", [tmp_path / "report.csv"])
    assert done.error == ""
    office.desk.close()
    return tmp_path / "centre"


class Terminal:
    """One person's commands with their answers."""

    def __init__(self, centre: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.centre, self._capsys = centre, capsys

    def text(self, *args: str, code: int = 0) -> str:
        with pytest.raises(SystemExit) as ended:
            run(["link", *args, "--centre", str(self.centre)])
        said = self._capsys.readouterr()
        assert int(ended.value.code or 0) == code, said.err
        return said.out if code == 0 else said.out + said.err

    def json(self, *args: str, code: int = 0) -> Any:
        rows = [json.loads(line) for line in self.text(*args, "--json", code=code).splitlines()]
        return rows[0] if len(rows) == 1 and args[0] not in ("list", "events", "contradictions") else rows


@pytest.fixture
def link(centre: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    terminal = Terminal(centre, capsys)
    terminal.json("run", "--as", "chen")
    return terminal


def actions(centre: Path) -> list[str]:
    from sqlalchemy import select

    from chainbreak.app.bootstrap import open_office

    office = open_office(centre)
    with office.desk.read() as conn:
        found = list(conn.execute(select(entries.c.action).order_by(entries.c.seq)).scalars())
    office.desk.close()
    return found


def test_series_are_found_listed_and_shown(link: Terminal) -> None:
    rows = link.json("list")
    assert {row["series_id"]: row["reports"] for row in rows} == {"S-000001": 3, "S-000002": 2}
    assert [row["series_id"] for row in link.json("list", "--type", "police")] == ["S-000002"]
    assert [row["series_id"] for row in link.json("list", "--loss", "700")] == ["S-000002"]
    link.text("list", "--district", "没有", code=1)
    shown = link.json("show", "S-000001", "--as", "wu")
    assert [m["report_id"] for m in shown["members"]] == ["r01", "r02", "r03"]
    assert all(m["bits"] > 0 for m in shown["members"])
    assert {(row["kind"], row["n"], row["freq"]) for row in shown["identifiers"]} == {
        ("account", 3, 3), ("chat", 2, 2), ("line", 2, 2),
    }  # fmt: skip
    assert ACCOUNT not in json.dumps(shown)
    said = link.text("show", "S-000001", "--as", "wu", "--lang", "zh")
    assert said.startswith("串案 S-000001：3 案")
    assert "见于本串案 3 案（全库 3 案）" in said
    assert "因新到报案，形成串案，共 3 案" in said
    link.text("show", "S-000001", "--as", "qian", code=4)
    assert actions(link.centre)[-3:] == ["series.read", "series.read", "series.refuse_read"]


def test_a_link_is_explained_in_bits_that_add_up_and_in_words(link: Terminal) -> None:
    told = link.json("explain", "r01", "r02", "--as", "chen")
    assert told["prior_bits"] + sum(t["bits"] for t in told["terms"]) == pytest.approx(told["total_bits"])
    assert told["series"] == {"r01": "S-000001", "r02": "S-000001"}
    said = link.text("explain", "r01", "r04", "--as", "chen", "--lang", "en")
    assert "They are in series S-000001 and S-000002 now." in said
    assert "not enough for a link" in said
    assert "CB-SE-003" in link.text("explain", "r01", "r99", "--as", "chen", code=2)


def test_merge_detach_and_undo_come_into_force_with_the_next_run(link: Terminal) -> None:
    tried = link.json("merge", "S-000001", "S-000002", "--as", "chen", "--why", "供述", "--dry-run")
    assert tried["decision_ids"] == []
    assert link.json("run", "--as", "chen", "--dry-run")["merged"] == 0
    (number,) = link.json("merge", "S-000001", "S-000002", "--as", "chen", "--why", "供述")["decision_ids"]
    assert link.json("run", "--as", "chen", "--dry-run")["merged"] == 1
    assert link.json("show", "S-000001", "--as", "chen")["pending"] == [number]
    link.json("run", "--as", "chen")
    shown = link.json("show", "S-000001", "--as", "chen")
    assert (shown["reports"], shown["pending"]) == (5, [])
    assert {"kind": "only_decided", "reports": ["r04", "r05"]} in shown["questions"]
    assert "依据决定 1，吸收串案 S-000002，由 3 案增至 5 案" in link.text(
        "events", "--series", "S-000001", "--lang", "zh"
    )
    link.json("undo", str(number), "--as", "li", "--why", "翻供")
    assert link.json("run", "--as", "chen")["undone"] == 1
    assert {row["series_id"]: row["reports"] for row in link.json("list")} == {"S-000001": 3, "S-000002": 2}
    link.json("detach", "r03", "--as", "chen", "--why", "误录")
    link.json("run", "--as", "chen")
    assert [m["report_id"] for m in link.json("show", "S-000001", "--as", "chen")["members"]] == ["r01", "r02"]
    assert "CB-SE-007" in link.text("undo", str(number), "--as", "li", "--why", "x", code=4)


def test_people_who_disagree_are_shown_until_somebody_decides(link: Terminal) -> None:
    link.json("confirm", "r01", "r06", "--as", "chen", "--why", "同一设备")
    link.json("reject", "r01", "r06", "--as", "li", "--why", "不是")
    (clash,) = link.json("contradictions", code=1)
    assert [d["actor"] for d in clash["decisions"]] == ["chen", "li"]
    assert "两者不能并存，须由人裁定" in link.text("contradictions", "--lang", "zh", code=1)
    link.json("undo", "1", "--as", "chen", "--why", "核实后撤回")
    assert link.json("contradictions") == []


def test_what_if_parts_a_series_without_changing_it(link: Terminal) -> None:
    (key,) = [r["key"] for r in link.json("show", "S-000002", "--as", "chen")["identifiers"] if r["kind"] == "line"]
    told = link.json("what-if", "S-000002", "--as", "chen", "--edge", "r04", "r05")
    assert told["parts"] == [["r04"], ["r05"]]
    assert link.json("what-if", "S-000002", "--as", "chen", "--key", key)["series_id"] == "S-000002"
    assert "CB-SE-017" in link.text("what-if", "S-000002", "--as", "chen", code=2)
    assert {row["series_id"]: row["reports"] for row in link.json("list")} == {"S-000001": 3, "S-000002": 2}


def test_export_masks_unless_a_purpose_and_a_case_are_named(link: Terminal, tmp_path: Path) -> None:
    out = tmp_path / "s.json"
    link.json("export", "S-000001", str(out), "--as", "chen")
    assert ACCOUNT not in out.read_text(encoding="utf-8")
    assert "CB-SE-014" in link.text("export", "S-000001", str(out), "--as", "chen", "--reveal", code=4)
    link.json(
        "export", "S-000001", str(out), "--as", "chen", "--reveal", "--purpose", "移送", "--case", "A1", "--lang", "zh"
    )
    told = json.loads(out.read_text(encoding="utf-8"))
    assert ACCOUNT in told["values"].values()
    assert any(f"账户 {ACCOUNT} 见于本串案 3 案" in sentence for sentence in told["story"])
    assert out.stat().st_mode & 0o777 == 0o600
    link.json("export", "S-000001", str(tmp_path / "s.csv"), "--as", "chen")
    with (tmp_path / "s.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["report_id"], row["loss_yuan"]) for row in rows] == [
        ("r01", "100.00"),
        ("r02", "200.00"),
        ("r03", "300.00"),
    ]
    assert actions(link.centre)[-3:] == ["series.export", "series.export_revealed", "series.export"]


def test_series_are_linked_by_analysts_and_engineers_alone(link: Terminal) -> None:
    assert "CB-SE-018" in link.text("run", "--as", "wu", code=4)
    assert "CB-SE-018" in link.text("run", "--as", "boss", "--dry-run", code=4)
    assert link.json("run", "--as", "qian")["ids_changed"] == 0


def test_a_decision_needs_its_reason_and_an_analyst(link: Terminal) -> None:
    before = len(actions(link.centre))
    assert "CB-SE-004" in link.text("confirm", "r01", "r02", "--as", "chen", code=2)
    assert "CB-SE-002" in link.text("confirm", "r01", "r02", "--as", "wu", "--why", "x", code=4)
    assert "CB-SE-009" in link.text("split", "S-000001", "r04", "--as", "chen", "--why", "x", code=2)
    link.text("undo", str(2**63), "--as", "chen", "--why", "x", code=2)
    assert len(actions(link.centre)) == before
