"""Holds and recalls at a bank's gateway that refuses, holds a part, answers late or twice, hangs up, talks nonsense."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import camt_exceptions
import pytest
from browser import Browser
from fund_world import FundWorld
from sqlalchemy import select

from chainbreak.act.delivery.bank.xml import parse
from chainbreak.act.delivery.signing import Signer, is_genuine
from chainbreak.act.orders import ledger
from chainbreak.act.orders.model import Order, State
from chainbreak.app.acknowledge_order import acknowledge_order
from chainbreak.app.add_person import add_person
from chainbreak.app.approve_order import approve_order
from chainbreak.app.bootstrap import Office
from chainbreak.app.change_partners import add_partner, change_partner
from chainbreak.app.check_partner import check_partner
from chainbreak.app.decide_appeal import decide_appeal
from chainbreak.app.draft_holds import draft_holds
from chainbreak.app.golden_hour import report_clock
from chainbreak.app.init_centre import init_centre
from chainbreak.app.issue_receipt_token import issue_receipt_token
from chainbreak.app.issue_sign_in_link import issue_sign_in_link
from chainbreak.app.list_outbox import list_outbox, list_tasks
from chainbreak.app.open_appeal import open_appeal
from chainbreak.app.open_money import open_money
from chainbreak.app.release_order import release_order
from chainbreak.app.return_pot import pot_of_holds
from chainbreak.app.send_due import reconcile, send_due
from chainbreak.app.show_order import show_order
from chainbreak.app.submit_order import submit_order
from chainbreak.app.take_receipt import take_receipt, take_receipts
from chainbreak.audit.tables import entries
from chainbreak.audit.verify import verify
from chainbreak.base.clock import FixedClock
from chainbreak.base.errors import InputError, RefusedError
from chainbreak.base.settings import Settings
from chainbreak.bench.delivery import bank as bench
from chainbreak.bench.delivery.bank_server import Bank, running
from chainbreak.records.actor import Actor, Role
from chainbreak.store.desk.tables_delivery import receipt
from chainbreak.web.application import create_app

T0 = 1_795_132_800_000_000
TEMPLATES = Path(camt_exceptions.__file__).parent / "templates"
ADMIN = Actor("os:test", frozenset({Role.ADMIN, Role.LIAISON}))
KILLED = """
import os, signal, sys
from pkgutil import resolve_name
from chainbreak.app.bootstrap import Office
from chainbreak.app.send_due import send_due
from chainbreak.base.clock import FixedClock
from chainbreak.base.settings import find_centre

