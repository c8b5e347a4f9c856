"""A process of its own for the kill tests: `python THIS CENTRE WHERE TIMES` looks once with mules, and kills itself
when it touches for the TIMES-th time what the pattern WHERE describes ("": never)."""

import os
import re
import signal
import sys
from pathlib import Path

from chainbreak.app.bootstrap import open_office
from chainbreak.app.watch_records import watch_records
from chainbreak.find import registry

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "support"))

from standing_mules import StandingMules

TOUCHES = ("os.rename", "os.remove", "sqlite3.connect")


def kill_at(where: str, times: int) -> None:
    """End this process without warning just before its `times`-th touch, written "EVENT PATH", that `where` finds."""
    seen = 0

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal seen
        if event in TOUCHES and re.search(where, f"{event} {args[0]}"):
            seen += 1
            if seen == times:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


if __name__ == "__main__":
    office = open_office(sys.argv[1])
    registry.detectors = lambda: (StandingMules(),)
    if sys.argv[2]:
        kill_at(sys.argv[2], int(sys.argv[3]))
    for step in watch_records(office, ["mules"], once=True):
        assert not step.failed, step.declined
