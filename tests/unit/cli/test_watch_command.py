"""`chainbreak detect watch` as a person types it: lines, JSON, Ctrl-C, a second watch, a wrong interval."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "contract"))

from small_world import WORLD_END_US, small_world

from chainbreak.app.init_centre import init_centre
from chainbreak.base.clock import FixedClock
from chainbreak.base.settings import Settings
from chainbreak.records import kind_named


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A centre with transfers in its lake."""
    office = init_centre(tmp_path_factory.mktemp("watch") / "centre", Settings(), FixedClock(WORLD_END_US))
    for name in ("transfer", "account", "report"):
        office.lake.append(name, small_world()[name], kind_named(name).partition_by)
    return office.centre.root


def chainbreak(*words: str) -> list[str]:
    """A command line."""
    return [sys.executable, "-m", "chainbreak", "detect", "watch", *words]


def test_it_tells_each_step_refuses_a_second_and_ends_at_ctrl_c(centre: Path) -> None:
    where = ["--centre", str(centre), "--json"]
    # A shell without job control starts what runs in the background with SIGINT ignored, and children inherit that.
    heeds = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    first = subprocess.Popen(
        chainbreak("mules", "--every", "1h", *where), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=heeds,
    )  # fmt: skip
    try:
        assert first.stdout
        step = json.loads(first.stdout.readline())
        second = subprocess.run(chainbreak("mules", "--once", *where), capture_output=True, text=True, check=False)
    finally:
        first.send_signal(signal.SIGINT)
        _, told = first.communicate(timeout=120)
    assert (first.returncode, "Traceback" in told) == (0, False)
    assert step["detector"] == "mules@2"
    assert step["records"] == sum(small_world()[kind].num_rows for kind in ("transfer", "report"))
    assert 0 < step["new"] == step["findings"]
    assert second.returncode == 5
    assert json.loads(second.stderr)["error"]["code"] == "CB-FI-030"
    third = subprocess.run(chainbreak("mules", "--once", *where), capture_output=True, text=True, check=False)
    assert (third.returncode, third.stdout) == (0, "")


@pytest.mark.parametrize("every", ["", "0s", "half an hour", "-3"])
def test_a_wrong_interval_is_refused(centre: Path, every: str) -> None:
    done = subprocess.run(
        chainbreak("--every", every, "--centre", str(centre)), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "CB-FI-031" in done.stderr