place, root, now = sys.argv[1], sys.argv[2], int(sys.argv[3])
owner, _, name = ("chainbreak.act.delivery." + place).rpartition(".")
setattr(resolve_name(owner), name, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
send_due(Office(find_centre(root), FixedClock(now)))
"""
M2_FEN = 40_000_00
"""What the first report's claim holds on M2."""


@dataclasses.dataclass
class World:
    """A centre with one bank behind a gateway, and a ledger; what FundWorld needs of a world."""

    office: Office
    clock: FixedClock
    bank: Bank
    li = Actor("li", frozenset({Role.ANALYST, Role.FUND_DESK}))
    wang = Actor("wang", frozenset({Role.APPROVER}))
    chen = Actor("chen", frozenset({Role.COMMANDER}))
    sun = Actor("sun", frozenset({Role.LIAISON}))

    @property
    def out(self) -> Path:
        return self.office.centre.out / "bank-a"


@pytest.fixture
def world(desk_url: str, tmp_path: Path) -> Iterator[World]:
    clock = FixedClock(T0)
    office = init_centre(tmp_path / "centre", Settings(desk_url=desk_url), clock)
    schemas = tmp_path / "xsd"
    schemas.mkdir()
    for path in TEMPLATES.glob("*/*.xsd"):
        (schemas / path.name).symlink_to(path)
    change_partner(office, ADMIN, "banks", active=False)
    signer = Signer(office.centre.keys, office.centre.out)
    with running(Bank(signer.public_key, clock)) as bank:
        add_partner(office, ADMIN, "bank-a", "bank", ["funds.hold"], address=bank.address, settings={
            "agent": "CCBKCNBJXXX", "centre": "FZ-TEST", "agents": {"ICBC": "ICBKCNBJXXX"}, "statuses": True,
            "schemas": str(schemas), "language": "en",
        })  # fmt: skip
        yield World(office, clock, bank)
    office.desk.close()


@pytest.fixture
def fund(world: World, tmp_path: Path) -> FundWorld:
    return FundWorld(world, tmp_path / "files")  # type: ignore[arg-type]


def signed(fund: FundWorld, account: str, report: str = "r1", transfer: str = "t1") -> str:
    """An approved hold on an account, not sent yet."""
    run = fund.trace(report, transfer)["run_id"]
    made = str(draft_holds(fund.office, fund.world.li, run, accounts=[fund.token(account)])[0]["order_id"])
    waiting = submit_order(fund.office, fund.world.li, made)
    approve_order(fund.office, fund.world.wang, made, waiting.digest)
    return made


def order(world: World, order_id: str) -> Order:
    with world.office.desk.read() as conn:
        return ledger.read_order(conn, order_id)


def steps(world: World, order_id: str) -> list[tuple[int, str, str]]:
    with world.office.desk.read() as conn:
        query = select(receipt).where(receipt.c.order_id == order_id).order_by(receipt.c.receipt_id)
        return [(row.revision, row.step, row.outcome) for row in conn.execute(query)]


def tasks(world: World) -> list[tuple[str, str]]:
    return [(task["kind"], task["note"]) for task in list_tasks(world.office)]


def said(world: World, order_id: str, **more: Any) -> bytes:
    """A receipt in full of the first request, or what `more` makes of it."""
    body = {
        "message": "receipt", "version": 1, "key": f"{order_id}.1.bank-a", "receipt_id": "X1", "outcome": "full",
        "about": "hold-request", "held_fen": None, "code": "", "text": "", "at": "2026-11-20T00:00:00Z",
    }  # fmt: skip
    return json.dumps(body | more).encode()


def test_an_amount_is_held_and_released_and_both_are_seen(fund: FundWorld, world: World) -> None:
    made = signed(fund, "M2")
    send_due(world.office)
    (hold,) = world.bank.holds.values()
    assert (hold["account"], hold["held_fen"]) == ("C-2002", M2_FEN)
    assert steps(world, made) == [(1, "sent", ""), (1, "acknowledged", "full"), (1, "verified", "full")]
    assert order(world, made).state is State.ACKNOWLEDGED
    request = world.bank.taken[0]
    assert request["legal_basis"]
    assert request["valid_until"].startswith("2026-11-22")
    assert request["message_id"][14] == "4"
    release_order(world.office, world.wang, made, "wrong_object")
    send_due(world.office)
    assert world.bank.holds == {}
    assert world.bank.effects == [(made, M2_FEN), (made, 0)]
    assert world.bank.taken[1]["reason"] == "released"
    assert steps(world, made)[-2:] == [(2, "sent", ""), (2, "verified", "full")]
    assert world.bank.unsigned == 0
    assert tasks(world) == []


def test_the_victims_own_payment_is_recalled_and_no_other(fund: FundWorld, world: World) -> None:
    first, onward = signed(fund, "M1"), signed(fund, "M3")
    send_due(world.office)
    (case,) = world.bank.recalls
    assert case.startswith(first)
    root = parse(world.bank.recalls[case])
    flat = {e.tag.partition("}")[2]: e.text for e in root.iter() if e.text}
    assert (flat["OrgnlTxId"], flat["OrgnlIntrBkSttlmAmt"], flat["Cd"]) == ("t1", "100000.00", "FRAD")
    assert [e.text for e in root.iter("{*}BICFI")] == ["ICBKCNBJXXX", "CCBKCNBJXXX"]
    assert {m["key"].split(".")[0] for m in world.bank.taken} == {first, onward}


def test_a_part_counts_as_a_part_everywhere(fund: FundWorld, world: World) -> None:
    world.bank.funds["C-2002"] = 15_000_00
    made = signed(fund, "M2")
    send_due(world.office)
    assert order(world, made).answers == {"bank-a": "partial"}
    assert show_order(world.office, made)["held_fen"] == 15_000_00
    told = report_clock(world.office, world.li, "r1")
    assert (told["held_fen"], told["orders"][0]["held_fen"], told["orders"][0]["fen"]) == (
        15_000_00, 15_000_00, M2_FEN,
    )  # fmt: skip
    assert open_money(world.office, world.li)[0]["held_fen"] == 15_000_00
    with world.office.desk.begin() as conn:
        pot = pot_of_holds(world.office, conn, fund.token("M2"), T0)
    assert pot is not None
    assert pot.frozen_fen == 15_000_00, "nobody gets back what the bank does not hold"
    add_person(world.office, ADMIN, "admin", ["admin"])
    add_person(world.office, ADMIN, "lin", ["approver"], "林审")
    browser = Browser(create_app(world.office), base_url="http://testserver")
    browser.post(issue_sign_in_link(world.office, ADMIN, "lin"))
    page = browser.get(f"/orders/{made}").text
    assert "已止付" in page
    assert "¥15,000.00" in page
    ((kind, note),) = tasks(world)
    assert kind == "partial_answer"
    assert "AM04" in note
    assert "trace onward at once" in note
    (task,) = list_tasks(world.office)
    assert task["due_at_us"] - T0 == 10 * 60_000_000


def test_a_refusal_is_final_and_says_what_to_do_next(fund: FundWorld, world: World) -> None:
    world.bank.refusals["C-2002"] = "AC04"
    made = signed(fund, "M2")
    send_due(world.office)
    send_due(world.office)
    assert order(world, made).answers == {"bank-a": "rejected"}
    assert len(world.bank.taken) == 1
    assert "ask where the balance went" in tasks(world)[0][1]
    assert show_order(world.office, made)["held_fen"] == 0
    assert report_clock(world.office, world.li, "r1")["held_fen"] == 0
    with world.office.desk.begin() as conn:
        assert pot_of_holds(world.office, conn, fund.token("M2"), T0) is None


@pytest.mark.parametrize("place", ["claim.settle", "bank.point.BankPoint._recall", "bank.http.HttpWay.hand_over"])
def test_a_sender_killed_anywhere_holds_once_and_loses_nothing(fund: FundWorld, world: World, place: str) -> None:
    made = signed(fund, "M1")
    root, now = str(world.office.centre.root), str(world.clock.now_us())
    run = subprocess.run([sys.executable, "-c", KILLED, place, root, now], check=False, env=os.environ, timeout=60)
    assert run.returncode == -signal.SIGKILL
    assert [row["state"] for row in list_outbox(world.office)] == ["sent"]
    world.clock.advance(60)
    send_due(world.office)
    assert world.bank.effects == [(made, 10_000_00)]
    assert len(world.bank.recalls) == 1
    assert steps(world, made) == [(1, "sent", ""), (1, "acknowledged", "full"), (1, "verified", "full")]


@pytest.mark.parametrize("mood", ["mute", "hangs_up", "down"])
def test_a_connection_that_is_lost_is_tried_again_without_a_second_effect(
    fund: FundWorld, world: World, mood: str
) -> None:
    made = signed(fund, "M2")
    world.bank.moods.extend([mood, mood])
    for _ in range(3):
        send_due(world.office)
        world.clock.advance(60)
    assert world.bank.effects == [(made, M2_FEN)]
    assert steps(world, made)[-1] == (1, "verified", "full")
    release_order(world.office, world.wang, made, "wrong_object")
    world.bank.moods.append(mood)
    for _ in range(2):
        send_due(world.office)
        world.clock.advance(60)
    assert world.bank.effects == [(made, M2_FEN), (made, 0)]


def test_an_answer_that_comes_later_settles_once(fund: FundWorld, world: World) -> None:
    change_partner(world.office, ADMIN, "bank-a", settings={"statuses": False})
    made = signed(fund, "M2")
    world.bank.mood = "late"
    send_due(world.office)
    send_due(world.office)
    assert len(world.bank.taken) == 1, "what was handed over waits for its answer and is not said again"
    assert order(world, made).answers == {}
    (content,) = world.bank.later
    first = take_receipt(world.office, "bank-a", content)
    assert [(row["outcome"], row["known"], row["held_fen"]) for row in first] == [("full", False, M2_FEN)]
    again = take_receipt(world.office, "bank-a", b" " + content)
    assert again[0]["known"]
    assert steps(world, made) == [(1, "sent", ""), (1, "acknowledged", "full")]
    assert order(world, made).state is State.ACKNOWLEDGED
    assert list_outbox(world.office) == []
    with world.office.desk.begin() as conn:
        assert verify(conn).sound
        told = conn.execute(select(entries.c.actor).where(entries.c.action == "delivery.answer")).scalars().all()
    assert told == ["partner:bank-a"]


def test_the_same_answer_at_once_and_again_by_another_way_is_one(fund: FundWorld, world: World) -> None:
    world.bank.funds["C-2002"] = 15_000_00
    made = signed(fund, "M2")
    send_due(world.office)
    repeated = world.bank.take(json.dumps(world.bank.taken[0]).encode())
    assert take_receipt(world.office, "bank-a", repeated)[0]["known"]
    assert len(tasks(world)) == 1
    corrected = said(world, made, receipt_id="X2", outcome="partial", held_fen=20_000_00, code="AM04")
    assert not take_receipt(world.office, "bank-a", corrected)[0]["known"]
    assert show_order(world.office, made)["held_fen"] == 20_000_00


def test_nonsense_is_not_an_answer_and_the_status_tells_the_truth(fund: FundWorld, world: World) -> None:
    seen = signed(fund, "M2")
    world.bank.mood = "garbage"
    send_due(world.office)
    assert steps(world, seen)[-1] == (1, "verified", "full")
    change_partner(world.office, ADMIN, "bank-a", settings={"statuses": False})
    signed(fund, "M3")
    send_due(world.office)
    (message,) = list_outbox(world.office)
    assert message["state"] == "sent"
    assert "CB-DL-144" in message["detail"]
    assert len(world.bank.effects) == 2


def test_a_receipt_after_the_status_was_seen_only_adds_itself(fund: FundWorld, world: World) -> None:
    made = signed(fund, "M2")
    world.bank.mood = "late"
    send_due(world.office)
    assert steps(world, made)[-1] == (1, "verified", "full")
    take_receipt(world.office, "bank-a", world.bank.later[0])
    assert steps(world, made)[-1] == (1, "acknowledged", "full")
    assert [row["state"] for row in list_outbox(world.office, every=True)] == ["verified"]
    moves = [event["move"] for event in show_order(world.office, made)["history"]]
    assert moves.count("answer") == 1


def test_a_receipt_about_what_was_overtaken_is_kept_and_changes_nothing(fund: FundWorld, world: World) -> None:
    change_partner(world.office, ADMIN, "bank-a", settings={"statuses": False})
    made = signed(fund, "M2")
    world.bank.mood = "late"
    send_due(world.office)
    release_order(world.office, world.wang, made, "wrong_object")
    send_due(world.office)
    request, release = world.bank.later
    for content in (request, release):
        take_receipt(world.office, "bank-a", content)
    assert sorted(row["state"] for row in list_outbox(world.office, every=True)) == ["acknowledged", "superseded"]
    assert order(world, made).state is State.RELEASED


def test_a_bank_that_takes_a_hold_and_does_not_hold_it_is_found_out(fund: FundWorld, world: World) -> None:
    signed(fund, "M2")
    world.bank.moods.append("forgetful")
    send_due(world.office)
    (message,) = list_outbox(world.office)
    assert "does not see it" in message["detail"]


def camt029(case: str, code: str, reason: str = "", amount: str = "") -> bytes:
    """A bank's answer to a recall."""
    agent = "<Agt><FinInstnId><BICFI>CCBKCNBJXXX</BICFI></FinInstnId></Agt>"
    why = f"<CxlStsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></CxlStsRsnInf>" if reason else ""
    back = f'<RsltnRltdInf><IntrBkSttlmAmt Ccy="CNY">{amount}</IntrBkSttlmAmt></RsltnRltdInf>' if amount else ""
    party = "<Pty><Id><OrgId><Othr><Id>FZ-TEST</Id></Othr></OrgId></Id></Pty>"
    return (
        '<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.029.001.14"><RsltnOfInvstgtn>'
        f"<Assgnmt><Id>1</Id><Assgnr>{agent}</Assgnr><Assgne>{party}</Assgne>"
        f"<CreDtTm>2026-11-20T00:00:00Z</CreDtTm></Assgnmt><Sts><Conf>{code}</Conf></Sts><CxlDtls><TxInfAndSts>"
        f"<RslvdCase><Id>{case}</Id><Cretr>{party}</Cretr></RslvdCase>{why}{back}"
        "</TxInfAndSts></CxlDtls></RsltnOfInvstgtn></Document>"
    ).encode()


@pytest.mark.parametrize(
    ("code", "reason", "amount", "outcome", "told"),
    [("CNCL", "", "100000.00", "full", "pacs.004"), ("RJCR", "AM04", "", "rejected", "下一层账户"),
     ("PDCR", "", "", "", "致电"), ("RJCR", "ARDT", "", "rejected", "pacs.004")],
)  # fmt: skip
def test_the_answer_to_a_recall_opens_a_task_once(
    fund: FundWorld, world: World, code: str, reason: str, amount: str, outcome: str, told: str
) -> None:
    made = signed(fund, "M1")
    send_due(world.office)
    (case,) = world.bank.recalls
    content = camt029(case, code, reason, amount)
    (row,) = take_receipt(world.office, "bank-a", content, "xml")
    assert (row["outcome"], row["code"], row["known"]) == (outcome, reason or code, False)
    assert take_receipt(world.office, "bank-a", content, "xml")[0]["known"]
    ((kind, note),) = tasks(world)
    assert kind == "recall_answer"
    assert told in note
    assert ("¥100,000.00" in note) == bool(amount)
    assert steps(world, made)[-1] == (1, "recall", outcome)
    assert show_order(world.office, made)["held_fen"] == 10_000_00, "a recall says nothing of the hold"


def test_an_answer_to_a_recall_that_was_never_made_is_refused(fund: FundWorld, world: World) -> None:
    made = signed(fund, "M3")
    send_due(world.office)
    for case, code in ((f"{made}-00000000", "CB-DL-145"), ("O-261120-AAAAAAAA-00000000", "CB-DL-145"),
                       ("another case", "CB-DL-144")):  # fmt: skip
        with pytest.raises((InputError, RefusedError), match=code):
            take_receipt(world.office, "bank-a", camt029(case, "CNCL"), "xml")
    with pytest.raises(InputError, match="CB-DL-142"):
        take_receipt(world.office, "bank-a", camt029(made, "CNCL").replace(b"<Assgnmt>", b"<A/><Assgnmt>"), "xml")


def test_one_message_that_the_gateway_stumbles_over_holds_up_no_other(fund: FundWorld, world: World) -> None:
    world.bank.stumbles.add("C-2002")
    first, second = signed(fund, "M2"), signed(fund, "M3")
    for _ in range(3):
        send_due(world.office)
        world.clock.advance(60)
    assert list(world.bank.holds) == [second]
    (message,) = list_outbox(world.office)
    assert (message["order_id"], message["state"]) == (first, "sent")
    assert "HTTP 500" in message["detail"]
    world.bank.stumbles.clear()
    send_due(world.office)
    assert sorted(world.bank.holds) == sorted([first, second])


def test_a_gateway_that_refuses_the_form_is_a_dead_letter(fund: FundWorld, world: World) -> None:
    signed(fund, "M2")
    world.bank.moods.append("refuses_form")
    send_due(world.office)
    assert list_outbox(world.office)[0]["state"] == "failed"
    assert tasks(world)[0][0] == "not_sent"


def test_money_is_held_although_its_recall_is_refused(fund: FundWorld, world: World) -> None:
    made = signed(fund, "M1")
    world.bank.moods.extend(["obliging", "refuses_form"])
    send_due(world.office)
    assert order(world, made).answers == {"bank-a": "partial"}
    assert show_order(world.office, made)["held_fen"] == 10_000_00
    assert "CB-DL-148" in tasks(world)[0][1]


def test_what_the_bank_forgot_is_asked_for_again_and_what_it_should_not_hold_is_released(
    fund: FundWorld, world: World
) -> None:
    made = signed(fund, "M2")
    send_due(world.office)
    kept = world.bank.holds.pop(made)
    world.bank.holds["O-000000-STRANGER"] = kept | {"key": "O-000000-STRANGER.3.bank-a", "revision": 3}
    row = next(row for row in reconcile(world.office) if row["partner"] == "bank-a")
    assert (row["missing"], row["extra"], row["error"]) == (1, 1, "")
    assert list(world.bank.holds) == [made]
    row = next(row for row in reconcile(world.office) if row["partner"] == "bank-a")
    assert (row["missing"], row["extra"]) == (0, 0)


def test_an_order_that_was_wrong_is_erased_at_the_bank_and_only_then_corrected(fund: FundWorld, world: World) -> None:
    change_partner(world.office, ADMIN, "bank-a", settings={"statuses": False})
    made = signed(fund, "M1")
    send_due(world.office)
    appeal = open_appeal(world.office, world.sun, "my wages", order_id=made, channel="hotline")
    world.bank.mood = "late"
    decide_appeal(world.office, world.chen, appeal["appeal_id"], upheld=True, reason="proved")
    send_due(world.office)
    told = world.bank.taken[-1]
    assert (told["message"], told["reason"], told["erase"]) == ("hold-release", "annulled", True)
    assert told["recalls"] == list(world.bank.recalls)
    assert order(world, made).state is State.ANNULLED
    take_receipt(world.office, "bank-a", world.bank.later[-1])
    assert order(world, made).state is State.CORRECTED
    assert report_clock(world.office, world.li, "r1")["held_fen"] == 0


def test_a_bank_that_lists_nothing_is_said_not_to_and_one_far_away_needs_https(
    fund: FundWorld, world: World
) -> None:  # fmt: skip
    change_partner(world.office, ADMIN, "bank-a", settings={"statuses": False})
    row = next(row for row in reconcile(world.office) if row["partner"] == "bank-a")
    assert "does not list" in row["error"]
    assert all(row["ok"] for row in check_partner(world.office, "bank-a"))
    change_partner(world.office, ADMIN, "bank-a", address="http://gateway.bank.example/holds")
    signed(fund, "M2")
    send_due(world.office)
    assert "CB-DL-146" in list_outbox(world.office)[0]["detail"]
    change_partner(world.office, ADMIN, "bank-a", address="http://127.0.0.1:1/gateway")
    assert [row["ok"] for row in check_partner(world.office, "bank-a")] == [True, False]


def test_two_holds_on_one_account_do_not_free_each_other(fund: FundWorld, world: World) -> None:
    first, second = signed(fund, "M2"), signed(fund, "M2", "r2", "t4")
    send_due(world.office)
    assert world.bank.held_fen("C-2002") == M2_FEN + 50_000_00
    release_order(world.office, world.wang, first, "wrong_object")
    send_due(world.office)
    assert list(world.bank.holds) == [second]
    assert world.bank.held_fen("C-2002") == 50_000_00


def test_a_late_repeat_of_a_block_after_its_release_holds_nothing(fund: FundWorld, world: World) -> None:
    made = signed(fund, "M2")
    send_due(world.office)
    release_order(world.office, world.wang, made, "wrong_object")
    send_due(world.office)
    world.bank.take(json.dumps(world.bank.taken[0]).encode())
    assert world.bank.holds == {}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"key": "O-261120-AAAAAAAA.1.bank-a"}, "CB-DL-145"),
        ({"about": "hold-release"}, None),
        ({"outcome": "partial"}, "CB-DL-144"),
        ({"outcome": "partial", "held_fen": 99_000_00, "code": "AM04"}, "CB-DL-147"),
        ({"outcome": "rejected", "code": "ZZZZ"}, "CB-DL-144"),
        ({"outcome": "rejected"}, "CB-DL-144"),
        ({"outcome": "certainly"}, "CB-DL-144"),
        ({"text": "x" * 70_000}, "CB-DL-144"),
        ({"order": "O-1"}, "CB-DL-144"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    fund: FundWorld, world: World, more: dict[str, Any], code: str | None
) -> None:
    change_partner(world.office, ADMIN, "bank-a", settings={"statuses": False})
    made = signed(fund, "M2")
    world.bank.mood = "late"
    send_due(world.office)
    before = steps(world, made)
    if code is None:
        # A bank that says it released what was to be held has not answered the request.
        assert take_receipt(world.office, "bank-a", said(world, made, **more))[0]["about"] == "hold-release"
        assert order(world, made).answers == {}
        return
    with pytest.raises((InputError, RefusedError), match=code):
        take_receipt(world.office, "bank-a", said(world, made, **more))
    assert steps(world, made) == before


