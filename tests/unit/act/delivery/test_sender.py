"""At least once, and never twice: the sender is killed, files are tampered with, a name is poisoned, order is kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from chainbreak.act.delivery import sender
from chainbreak.act.orders import ledger
from chainbreak.act.orders.drafting import Wish
from chainbreak.act.orders.model import State
from chainbreak.app.change_partners import add_partner
from chainbreak.app.export_blocks import export_blocks
from chainbreak.app.list_outbox import list_outbox
from chainbreak.app.release_order import release_order
from chainbreak.app.send_due import reconcile, send_due
from chainbreak.app.take_emergency import take_emergency
from chainbreak.audit.tables import entries
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.kind import Identifier
from chainbreak.store.desk.tables_delivery import partner, receipt

if TYPE_CHECKING:
    from conftest import World

# Another process sends and is killed for good at one of three places: nothing is flushed, nothing is said.
KILLED = """
import os, signal, sys
from chainbreak.act.delivery import claim
from chainbreak.act.delivery.folder import Folder
from chainbreak.app.bootstrap import Office
from chainbreak.app.send_due import send_due
from chainbreak.base.clock import FixedClock
from chainbreak.base.settings import find_centre

place, root, now = sys.argv[1], sys.argv[2], int(sys.argv[3])
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
if place == "before_write":
    Folder.carry = die
if place == "after_write":
    Folder.look = die
if place == "while_settling":
    claim.answers.record = die
