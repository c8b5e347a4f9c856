"""`chainbreak city`: one JSON object with figures, refusals with their exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chainbreak.cli.root import run


def test_build_and_step_print_one_object_with_counts_and_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "city")
    with pytest.raises(SystemExit) as done:
        run(["city", "build", out, "--preset", "tiny", "--until", "1", "--json"])
    assert done.value.code == 0
    built = json.loads(capsys.readouterr().out)
    assert built["days"] == 1
    assert built["took_s"] > 0
    assert built["peak_mib"] > 0
    with pytest.raises(SystemExit) as done:
        run(["city", "step", out, "--json"])
    assert done.value.code == 0
    stepped = json.loads(capsys.readouterr().out)
    assert stepped["days"] == 2
    assert stepped["counts"]["call"] > built["counts"]["call"]


def test_a_wrong_date_or_preset_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in (["--start", "tomorrow"], ["--preset", "village"]):
        with pytest.raises(SystemExit) as refused:
            run(["city", "build", str(tmp_path / "city"), *wrong])
        assert refused.value.code == 2
        assert capsys.readouterr().err.startswith("CB-CI-00")


def test_casebook_prints_counts_and_refuses_with_the_right_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, shape = str(tmp_path / "book"), tmp_path / "shape.yaml"
    shape.write_text("script_noise: 2\n")
    with pytest.raises(SystemExit) as done:
        run(["city", "casebook", out, "--reports", "150", "--seed", "2", "--json"])
    assert done.value.code == 0
    made = json.loads(capsys.readouterr().out)
    assert made["counts"]["report"] == made["reports"] == 150
    assert made["peak_mib"] > 0
    wrong = [([out], 2, "CB-CI-003"), ([out + "2", "--reports", "99"], 2, "CB-CI-008"),
             ([out + "2", "--shape", str(shape)], 3, "CB-CI-007")]  # fmt: skip
    for arguments, code, said in wrong:
        with pytest.raises(SystemExit) as refused:
            run(["city", "casebook", *arguments])
        assert refused.value.code == code
        assert capsys.readouterr().err.startswith(said)
