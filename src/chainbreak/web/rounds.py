"""What no person has to press a key for: send what becomes due at once; every few seconds file, let lapse, publish."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from chainbreak.app.bootstrap import Office
from chainbreak.base.log import frames_of, get_log

log = get_log("web")
# Each step is small and idempotent; a few seconds keep expiry prompt without load.
ROUND_S = 5.0


@contextmanager
def sending(office: Office) -> Iterator[None]:
    """The sender of orders as a service, in a thread of its own, while the block runs."""
    from chainbreak.app.send_due import send_always

    stop = threading.Event()
    thread = threading.Thread(target=send_always, args=(office, stop), name="sender", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


async def keep_rounds(office: Office) -> None:
    """Rounds until cancelled, in a worker thread so that requests never wait for one."""
    while True:
        await asyncio.to_thread(run_round, office)
        await asyncio.sleep(ROUND_S)


def run_round(office: Office) -> None:
    """One round."""
    from chainbreak.app.file_reports import AT_ONCE, file_reports
    from chainbreak.app.lapse_leads import lapse_leads
    from chainbreak.app.open_visits import open_visits
    from chainbreak.app.publish_checkpoint import publish_checkpoint
    from chainbreak.app.retire_scripts import retire_worse_scripts
    from chainbreak.app.retract_contacts import retract_overturned
    from chainbreak.app.tidy_warnings import tidy_warnings
    from chainbreak.app.trigger_precision import review_triggers
    from chainbreak.app.visit_address import forget_addresses

    steps = (
        partial(file_reports, office, AT_ONCE), partial(lapse_leads, office), partial(retract_overturned, office),
        partial(tidy_warnings, office), partial(open_visits, office), partial(forget_addresses, office),
        partial(review_triggers, office), partial(retire_worse_scripts, office),
        partial(publish_checkpoint, office, only_if_due=True),
    )  # fmt: skip
    for step in steps:
        try:
            step()
        except Exception as e:  # a step that fails must not keep the others, nor the next round, from going on
            log.error("round_failed", step=step.func.__name__, error=type(e).__name__, where=frames_of(e))
