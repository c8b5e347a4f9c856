"""From a contact to its message sent: contacts come at 1,000 a second while the senders of `serve` hand over.

Contacts are taken in by one process and sent by another, as in `serve`; the message centre and the receiver of pushes
are processes of their own on the same machine. Sent means that they have acknowledged it. Times are those of the
contact (when it came to us) and of the acknowledgement, on the desk. CPU seconds are of all of them, with
setting up.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chainbreak.bench import BenchRow, run_child

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

A_SECOND = 1_000
SECONDS = {"small": 3, "full": 60}
TICK_S = 0.1
DRAIN_S = 120
WARM_UP = 100
AIM_MS = 2_000
TEXTS = {"system_id": "bench", "sender": "96110", "per_s": 10_000, "window": 100}


def run(scale: str) -> list[BenchRow]:
    """Rows: messages by channel, and calls put into the queue, with the spread from the contact on.

    Raises:
        SetupError: the extra for texts is not installed (CB-DL-200).
    """
    cost = run_child([sys.executable, "-m", __name__, str(SECONDS[scale])])
    found = json.loads(cost.output.splitlines()[-1])
    rows = [
        BenchRow(f"{what}: p50 {p50:,.0f} ms, p95 {p95:,.0f} ms, max {most:,.0f} ms (aim {AIM_MS:,})", rows=count)
        for what, count, p50, p95, most in found["spread"]
    ]
    head = BenchRow(
        f"contacts at {A_SECOND:,}/s, each batch taken in by {found['late_ms']:,.0f} ms at the latest",
        found["events"], found["seconds"], round(cost.cpu_s, 1), round(found["events"] / found["seconds"]),
        round(cost.peak_mib),
    )  # fmt: skip
    return [head, *rows]


def _child(seconds: int) -> dict[str, Any]:
    from chainbreak.bench.delivery.push_receiver import receiver_process
    from chainbreak.bench.delivery.sms_servers import centre_process
    from chainbreak.web.senders import warning

    with (
        tempfile.TemporaryDirectory(prefix="chainbreak-bench-") as name,
        centre_process() as port,
        receiver_process() as (hook, _),
    ):
        office, lines = _office(Path(name) / "centre", port, hook, WARM_UP + seconds * A_SECOND)
        with warning(office):
            _warm_up(office, lines)
            took, late_ms = _stream(office, lines)
            _wait_until_sent(office)
        return {
            "events": len(lines) - WARM_UP,
            "seconds": round(took, 2),
            "late_ms": late_ms,
            "spread": _spread(office),
        }


def _office(folder: Path, sms_port: int, push_port: int, people: int) -> tuple[Office, list[str]]:
    from chainbreak.app.change_partners import add_partner
    from chainbreak.app.partner_secrets import set_secret
    from chainbreak.bench.delivery import push_receiver, sms_servers
    from chainbreak.bench.warnings.town import centre
    from chainbreak.identity.tokens import token_of
    from chainbreak.records.actor import Actor, Role
    from chainbreak.records.finding import write_token
    from chainbreak.records.kind import Identifier

    liaison, office = Actor("liaison", frozenset({Role.LIAISON})), centre(folder)
    add_partner(office, liaison, "smsc", "sms", (), address=f"smpp://127.0.0.1:{sms_port}", settings=TEXTS)
    set_secret(office, liaison, "smsc", "password", sms_servers.PASSWORD.encode())
    for partner, form, settings in (("app", "push", {}), ("desk", "bankdesk", {"for_all": True})):
        add_partner(office, liaison, partner, form, (), address=f"http://127.0.0.1:{push_port}/", settings=settings)
        set_secret(office, liaison, partner, "signing_key", push_receiver.KEY.encode())
    values = [f"+86138{i:08}" for i in range(people)]
    office.vault.add_values(Identifier.LINE, values)
    key = office.keys.token_key(Identifier.LINE)
    return office, [write_token(Identifier.LINE, token_of(key, value)) for value in values]


def _warm_up(office: Office, lines: list[str]) -> None:
    """The first messages of a process open its connections; they are not counted."""
    from chainbreak.app.take_contacts import take_contacts
    from chainbreak.bench.warnings.town import contacts
    from chainbreak.records.actor import SERVICE

    take_contacts(office, SERVICE, list(contacts(WARM_UP, office.clock.now_us(), lines=lines)))
    _wait_until_sent(office)


def _stream(office: Office, lines: list[str]) -> tuple[float, float]:
    """Contacts come a tenth of a second's at a time, and whatever has come is taken in together, as a service does that
    falls behind for a moment; seconds in all, and the longest that any waited until it was in.
    """
    from chainbreak.app.take_contacts import take_contacts
    from chainbreak.bench.warnings.town import contacts
    from chainbreak.records.actor import SERVICE

    size, at, late_s = int(A_SECOND * TICK_S), WARM_UP, 0.0
    began, zero_us = time.monotonic(), office.clock.now_us()
    while at < len(lines):
        oldest_s = (at - WARM_UP) / A_SECOND
        time.sleep(max(0.0, oldest_s - (time.monotonic() - began)))
        come = min(len(lines), WARM_UP + (int((time.monotonic() - began) / TICK_S) + 1) * size)
        some = [
            event for first in range(at, come, size)
            for event in contacts(size, zero_us + int((first - WARM_UP) / A_SECOND * 1e6), first=first, lines=lines)
        ]  # fmt: skip
        take_contacts(office, SERVICE, some)
        at, late_s = come, max(late_s, time.monotonic() - began - oldest_s)
    return time.monotonic() - began, late_s * 1_000


def _wait_until_sent(office: Office) -> None:
    from sqlalchemy import func, select

    from chainbreak.store.desk.tables_warnings import warning_send as s

    until = time.monotonic() + DRAIN_S
    left = select(func.count()).select_from(s).where(s.c.state.in_(("due", "handing")))
    while time.monotonic() < until:
        time.sleep(0.5)
        with office.desk.read() as conn:
            if not conn.execute(left).scalar():
                return


def _spread(office: Office) -> list[tuple[str, int, float, float, float]]:
    from sqlalchemy import func, select

    from chainbreak.store.desk.tables_warnings import contact_event as e
    from chainbreak.store.desk.tables_warnings import warning as w
    from chainbreak.store.desk.tables_warnings import warning_send as s

    counted = e.c.ref.not_in([f"r{i}" for i in range(WARM_UP)])
    first = (
        select(e.c.warning_id, func.min(e.c.at_us).label("at_us")).where(counted).group_by(e.c.warning_id).subquery()
    )
    sent = select(s.c.channel, s.c.handed_at_us - first.c.at_us).join(first, first.c.warning_id == s.c.warning_id)
    calls = select(w.c.opened_at_us - first.c.at_us).join(first, first.c.warning_id == w.c.warning_id).where(w.c.calls)
    took: dict[str, list[int | None]] = {}
    with office.desk.read() as conn:
        for channel, us in conn.execute(sent):
            took.setdefault({"sms": "text sent", "push": "push sent", "bank": "bank's desk"}[channel], []).append(us)
        took["call put into the queue"] = list(conn.execute(calls).scalars())
    rows = []
    for what, them in took.items():
        ms = np.array([us for us in them if us is not None]) / 1_000
        if missing := len(them) - len(ms):
            what = f"{what} ({missing:,} not)"
        if len(ms):
            p50, p95, most = (float(np.percentile(ms, at)) for at in (50, 95, 100))
            rows.append((what, len(ms), p50, p95, most))
    return rows


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_child(int(sys.argv[1]))) + "\n")
