"""Texts: parts a second through the desk and through the link alone, and how soon one that is queued is handed over."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from chainbreak.act.delivery.sms import Settings as Centre
from chainbreak.act.delivery.sms.link import Answered, Link
from chainbreak.act.delivery.sms.segments import segments
from chainbreak.app.change_partners import add_partner
from chainbreak.app.init_centre import init_centre
from chainbreak.app.partner_secrets import set_secret
from chainbreak.app.queue_text import queue_text
from chainbreak.app.send_texts import send_texts
from chainbreak.base.clock import US_PER_DAY
from chainbreak.base.settings import Settings
from chainbreak.bench.delivery.sms_servers import PASSWORD, centre_process
from chainbreak.identity.tokens import token_of
from chainbreak.records.actor import Actor, Role
from chainbreak.records.finding import write_token
from chainbreak.records.kind import Identifier
from chainbreak.store.desk.tables_texts import text_message, text_part

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office

TEXTS = {"small": 100, "full": 1_000}
SINGLE = {"small": 50, "full": 400}
EVERY_S = 0.05
"""Between two texts queued one by one: 20 a second."""
AIM_MS = 2_000
"""Handed to the message centre, 95th of 100 (delivery, section 10)."""
OURS = {"system_id": "bench", "sender": "96110", "per_s": 10_000}
CLERK = Actor("clerk", frozenset({Role.HOTLINE}))
LIAISON = Actor("liaison", frozenset({Role.LIAISON}))


def rows(scale: str) -> list[dict[str, Any]]:
    """Rows: the link alone, a queue sent at once, texts queued one by one; each against a centre of its own process."""
    with centre_process() as port:
        return [_link_alone(port, 5 * TEXTS[scale]), _queue(port, TEXTS[scale]), _one_by_one(port, SINGLE[scale])]


def _link_alone(port: int, n: int) -> dict[str, Any]:
    link = Link(f"smpp://127.0.0.1:{port}", Centre.model_validate(OURS), PASSWORD)
    [segment] = segments("a text of one part", 0)
    link.open()
    wall, cpu = time.perf_counter(), time.process_time()
    sent = answered = 0
    while answered < n:
        while sent < n and sent - answered < 10:
            link.submit("8613800138000", segment, sent % 65_536, 3_600)
            sent += 1
        for event in link.poll(1.0):
            answered += isinstance(event, Answered)
            if not isinstance(event, Answered):
                link.confirm(event.sequence)
    seconds, used = time.perf_counter() - wall, time.process_time() - cpu
    link.close()
    return {"what": "parts through the link alone, window 10", "n": n, "seconds": seconds,
            "rows_per_s": n / seconds, "cpu_s": used}  # fmt: skip


def _queue(port: int, n: int) -> dict[str, Any]:
    with _office(port) as office:
        _queue_texts(office, n)
        wall, cpu = time.perf_counter(), time.process_time()
        send_texts(office, stay_s=0)
        seconds, used = time.perf_counter() - wall, time.process_time() - cpu
        parts = len(_column(office, text_part.c.part))
    return {"what": "parts of queued texts, with desk, vault and log", "n": parts, "seconds": seconds,
            "rows_per_s": parts / seconds, "cpu_s": used}  # fmt: skip


def _one_by_one(port: int, n: int) -> dict[str, Any]:
    with _office(port) as office:
        sender = threading.Thread(target=send_texts, args=(office,), kwargs={"stay_s": 2.0})
        sender.start()
        _queue_texts(office, n, EVERY_S)
        sender.join()
        with office.desk.read() as conn:
            handed = text_message.c.submitted_at_us - text_message.c.queued_at_us
            took = sorted(us / 1_000 for us in conn.execute(select(handed)).scalars() if us is not None)
    cuts = statistics.quantiles(took, n=100)
    return {"what": "queued to handed over, 20 texts a second", "n": len(took), "lost": n - len(took),
            "p50_ms": cuts[49], "p95_ms": cuts[94], "max_ms": took[-1], "aim_ms": AIM_MS}  # fmt: skip


def _queue_texts(office: Office, n: int, every_s: float = 0.0) -> None:
    values = [f"+86138{i:08}" for i in range(n)]
    office.vault.add_values(Identifier.LINE, values)
    now = office.clock.now_us()
    said: dict[str, str | int] = {"day": now, "until": now + US_PER_DAY, "code": "7KQ2-M9D4-XYZ3"}
    for i, value in enumerate(values):
        to = write_token(Identifier.LINE, token_of(office.keys.token_key(Identifier.LINE), value))
        queue_text(office, CLERK, "notice_line", f"bench:{i}", to, said, lang="zh")
        time.sleep(every_s)


def _column(office: Office, column: Any) -> list[Any]:
    with office.desk.read() as conn:
        return list(conn.execute(select(column)).scalars())


@contextmanager
def _office(port: int) -> Iterator[Office]:
    with tempfile.TemporaryDirectory(prefix="chainbreak-texts-") as folder:
        office = init_centre(Path(folder) / "centre", Settings(name="反诈中心"))
        add_partner(office, LIAISON, "smsc", "sms", (), address=f"smpp://127.0.0.1:{port}", settings=OURS)
        set_secret(office, LIAISON, "smsc", "password", PASSWORD.encode())
        yield office
        office.desk.close()
