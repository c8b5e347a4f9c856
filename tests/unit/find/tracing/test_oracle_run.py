"""The run of many ledgers goes on where it stopped, and says what it compared."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from tests.oracles import million

from chainbreak.base.errors import SetupError
from chainbreak.bench.trace import oracle


def test_blocks_that_are_done_are_not_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state.jsonl"
    done = {"seed": 1, "ledgers": 2_000, "cpu_s": 1.0, "compared": {"fifo": 1_900}, "abstained": {}, "shown": []}
    state.write_text(json.dumps(done | {"differ": {}}) + "\n", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["million", "2000", "--state", str(state)])
    assert million.main() == 0
    assert json.loads(capsys.readouterr().out)["compared"] == {"fifo": 1_900}
    state.write_text(json.dumps(done | {"differ": {"fifo": 1}, "shown": ["fifo: 1 fen"]}) + "\n", encoding="utf-8")
    assert million.main() == 1
    assert json.loads(capsys.readouterr().out)["shown"] == ["fifo: 1 fen"]


def test_one_block_from_its_seed() -> None:
    found = million.block(3, ["poison"])
    assert found["differ"] == {}
    assert found["compared"]["poison"] > 0.8 * million.BLOCK


def test_without_the_repository_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oracle, "_REPOSITORY", tmp_path)
    with pytest.raises(SetupError, match="CB-BN-003"):
        oracle.run(1)
