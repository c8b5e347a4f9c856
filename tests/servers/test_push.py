"""Warnings against receivers that answer, hang up, refuse, redirect and talk nonsense: each is shown once."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from certificates import pem, signed
from send_world import money_events, plan, sends, warned
from sqlalchemy import func, select, update

from chainbreak.app.bootstrap import Office
from chainbreak.app.change_partners import add_partner, change_partner
from chainbreak.app.check_partner import check_partner
from chainbreak.app.close_warning import close_warning
from chainbreak.app.init_centre import init_centre
from chainbreak.app.partner_config import partner_config
from chainbreak.app.partner_secrets import set_secret
from chainbreak.app.send_warnings import Lane, send_warnings, send_warnings_always
from chainbreak.app.who_saw import who_saw
from chainbreak.audit.tables import entries
from chainbreak.audit.verify import verify
from chainbreak.base.clock import FixedClock
from chainbreak.base.errors import SetupError
from chainbreak.base.settings import Settings
from chainbreak.bench.delivery.push_receiver import KEY, Receiver, push_receiver
from chainbreak.records.actor import SERVICE, Actor, Role
from chainbreak.store.desk.tables_warnings import warning, warning_mute, warning_send

pytestmark = pytest.mark.server
T0 = 1_795_132_800_000_000
ZHOU = Actor("zhou", frozenset({Role.LIAISON}))
SEND = """
import sys
from chainbreak.app.bootstrap import open_office
from chainbreak.app.send_warnings import send_warnings
from chainbreak.base.clock import FixedClock
send_warnings(open_office(sys.argv[1], FixedClock(int(sys.argv[2]))), "push")
"""


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(T0)


@pytest.fixture
def receiver(clock: FixedClock) -> Iterator[Receiver]:
    with push_receiver(Receiver(now_s=lambda: clock.now_us() / 1e6)) as made:
        yield made


@pytest.fixture
def office(desk_url: str, tmp_path: Path, clock: FixedClock, receiver: Receiver) -> Iterator[Office]:
    made = init_centre(tmp_path / "centre", Settings(desk_url=desk_url, name="测试市反诈中心"), clock)
    add_partner(made, ZHOU, "app", "push", (), address=f"http://127.0.0.1:{receiver.port}/v1", settings={"batch": 2})
    set_secret(made, ZHOU, "app", "signing_key", KEY.encode())
    yield made
    made.desk.close()


def states(office: Office) -> list[str]:
    return sorted(state for state, _ in sends(office))


def test_an_app_is_told_what_to_show_and_to_whom(office: Office, receiver: Receiver) -> None:
    send_id, *_ = warned(office, 3, channel="push")
    assert send_warnings(office, "push") == {"handed": 3}
    shown = receiver.shown[send_id]
    assert shown == {
        "id": send_id, "to": "+8613911110000", "purpose": "warn", "tier": "low", "fraud": "", "lang": "zh",
        "text": shown["text"], "hotline": "96110", "expires_at": "2026-11-20T01:00:00Z",
    }  # fmt: skip
    assert shown["text"].startswith("【测试市反诈中心】")
    assert receiver.requests == 2  # of two and one
    assert sends(office, "state", "handed_at_us", "receipt")[0][:2] == ("handed", T0)
    with office.desk.read() as conn:
        assert conn.execute(select(func.count()).where(warning.c.told_at_us == T0)).scalar() == 3
        actions = conn.execute(select(entries.c.action).order_by(entries.c.seq)).scalars().all()
        assert verify(conn).faults == []
    assert actions[-3:] == ["warning.send", "vault.read", "warning.settle"]
    assert send_warnings(office, "push") == {}


def test_a_forged_or_old_body_is_not_taken(office: Office, receiver: Receiver, clock: FixedClock) -> None:
    warned(office, 1, channel="push")
    set_secret(office, ZHOU, "app", "signing_key", b"another key")
    assert send_warnings(office, "push") == {"due": 1}
    receiver.now_s = lambda: clock.now_us() / 1e6 + 301
    set_secret(office, ZHOU, "app", "signing_key", KEY.encode())
    clock.advance(10)
    assert send_warnings(office, "push") == {"due": 1}
    assert (receiver.forged, receiver.shown) == (2, {})


@pytest.mark.parametrize("status", [500, 503, 429, 403, 302, 100])
def test_what_is_not_taken_comes_again_under_the_same_id(
    office: Office, receiver: Receiver, clock: FixedClock, status: int
) -> None:
    [send_id] = warned(office, 1, channel="push")
    receiver.ways.status, receiver.ways.location = status, f"http://127.0.0.1:{receiver.port}/elsewhere"
    assert send_warnings(office, "push") == {"due": 1}
    assert send_warnings(office, "push") == {}, "not before its wait is over"
    assert receiver.requests == 1, "a redirect is not followed"
    receiver.ways.status = 200
    clock.advance(3)
    assert send_warnings(office, "push") == {"handed": 1}
    assert list(receiver.shown) == [send_id]
    assert sends(office, "attempts") == [(2,)]


@pytest.mark.parametrize("body", [b"{" * 2_000_000, b"[[[[", b'{"results": 7}', b'{"results":[{"id":1}]}'])
def test_an_answer_that_is_none_is_not_believed(office: Office, receiver: Receiver, body: bytes) -> None:
    warned(office, 1, channel="push")
    receiver.ways.body = body
    assert send_warnings(office, "push") == {"due": 1}


def test_an_answer_about_others_changes_nothing_of_theirs(office: Office, receiver: Receiver) -> None:
    [ours] = warned(office, 1, channel="push")
    theirs = plan(office, _warning_of(office, ours), "sms")
    receiver.ways.body = b'{"results":[{"id":"%s","state":"refused"}]}' % theirs.encode()
    assert send_warnings(office, "push") == {"handed": 1}
    assert sorted(sends(office, "channel", "state")) == [("push", "handed"), ("sms", "due")]


def test_one_that_cannot_be_said_keeps_no_other_back(office: Office, receiver: Receiver) -> None:
    change_partner(office, ZHOU, "app", settings={"batch": "100"})
    ids = warned(office, 9, channel="push")
    receiver.ways.bad = frozenset({ids[4]})
    assert send_warnings(office, "push") == {"handed": 8, "failed": 1}
    assert set(receiver.shown) == set(ids) - {ids[4]}
    assert receiver.requests <= 9


def test_a_slow_receiver_keeps_no_other_channel_waiting(office: Office, receiver: Receiver) -> None:
    change_partner(office, ZHOU, "app", settings={"batch": "100"})
    warned(office, 2, channel="push")
    receiver.ways.hold = threading.Event()
    stop = threading.Event()
    service = threading.Thread(target=send_warnings_always, args=(office, stop))
    service.start()
    try:
        assert receiver.wait_for(lambda: receiver.requests == 1)
        with office.desk.begin() as conn:  # while it holds our request
            conn.execute(update(warning_send).where(warning_send.c.state == "due").values(reason=""))
        assert states(office) == ["handing"] * 2
    finally:
        receiver.ways.hold.set()
        assert receiver.wait_for(lambda: len(receiver.shown) == 2)
        stop.set()
        service.join()
    assert states(office) == ["handed"] * 2


@pytest.mark.parametrize("desk_url", ["sqlite"], indirect=True)
def test_killed_while_the_receiver_has_it(office: Office, receiver: Receiver, clock: FixedClock) -> None:
    ids = warned(office, 5, channel="push")
    receiver.ways.hold = threading.Event()
    with subprocess.Popen([sys.executable, "-c", SEND, str(office.centre.root), str(T0)]) as sender:
        assert receiver.wait_for(lambda: len(receiver.shown) == 2)
        sender.send_signal(signal.SIGKILL)
    receiver.ways.hold.set()
    assert states(office) == ["handing"] * 5
    assert send_warnings(office, "push") == {"handed": 5}
    assert set(receiver.shown) == set(ids)
    assert sorted(receiver.came.values()) == [1, 1, 1, 2, 2], "what came twice came under the same id"


def test_nobody_is_told_of_a_warning_that_was_closed_a_moment_ago(office: Office, receiver: Receiver) -> None:
    first, second, third, fourth = warned(office, 4, channel="push")
    with office.desk.begin() as conn:
        close_warning(conn, SERVICE, [_warning_of(office, first)], "resolved", "dissuaded", T0)
        # Closed by another way than ours, past its end, muted: the claim sees it by itself.
        ended = {_warning_of(office, second): {"state": "resolved"}, _warning_of(office, third): {"expires_at_us": T0}}
        for warning_id, values in ended.items():
            conn.execute(update(warning).where(warning.c.warning_id == warning_id).values(**values))
        to = conn.execute(select(warning_send.c.recipient).where(warning_send.c.send_id == fourth)).scalar_one()
        conn.execute(warning_mute.insert().values(recipient=to, at_us=T0, until_us=T0 + 1, asked_by="gu"))
    assert send_warnings(office, "push") == {"cancelled": 1, "failed": 1, "suppressed": 1}
    assert receiver.requests == 0
    assert sorted(sends(office)) == [
        ("cancelled", "closed"), ("cancelled", "dissuaded"), ("failed", "expired"), ("suppressed", "muted"),
    ]  # fmt: skip


def test_a_correction_goes_out_although_its_warning_is_closed(office: Office, receiver: Receiver) -> None:
    [send_id] = warned(office, 1, channel="push")
    warning_id = _warning_of(office, send_id)
    send_warnings(office, "push")
    with office.desk.begin() as conn:
        close_warning(conn, SERVICE, [warning_id], "retracted", "", T0)
    corrected = plan(office, warning_id, "push", "correct")
    assert send_warnings(office, "push") == {"handed": 1}
    assert "更正" in receiver.shown[corrected]["text"]


def test_what_the_receiver_says_later_is_taken(office: Office, receiver: Receiver, clock: FixedClock) -> None:
    change_partner(office, ZHOU, "app", settings={"statuses": "true"})
    warned(office, 3, channel="push")
    receiver.ways.becomes = "read"
    with Lane(office, "push") as lane:
        assert lane.round() == {"handed": 3}
        lane.ask()
        assert states(office) == ["handed"] * 3, "not before the time agreed"
        clock.advance(601)
        lane.ask()
    assert states(office) == ["delivered"] * 3
    with office.desk.read() as conn:
        assert conn.execute(select(func.count()).where(warning.c.reached_at_us == clock.now_us())).scalar() == 3


def test_a_channel_with_nobody_behind_it_fails_at_once(office: Office, receiver: Receiver) -> None:
    change_partner(office, ZHOU, "app", active=False)
    warned(office, 1, channel="push")
    assert send_warnings(office, "push") == {"failed": 1}
    assert sends(office) == [("failed", "no_partner")]


def test_a_bank_is_told_of_its_own_money_only_and_sees_our_clock(office: Office, receiver: Receiver) -> None:
    address = f"http://127.0.0.1:{receiver.port}/notices"
    for name in ("icbc", "ccb"):
        add_partner(office, ZHOU, name, "bankdesk", (), address=address)
        set_secret(office, ZHOU, name, "signing_key", KEY.encode())
    own, other = money_events(office, ["icbc", "records"])
    assert send_warnings(office, "bank") == {"failed": 1, "handed": 1}
    assert list(receiver.shown) == [own]
    shown = receiver.shown[own]
    assert (shown["customer"], shown["restricts"], shown["ref"], shown["stake_fen"]) == (
        "+8613911110000", False, "pay-0", 5_000_000,
    )  # fmt: skip
    assert shown["due_at"] == "2026-11-20T00:03:00Z"
    assert ("failed", "no_desk") in sends(office)
    add_partner(office, ZHOU, "shared", "bankdesk", (), address=address, settings={"for_all": True})
    set_secret(office, ZHOU, "shared", "signing_key", KEY.encode())
    with office.desk.begin() as conn:
        conn.execute(update(warning_send).where(warning_send.c.send_id == other).values(state="due"))
    assert send_warnings(office, "bank") == {"handed": 1}


def test_partner_check_says_whether_the_key_and_the_certificate_do(office: Office, receiver: Receiver) -> None:
    assert all(row["ok"] for row in check_partner(office, "app"))
    set_secret(office, ZHOU, "app", "signing_key", b"wrong")
    assert [row["what"] for row in check_partner(office, "app") if not row["ok"]] == ["answers"]


def test_only_a_certificate_of_the_agreed_authority_will_do(
    office: Office, receiver: Receiver, clock: FixedClock, tmp_path: Path
) -> None:
    ours, theirs = signed("ours"), signed("theirs")
    files = tmp_path / "cert.pem", tmp_path / "key.pem"
    for path, text in zip(files, pem(signed("127.0.0.1", ours)), strict=True):
        path.write_text(text)
    for name, pair in (("ours", ours), ("theirs", theirs)):
        (tmp_path / f"{name}.pem").write_text(pem(pair)[0])
    [send_id] = warned(office, 1, channel="push")
    with push_receiver(Receiver(now_s=receiver.now_s), tls=files) as secure:
        address = f"https://127.0.0.1:{secure.port}"
        for ca, became in (("theirs", {"due": 1}), ("ours", {"handed": 1})):
            change_partner(office, ZHOU, "app", address=address, settings={"ca": str(tmp_path / f"{ca}.pem")})
            clock.advance(5)
            assert send_warnings(office, "push") == became
        assert list(secure.shown) == [send_id]


def test_nothing_is_sent_in_the_open(office: Office) -> None:
    change_partner(office, ZHOU, "app", address="http://app.example/v1")
    warned(office, 1, channel="push")
    with pytest.raises(SetupError, match="CB-DL-162"):
        send_warnings(office, "push")
    assert states(office) == ["due"]


def test_who_saw_tells_of_every_batch_a_person_was_in(office: Office) -> None:
    warned(office, 3, channel="push")
    send_warnings(office, "push")
    with office.desk.read() as conn:
        one = conn.execute(select(warning_send.c.recipient)).scalars().first()
    wu = Actor("wu", frozenset({Role.AUDITOR}))
    seen = [row["action"] for row in who_saw(office, wu, str(one), purpose="asked by the person")]
    assert seen == ["warning.send", "vault.read", "warning.settle"]
    assert who_saw(office, wu, "line:00000000000000aa", purpose="another") == []


def test_what_the_receiver_runs_is_what_partner_config_writes_and_the_page_shows(
    office: Office, tmp_path: Path
) -> None:
    partner_config(office, ZHOU, "app", tmp_path / "out")
    written = (tmp_path / "out" / "verify.py").read_text(encoding="utf-8")
    page = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "push-warnings.md"
    assert written.partition("import hashlib")[2] in page.read_text(encoding="utf-8")
    assert (tmp_path / "out" / "signing_key").read_bytes().strip() == KEY.encode()


def test_two_senders_do_not_share_a_channel(office: Office) -> None:
    from chainbreak.app.send_warnings import _alone

    with _alone(office, "push"), pytest.raises(SetupError, match="CB-WA-120"):
        send_warnings(office, "push")


def _warning_of(office: Office, send_id: str) -> str:
    with office.desk.read() as conn:
        return str(conn.execute(select(warning_send.c.warning_id).where(warning_send.c.send_id == send_id)).scalar())
