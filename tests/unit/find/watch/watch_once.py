"""A process of its own for the kill tests: `python THIS CENTRE LIMIT` looks once with a goip of which something stands,
and kills itself at its LIMIT-th touch of the state folder or the desk (0: never)."""

import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "support"))

from standing_goip import StandingGoip

from chainbreak.app.bootstrap import open_office
from chainbreak.app.watch_records import watch_records
from chainbreak.find import registry

CHANGES = ("open", "os.rename", "os.remove", "sqlite3.connect", "fcntl.flock")


def kill_at(limit: int, root: str) -> None:
    """End this process without warning at the `limit`-th change below the state folder or look at the desk."""
    seen = 0

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal seen
        if event in CHANGES and (event == "sqlite3.connect" or root in str(args[0])):
            seen += 1
            if seen == limit:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


if __name__ == "__main__":
    office = open_office(sys.argv[1])
    registry.detectors = lambda: (StandingGoip(),)
    kill_at(int(sys.argv[2]), str(office.centre.watch))
    for step in watch_records(office, ["goip"], once=True):
        assert not step.failed, step.declined
