"""Texts against a message centre that hangs up, throttles, keeps silent or says things twice: each goes out once."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from chainbreak.act.orders.drafting import Wish
from chainbreak.act.orders.model import Order
from chainbreak.app.approve_order import approve_order
from chainbreak.app.bootstrap import Office
from chainbreak.app.change_partners import add_partner, change_partner
from chainbreak.app.check_partner import check_partner
from chainbreak.app.draft_order import draft_order
from chainbreak.app.give_notice import due_notices, give_notice
from chainbreak.app.init_centre import init_centre
from chainbreak.app.list_outbox import list_tasks
from chainbreak.app.list_texts import list_text_receipts, list_texts
from chainbreak.app.partner_secrets import set_secret
from chainbreak.app.queue_text import queue_text, text_notice
from chainbreak.app.send_due import reconcile
from chainbreak.app.send_texts import send_texts
from chainbreak.app.submit_order import submit_order
from chainbreak.audit.tables import entries
from chainbreak.audit.verify import verify
from chainbreak.base.clock import FixedClock
from chainbreak.base.errors import RefusedError, SetupError, UsageError
from chainbreak.base.settings import Settings
from chainbreak.bench.delivery.sms_servers import PASSWORD, Centre, Ways, message_centre
from chainbreak.identity.tokens import token_of
from chainbreak.records.actor import Actor, Role
from chainbreak.records.finding import Action, Evidence, Finding, Level, write_token
from chainbreak.records.kind import Identifier
from chainbreak.store.desk.findings import save_findings
from chainbreak.store.desk.tables_texts import text_part

pytestmark = pytest.mark.server
T0 = 1_795_132_800_000_000
LI = Actor("li", frozenset({Role.HOTLINE}))
ZHOU = Actor("zhou", frozenset({Role.LIAISON}))
VALUES = {"day": T0, "until": T0 + 1, "code": "7KQ2-M9D4-XYZ3"}
SEND = """
import sys
from chainbreak.app.bootstrap import open_office
from chainbreak.app.send_texts import send_texts
from chainbreak.base.clock import FixedClock
send_texts(open_office(sys.argv[1], FixedClock(int(sys.argv[2]))))
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


def person(office: Office, n: int) -> str:
    value = f"+86138001{n:05}"
    office.vault.add_values(Identifier.LINE, [value])
    return write_token(Identifier.LINE, token_of(office.keys.token_key(Identifier.LINE), value))


def queued(office: Office, n: int, lang: str = "zh") -> list[str]:
    people = [person(office, i) for i in range(n)]
    return [
        queue_text(office, LI, "notice_line", f"notice:O-{i}", to, VALUES, lang=lang) for i, to in enumerate(people)
    ]


def approved(office: Office) -> Order:
    """An order on a number, signed by two."""
    reason = Evidence("rule", 50.0, 40.0, "1/day", "behaviour", 3.0, ())
    found = Finding("test", "1", "line", person(office, 0), (), 0.9, Level.HIGH, T0, T0, (reason,), (),
                    Action.BLOCK, "h", {}, {})  # fmt: skip
    with office.desk.begin() as conn:
        save_findings(conn, [found])
    drafter, signer = Actor("wu", frozenset({Role.ANALYST})), Actor("wang", frozenset({Role.APPROVER}))
    wish = Wish(case_ref="A-1", purpose="protect", ladder_reason="milder failed")
    order = submit_order(office, drafter, draft_order(office, drafter, found.finding_id, wish).order_id)
    return approve_order(office, signer, order.order_id, order.digest)


def once(centre: Centre) -> bool:
    """Whether no part came twice."""
    return len({(m.number, m.data) for m in centre.taken}) == len(centre.taken)


def states(office: Office) -> list[str]:
    return sorted(row["state"] for row in list_texts(office))


def send(office: Office, **said: float) -> dict[str, object]:
    return send_texts(office, **{"stay_s": 0.3, "patience_s": 600.0, **said}, wait=lambda _: None)


def test_a_text_is_delivered_in_parts_that_join(office: Office, centre: Centre) -> None:
    [text_id] = queued(office, 1)
    assert send(office)["delivered"] == 1
    [row] = list_texts(office)
    assert (row["state"], row["parts"], row["text_id"]) == ("delivered", 2, text_id)
    text = "".join(m.data[6:].decode("utf-16-be") for m in centre.taken)
    assert text.startswith("【测试市反诈中心】您的电话号码自11月20日起")
    assert {(m.number, m.esm_class, m.data_coding) for m in centre.taken} == {("8613800100000", 0x40, 8)}
    assert centre.taken[0].validity == "000003000000000R"  # three days, as the template says
    assert (centre.binds, centre.unbinds, centre.owed) == (1, 1, {})
    with office.desk.read() as conn:
        rows = conn.execute(select(entries.c.action, entries.c.object).order_by(entries.c.seq)).all()
        assert verify(conn).faults == []
    actions = [action for action, _ in rows if action.startswith(("text", "vault"))]
    # Where receipts come with the answers, both are one step.
    assert [a for a in actions if a != "text.submitted"] == ["text.queue", "vault.read", "text.delivered"]
    assert ("vault.read", row["recipient"]) in {tuple(r) for r in rows}


