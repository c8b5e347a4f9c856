"""The senders of warnings as a process of their own: they send, and one that dies is started again."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from chainbreak.app.bootstrap import Office, open_office
from chainbreak.app.change_partners import add_partner
from chainbreak.app.partner_secrets import set_secret
from chainbreak.bench.delivery.push_receiver import KEY, Receiver, push_receiver
from chainbreak.records.actor import Actor, Role
from chainbreak.store.desk.tables_warnings import warning_send
from chainbreak.web import senders

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from desk_world import make_world
from send_world import plan
from warning_world import add_warning, event_of, known_lines

LIAISON = Actor("zhou", frozenset({Role.LIAISON}))


def due(office: Office, lines: list[str]) -> set[str]:
    """A push due to each, of a tier that is told at night too; the ids of the messages."""
    now = office.clock.now_us()
    return {plan(office, add_warning(office, event_of("high", line, now, 0), now), "push") for line in lines}


def until(happens: Callable[[], bool]) -> None:
    """Wait, within reason, for another process."""
    patience = time.monotonic() + 60
    while not happens():
        assert time.monotonic() < patience, "not within a minute"
        time.sleep(0.05)


def process_ids() -> set[int]:
    """Children of this process that run the senders."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == os.getpid() and b"chainbreak.web.senders" in command:
            found.add(int(folder.name))
    return found


def test_a_message_is_sent_by_another_process_and_by_the_next_one_when_it_dies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(senders, "PAUSE_S", 0.1)
    make_world(tmp_path / "centre")
    office = open_office(tmp_path / "centre")
    with push_receiver(Receiver()) as receiver:
        add_partner(office, LIAISON, "app", "push", (), address=f"http://127.0.0.1:{receiver.port}/", settings={})
        set_secret(office, LIAISON, "app", "signing_key", KEY.encode())
        one, *others = known_lines(office, 3)
        first = due(office, [one])
        with senders.warning(office):
            until(lambda: first <= receiver.shown.keys())
            (child,) = process_ids()
            os.kill(child, signal.SIGKILL)
            second = due(office, others)
            until(lambda: second <= receiver.shown.keys())
            assert process_ids() != {child}

            def settled() -> bool:
                with office.desk.read() as conn:
                    return set(conn.execute(select(warning_send.c.state)).scalars()) == {"handed"}

            until(settled)
    assert process_ids() == set()
    assert receiver.shown.keys() == first | second  # one that had not been noted may have come again under its key
