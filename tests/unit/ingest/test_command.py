"""The command: one object a file, exit 3 when anything was rejected, folders in a sensible order."""

import json

import pytest

from chainbreak.app.ingest_folder import files_by_kind
from chainbreak.cli.root import run

from .conftest import make_calls, write_csv

CALLS = make_calls(6)


def _run(capsys, *args) -> tuple[int, list[dict]]:
    with pytest.raises(SystemExit) as ended:
        run([*map(str, args), "--json"])
    return ended.value.code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_clean_files_end_with_0_and_one_rejected_row_with_3(office, capsys, tmp_path):
    good = write_csv(tmp_path / "a.csv", CALLS)
    bad = write_csv(tmp_path / "b.csv", [{**CALLS[0], "kind": "x"}, CALLS[1]])
    centre = ("--centre", office.centre.root)
    code, (first,) = _run(capsys, "ingest", "call", good, *centre)
    assert (code, first["accepted"], first["lake_version"]) == (0, 6, 0)
    code, runs = _run(capsys, "ingest", "call", tmp_path / "none.csv", bad, *centre)
    assert code == 3
    assert [(r["file"], r["error"][:9], r["quarantined"]) for r in runs] == [
        ("none.csv", "CB-IN-001", 0),
        ("b.csv", "", 1),
    ]
    code, listed = _run(capsys, "quarantine", "list", *centre)
    assert (code, [(r["line"], r["column"]) for r in listed]) == (0, [(2, "kind")])


def test_a_folder_comes_in_with_registers_before_events(office, capsys, tmp_path):
    folder = tmp_path / "records"
    folder.mkdir()
    write_csv(folder / "call-02.csv", CALLS[3:])
    write_csv(folder / "call-01.csv", CALLS[:3])
    write_csv(folder / "domain.csv", [{"domain": "a.example.com"}])
    (folder / "README.md").write_text("not a record")
    assert [path.name for _, path in files_by_kind(folder)] == ["domain.csv", "call-01.csv", "call-02.csv"]
    code, runs = _run(capsys, "ingest", "auto", folder, "--centre", office.centre.root)
    assert (code, [run["accepted"] for run in runs]) == (0, [1, 3, 3])


def test_a_folder_without_records_is_said(office, capsys, tmp_path):
    with pytest.raises(SystemExit) as ended:
        run(["ingest", "auto", str(tmp_path), "--centre", str(office.centre.root)])
    assert ended.value.code == 3
    assert "CB-IN-012" in capsys.readouterr().err