def test_many_texts_in_a_window_each_once(office: Office, centre: Centre) -> None:
    queued(office, 60, "en")
    assert send(office)["delivered"] == 60
    assert len({m.number for m in centre.taken}) == 60
    assert send(office)["delivered"] == 0
    assert once(centre)


def test_the_same_event_reaches_a_person_once_also_under_a_new_token(office: Office, centre: Centre) -> None:
    from chainbreak.app.rotate_keys import rotate_keys

    assert queued(office, 1) == queued(office, 1)
    assert send(office)["delivered"] == 1
    old = list_texts(office)[0]["recipient"]
    rotate_keys(office, Actor("root", frozenset({Role.ADMIN})), [Identifier.LINE])
    assert person(office, 0) != old
    queue_text(office, LI, "notice_line", "notice:O-0", person(office, 0), VALUES)
    queue_text(office, LI, "notice_line", "notice:O-0", old, VALUES)
    assert len(list_texts(office)) == 1


def test_a_lost_acknowledgement_is_never_followed_by_a_second_sending(office: Office, centre: Centre) -> None:
    centre.ways.receipts = False
    centre.ways.drop_every = 3
    queued(office, 8, "en")
    send(office)
    assert once(centre)
    with office.desk.read() as conn:
        parts = conn.execute(select(text_part.c.state)).scalars().all()
    assert set(parts) == {"submitted", "unknown"}
    assert len(centre.taken) <= len(parts)
    assert {row["detail"] for row in list_texts(office, state="unknown")} == {"the acknowledgement was lost"}


@pytest.mark.parametrize("reference", [True, False])
def test_a_receipt_tells_what_a_lost_acknowledgement_did_not(office: Office, centre: Centre, reference: bool) -> None:
    centre.ways.drop_every, centre.ways.gives_back_reference = 3, reference
    queued(office, 9, "en")
    send(office)
    assert once(centre)
    with office.desk.read() as conn:
        told = conn.execute(select(text_part.c.state)).scalars().all()
    assert "unknown" in told
    assert set(told) <= {"delivered", "unknown"}
    if reference:
        assert told.count("delivered") == len(centre.taken)
    else:  # of two lost parts to one person a receipt without a reference says nothing: people are told
        assert told.count("delivered") < len(centre.taken)


@pytest.mark.parametrize("desk_url", ["sqlite"], indirect=True)
def test_killed_between_sending_and_answer(office: Office, centre: Centre) -> None:
    centre.ways.answers = False
    queued(office, 3, "en")
    with subprocess.Popen([sys.executable, "-c", SEND, str(office.centre.root), str(T0)]) as sender:
        assert centre.wait_for(lambda: len(centre.taken) >= 3)
        sender.send_signal(signal.SIGKILL)
    before = len(centre.taken)
    assert "submitting" in states(office)
    centre.ways.answers = True
    send(office)
    # What had left is told by receipts; what was claimed and had not left is sent now; nothing goes twice.
    assert once(centre)
    assert len(centre.taken) > before
    assert states(office) == ["delivered"] * 3
    assert centre.owed == {}


def test_receipts_before_the_answer_and_twice(office: Office, centre: Centre) -> None:
    centre.ways.receipt_first, centre.ways.repeats = True, 3
    queued(office, 5)
    assert send(office)["delivered"] == 5
    assert len(list_text_receipts(office)) == len(centre.taken)
    assert all(row["text_id"] for row in list_text_receipts(office))


def test_a_receipt_that_came_first_counts_when_the_answer_is_lost(office: Office, centre: Centre) -> None:
    centre.ways.receipt_first, centre.ways.drop_every = True, 2
    queued(office, 2)
    send(office)
    with office.desk.read() as conn:
        told = conn.execute(select(text_part.c.state)).scalars().all()
    assert told.count("delivered") == len(centre.taken)
    assert centre.owed == {}


def test_throttled_parts_wait_and_go_once(office: Office, centre: Centre) -> None:
    centre.ways.throttle = 3
    queued(office, 4, "en")
    send(office)
    assert set(states(office)) == {"queued", "delivered"}
    office.clock.advance(60)  # type: ignore[attr-defined]
    send(office)
    assert states(office) == ["delivered"] * 4
    assert once(centre)


