"""A watch keeps a run whenever claimed money moved on, and nothing twice: not again, not after a kill, not by two."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from chainbreak.app.bootstrap import Office, open_office
from chainbreak.app.list_traces import list_traces
from chainbreak.app.trace_money import trace_money
from chainbreak.app.watch_money import watch_money
from chainbreak.base.clock import FixedClock
from chainbreak.base.errors import RefusedError
from chainbreak.records.actor import SERVICE, Actor, Role
from chainbreak.store.desk import funds

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from money_world import M1, M2, M3, NOON_US, V, W, bring, bring_all, report_csv, transfers_csv

CHEN = Actor("chen", frozenset({Role.FUND_DESK}))


@pytest.fixture(scope="module")
def brought(empty_centre: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small ledger and its report, brought in once and copied for each test."""
    folder = tmp_path_factory.mktemp("money")
    shutil.copytree(empty_centre, folder / "centre")
    office = open_office(folder / "centre", FixedClock(NOON_US))
    bring_all(office, folder / "files")
    office.desk.close()
    return folder / "centre"


@pytest.fixture
def office(brought: Path, tmp_path: Path) -> Office:
    shutil.copytree(brought, tmp_path / "centre")
    return open_office(tmp_path / "centre", FixedClock(NOON_US))


def look(office: Office, **kwargs: Any) -> list[tuple[str, int, int, int]]:
    steps = watch_money(office, SERVICE, once=True, **kwargs)
    return [(step["what"], step["new_flows"], step["holding_fen"], step["drafts"]) for step in steps]


def arrive(office: Office, tmp_path: Path, rows: list[Any], first_seq: int) -> None:
    bring(office, tmp_path / "files", "transfer", transfers_csv(rows, first_seq), f"t{first_seq}")


def runs(office: Office) -> int:
    return len(list_traces(office, SERVICE, "report:r1"))


def test_a_new_hop_makes_a_new_run_and_nothing_is_done_twice(office: Office, tmp_path: Path) -> None:
    assert look(office) == [("report:r1", 5, 220_000, 0)]
    assert look(office) == []
    arrive(office, tmp_path, [("t6", 35, V, W, 10)], 50)  # has nothing to do with the claim
    assert look(office) == []
    arrive(office, tmp_path, [("t7", 36, M3, M2, 150_000)], 60)
    assert look(office) == [("report:r1", 1, 220_000, 0)]
    assert (look(office), runs(office)) == ([], 2)


def test_one_watch_sees_what_arrives_while_it_waits(office: Office, tmp_path: Path) -> None:
    arrivals = iter([[("t7", 36, M3, M2, 1_000)], [], [("t8", 37, M2, M1, 51_000)], [("t9", 38, W, V, 5)]])

    def wait(_: float) -> None:
        rows = next(arrivals, None)
        if rows is None:
            raise KeyboardInterrupt
        if rows:
            arrive(office, tmp_path, rows, 100 + int(rows[0][1]))

    steps: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        steps.extend(step["new_flows"] for step in watch_money(office, SERVICE, wait=wait))
    # t8 carries on what t4 left on M2 and what t7 brought: two pieces.
    assert steps == [5, 1, 2]
    assert runs(office) == 3


def test_what_a_person_traced_already_is_not_new(office: Office) -> None:
    trace_money(office, CHEN, "r1")
    trace_money(office, CHEN, "r1", "lib")
    assert look(office) == []
    assert runs(office) == 2


def test_two_watches_keep_each_run_once(office: Office, tmp_path: Path) -> None:
    first, second = (watch_money(open_office(office.centre.root, office.clock), SERVICE, once=True) for _ in range(2))
    assert [len(list(first)), len(list(second))] == [1, 0]
    assert runs(office) == 1


def test_killed_between_the_run_and_its_drafts_it_drafts_when_it_goes_on(office: Office) -> None:
    steps = watch_money(office, CHEN, once=True, draft=False)
    next(steps)  # the run is kept; the watch is killed before anything was drafted
    steps.close()
    ((what, new, lying, drafts),) = look(office, draft=True)
    assert (what, new, lying) == ("report:r1", 0, 220_000)
    assert drafts >= 1
    assert look(office, draft=True) == []
    with office.desk.read() as conn:
        run_id = list_traces(office, SERVICE, "report:r1")[0]["run_id"]
        assert len(funds.read_proposals(conn, run_id)) == drafts


def test_new_reports_and_transfers_named_by_hand_are_watched_and_ended_claims_are_not(
    office: Office, tmp_path: Path
) -> None:  # fmt: skip
    look(office)
    by_hand = trace_money(office, CHEN, "t0")
    arrive(office, tmp_path, [("w1", 31, W, M3, 90_000)], 50)
    bring(office, tmp_path / "files", "report", report_csv("r2", 90_000, "李四", f"转给{M3}900元"), "second")
    assert look(office) == [("report:r2", 1, 90_000, 0)]
    with office.desk.begin() as conn:
        for claim in (*by_hand["claims"], *funds.claims_of(conn, "r1")):
            funds.end_claim(conn, claim["claim_id"], funds.VOID, "chen", NOON_US, "误报")
    arrive(office, tmp_path, [("t7", 36, M3, M2, 200_000)], 60)
    assert look(office) == [("report:r2", 1, 90_000, 0)]


def test_one_claim_that_cannot_be_followed_does_not_end_the_watch(office: Office, tmp_path: Path) -> None:
    trace_money(office, CHEN, "t5")
    head = "transfer_id,booked_at_us,payer,payee,amount_fen\n"
    bring(office, tmp_path / "files", "transfer", head + f"t5,{NOON_US},{M3},{M2},50\n", "smaller")
    assert [what for what, *_ in look(office)] == ["report:r1"]


def test_holds_that_could_not_be_drafted_are_drafted_at_the_next_look(office: Office, tmp_path: Path) -> None:
    site = office.centre.root / "funds.yaml"
    site.write_text("latency_min: soon", encoding="utf-8")
    looks = iter([1, 2])

    def wait(_: float) -> None:
        if next(looks, None) is None:
            raise KeyboardInterrupt
        site.unlink(missing_ok=True)
        arrive(office, tmp_path, [(f"x{office.lake.snapshot(['transfer'])['transfer']}", 37, V, W, 5)], 90)

    steps: list[tuple[int, bool]] = []
    with pytest.raises(KeyboardInterrupt):
        steps.extend((s["new_flows"], s["drafts"] > 0) for s in watch_money(office, CHEN, draft=True, wait=wait))
    assert steps == [(0, True)]


def test_who_does_not_follow_money_does_not_watch(office: Office) -> None:
    with pytest.raises(RefusedError, match="CB-TR-022"):
        next(watch_money(office, Actor("sun", frozenset({Role.AUDITOR})), once=True))
