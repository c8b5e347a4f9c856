"""kill -9 at each step of a look: the next one goes on, and ends with what one look would have left."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from contact_world import (
    ACCOUNTS,
    FRAUD,
    LINES,
    MULE,
    NO_HOLDER,
    NOW_US,
    OWN,
    SITE,
    VICTIM,
    ago,
    bring,
    confirm,
    events_in,
    found,
    leg,
    line,
    people,
    token,
)
from sqlalchemy import select

from chainbreak.app import collect_contacts
from chainbreak.app.bootstrap import Office, open_office
from chainbreak.base.clock import FixedClock
from chainbreak.records.kind import Identifier
from chainbreak.store.desk.tables_contacts import contact_aside
from chainbreak.store.desk.tables_warnings import warning, warning_send

CHILD = Path(__file__).with_name("collect_until_killed.py")
MOMENTS = (
    ("INSERT INTO contact_aside", 1), ("INSERT INTO warning_send", 1), ("COMMIT", 2), ("DELETE FROM contact_look", 1),
)  # fmt: skip
"""Before what could not be warned of is noted, in the middle of taking in, at its commit, before it is noted what was
seen."""


def look_until(office: Office, where: str = "", times: int = 0) -> int:
    """How a process that looks once, and dies there, ended."""
    command = [sys.executable, str(CHILD), str(office.centre.root), str(NOW_US), where, str(times)]
    return subprocess.run(command, check=False, timeout=300).returncode


def contents(office: Office) -> Any:
    """Everything a look leaves behind but the moments of writing."""
    with office.desk.read() as conn:
        rows = [
            sorted(tuple(row) for row in conn.execute(select(*columns)))
            for columns in (
                (warning.c.warning_id, warning.c.tier, warning.c.contacts, warning.c.stake_fen, warning.c.last_us),
                (warning_send.c.send_id, warning_send.c.state), (contact_aside.c.aside_id, contact_aside.c.reason),
            )
        ]  # fmt: skip
    events = [{k: v for k, v in row.items() if k != "received_at_us"} for row in events_in(office)]
    return rows, events


@pytest.fixture
def office(empty_centre: Path, tmp_path: Path) -> Office:
    shutil.copytree(empty_centre, tmp_path / "centre")
    office = open_office(tmp_path / "centre", FixedClock(NOW_US))
    people(office)
    bring(office, "line", LINES)
    bring(office, "account", ACCOUNTS)
    for name in (line(office, FRAUD), SITE, token(office, Identifier.ACCOUNT, MULE)):
        confirm(office, found(office, name))
    return office


def first(office: Office) -> None:
    """What arrives before the kills."""
    bring(office, "call", [leg(50, FRAUD, VICTIM, "mo_call", 500), leg(40, "13700000009", FRAUD, "mo_call", 30)])
    bring(office, "transfer", [
        {"transfer_id": "t1", "booked_at_us": ago(30), "payer": OWN, "payee": MULE, "amount_fen": 90},
        {"transfer_id": "t2", "booked_at_us": ago(29), "payer": NO_HOLDER, "payee": MULE, "amount_fen": 7},
    ])  # fmt: skip
    bring(office, "lookup", [{"at_us": ago(20), "client": VICTIM, "domain": SITE}])


def second(office: Office) -> None:
    """What arrives after them."""
    bring(office, "call", [leg(50 + 3 / 60, VICTIM, FRAUD, "mt_call", 502)])
    bring(office, "lookup", [{"at_us": ago(3), "client": VICTIM, "domain": SITE}])


def test_killed_at_each_of_many_moments_it_ends_where_one_look_ends(office: Office, tmp_path: Path) -> None:
    office.desk.close()
    shutil.copytree(office.centre.root, tmp_path / "whole")
    whole = open_office(tmp_path / "whole", FixedClock(NOW_US))
    first(office)
    for where, times in MOMENTS:
        assert look_until(office, where, times) == -signal.SIGKILL, where
    assert look_until(office) == 0
    second(office)
    assert look_until(office, "COMMIT", 1) == -signal.SIGKILL
    assert look_until(office) == 0
    first(whole)
    list(collect_contacts.watch_contacts(whole, once=True))
    second(whole)
    list(collect_contacts.watch_contacts(whole, once=True))
    assert contents(office) == contents(whole)
    assert [row["kind"] for row in contents(office)[1]] == [
        "call.fraud_line", "call.fraud_line", "transfer.toward_mule", "visit.scam_domain",
    ]  # fmt: skip


def test_two_watches_at_once_make_one_event_of_one_contact(office: Office) -> None:
    first(office)
    offices = [open_office(office.centre.root, FixedClock(NOW_US)) for _ in range(2)]
    with ThreadPoolExecutor() as pool:
        looks = list(pool.map(collect_contacts.collect_contacts, offices))
    assert sum(look.taken.new for look in looks) == len(events_in(office)) == 4
    assert sum(look.unreachable for look in looks) == 1