def test_a_refusal_is_final_and_shown(office: Office, centre: Centre) -> None:
    centre.ways.refuse = 0x0B
    queued(office, 1)
    assert send(office)["failed"] == 1
    [row] = list_texts(office, state="failed")
    assert row["detail"] == "refused, status 0xb"
    send(office)
    assert len(centre.taken) <= 1  # the other part was on its way already


def test_of_a_refused_text_no_further_part_is_sent(office: Office, centre: Centre) -> None:
    centre.ways.refuse, centre.ways.throttle = 0x0B, 3  # three parts are too fast, the fourth is refused for good
    queued(office, 1, "en")
    send(office)
    office.clock.advance(60)  # type: ignore[attr-defined]
    send(office)
    assert (states(office), centre.taken) == (["failed"], [])


def test_what_ran_out_is_not_sent_and_what_is_not_due_waits(office: Office, centre: Centre) -> None:
    queued(office, 1)
    queue_text(office, LI, "notice_line", "notice:later", person(office, 7), VALUES, due_at_us=T0 + 10**12)
    office.clock.advance(72 * 3_600)  # type: ignore[attr-defined]
    assert send(office)["expired"] == 1
    assert (states(office), centre.taken) == (["expired", "queued"], [])


def test_a_text_without_a_receipt_is_asked_after(office: Office, centre: Centre) -> None:
    centre.ways.receipts = False
    queued(office, 2)
    send(office)
    assert states(office) == ["submitted"] * 2
    office.clock.advance(601)  # type: ignore[attr-defined]
    centre.ways.stat = "UNDELIV"
    send(office)
    assert states(office) == ["failed"] * 2
    assert centre.queries == 4


def test_a_wrong_password_stops_and_an_absent_centre_is_said(office: Office, centre: Centre) -> None:
    queued(office, 1)
    set_secret(office, ZHOU, "smsc", "password", b"wrong")
    with pytest.raises(SetupError, match="CB-DL-203"):
        send(office)
    set_secret(office, ZHOU, "smsc", "password", PASSWORD.encode())
    change_partner(office, ZHOU, "smsc", address="smpp://127.0.0.1:1")
    assert send(office, patience_s=0)["link"] == "not reached: ConnectionRefusedError"
    assert states(office) == ["queued"]


def test_who_may_text_whom(office: Office) -> None:
    with pytest.raises(RefusedError, match="CB-DL-207"):
        queue_text(office, Actor("root", frozenset({Role.ADMIN})), "notice_line", "e", person(office, 1), VALUES)
    with pytest.raises(UsageError, match="CB-DL-206"):
        queue_text(office, LI, "notice_line", "e", "+8613800138000", VALUES)


def test_a_receipt_of_what_is_still_on_its_way_ends_nothing(office: Office, centre: Centre) -> None:
    centre.ways = Ways(stat="ENROUTE")
    queued(office, 1)
    send(office)
    assert states(office) == ["submitted"]


def test_a_message_centre_is_asked_whether_it_lets_us_in_and_holds_no_orders(office: Office, centre: Centre) -> None:
    assert "smsc" not in {row["partner"] for row in reconcile(office)}
    assert all(row["ok"] for row in check_partner(office, "smsc"))
    assert centre.binds == centre.unbinds == 1
    set_secret(office, ZHOU, "smsc", "password", b"wrong")
    assert [row["what"] for row in check_partner(office, "smsc") if not row["ok"]] == ["answers"]


def test_the_notice_of_an_order_is_given_when_its_text_was_delivered(office: Office, centre: Centre) -> None:
    order = approved(office)
    text_id = text_notice(office, LI, order.order_id)
    assert [row["order_id"] for row in due_notices(office)] == [order.order_id]
    assert send(office)["delivered"] == 1
    assert due_notices(office) == []
    assert order.content.remedy["receipt_code"] in "".join(m.data[6:].decode("utf-16-be") for m in centre.taken)
    with pytest.raises(UsageError, match="CB-OR-066"):
        text_notice(office, LI, order.order_id)
    assert [row["text_id"] for row in list_texts(office)] == [text_id]


def test_a_notice_that_did_not_arrive_asks_for_a_person(office: Office, centre: Centre) -> None:
    centre.ways.stat = "UNDELIV"
    order = approved(office)
    text_notice(office, LI, order.order_id)
    assert send(office)["failed"] == 1
    assert [(t["kind"], t["order_id"], t["note"]) for t in list_tasks(office)] == [
        ("not_told", order.order_id, "failed: UNDELIV 000"),
    ]  # fmt: skip
    assert [row["order_id"] for row in due_notices(office)] == [order.order_id]
    give_notice(office, ZHOU, order.order_id, "letter")
    assert (list_tasks(office), due_notices(office)) == ([], [])