def test_partners_answer_only_for_themselves_and_with_their_own_token(fund: FundWorld, world: World) -> None:
    add_partner(world.office, ADMIN, "bank-b", "bank", ["funds.hold"], settings={"agent": "1" * 12, "centre": "FZ"})
    change_partner(world.office, ADMIN, "bank-a", settings={"statuses": False})
    world.bank.mood = "late"
    made = signed(fund, "M2")
    send_due(world.office)
    browser = Browser(create_app(world.office), base_url="http://testserver")
    ours, theirs = (issue_receipt_token(world.office, ADMIN, name) for name in ("bank-a", "bank-b"))

    def post(token: str, content: bytes, kind: str = "application/json") -> Any:
        headers = {"authorization": f"Bearer {token}", "content-type": kind}
        return browser.post("/api/v1/receipts", content=content, headers=headers)

    content = said(world, made)
    for bad in ("", "bank-a.guess", "../../keys.x", ours[:-1]):
        assert post(bad, content).status_code == 401
    other = post(theirs, content)
    assert (other.status_code, other.json()["error"]["code"]) == (403, "CB-DL-145")
    assert post(ours, b"<nonsense").status_code == 422
    assert post(ours, content, "text/plain").status_code == 422
    told = post(ours, content)
    assert (told.status_code, told.json()["item"]["outcome"], told.json()["item"]["known"]) == (200, "full", False)
    assert post(ours, content).json()["item"]["known"]
    kept = world.office.centre.keys / "partners" / "bank-a" / "receipts.sha256"
    assert ours not in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0
    assert issue_receipt_token(world.office, ADMIN, "bank-a") != ours
    assert post(ours, content).status_code == 401


