"""Findings in the desk: the list, the counters, the locks and the verdicts, on both databases."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from chainbreak.records.finding import Action, Evidence, Finding, Level
from chainbreak.store.desk import Desk, findings
from chainbreak.store.desk.findings import Filter
from chainbreak.store.desk.tables_findings import finding

MINUTE = 60_000_000


def found(subject: int, at: int = 1, level: Level = Level.HIGH, score: float = 0.5, detector: str = "goip") -> Finding:
    evidence = (Evidence("calls", 50.0, 40.0, "1/day", "behaviour", 3.0),)
    return Finding(detector, "1", "line", f"line:{subject:016x}", (), score, level, at, at, evidence, (), Action.BLOCK,
                   "h", {"call": 1}, {"district": f"d{subject % 2}"})  # fmt: skip


def save(desk: Desk, *made: Finding) -> int:
    with desk.begin() as conn:
        return findings.save_findings(conn, made)


def states(desk: Desk) -> dict[str, str]:
    with desk.read() as conn:
        return {row.finding_id: row.state for row in conn.execute(select(finding.c.finding_id, finding.c.state))}


def counters_hold(desk: Desk) -> bool:
    """Whether the counter table says what counting the rows says."""
    with desk.read() as conn:
        f = finding.c
        counted = select(f.state, f.detector, f.level, func.count().label("n")).group_by(f.state, f.detector, f.level)
        truth = {(r.state, r.detector, r.level): r.n for r in conn.execute(counted)}
        said = {(r["state"], r["detector"], r["level"]): r["n"] for r in findings.counts(conn)}
    return truth == said


def test_saving_twice_adds_nothing_and_bytes_come_back(desk: Desk) -> None:
    made = found(1)
    assert save(desk, made, made) == 1
    assert save(desk, made) == 0
    with desk.read() as conn:
        again = findings.read_finding(conn, made.finding_id)
    assert again is not None
    assert again[0].as_bytes() == made.as_bytes()
    assert counters_hold(desk)


def test_pages_follow_one_another_without_gap_or_repeat(desk: Desk) -> None:
    made = [found(i, level=list(Level)[i % 4], score=(i * 7 % 10) / 10) for i in range(53)]
    save(desk, *made)
    seen: list[str] = []
    while True:
        with desk.read() as conn:
            rows = findings.page(conn, Filter(), after=seen[-1] if seen else None, limit=10)
        if not rows:
            break
        seen += [row.finding_id for row in rows]
    order = sorted(made, key=lambda f: (list(Level).index(f.level), -f.score, f.finding_id))
    assert seen == [f.finding_id for f in order]


def test_filters_narrow_the_list(desk: Desk) -> None:
    save(desk, *(found(i, level=list(Level)[i % 4], detector="mules" if i % 3 else "goip") for i in range(24)))
    with desk.read() as conn:
        for wanted in (Filter(level="urgent"), Filter(detector="mules"), Filter(district="d1"),
                       Filter(state=None, subject="line:0000000000000005"), Filter(state="false")):  # fmt: skip
            rows = findings.page(conn, wanted, limit=100)
            for name in ("state", "detector", "level", "district", "subject"):
                value = getattr(wanted, name)
                assert value is None or {getattr(row, name) for row in rows} <= {value}
        assert len(findings.page(conn, Filter(detector="mules"), limit=100)) == 16
        assert len(list(findings.every(conn, Filter()))) == 24


def test_two_people_never_get_the_same_finding(desk: Desk) -> None:
    save(desk, *(found(i) for i in range(12)))
    taken: list[str | None] = []
    start = threading.Barrier(4)

    def take(holder: str) -> None:
        start.wait()
        for _ in range(2):
            with desk.begin() as conn:
                got = findings.take_next(conn, Filter(), holder, 1)
                assert got is not None
                findings.add_verdict(conn, got, 1, holder, findings.CONFIRMED)
            taken.append(got)

    people = [threading.Thread(target=take, args=(f"p{n}",)) for n in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert len(taken) == len(set(taken)) == 8


def test_a_lock_is_over_after_ten_idle_minutes_and_a_person_holds_one(desk: Desk) -> None:
    save(desk, found(1, score=0.9), found(2, score=0.1))
    with desk.begin() as conn:
        first = findings.take_next(conn, Filter(), "li", 0)
        assert findings.take_next(conn, Filter(), "li", 1) == first
        second = findings.take_next(conn, Filter(), "mei", 2)
        assert second not in (first, None)
        assert findings.take_next(conn, Filter(), "wang", 2) is None
        assert findings.take_next(conn, Filter(), "wang", 1 + 10 * MINUTE) == first
        assert findings.holders(conn, [first or ""], 2 + 10 * MINUTE) == {first: "wang"}


def test_a_verdict_taken_back_leaves_what_stood_before(desk: Desk) -> None:
    made = found(1)
    save(desk, made)
    with desk.begin() as conn:
        findings.add_verdict(conn, made.finding_id, 1, "li", findings.CONFIRMED)
        second = findings.add_verdict(conn, made.finding_id, 2, "li", findings.FALSE)
    assert states(desk) == {made.finding_id: "false"}
    with desk.begin() as conn:
        last = findings.last_verdict_of(conn, "li")
        assert last is not None
        assert last.verdict_id == second
        findings.add_verdict(conn, made.finding_id, 3, "li", findings.UNDO, undoes=second)
        again = findings.last_verdict_of(conn, "li")
        assert again is not None
        findings.add_verdict(conn, made.finding_id, 4, "li", findings.UNDO, undoes=again.verdict_id)
        assert findings.last_verdict_of(conn, "li") is None
    assert states(desk) == {made.finding_id: "open"}
    assert counters_hold(desk)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(range(6)), st.integers(0, 3), st.integers(0, 10**6))
def test_the_order_of_arrival_changes_nothing(desk: Desk, order: list[int], cut: int, salt: int) -> None:
    """Three runs about two lines, saved in any order and in any batches: only the newest of each line stays open."""
    made = [replace(found(salt * 10 + i % 2, at=1 + i // 2), params_hash=f"h{salt}") for i in range(6)]
    arriving = [made[i] for i in order]
    save(desk, *arriving[:cut])
    save(desk, *arriving[cut:])
    mine = {i: s for i, s in states(desk).items() if i in {f.finding_id for f in made}}
    assert Counter(mine.values()) == {"open": 2, "superseded": 4}
    assert {mine[made[4].finding_id], mine[made[5].finding_id]} == {"open"}
    assert counters_hold(desk)
