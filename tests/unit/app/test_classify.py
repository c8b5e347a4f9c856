"""Types of fraud at the terminal: one text, a reader trained on labelled files, and refusals in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import csv, parquet
from typer.testing import CliRunner

from chainbreak.app import train_classifier as verb
from chainbreak.app.classify_report import centre_root, classify_report, read_report
from chainbreak.app.train_classifier import evaluate_classifier, train_classifier
from chainbreak.base.errors import InputError, SetupError, UsageError
from chainbreak.cli.case import app

STORIES = {
    "贷款、代办信用卡类": "对方称可办理无抵押贷款，要求先交{}元{}才能放款",
    "冒充公检法及政府机关类": "自称某地公安局民警，称其涉嫌洗钱，要求配合核查{}元{}",
    "虚假购物、服务类": "在网上购买二手手机，付款{}元{}后卖家不发货",
}
FEES = ("保证金", "手续费", "工本费", "验证金", "流水费", "押金", "定金", "会员费", "认证费", "包装费", "年费", "运费")
TAILS = ("，其称{}至今分文未退", "；家属事后去电查询{}，号码已成空号，遂到所求助")


def reports() -> list[dict[str, Any]]:
    return [
        {"案件编号": n * 3 + k, "案情描述": story.format(n, fee) + TAILS[n // 12].format(fee), "案件类别": label}
        for n, fee in enumerate(FEES * 2)
        for k, (label, story) in enumerate(STORIES.items())
    ]


def written(folder: Path, kind: str) -> Path:
    path, rows = folder / f"reports.{kind}", reports()
    if kind == "json":
        path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    elif kind == "jsonl":
        path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    elif kind == "csv":
        csv.write_csv(pa.Table.from_pylist(rows), path)
    else:
        parquet.write_table(pa.Table.from_pylist(rows), path)
    return path


@pytest.fixture
def ml() -> None:
    pytest.importorskip("sklearn", reason="training needs the extra ml")


@pytest.mark.usefixtures("ml")
def test_trained_on_the_public_form_and_asked_at_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["chainbreak"])
    path, run = written(tmp_path, "json"), CliRunner().invoke
    done = run(app, ["classify", "--train", str(path), "--time", "案件编号", "--out", "m", "--json"])
    assert done.exit_code == 0, done.output
    card = json.loads(done.stdout)
    assert card["types"] == ["loan", "police", "shopping"]
    assert card["split"]["by"] == "time"
    assert {row["type"] for row in card["test"]["types"]} <= set(card["types"])
    assert "## What it must not be used for" in (tmp_path / "m" / "README.md").read_text(encoding="utf-8")
    (tmp_path / "one.txt").write_text("自称公安局民警，称其涉嫌洗钱", encoding="utf-8")
    told = json.loads(run(app, ["classify", "--file", "one.txt", "--model", "m", "--json"]).stdout)
    assert (told["type"], told["zh"], told["model"][:8]) == ("police", "冒充公检法及政府机关", "trained:")
    measured = json.loads(run(app, ["classify", "--evaluate", str(path), "--model", "m", "--json"]).stdout)
    assert measured["macro_f1"] == 1.0


@pytest.mark.usefixtures("ml")
@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_every_form_of_file_gives_the_same_card(tmp_path: Path, kind: str) -> None:
    first = train_classifier([written(tmp_path, "json")], tmp_path / "a")
    again = train_classifier([written(tmp_path, kind)], tmp_path / "b")
    assert {**again, "model": ""} == {**first, "model": ""}


@pytest.mark.usefixtures("ml")
def test_later_reports_that_repeat_earlier_ones_are_not_tested_on(tmp_path: Path) -> None:
    rows = reports()
    rows += [{**row, "案件编号": 1_000 + n} for n, row in enumerate(rows[:10])]
    path = tmp_path / "r.json"
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    split = train_classifier([path], tmp_path / "m", time="案件编号")["split"]
    assert split["set_aside_as_repeats"] >= 10
    assert split["train"] + split["test"] + split["set_aside_as_repeats"] == len(rows)


@pytest.mark.usefixtures("ml")
def test_labels_that_are_no_type_and_rare_ones_are_said(tmp_path: Path) -> None:
    rows = [{**row, "second": row["案件类别"]} for row in reports()] + [
        {"案情描述": "养老院", "案件类别": "养老类"}
    ] * 12
    rows += [{"案情描述": "只有一条", "案件类别": "稀有类"}, {"案情描述": "", "案件类别": "稀有类"}]
    path = tmp_path / "r.json"
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    card = train_classifier([path], tmp_path / "m", second="second")
    assert card["dropped"] == {"without text or label": 1, "too few of 稀有类": 1}
    assert any("养老类" in said for said in card["warnings"])
    assert (card["labellers"]["rows"], card["labellers"]["kappa"]) == (72, 1.0)


@pytest.mark.usefixtures("ml")
@pytest.mark.parametrize(
    ("body", "named", "code"),
    [('[{"text": "a", "label": "b"}]', {}, "CB-FR-004"), ('[{"text": "", "label": "b"}]', {}, "CB-FR-004"),
     ("{", {}, "CB-FR-002"), ("[1]", {}, "CB-FR-002"), ('[{"txt": "a", "label": "b"}]', {}, "CB-FR-003"),
     ('[{"text": "a", "label": "b"}]', {"label": "lable"}, "CB-FR-003"),
     ('[{"text": "a", "label": "b", "at": "soon"}]', {"time": "at"}, "CB-FR-005")],
)  # fmt: skip
def test_faulty_files_are_refused_by_code(tmp_path: Path, body: str, named: dict[str, str], code: str) -> None:
    path = tmp_path / "r.json"
    path.write_text(body, encoding="utf-8")
    with pytest.raises((InputError, UsageError), match=code):
        train_classifier([path], tmp_path / "m", **named)
    assert not (tmp_path / "m").exists()


def test_the_built_in_reader_is_measured_without_the_extra_for_training(tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="figures need the extra ml")
    told = evaluate_classifier([written(tmp_path, "parquet")])
    assert told["model"] == "cues@1"
    assert told["accuracy"] > 0.9


def test_without_the_extra_reading_works_and_training_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> None:
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr("chainbreak.text.fraud.extra.importlib.import_module", absent)
    assert classify_report("自称公安局民警，称其涉嫌洗钱")["type"] == "police"
    with pytest.raises(SetupError, match="CB-FR-006"):
        train_classifier([written(tmp_path, "json")], tmp_path / "m")


def test_a_full_folder_is_refused_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn", reason="training needs the extra ml")
    monkeypatch.setattr(verb, "_figures", lambda *_: pytest.fail("worked before it looked"))
    with pytest.raises(InputError, match="CB-FR-008"):
        train_classifier([written(tmp_path, "json")], tmp_path)


def test_a_centre_here_lends_its_own_types(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert centre_root(None) is None
    (tmp_path / "settings.toml").write_text("", encoding="utf-8")
    (tmp_path / "fraud").mkdir()
    (tmp_path / "fraud" / "types.yaml").write_text("elder: {zh: 养老诈骗, en: Elder, cues: {6: [以房养老]}}", "utf-8")
    told = classify_report("推销以房养老", centre=centre_root(None))
    assert (told["type"], told["zh"]) == ("elder", "养老诈骗")
    assert told["model"].startswith("cues@1+"), "reads otherwise than the built-in words, and is called otherwise"
    assert classify_report("推销以房养老")["model"] == "cues@1"


@pytest.mark.usefixtures("ml")
def test_what_the_centre_trained_and_keeps_is_what_reads_its_reports(tmp_path: Path) -> None:
    kept = train_classifier([written(tmp_path, "json")], tmp_path / "fraud" / "model")
    assert classify_report("自称公安局民警", centre=tmp_path)["model"] == f"trained:{kept['weights_sha256'][:12]}"
    assert classify_report("自称公安局民警")["model"] == "cues@1"


@pytest.mark.parametrize("body", [b"\xff\xfe\x00", b"x" * 1_000_001])
def test_what_is_no_report_is_refused(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "r.txt"
    path.write_bytes(body)
    with pytest.raises(InputError, match="CB-FR-009"):
        read_report(path)


def test_empty_text_and_two_wishes_at_once_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="CB-FR-009"):
        classify_report("  ")
    for asked in ([], ["some text", "--file", "x"], ["--train", "x"]):
        assert isinstance(CliRunner().invoke(app, ["classify", *asked]).exception, UsageError)
