"""What of the steps' findings is kept on the desk: news, once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chainbreak.base.clock import US_PER_HOUR
from chainbreak.find.contract.detector import Detector
from chainbreak.find.watch.news import is_news
from chainbreak.records.finding import Action, Evidence, Finding, Level, Member

from .conftest import Watched

KEPT = Finding(
    detector="goip", version="1", subject_kind="device_cluster", subject="box:1",
    members=(Member("imsi", "imsi:0000000000000001", 0.9),), score=0.97, level=Level.HIGH, first_evidence_us=1,
    found_at_us=10 * US_PER_HOUR, evidence=(Evidence("callees", 60.0, 30.0, "callee", "behaviour", 4.2, ("r1",)),),
    counter_evidence=(), proposed_action=Action.VERIFY, params_hash="p", snapshot={"call": 3}, facts={"sims": 1},
)  # fmt: skip
LATER = replace(KEPT, snapshot={"call": 4}, found_at_us=KEPT.found_at_us + 30_000_000)


def weighed(bits: float, value: float = 60.0) -> tuple[Evidence, ...]:
    """The kept reason with another weight or value."""
    return (replace(KEPT.evidence[0], bits=bits, value=value),)


@pytest.mark.parametrize(
    ("found", "news"),
    [
        (LATER, False),
        (replace(LATER, members=(*KEPT.members, Member("imsi", "imsi:0000000000000002", 0.9))), True),
        (replace(LATER, level=Level.URGENT), True),
        (replace(LATER, proposed_action=Action.RESTRICT), True),
        (replace(LATER, evidence=weighed(6.2)), True),
        (replace(LATER, params_hash="q"), True),
        (replace(LATER, evidence=()), True),
        (replace(LATER, evidence=weighed(4.2, 61.0), facts={"sims": 2}), False),
        (replace(LATER, evidence=weighed(4.2, 61.0), found_at_us=KEPT.found_at_us + US_PER_HOUR), True),
        (replace(LATER, found_at_us=KEPT.found_at_us + 9 * US_PER_HOUR), False),
    ],
)
def test_news_is_what_a_person_would_decide_upon_or_an_hour_of_growth(found: Finding, news: bool) -> None:
    assert is_news(found, KEPT) is news
    assert is_news(found, None)


def test_equal_evidence_under_a_new_version_of_the_lake_adds_nothing(watched: Watched, standing: Detector) -> None:
    watched.feed("transfer", watched.world["transfer"])
    (first,) = watched.look()
    assert first.new == len(first.findings) > 0
    kept = watched.kept("open")
    watched.feed("account", watched.world["account"].slice(0, 0))
    watched.feed("account", watched.world["account"].slice(0, 1))
    (second,) = watched.look()
    assert (second.new, watched.kept("open"), watched.kept("superseded")) == (0, kept, [])


def test_a_subject_that_grew_has_its_earlier_finding_replaced(watched: Watched, standing: Detector) -> None:
    for day in range(3):
        watched.feed("transfer", watched.days("transfer", day, day + 1))
        watched.look()
    open_now, before = watched.kept("open"), watched.kept("superseded")
    assert len(open_now) == len(set(open_now))
    assert set(before) & set(open_now)


def test_a_verdict_stands_until_there_is_news(watched: Watched, standing: Detector) -> None:
    from chainbreak.store.desk.findings import add_verdict

    watched.feed("transfer", watched.world["transfer"])
    (first,) = watched.look()
    judged = first.findings[0]
    with watched.office.desk.begin() as conn:
        add_verdict(conn, judged.finding_id, watched.office.clock.now_us(), "wang", "false")
    watched.feed("account", watched.world["account"].slice(0, 1))
    (second,) = watched.look()
    assert second.new == 0
    assert judged.subject not in watched.kept("open")
