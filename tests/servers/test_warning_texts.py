"""Warnings by text, from the planned message to the centre's receipt: once, cancelled in time, never lost by a kill."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from send_world import plan, sends, text_states, warned
from sqlalchemy import select, update
from warning_world import add_warning, event_of, known_lines

from chainbreak.act.warnings.channels.sms import text_of
from chainbreak.app.bootstrap import Office
from chainbreak.app.change_partners import add_partner
from chainbreak.app.close_warning import close_warning
from chainbreak.app.init_centre import init_centre
from chainbreak.app.partner_secrets import set_secret
from chainbreak.app.send_texts import send_texts
from chainbreak.app.send_warnings import send_warnings
from chainbreak.audit.verify import verify
from chainbreak.base.clock import FixedClock
from chainbreak.base.settings import Settings
from chainbreak.bench.delivery.sms_servers import PASSWORD, Centre, message_centre
from chainbreak.records.actor import SERVICE, Actor, Role
from chainbreak.store.desk.tables_warnings import warning, warning_send

pytestmark = pytest.mark.server
T0 = 1_795_132_800_000_000
ZHOU = Actor("zhou", frozenset({Role.LIAISON}))
SEND = """
import sys
from chainbreak.app.bootstrap import open_office
from chainbreak.app.send_warnings import send_for
send_for(open_office(sys.argv[1]), 60)
"""


@pytest.fixture
def centre() -> Iterator[Centre]:
    with message_centre() as made:
        yield made


@pytest.fixture
def office(desk_url: str, tmp_path: Path, centre: Centre) -> Iterator[Office]:
    made = init_centre(tmp_path / "centre", Settings(desk_url=desk_url, name="测试市反诈中心"), FixedClock(T0))
    add_partner(
        made, ZHOU, "smsc", "sms", (), address=f"smpp://127.0.0.1:{centre.port}",
        settings={"system_id": "cb", "sender": "96110", "per_s": 200, "response_s": 2.0},
    )  # fmt: skip
    set_secret(made, ZHOU, "smsc", "password", PASSWORD.encode())
    yield made
    made.desk.close()


def send(office: Office) -> dict[str, object]:
    return send_texts(office, stay_s=0.3, patience_s=600.0, wait=lambda _: None)


def warning_ids(office: Office) -> list[str]:
    with office.desk.read() as conn:
        return list(conn.execute(select(warning.c.warning_id)).scalars())


def test_a_warning_is_read_from_the_plan_to_the_receipt(office: Office, centre: Centre) -> None:
    warned(office, 3, tier="low")
    assert send_warnings(office, "sms") == {"handing": 3}
    assert send_warnings(office, "sms") == {}
    assert text_states(office) == [("queued", "queued")] * 3, "one part each, so that half of one is never read"
    assert send(office)["delivered"] == 3
    assert sends(office, "state", "handed_at_us", "settled_at_us") == [("delivered", T0, T0)] * 3
    assert {m.number for m in centre.taken} == {"8613911110000", "8613911110001", "8613911110002"}
    assert centre.taken[0].data.decode("utf-16-be").startswith("【测试市反诈中心】")
    with office.desk.read() as conn:
        assert set(conn.execute(select(warning.c.told_at_us)).scalars()) == {T0}
        assert verify(conn).faults == []


def test_who_was_dissuaded_gets_no_text_that_had_not_left(office: Office, centre: Centre) -> None:
    warned(office, 2)
    first, second = warning_ids(office)
    send_warnings(office, "sms")
    with office.desk.begin() as conn:
        close_warning(conn, SERVICE, [first], "resolved", "dissuaded", T0)
    assert send(office)["delivered"] == 1
    assert len(centre.taken) == 1
    assert sorted(sends(office)) == [("cancelled", "dissuaded"), ("delivered", "")]
    assert second


def test_an_outcome_that_was_undone_sends_the_cancelled_text_once(office: Office, centre: Centre) -> None:
    [send_id] = warned(office, 1)
    for _ in range(2):
        send_warnings(office, "sms")
        with office.desk.begin() as conn:
            close_warning(conn, SERVICE, warning_ids(office), "resolved", "dissuaded", T0)
            conn.execute(update(warning).values(state="open", outcome=""))
            conn.execute(update(warning_send).values(state="due", reason="", settled_at_us=None))
    assert send_warnings(office, "sms") == {"handing": 1}
    assert send(office)["delivered"] == 1
    assert (len(centre.taken), sends(office, "state", "receipt")) == (1, [("delivered", text_of(send_id))])


def test_a_text_that_is_there_is_not_queued_again(office: Office, centre: Centre) -> None:
    warned(office, 1)
    send_warnings(office, "sms")
    send(office)
    with office.desk.begin() as conn:
        conn.execute(update(warning_send).values(state="due"))
    assert send_warnings(office, "sms") == {"delivered": 1}
    send(office)
    assert len(centre.taken) == 1


def test_a_text_that_failed_starts_the_next_action_and_one_that_may_have_arrived_does_not(
    office: Office, centre: Centre
) -> None:
    people = known_lines(office, 2)
    failing, lost = (add_warning(office, event_of("high", to, T0, i), T0) for i, to in enumerate(people))
    plan(office, failing)
    centre.ways.refuse = 0x0B
    send_warnings(office, "sms")
    send(office)
    assert sends(office) == [("failed", "not_delivered")]
    plan(office, lost)
    centre.ways.drop_every, centre.ways.receipts = 1, False
    send_warnings(office, "sms")
    send(office)
    with office.desk.read() as conn:
        due = dict(conn.execute(select(warning.c.warning_id, warning.c.visit_due_at_us)).all())  # type: ignore[arg-type]
    assert due[failing] is not None, "the tier visits who is not reached"
    assert due[lost] is None
    assert sorted(sends(office)) == [("failed", "not_delivered"), ("unknown", "")]


def test_an_unknown_text_is_never_sent_again(office: Office, centre: Centre) -> None:
    warned(office, 6)
    centre.ways.drop_every, centre.ways.receipts = 2, False
    for _ in range(3):
        send_warnings(office, "sms")
        send(office)
    assert len({m.number for m in centre.taken}) == len(centre.taken)
    assert "unknown" in {state for state, _ in sends(office)}


@pytest.mark.parametrize("desk_url", ["sqlite"], indirect=True)
def test_killed_again_and_again_each_is_told_once(desk_url: str, tmp_path: Path, centre: Centre) -> None:
    made = init_centre(tmp_path / "killed", Settings(desk_url=desk_url, name="测试市反诈中心"))
    add_partner(made, ZHOU, "smsc", "sms", (), address=f"smpp://127.0.0.1:{centre.port}",
                settings={"system_id": "cb", "sender": "96110", "per_s": 100})  # fmt: skip
    set_secret(made, ZHOU, "smsc", "password", PASSWORD.encode())
    warned(made, 60, "high")  # by the hour of the day it may be night here, when low tiers wait
    draw = random.Random(7)
    while len(centre.taken) < 55:
        enough = len(centre.taken) + draw.randint(1, 12)
        with subprocess.Popen([sys.executable, "-c", SEND, str(made.centre.root)]) as service:
            centre.wait_for(lambda enough=enough: len(centre.taken) >= min(enough, 60))  # type: ignore[misc]
            service.send_signal(signal.SIGKILL)
    send_warnings(made, "sms")
    send(made)
    assert len({m.number for m in centre.taken}) == len(centre.taken), "nobody is told twice"
    told = {state for state, _ in sends(made)}
    assert told <= {"delivered", "unknown"}
    # What a kill caught between its note and the wire is unknown, and shown as such; nothing vanishes.
    unknown = [state for state, _ in sends(made)].count("unknown")
    assert len(centre.taken) + unknown >= 60
    made.desk.close()