send_due(Office(find_centre(root), FixedClock(now)))
"""


@pytest.mark.parametrize("place", ["before_write", "after_write", "while_settling"])
def test_a_sender_killed_anywhere_loses_nothing_and_repeats_nothing(world: World, place: str) -> None:
    order = world.approved(world.line("+8613800138000"))
    run = subprocess.run(
        [sys.executable, "-c", KILLED, place, str(world.office.centre.root), str(world.clock.now_us())],
        check=False, env=os.environ, timeout=60,
    )  # fmt: skip
    assert run.returncode == -signal.SIGKILL
    assert [m["state"] for m in list_outbox(world.office)] == ["sent"]
    assert send_due(world.office)["verified"] == 1
    assert world.file("carriers", "numbers.csv").count("+8613800138000") == 1
    with world.office.desk.read() as conn:
        assert ledger.read_order(conn, order.order_id).state is State.ACKNOWLEDGED
        steps = conn.execute(select(receipt.c.step).order_by(receipt.c.receipt_id)).scalars().all()
        moves = [e.move for e in ledger.read_events(conn, order.order_id)]
    assert steps == ["sent", "acknowledged", "verified"]
    assert moves == ["draft", "submit", "approve", "send", "answer"]
    assert send_due(world.office) == {"ended": 0, "sent": 0, "verified": 0, "waiting": 0, "failed": 0}


@pytest.mark.parametrize("emergency", [False, True])
def test_an_order_reaches_all_its_partners_though_one_transaction_takes_but_two(
    world: World, monkeypatch: pytest.MonkeyPatch, emergency: bool
) -> None:
    for name in ("second", "third", "fourth", "fifth"):
        add_partner(world.office, world.sun, name, "numbers", ["number.block"])
    monkeypatch.setattr(sender, "AT_ONCE", 2)
    line, wish = world.line("+8613800138000"), Wish("A-1", "p", rung="restrict_outgoing", ladder_reason="r")
    order = take_emergency(world.office, world.li, line.finding_id, wish) if emergency else world.approved(line)
    assert send_due(world.office)["verified"] == 5
    with world.office.desk.read() as conn:
        now = ledger.read_order(conn, order.order_id)
    assert now.state is (State.EMERGENCY if emergency else State.ACKNOWLEDGED)
    assert set(now.sent_to) == set(now.answers) == {"carriers", "second", "third", "fourth", "fifth"}
    assert not list_outbox(world.office)


def test_drift_is_mended_both_ways(world: World) -> None:
    world.sent(world.line("+8613800138000"))
    path = world.out / "carriers" / "numbers.csv"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"+8613800138000", b"+8613900139000"))
    carriers = next(row for row in reconcile(world.office) if row["partner"] == "carriers")
    assert (carriers["missing"], carriers["mended"]) == (1, True)
    assert path.read_bytes() == whole
    path.unlink()
    reconcile(world.office)
    assert path.read_bytes() == whole
    assert not any(row["mended"] for row in reconcile(world.office))


def test_an_end_that_nobody_tidied_is_mended_too(world: World) -> None:
    world.sent(world.line("+8613800138000"))
    world.clock.advance(169 * 3_600)
    carriers = next(row for row in reconcile(world.office) if row["partner"] == "carriers")
    assert (carriers["extra"], carriers["mended"]) == (1, True)
    assert "+8613800138000" not in world.file("carriers", "numbers.csv")


def test_withdrawing_takes_the_same_way_and_goes_first(world: World) -> None:
    first = world.sent(world.line("+8613800138000"))
    second = world.approved(world.line("+8613900139000"))
    release_order(world.office, world.zhao, first.order_id, "wrong_object")
    assert [(m["order_id"], m["action"]) for m in list_outbox(world.office)] == [
        (first.order_id, "withdraw"), (second.order_id, "block"),
    ]  # fmt: skip
    assert send_due(world.office)["verified"] == 2
    file = world.file("carriers", "numbers.csv")
    assert "+8613800138000" not in file
    assert "+8613900139000" in file


def test_an_order_released_before_it_was_sent_is_never_sent(world: World) -> None:
    order = world.approved(world.line("+8613800138000"))
    release_order(world.office, world.zhao, order.order_id)
    assert send_due(world.office)["sent"] == 0
    assert world.file("carriers", "numbers.csv") == ""


def test_one_name_that_cannot_be_written_stops_only_itself(world: World) -> None:
    bad = world.approved(world.finding("Bad.Example"), rung="host_sinkhole")
    world.approved(world.finding("evil.example"), rung="host_sinkhole")
    counts = send_due(world.office)
    assert (counts["verified"], counts["failed"]) == (1, 1)
    [failed] = list_outbox(world.office)
    assert (failed["order_id"], failed["state"], failed["detail"]) == (
        bad.order_id, "failed", "not a host name; it cannot stand in a zone",
    )  # fmt: skip
    assert "evil.example CNAME ." in world.file("dns", "zone.rpz")


def test_the_serial_of_a_zone_only_grows_even_with_the_clock_set_back(world: World) -> None:
    serials = []
    for name in ("a.example", "b.example", "c.example"):
        world.sent(world.finding(name), rung="host_sinkhole")
        with world.office.desk.read() as conn:
            serials.append(conn.execute(select(partner.c.serial).where(partner.c.partner_id == "dns")).scalar_one())
        world.clock.advance(-25)
    assert serials == sorted(set(serials))
    assert f" {serials[-1]} " in world.file("dns", "zone.rpz")


def test_an_order_signed_ahead_waits_for_its_start(world: World) -> None:
    start = world.clock.now_us() + 3_600_000_000
    world.approved(world.line("+8613800138000"), starts_at_us=start)
    assert send_due(world.office)["sent"] == 0
    world.clock.advance(3_600)
    assert send_due(world.office)["verified"] == 1


def test_a_full_disk_at_a_partner_is_waited_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from chainbreak.act.delivery import shelf

    def full(*_args: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    world.approved(world.line("+8613800138000"))
    with monkeypatch.context() as patched:
        patched.setattr(shelf, "write_atomic", full)
        assert send_due(world.office)["waiting"] == 1
    world.clock.advance(120)
    assert send_due(world.office)["verified"] == 1


def test_every_opening_of_the_vault_is_a_leaf(world: World) -> None:
    order = world.sent(world.line("+8613800138000"))
    with world.office.desk.read() as conn:
        leaves = conn.execute(select(entries.c.action, entries.c.entry).order_by(entries.c.seq)).all()
    purposes = [bytes(row.entry) for row in leaves if row.action == "vault.read"]
    assert any(b'"purpose":"delivery"' in entry and b'"case":"A-1"' in entry for entry in purposes)
    assert all(b"13800138000" not in bytes(row.entry) for row in leaves)
    assert order.content.object.encode() in b"".join(purposes)


def test_an_export_names_its_purpose_and_holds_only_what_is_in_force(world: World) -> None:
    world.sent(world.line("+8613800138000"))
    ended = world.sent(world.line("+8613900139000"))
    release_order(world.office, world.zhao, ended.order_id)
    out = world.out / "export.csv"
    with pytest.raises(RefusedError, match="CB-DL-002"):
        export_blocks(world.office, world.li, "csv", out, purpose="x")
    with pytest.raises(RefusedError, match="CB-DL-002"):
        export_blocks(world.office, world.sun, "csv", out, purpose=" ")
    with pytest.raises(UsageError, match="CB-DL-001"):
        export_blocks(world.office, world.sun, "rpz", out, kind="funds.hold", purpose="x")
    assert export_blocks(world.office, world.sun, "csv", out, purpose="weekly list") == 1
    assert "+8613800138000" in out.read_text()


def test_identifiers_of_accounts_reach_the_bank_and_only_the_bank(world: World) -> None:
    world.token(Identifier.ACCOUNT, "6222020000000000001")
    world.sent(world.account("6222020000000000001", 12_345), rung="hold_amount")
    assert "6222020000000000001,12345,CNY,hold_amount" in world.file("banks", "holds.csv")
    others = [p for p in world.out.rglob("*") if p.is_file() and p.parent.name != "banks"]
    assert all(b"6222020000000000001" not in p.read_bytes() for p in others)
