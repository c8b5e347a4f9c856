"""kill -9 in the middle of a step: the next watch goes on, and ends where one run ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from chainbreak.find.contract.detector import Detector

from .conftest import Watched, contents

CHILD = Path(__file__).with_name("watch_once.py")


def look_until_change(watched: Watched, limit: int) -> int:
    """How a process that looks once and dies at its `limit`-th change ended."""
    command = [sys.executable, str(CHILD), str(watched.office.centre.root), str(limit)]
    return subprocess.run(command, check=False, timeout=300).returncode


def test_killed_at_each_of_many_moments_it_ends_where_one_run_ends(watched: Watched, standing: Detector) -> None:
    call = watched.world["call"]
    third = call.num_rows // 3
    watched.feed("call", call.slice(0, third))
    assert look_until_change(watched, 0) == 0
    watched.feed("call", call.slice(third, third))
    # Before the first part, between parts, before the manifest, after it, at the desk, after the desk; then to the end.
    ends = [look_until_change(watched, limit) for limit in (6, 14, 23, 25, 8, 8, 0)]
    assert ends == [-signal.SIGKILL] * 6 + [0]
    watched.feed("call", call.slice(2 * third))
    (step,) = watched.look()
    assert not step.anew
    assert contents(step) == watched.in_one_run(standing)
    open_now = watched.kept("open")
    assert len(open_now) == len(set(open_now))
    assert {f.subject for f in step.findings} <= set(open_now)
