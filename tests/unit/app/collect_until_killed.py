"""A process of its own for the kill tests: `python THIS CENTRE NOW WHERE TIMES` looks once for contacts, and kills
itself when it touches for the TIMES-th time what the pattern WHERE describes ("": never)."""

import os
import re
import signal
import sys

from sqlalchemy import event
from sqlalchemy.engine import Engine

from chainbreak.app.bootstrap import open_office
from chainbreak.app.collect_contacts import watch_contacts
from chainbreak.base.clock import FixedClock


def kill_at(where: str, times: int) -> None:
    """End this process without warning just before its `times`-th statement, or commit, that `where` finds."""
    seen = 0

    def count(text: str) -> None:
        nonlocal seen
        if re.search(where, text):
            seen += 1
            if seen == times:
                os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", lambda _c, _cursor, sql, *_: count(sql))
    event.listen(Engine, "commit", lambda _: count("COMMIT"))


if __name__ == "__main__":
    office = open_office(sys.argv[1], FixedClock(int(sys.argv[2])))
    if sys.argv[3]:
        kill_at(sys.argv[3], int(sys.argv[4]))
    for look in watch_contacts(office, once=True):
        assert not look.failed, look.failed
