"""kill -9 in the middle of a step: the next watch goes on, and ends where one run ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from chainbreak.find.contract.detector import Detector

from .conftest import Watched, contents

CHILD = Path(__file__).with_name("watch_once.py")


MOMENTS = (
    ("os.rename .*parquet", 1), ("os.rename .*parquet", 3), ("os.remove .*parquet", 1), ("os.rename .*manifest", 1),
    ("sqlite3.connect .*desk", 1), ("os.rename .*manifest", 1),
)  # fmt: skip
"""Before the first part counts, between parts, while left-overs are swept, before the manifest that has taken the
records in, before the desk, and (nothing is left to take in) between the desk and the note that it was judged."""


def look_until(watched: Watched, where: str = "", times: int = 0) -> int:
    """How a process that looks once, and dies there, ended."""
    command = [sys.executable, str(CHILD), str(watched.office.centre.root), where, str(times)]
    return subprocess.run(command, check=False, timeout=300).returncode


def test_killed_at_each_of_many_moments_it_ends_where_one_run_ends(watched: Watched, standing: Detector) -> None:
    paid = watched.world["transfer"]
    third = paid.num_rows // 3
    watched.feed("transfer", paid.slice(0, third))
    assert look_until(watched) == 0
    watched.feed("transfer", paid.slice(third, third))
    assert [look_until(watched, *moment) for moment in MOMENTS] == [-signal.SIGKILL] * len(MOMENTS)
    assert look_until(watched) == 0
    watched.feed("transfer", paid.slice(2 * third))
    (step,) = watched.look()
    assert not step.anew
    assert contents(step) == watched.in_one_run(standing)
    open_now = watched.kept("open")
    assert len(open_now) == len(set(open_now))
    assert {f.subject for f in step.findings} <= set(open_now)
