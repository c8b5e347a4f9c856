"""Messages handed over that were planned before: by push in batches, and as texts to the message centre, with desk,
vault and log. The receivers are processes of their own.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainbreak.bench import BenchRow, run_child

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

COUNT = {"small": 2_000, "full": 20_000}
AIM = 2_000
"""Push messages a second."""
OURS: dict[str, dict[str, Any]] = {
    "push": {"batch": 500},
    "sms": {"system_id": "bench", "sender": "96110", "per_s": 10_000},
}


def run(scale: str) -> list[BenchRow]:
    """Rows: push, texts.

    Raises:
        SetupError: the extra for texts is not installed (CB-DL-200).
    """
    return [
        BenchRow(f"warnings handed to an app, 500 a request (aim {AIM:,}/s)", **_measured("push", COUNT[scale])),
        BenchRow("warnings handed to the message centre as texts, window 10", **_measured("sms", COUNT[scale])),
    ]


def _measured(channel: str, count: int) -> dict[str, Any]:
    cost = run_child([sys.executable, "-m", __name__, channel, str(count)])
    measured: dict[str, Any] = json.loads(cost.output.splitlines()[-1]) | {"peak_mib": round(cost.peak_mib)}
    return measured


def _child(channel: str, count: int) -> dict[str, float]:
    from chainbreak.app.send_texts import send_texts
    from chainbreak.app.send_warnings import send_warnings
    from chainbreak.bench.delivery.push_receiver import receiver_process
    from chainbreak.bench.delivery.sms_servers import centre_process

    servers = receiver_process() if channel == "push" else centre_process()
    with tempfile.TemporaryDirectory(prefix="chainbreak-bench-") as name, servers as server:
        office = _office(Path(name) / "centre", channel, server[0] if isinstance(server, tuple) else server, count)
        wall, cpu = time.perf_counter(), time.process_time()
        done = send_warnings(office, channel).total()
        if channel == "sms":
            done = send_texts(office, stay_s=0)["delivered"]
        took, used = time.perf_counter() - wall, time.process_time() - cpu
        office.desk.close()
    return {"rows": done, "seconds": round(took, 2), "cpu_s": round(used, 2), "rows_per_s": round(done / took)}


def _office(folder: Path, channel: str, port: int, count: int) -> Office:
    """A centre with one message due to each of `count` people on this channel."""
    from sqlalchemy import delete, update

    from chainbreak.app.change_partners import add_partner
    from chainbreak.app.partner_secrets import set_secret
    from chainbreak.app.take_contacts import take_contacts
    from chainbreak.bench.delivery import push_receiver, sms_servers
    from chainbreak.bench.warnings.town import centre, contacts
    from chainbreak.identity.tokens import token_of
    from chainbreak.records.actor import SERVICE, Actor, Role
    from chainbreak.records.finding import write_token
    from chainbreak.records.kind import Identifier
    from chainbreak.store.desk.tables_warnings import warning_send as s

    office, liaison = centre(folder), Actor("liaison", frozenset({Role.LIAISON}))
    scheme, secret, value = (
        ("http", "signing_key", push_receiver.KEY) if channel == "push" else ("smpp", "password", sms_servers.PASSWORD)
    )
    add_partner(office, liaison, "partner", channel, (), address=f"{scheme}://127.0.0.1:{port}", settings=OURS[channel])
    set_secret(office, liaison, "partner", secret, value.encode())
    values = [f"+86138{i:08}" for i in range(count * 2)]  # somewhat more than half end as messages
    office.vault.add_values(Identifier.LINE, values)
    key = office.keys.token_key(Identifier.LINE)
    lines = [write_token(Identifier.LINE, token_of(key, number)) for number in values]
    take_contacts(office, SERVICE, list(contacts(len(lines), office.clock.now_us(), lines=lines)))
    with office.desk.begin() as conn:
        conn.execute(delete(s).where(s.c.channel != channel))
        conn.execute(update(s).where(s.c.state == "due").values(due_at_us=s.c.planned_at_us))  # whatever the hour is
    return office


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_child(sys.argv[1], int(sys.argv[2]))) + "\n")
