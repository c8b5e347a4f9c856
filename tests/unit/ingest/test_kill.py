"""kill -9 at any moment loses no accepted row and doubles none; writers and readers at once see whole commits."""

import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from chainbreak.app.list_quarantine import list_quarantine
from chainbreak.records import Identifier

from .conftest import make_calls, write_csv

CHILD = Path(__file__).with_name("ingest_in_small_blocks.py")
FILES, ROWS, ROUNDS = 3, 600, 8


def _files(folder: Path) -> tuple[list[Path], set[str]]:
    """Files that overlap by a third, each with a bad row every hundred; and the peers of all good rows."""
    calls = make_calls(FILES * ROWS)
    peers, paths = set(), []
    for i in range(FILES):
        part = calls[max(0, i * ROWS - ROWS // 3) : (i + 1) * ROWS]
        good = [row for at, row in enumerate(part) if at % 100]
        peers |= {row["peer"] for row in good}
        bad_or_good = [row if at % 100 else {**row, "duration_s": "-1"} for at, row in enumerate(part)]
        paths.append(write_csv(folder / f"part{i}.csv", bad_or_good))
    return paths, peers


def _start(office, paths: list[Path]) -> subprocess.Popen:
    child = subprocess.Popen(
        [sys.executable, str(CHILD), str(office.centre.root), *map(str, paths)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout
    assert child.stdout.readline() == "ready\n"
    return child


def test_kills_at_random_moments(office, lake_rows, tmp_path):
    paths, peers = _files(tmp_path)
    rng = random.Random(20261120)
    killed = 0
    for _ in range(ROUNDS):
        child = _start(office, paths)
        try:
            child.wait(timeout=rng.uniform(0, 1.0))
        except subprocess.TimeoutExpired:
            child.kill()
            killed += 1
        child.wait()
        child.stdout.close()
    last = _start(office, paths)
    assert last.wait(timeout=120) == 0
    last.stdout.close()
    assert killed >= ROUNDS // 2
    rows = lake_rows("call")
    assert len(rows) == len({row["record_ref"] for row in rows})
    known = office.vault.values(Identifier.LINE, {row["peer"] for row in rows})
    assert {known[row["peer"]].removeprefix("+86") for row in rows} == peers
    bad = list_quarantine(office)
    assert len(bad) == len({row["id"] for row in bad}) == ROWS // 100 + 2 * (ROWS + ROWS // 3) // 100


def test_two_ingests_and_a_reader_at_once(office, lake_rows, tmp_path):
    paths, peers = _files(tmp_path)
    children = [_start(office, paths), _start(office, paths[::-1])]

    def read_until_done() -> list[int]:
        sizes = []
        while any(child.poll() is None for child in children):
            for version in office.lake.snapshot(["call"]).values():
                table = office.lake.open("call", version).to_pyarrow_table(columns=["record_ref"])
                assert len(set(table["record_ref"].to_pylist())) == table.num_rows
                sizes.append(table.num_rows)
        return sizes

    with ThreadPoolExecutor(1) as pool:
        sizes = pool.submit(read_until_done).result(timeout=120)
    assert [child.wait() for child in children] == [0, 0]
    for child in children:
        child.stdout.close()
    assert sizes == sorted(sizes)
    assert len(set(sizes)) > 1
    assert len({row["peer"] for row in lake_rows("call")}) == len(peers)
