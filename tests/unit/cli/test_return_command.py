"""`chainbreak return`: from a plan to a PDF; bad input is one sentence and an exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chainbreak.app.add_person import add_person
from chainbreak.app.init_centre import init_centre
from chainbreak.base.settings import Settings
from chainbreak.cli import root
from chainbreak.records.actor import Actor, Role

SETUP = Actor("os:test", frozenset({Role.ADMIN}))
ACCOUNT = "6222020200112233448"
CLAIMS = """案件编号,姓名,损失（元）,已返还（元）,报案时间
A1,王小明,10,,2026-11-01
A2,李丽,10,,2026-11-02
A3,周敏,10,,2026-11-03
"""
PLAN = ("plan", ACCOUNT, "--frozen", "10", "--basis", "通知书〔2026〕1号", "--until", "2036-01-01")


@pytest.fixture
def centre(tmp_path: Path) -> Path:
    office = init_centre(tmp_path / "centre", Settings(name="测试市反诈中心"))
    for name, role in (("admin", "admin"), ("chen", "fund_desk"), ("lin", "approver"), ("zhou", "liaison")):
        add_person(office, SETUP, name, [role])
    office.desk.close()
    (tmp_path / "claims.csv").write_bytes(CLAIMS.encode("gb18030"))
    return tmp_path / "centre"


Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def run(centre: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run one command; its exit code, and what it wrote as JSON: the result, or the error."""

    def run(*args: str, who: str = "chen") -> tuple[int, Any]:
        argv = ["return", *args, "--as", who, "--centre", str(centre), "--json"]
        monkeypatch.setattr("sys.argv", ["chainbreak", *argv])
        with pytest.raises(SystemExit) as ended:
            root.run(argv)
        written = capsys.readouterr()
        return int(ended.value.code or 0), json.loads(written.out or written.err)

    return run


def test_from_a_spreadsheet_to_a_notice_and_a_pdf(run: Run, tmp_path: Path) -> None:
    def told(*args: str, who: str = "chen") -> Any:
        code, answer = run(*args, who=who)
        assert code == 0, answer
        return answer

    found = told(*PLAN, "--claims", str(tmp_path / "claims.csv"))
    assert (found["case"], found["returned_fen"], found["surplus_fen"]) == ("pro_rata", 1_000, 0)
    told("review", "RT-000001", "--digest", found["digest"][:12], who="lin")
    assert told("publish", "RT-000001")["state"] == "published"
    shown = told("show", "RT-000001", who="lin")
    assert [(row["name"], row["amount_fen"]) for row in shown["rows"]] == [("王**", 334), ("李**", 333), ("周**", 333)]
    pytest.importorskip("typst", reason="extra pdf")
    out = tmp_path / "notice.pdf"
    told("print", "RT-000001", "--pdf", str(out), "--html", str(tmp_path / "notice.html"))
    assert out.read_bytes().startswith(b"%PDF-")
    page = (tmp_path / "notice.html").read_text(encoding="utf-8")
    assert "冻结资金返还公告" in page
    assert "王小明" not in page


@pytest.mark.parametrize(
    ("args", "code", "exit_code"),
    [
        (("plan", "no_such_file.csv"), "CB-RM-012", 2),
        (("plan", ACCOUNT), "CB-RM-008", 2),
        ((*PLAN, "--frozen", "ten"), "CB-US-003", 2),
        ((*PLAN, "--until", "someday"), "CB-US-002", 2),
        ((*PLAN, "--claims", "{bad}"), "CB-RM-007", 3),
        (("plan", "{yaml}"), "CB-RM-007", 3),
        ((*PLAN,), "CB-RM-014", 4),
        (("show", "RT-000009"), "CB-RM-001", 2),
        (("print", "RT-000001"), "CB-US-001", 2),
        (("pay", "RT-000001"), "CB-RM-001", 2),
        (("list", "--stage", "nowhere"), "CB-US-001", 2),
    ],
)
def test_bad_input_is_a_sentence_with_a_code(
    run: Run, tmp_path: Path, args: tuple[str, ...], code: str, exit_code: int
) -> None:
    (tmp_path / "bad.csv").write_text("A1,王,many,,2026-11-01\n", encoding="utf-8")
    (tmp_path / "plan.yml").write_text("account: [1, 2\n", encoding="utf-8")
    ended, answer = run(*(arg.format(bad=tmp_path / "bad.csv", yaml=tmp_path / "plan.yml") for arg in args))
    assert (ended, answer["error"]["code"]) == (exit_code, code)
