"""`chainbreak trace` as people type it: the word `of` left out, bad input never a traceback, a tree that adds up."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from chainbreak.app.add_person import add_person
from chainbreak.app.init_centre import init_centre
from chainbreak.base.settings import Settings
from chainbreak.cli.root import run
from chainbreak.records.actor import Actor, Role

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from money_world import M3, V, bring, bring_all, transfers_csv

SETUP = Actor("os:test", frozenset({Role.ADMIN}))
PEOPLE = {"boss": ["admin"], "chen": ["fund_desk"], "wu": ["auditor"], "qian": ["engineer"]}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small ledger with people, made once."""
    folder = tmp_path_factory.mktemp("trace")
    office = init_centre(folder / "centre", Settings(language="en"))
    for name, roles in PEOPLE.items():
        add_person(office, SETUP, name, roles)
    bring_all(office, folder / "files")
    office.desk.close()
    return folder / "centre"


class Terminal:
    """Commands with their answers."""

    def __init__(self, centre: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.centre, self._capsys = centre, capsys

    def __call__(self, *args: str, code: int = 0, who: str = "chen") -> str:
        with pytest.raises(SystemExit) as ended:
            run(["trace", *args, "--centre", str(self.centre), "--as", who])
        said = self._capsys.readouterr()
        assert int(ended.value.code or 0) == code, said.err
        assert "Traceback" not in said.err
        return said.out if code == 0 else said.out + said.err

    def json(self, *args: str, **kwargs: Any) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self(*args, "--json", **kwargs).splitlines()]


@pytest.fixture
def trace(template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    shutil.copytree(template, tmp_path / "centre")
    return Terminal(tmp_path / "centre", capsys)


def test_a_report_is_traced_shown_listed_and_verified(trace: Terminal) -> None:
    told = trace("r1")
    assert "└─ hop 1 +0 min ¥5,000.00" in told
    assert "left (cash or abroad): ¥2,300.00" in told
    assert "unknown: ¥500.00 (its bookings are not held)" in told
    assert told.splitlines()[-1].endswith("= ¥5,000.00 (claimed ¥5,000.00)")
    assert trace("show", "T-000001", who="wu") == told, "shown otherwise than it was made"
    (kept,) = trace.json("list")
    assert (kept["run_id"], kept["what"]) == ("T-000001", "report:r1")
    assert trace.json("verify", "T-000001", who="wu")[0]["ok"] is True
    (same,) = trace.json("of", "r1")
    assert same["totals"]["holding"] == 220_000


def test_rules_side_by_side_and_other_terms(trace: Terminal) -> None:
    table = trace("r1", "--rule", "all", "--lang", "zh").splitlines()
    assert any(line.split()[:2] == ["account", "bank"] for line in table)
    assert trace.json("r1", "--as-of", "2026-11-20 10:10", "--horizon", "none")[0]["terms"]["horizon_us"] is None
    small = trace.json("r1", "--de-minimis", "600")[0]["totals"]
    assert (small["de_minimis"], sum(v for k, v in small.items() if k != "claimed")) == (50_000, 500_000)
    assert trace.json("t2", "--amount", "1000")[0]["totals"]["claimed"] == 100_000
    assert trace.json("r1", "--transfer", "t2", "--transfer", "t3", "--amount", "1", "--amount", "2")[0]["totals"][
        "claimed"
    ] == 300  # fmt: skip
    assert "hop 3" in trace("t4", "--back")


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("r11",), 2, "did you mean r1?"),
        (("claim", "r1"), 2, "did you mean claims?"),
        (("r1", "--as-of", "gestern"), 2, "CB-US-002"),
        (("r1", "--as-of", "2026-11-20 09:00"), 2, "CB-TR-024"),
        (("r1", "--horizon", "soon"), 2, "48h, 90m, 7d, or none"),
        (("r1", "--horizon", "0h"), 2, "CB-US-002"),
        (("r1", "--de-minimis", "-1"), 2, "CB-TR-010"),
        (("r1", "--as-of", "9999-12-31"), 2, "CB-TR-010"),
        (("r1", "--rule", "fifa"), 2, "did you mean fifo?"),
        (("r1", "--amount", "5"), 2, "CB-TR-023"),
        (("t1", "--amount", "5000.01"), 2, "CB-TR-026"),
        (("t1", "--amount", "0"), 2, "CB-TR-026"),
        (("r1", "--transfer", "t1", "--amount", "1", "--amount", "2"), 2, "one --amount for each --transfer"),
        (("r1", "--lang", "de"), 2, "CB-US-001"),
        (("wach",), 2, "did you mean watch or batch?"),
        (("show", "T-9"), 2, "CB-TR-028"),
        (("verify", "../../etc"), 2, "CB-TR-028"),
        (("claims", "r9"), 2, "CB-RT-001"),
        (("batch",), 2, "CB-TR-029"),
        (("batch", "/nowhere/list.txt"), 5, "CB-ST-004"),
        (("watch", "--poll", "0"), 2, "poll"),
    ],
)  # fmt: skip
def test_bad_input_is_told_by_name(trace: Terminal, args: tuple[str, ...], code: int, said: str) -> None:
    assert said in trace(*args, code=code)


def test_rights_at_the_terminal(trace: Terminal) -> None:
    assert "CB-TR-022" in trace("r1", code=4, who="qian")
    assert "CB-TR-022" in trace("r1", code=4, who="wu")
    assert trace("claims", "r1", who="wu")
    assert "CB-PE-001" in trace("r1", code=2, who="nobody")


def test_claims_ledger_batch_and_watch(trace: Terminal, tmp_path: Path) -> None:
    from chainbreak.app.bootstrap import open_office

    (claim,) = trace.json("claims", "r1")
    assert (claim["transfer_id"], claim["sure"], claim["claim_fen"]) == ("t1", True, 500_000)
    assert "the only" not in trace("claims", "r1")
    (ledger,) = trace.json("ledger")
    assert (ledger["rows"], ledger["accounts"], ledger["refused_rows"]) == (6, 7, [])
    (tmp_path / "list.txt").write_text("r1\nr9\n")
    good, bad = trace.json("batch", str(tmp_path / "list.txt"))
    assert (good["holding_fen"], bad["run_id"]) == (220_000, "")
    assert "CB-TR-023" in bad["error"]
    assert trace("watch", "--once") == ""
    office = open_office(trace.centre)
    bring(office, tmp_path / "files", "transfer", transfers_csv([("t7", 36, M3, V, 150_000)], 60), "later")
    (step,) = trace.json("watch", "--once")
    assert (step["what"], step["new_flows"], step["drafts"]) == ("report:r1", 1, 0)


def test_tables_read_well_on_a_hundred_columns(
    trace: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr("chainbreak.cli.common.PIPE_WIDTH", 100)
    claims = trace("claims", "r1")
    assert "✓" in claims
    assert "True" not in claims
    compared = trace("r1", "--rule", "all", "--amount", "5000", "--transfer", "t1")
    tables = [trace("holds", "T-000001"), trace("list"), compared[compared.index("account  ") :]]
    for line in "".join(tables).splitlines():
        assert len(line) <= 100
    assert "account:" in tables[0]
    assert all(len(w) == 24 for w in tables[0].split() if w.startswith("account:"))
    run = trace.json("show", "T-000001")[0]
    for row in run["rules"]["accounts"]:
        for name, fen in row["by"].items():
            assert f"{name}={fen / 100:,.2f}" in tables[2], "a figure is broken"
    assert "Z" not in tables[1], "moments are local"
