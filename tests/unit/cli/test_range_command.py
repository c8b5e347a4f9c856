"""`chainbreak order draft --open-digits`: a range is asked for by name, and a wrong one is one sentence and a code."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from chainbreak.app.bootstrap import open_office
from chainbreak.app.list_findings import list_findings
from chainbreak.cli import root

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from desk_world import make_world


def test_a_range_is_drafted_and_five_open_digits_are_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_world(tmp_path / "centre", findings=2).desk.close()
    office = open_office(tmp_path / "centre")
    finding = next(f["finding_id"] for f in list_findings(office) if f["subject"].startswith("line:"))
    office.desk.close()

    def draft(*more: str) -> tuple[int, str]:
        argv = ["order", "draft", "--finding", finding, "--case", "A-1", "--purpose", "protect", "--as", "chen",
                "--centre", str(tmp_path / "centre"), "--json", *more]  # fmt: skip
        with pytest.raises(SystemExit) as ended:
            root.run(argv)
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out + said.err

    code, said = draft("--open-digits", "3", "--rung", "block", "--why-not-milder", "one gateway's block")
    assert code == 0
    ranged: Any = json.loads(said)
    code, said = draft("--rung", "block", "--why-not-milder", "that one line")
    assert json.loads(said)["object"] != ranged["object"], "a range is another thing than the number it was drawn from"
    assert draft("--open-digits", "5")[0] == 2