def test_files_take_the_place_of_a_gateway(fund: FundWorld, world: World) -> None:
    change_partner(world.office, ADMIN, "bank-a", active=False)
    add_partner(world.office, ADMIN, "bank-c", "bank", ["funds.hold"],
                settings={"agent": "1" * 12, "centre": "FZ", "form": "csv"})  # fmt: skip
    made = signed(fund, "M1")
    send_due(world.office)
    folder = world.office.centre.out / "bank-c"
    names = sorted(path.name for path in (folder / "outgoing").iterdir())
    assert len(names) == 4
    assert f"{made}.1.bank-c.csv" in names
    key = Signer(world.office.centre.keys, world.office.centre.out).public_key
    for name in names[::2]:
        assert is_genuine((folder / "outgoing" / name).read_bytes(), (folder / "outgoing" / f"{name}.sig.json")
                          .read_bytes(), key)  # fmt: skip
    incoming = folder / "incoming"
    incoming.mkdir()
    body = json.loads(said(world, made, key=f"{made}.1.bank-c"))
    (incoming / "a.csv").write_text(
        ",".join(body) + "\n" + ",".join("" if v is None else str(v) for v in body.values())
    )
    (incoming / "b.json").write_bytes(b"{")
    (incoming / "c.json").symlink_to(world.office.centre.keys / "delivery.key")
    (incoming / ".half.json").write_bytes(b"{")
    send_due(world.office)
    assert order(world, made).answers == {"bank-c": "full"}
    assert len(list((folder / "taken").iterdir())) == 1
    (reason,) = (folder / "quarantine").glob("*.reason.txt")
    assert "CB-DL-144" in reason.read_text()
    assert sorted(path.name for path in incoming.iterdir()) == [".half.json", "c.json"]


