"""Leads on SQLite and PostgreSQL: two people never work the same one, nothing is left half done, labels follow."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from chainbreak.act.leads.drafting import Wish
from chainbreak.act.leads.fold import replay
from chainbreak.app.answer_lead import accept_lead, return_lead
from chainbreak.app.bulk_leads import bulk_leads
from chainbreak.app.close_lead import close_lead
from chainbreak.app.dispatch_lead import dispatch_lead
from chainbreak.app.draft_lead import draft_lead, revise_lead
from chainbreak.app.draft_leads import draft_leads
from chainbreak.app.give_verdict import give_verdict
from chainbreak.app.lapse_leads import lapse_leads
from chainbreak.app.lead_measures import lead_measures
from chainbreak.app.list_leads import count_leads, list_leads, wanted_named
from chainbreak.app.move_lead import read_history, read_lead
from chainbreak.app.next_lead import leads_waiting_for, next_lead
from chainbreak.app.review_lead import review_lead
from chainbreak.app.show_lead_file import show_lead_file
from chainbreak.app.snooze_lead import snooze_lead, undo_lead
from chainbreak.app.work_lead import work_lead
from chainbreak.audit.tables import entries
from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR, US_PER_MIN, US_PER_S
from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.records.actor import Actor, Role
from chainbreak.records.kind import Identifier
from chainbreak.store.desk import leads
from chainbreak.store.desk.tables_leads import lead_event, lead_file

MA = Actor("ma", frozenset({Role.OFFICER}))
WU = Actor("wu", frozenset({Role.AUDITOR}))


def later(world: Any, us: int) -> None:
    world.clock.advance(us / US_PER_S)


def account(world: Any, i: int, fen: int = 1_000_000) -> str:
    """A finding about a new account; its id."""
    subject = world.token(Identifier.ACCOUNT, f"A-{i:06d}")
    return str(world.finding(subject, in_fen=fen, district="南屏区").finding_id)


def drafts(world: Any, n: int) -> list[str]:
    """`n` leads that li drafted, with ever more money at stake; their ids."""
    wishes = [Wish(findings=(account(world, i, (i + 1) * 10_000_000),)) for i in range(n)]
    return [draft_lead(world.office, world.li, wish).lead_id for wish in wishes]


def closed(world: Any, lead_id: str, outcome: str, reason: str = "") -> None:
    review_lead(world.office, world.wang, lead_id)
    later(world, US_PER_HOUR)
    dispatch_lead(world.office, world.zhao, lead_id)
    accept_lead(world.office, MA, lead_id)
    later(world, 2 * US_PER_HOUR)
    close_lead(world.office, MA, lead_id, outcome, reason)


def test_two_who_ask_at_once_never_get_the_same_lead(world: Any, at_once: Callable[..., list[Any]]) -> None:
    ids = drafts(world, 6)
    people = [Actor(f"boss{i}", frozenset({Role.APPROVER})) for i in range(6)]
    got = at_once(*[lambda who=who: next_lead(world.office, who) for who in people])
    assert sorted(found["lead_id"] for found in got) == ids
    assert next_lead(world.office, Actor("late", frozenset({Role.APPROVER}))) is None


def test_the_next_lead_is_the_one_with_most_at_stake_that_waits_for_the_person(world: Any) -> None:
    ids = drafts(world, 3)
    assert next_lead(world.office, world.li) is None  # a drafter does not review their own
    assert next_lead(world.office, MA) is None  # nothing has been dispatched
    taken = next_lead(world.office, world.wang)
    assert taken is not None
    assert (taken["lead_id"], taken["holder"]) == (ids[2], "wang")
    held = show_lead_file(world.office, world.zhao, ids[2])
    assert (held["holder"], held["may"]) == ("wang", [])
    with pytest.raises(RefusedError, match="CB-LF-004"):
        review_lead(world.office, world.zhao, ids[2])
    later(world, 10 * US_PER_MIN)
    assert next_lead(world.office, world.zhao)["lead_id"] == ids[2]  # type: ignore[index]
    review_lead(world.office, world.zhao, ids[2])
    assert next_lead(world.office, world.wang, wanted_named("dispatch"))["lead_id"] == ids[2]  # type: ignore[index]
    assert [row["lead_id"] for row in leads_waiting_for(world.office, world.zhao, 8)[0]] == [ids[2], ids[1], ids[0]]


def test_a_kill_in_the_middle_leaves_the_lead_as_it_was(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (lead_id,) = drafts(world, 1)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    for where in ("chainbreak.audit.log.append", "chainbreak.store.desk.leads.free"):
        with monkeypatch.context() as patched:
            patched.setattr(where, killed)
            with pytest.raises(KeyboardInterrupt):
                review_lead(world.office, world.wang, lead_id)
    found = show_lead_file(world.office, world.wang, lead_id)
    assert (found["state"], found["version"], len(found["history"])) == ("draft", 1, 1)
    review_lead(world.office, world.wang, lead_id)


def test_the_file_is_what_its_events_say_and_every_move_has_its_leaf(world: Any) -> None:
    (lead_id,) = drafts(world, 1)
    closed(world, lead_id, "account_stopped")
    undo_lead(world.office, MA, lead_id)
    work_lead(world.office, MA, lead_id, "再到现场")
    close_lead(world.office, MA, lead_id, "no_result")
    with world.office.desk.read() as conn:
        history, lead = read_history(conn, lead_id), read_lead(conn, lead_id)
        row = conn.execute(select(lead_file)).one()
        logged = conn.execute(
            select(entries.c.action).where(entries.c.object == f"lead:{lead_id}").order_by(entries.c.seq)
        )
        assert list(logged.scalars()) == [f"lead.{event.move}" for event in history]
    assert replay(history) == lead
    assert (row.state, row.outcome, row.returns) == (lead.state, lead.outcome, 0)
    assert row.dispatched_at_us == lead.first_dispatched_at_us


def test_an_outcome_is_a_label_marked_as_selected_and_goes_when_it_is_taken_back(world: Any) -> None:
    (lead_id,) = drafts(world, 1)
    closed(world, lead_id, "wrong", "户主为普通商户")
    with world.office.desk.read() as conn:
        target = read_lead(conn, lead_id).content.target
        labels = leads.labels_of(conn, [target])
    assert [(row["label"], row["outcome"], row["sampling"]) for row in labels] == [("false", "wrong", "selected")]
    assert labels[0]["priority"] > 0
    undo_lead(world.office, MA, lead_id)
    with world.office.desk.read() as conn:
        assert leads.labels_of(conn) == []


def test_a_batch_answers_for_each_and_all_or_none_means_none(world: Any) -> None:
    ids = drafts(world, 3)
    review_lead(world.office, world.wang, ids[0])
    asked = [*ids, "L-999999"]
    rows = bulk_leads(world.office, world.wang, asked, "review", all_or_none=True)
    assert [(row["ok"], row["code"]) for row in rows] == [
        (False, "CB-LF-002"), (False, "CB-LF-034"), (False, "CB-LF-034"), (False, "CB-LF-001"),
    ]  # fmt: skip
    assert count_leads(world.office, WU)["review"] == 2
    tried = bulk_leads(world.office, world.wang, asked, "review", dry_run=True)
    assert count_leads(world.office, WU)["review"] == 2
    done = bulk_leads(world.office, world.wang, asked, "review")
    assert tried == done
    assert [row["ok"] for row in done] == [False, True, True, False]
    sent = bulk_leads(world.office, world.zhao, ids, "dispatch", {"unit": "东湖区"})
    assert [(row["ok"], row["state"]) for row in sent] == [(True, "dispatched")] * 3
    assert {row["unit"] for row in list_leads(world.office, WU)} == {"东湖区"}


def test_a_batch_that_is_killed_moved_nothing(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = drafts(world, 3)
    free, calls = leads.free, []

    def third_time(conn: Any, lead_id: str) -> None:
        calls.append(lead_id)
        if len(calls) == 3:
            raise KeyboardInterrupt
        free(conn, lead_id)

    monkeypatch.setattr("chainbreak.store.desk.leads.free", third_time)
    with pytest.raises(KeyboardInterrupt):
        bulk_leads(world.office, world.wang, ids, "review")
    assert count_leads(world.office, WU)["review"] == 3


def test_the_same_evidence_is_never_drafted_twice(world: Any) -> None:
    finding = account(world, 1)
    wish = Wish(findings=(finding,))
    lead = draft_lead(world.office, world.li, wish)
    with pytest.raises(RefusedError, match="CB-LF-009"):
        draft_lead(world.office, world.zhao, Wish(findings=(finding,), question="换一个问法", unit="别处"))
    give_verdict(world.office, world.li, finding, "c")
    assert [(row["why"], row["lead_id"]) for row in draft_leads(world.office, world.li)] == [("known", lead.lead_id)]


def test_drafting_all_takes_what_is_worth_it_once_and_says_why_not(
    world: Any, at_once: Callable[..., list[Any]]
) -> None:
    findings = [account(world, i) for i in range(3)]
    give_verdict(world.office, world.li, findings[0], "c")
    give_verdict(world.office, world.li, findings[1], "f")
    dry = draft_leads(world.office, world.li, dry_run=True)
    assert [row["why"] for row in dry] == ["drafted"]
    assert count_leads(world.office, WU)["all"] == 0
    both = at_once(lambda: draft_leads(world.office, world.li), lambda: draft_leads(world.office, world.zhao))
    assert sorted(row["why"] for rows in both for row in rows) == ["drafted", "known"]
    later(world, US_PER_DAY)
    newer = account(world, 0, 2_000_000)
    give_verdict(world.office, world.li, newer, "c")
    whys = {row["from"]: row["why"] for row in draft_leads(world.office, world.li)}
    assert whys[f"finding:{newer}"] == "open"  # the target has a lead under way


def test_one_that_moved_since_it_was_read_is_not_moved_again(world: Any) -> None:
    (lead_id,) = drafts(world, 1)
    seen = show_lead_file(world.office, world.wang, lead_id)["version"]
    revise_lead(world.office, world.li, lead_id, {"unit": "东湖区"})
    with pytest.raises(RefusedError, match="CB-LF-005"):
        review_lead(world.office, world.wang, lead_id, seen=seen)


def test_two_reviewers_at_once_one_wins(world: Any, at_once: Callable[..., list[Any]]) -> None:
    (lead_id,) = drafts(world, 1)
    got = at_once(*[lambda who=who: review_lead(world.office, who, lead_id) for who in (world.wang, world.zhao)])
    assert sorted(type(one).__name__ for one in got) == ["Lead", "RefusedError"]
    with world.office.desk.read() as conn:
        assert conn.execute(select(lead_event.c.seq)).scalars().all() == [0, 1]


def test_a_snoozed_lead_is_in_nobodys_list_until_it_wakes(world: Any) -> None:
    ids = drafts(world, 2)
    snooze_lead(world.office, world.li, ids[1], world.clock.now_us() + US_PER_DAY, "等银行回函")
    assert [row["lead_id"] for row in list_leads(world.office, world.wang, stage="review")] == [ids[0]]
    assert [row["lead_id"] for row in list_leads(world.office, world.wang, stage="snoozed")] == [ids[1]]
    assert next_lead(world.office, world.wang)["lead_id"] == ids[0]  # type: ignore[index]
    counts = count_leads(world.office, world.wang)
    assert (counts["review"], counts["snoozed"], counts["all"]) == (1, 1, 2)
    later(world, US_PER_DAY + 1)
    assert count_leads(world.office, world.wang)["review"] == 2


def test_what_ran_out_lapses_by_itself_and_is_over_before_that(world: Any) -> None:
    (lead_id,) = drafts(world, 1)
    later(world, 14 * US_PER_DAY)
    assert count_leads(world.office, WU)["over"] == 1
    assert [row["standing"] for row in list_leads(world.office, WU, stage="over")] == ["lapsed"]
    assert next_lead(world.office, world.wang) is None
    assert lapse_leads(world.office) == [lead_id]
    assert lapse_leads(world.office) == []
    assert show_lead_file(world.office, WU, lead_id)["history"][-1]["actor"] == "service"


def test_pages_of_a_list_are_the_whole_list_once_in_order_of_priority(world: Any) -> None:
    ids = drafts(world, 5)
    seen: list[str] = []
    while rows := list_leads(world.office, WU, after=seen[-1] if seen else "", limit=2):
        seen += [row["lead_id"] for row in rows]
    assert seen == ids[::-1]
    with pytest.raises(UsageError, match="CB-LF-001"):
        list_leads(world.office, WU, after="L-777777")


def test_measures_count_what_was_sent_with_intervals(world: Any) -> None:
    ids = drafts(world, 4)
    closed(world, ids[0], "account_stopped")
    closed(world, ids[1], "wrong", "不属实")
    review_lead(world.office, world.wang, ids[2])
    dispatch_lead(world.office, world.zhao, ids[2], "东湖区")
    return_lead(world.office, MA, ids[2], "wrong", "查过了")
    every, east, south = lead_measures(world.office, WU)
    assert (every["drafted"], every["dispatched"], every["closed"], every["true"]) == (4, 3, 2, 1)
    assert (every["share_true"], every["hours_to_outcome"]) == (0.5, 2.0)
    assert every["share_true_low"] < 0.5 < every["share_true_high"]
    assert (east["unit"], east["returned_wrong"], east["share_true"]) == ("东湖区", 1, None)
    assert (south["unit"], south["drafted"], south["share_in_time"]) == ("南屏区", 3, 1.0)
    later(world, 2 * US_PER_DAY)
    assert lead_measures(world.office, WU)[1]["share_in_time"] == 0.0  # given back is not answered


def test_who_works_on_no_leads_reads_none(world: Any) -> None:
    for role in (Role.ADMIN, Role.ENGINEER):
        who = Actor("x", frozenset({role}))
        for ask in (list_leads, count_leads, next_lead, lead_measures):
            with pytest.raises(RefusedError, match="CB-LF-006"):
                ask(world.office, who)
        assert leads_waiting_for(world.office, who, 8) == ([], 0)


def test_a_finding_shows_the_leads_that_rest_on_it(world: Any) -> None:
    finding = account(world, 1)
    lead = draft_lead(world.office, world.li, Wish(findings=(finding,), reports=("R-1",)))
    with world.office.desk.read() as conn:
        for ref in (f"finding:{finding}", "report:R-1"):
            assert [row["lead_id"] for row in leads.about(conn, [ref])] == [lead.lead_id]
        body = leads.read_body(conn, lead.lead_id)
    assert body is not None
    assert json.loads(body)["lead_id"] == lead.lead_id


def test_who_reads_no_series_drafts_from_none(world: Any) -> None:
    sun = Actor("sun", frozenset({Role.HOTLINE}))
    drafts(world, 1)
    with pytest.raises(RefusedError, match="CB-SE-012"):
        draft_lead(world.office, sun, Wish(series_id="S-000001"))
    with pytest.raises(RefusedError, match="CB-SE-012"):
        draft_leads(world.office, sun, series=["S-000001"])
    assert {row["from"].partition(":")[0] for row in draft_leads(world.office, sun)} <= {"finding"}
    with world.office.desk.read() as conn:
        noted = list(conn.execute(select(entries.c.action).where(entries.c.actor == "sun")).scalars())
    assert noted == ["series.refuse_read"] * 2
