"""The demo from its one command: every step does its work, a kill breaks nothing, nobody's directory is emptied."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from chainbreak.app.bootstrap import open_office
from chainbreak.app.verify_log import verify_log
from chainbreak.base.errors import SetupError
from chainbreak.base.progress import progress_bar
from chainbreak.cli.root import run


def demo_command(folder: Path) -> list[str]:
    return [
        sys.executable,
        "-m",
        "chainbreak",
        "demo",
        "--preset",
        "tiny",
        "--no-serve",
        "--json",
        "--dir",
        str(folder),
    ]


@pytest.fixture(scope="module")
def killed_and_run_again(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, str]]]:
    """A demo killed while it ingests, then the same command again to its end."""
    folder = tmp_path_factory.mktemp("demo") / "here"
    with subprocess.Popen(demo_command(folder), stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout
        assert [json.loads(first.stdout.readline())["name"] for _ in range(2)] == ["town", "centre"]
        first.kill()
    done = subprocess.run(demo_command(folder), capture_output=True, text=True, check=True)
    return folder, [json.loads(line) for line in done.stdout.splitlines()]


def test_every_step_is_done_after_a_kill(killed_and_run_again: tuple[Path, list[dict[str, str]]]) -> None:
    _, steps = killed_and_run_again
    names = ["town", "centre", "ingest", "detect", "review", "series", "leads", "orders", "money", "delivery",
             "warnings", "log"]  # fmt: skip
    assert [step["name"] for step in steps] == names
    told = dict(zip(names, (step["outcome"] for step in steps), strict=True))
    assert "against the town's gangs B³ precision" in told["series"]
    assert "leads drafted" in told["leads"]
    assert "refused (CB-OR-030)" in told["orders"]
    assert "reports traced" in told["money"]
    assert "warnings open" in told["warnings"]
    assert "says sound" in told["log"]


def test_what_was_signed_stands_in_the_partners_files_and_what_was_not_does_not(
    killed_and_run_again: tuple[Path, list[dict[str, str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    centre = killed_and_run_again[0] / "centre"
    with pytest.raises(SystemExit):
        run(["order", "list", "--centre", str(centre), "--json"])
    orders = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    in_force = {order["order_id"] for order in orders if order["in_force"]}
    waiting = {order["order_id"] for order in orders if order["standing"] == "submitted"}
    assert in_force
    assert waiting
    listed: set[str] = set()
    for path in (centre / "out").glob("*/*.csv"):
        with path.open(encoding="utf-8") as rows:
            listed |= {row["order_ref"] for row in csv.DictReader(rows)}
    zone = "".join(p.read_text(encoding="utf-8") for p in (centre / "out").glob("*/*.rpz"))
    assert {o for o in in_force if o in listed or o in zone} == in_force
    assert not {o for o in waiting if o in listed or o in zone}


def test_no_number_of_the_town_lies_in_the_lake(killed_and_run_again: tuple[Path, list[dict[str, str]]]) -> None:
    import pyarrow.parquet as pq

    folder = killed_and_run_again[0]
    lines = pq.read_table(folder / "town" / "records" / "line.parquet", columns=["msisdn"])["msisdn"].to_pylist()
    numbers = {number.removeprefix("+86") for number in lines if number}
    shown: set[str] = set()
    for path in (folder / "centre" / "lake").rglob("*.parquet"):
        table = pq.read_table(path, partitioning=None)
        for column in table.columns:
            if column.type == "string":
                shown.update(text for text in column.to_pylist() if text)
    assert len(shown) > 1000
    assert [text for text in shown if any(run in numbers for run in re.findall(r"1\d{10}", text))] == []


def test_its_log_is_sound_and_its_first_day_is_not_lost(
    killed_and_run_again: tuple[Path, list[dict[str, str]]],
) -> None:
    told = verify_log(open_office(killed_and_run_again[0] / "centre"))
    assert told["sound"] is True
    assert told["faults"] == []


def test_a_directory_of_somebody_else_is_never_emptied(tmp_path: Path) -> None:
    from chainbreak.app.run_demo import run_demo

    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(SetupError, match="CB-DE-001"):
        next(run_demo(tmp_path, preset="tiny", seed=1, bar=progress_bar))
    assert (tmp_path / "thesis.txt").read_text() == "mine"