def test_an_answer_waits_for_what_this_installation_lacks(
    fund: FundWorld, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    signed(fund, "M1")
    send_due(world.office)
    (case,) = world.bank.recalls
    incoming = world.out / "incoming"
    incoming.mkdir()
    (incoming / "answer.xml").write_bytes(camt029(case, "PDCR"))
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "lxml", None)
        assert take_receipts(world.office) == {"taken": 0, "known": 0, "refused": 0, "waiting": 1}
    assert take_receipts(world.office)["taken"] == 1
    (incoming / "again.xml").write_bytes(camt029(case, "PDCR"))
    (incoming / "large.xml").write_bytes(b"<a>" + b" " * 300_000 + b"</a>")
    assert take_receipts(world.office) == {"taken": 0, "known": 1, "refused": 1, "waiting": 0}


def test_a_camt029_that_comes_at_once_is_taken_too(fund: FundWorld, world: World) -> None:
    made = signed(fund, "M1")
    world.bank.resolves = lambda case: camt029(case, "RJCR", "AM04")
    send_due(world.office)
    send_due(world.office)
    assert steps(world, made)[-1] == (1, "recall", "rejected")
    assert "AM04" in tasks(world)[0][1]


def test_the_bench_tells_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(bench.MESSAGES, "small", 3)
    rows = bench.servers("small")
    assert [row["what"] for row in rows if "p95_ms" in row][:2] == [
        "bank: camt.056 built", "bank: camt.056 built and validated",
    ]  # fmt: skip
    assert rows[-1]["beside"] == "3 recalls, 0 not signed"
    assert rows[-1]["n"] == 12
    with bench.paths("small") as stack:
        assert not stack.probes["bank"]("opaque:C-1")


def test_an_answer_typed_in_says_how_much_is_held(fund: FundWorld, world: World) -> None:
    change_partner(world.office, ADMIN, "bank-a", settings={"statuses": False})
    world.bank.mood = "late"
    made = signed(fund, "M2")
    send_due(world.office)
    with pytest.raises(InputError, match="CB-DL-147"):
        acknowledge_order(world.office, world.sun, made, "bank-a", "partial", "AM04", held_fen=M2_FEN)
    acknowledge_order(world.office, world.sun, made, "bank-a", "partial", "AM04", held_fen=5)
    assert show_order(world.office, made)["held_fen"] == 5
    assert "立即" in tasks(world)[0][1]
