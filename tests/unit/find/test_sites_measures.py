"""One site's rows in sites@1: who came how, who came back, who reported."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR, US_PER_MIN
from chainbreak.find.detectors.sites.v1 import measures as m
from chainbreak.find.detectors.sites.v1.judge import judge_sites
from chainbreak.find.detectors.sites.v1.params import SitesParams

SITE, PARAMS = "jinba88.top", SitesParams()
DAWN = 100 * US_PER_DAY


def look(client: int | None, minute: int) -> dict[str, Any]:
    """One look-up, `minute` minutes after dawn of day 100."""
    at = DAWN + minute * US_PER_MIN
    return {"record_ref": f"look-{client}-{minute}", "at_us": at, "client": client, "domain": SITE,
            "local_day": at // US_PER_DAY}  # fmt: skip


def call(client: int, minute: int, seconds: int = 300) -> dict[str, Any]:
    """One call received by the client."""
    at = DAWN + minute * US_PER_MIN
    return {"record_ref": f"call-{client}-{minute}", "at_us": at, "duration_s": seconds, "msisdn": client}


def text(client: int, minute: int, words: str, sender_class: str = "mobile") -> dict[str, Any]:
    """One text received by the client."""
    at = DAWN + minute * US_PER_MIN
    return {"record_ref": f"text-{client}-{minute}", "at_us": at, "recipient": client, "text": words,
            "sender_class": sender_class}  # fmt: skip


def report(ref: str, victim: int | None, after_us: int, *named: str) -> dict[str, Any]:
    """One report, `after_us` after dawn of day 100."""
    return {"record_ref": ref, "victim": victim, "reported_at_us": DAWN + after_us, "identifiers": list(named)}


def cited(**rows: list[dict[str, Any]]) -> m.Cited:
    """The site with these rows; tables not named are empty."""
    return m.Cited(SITE, {name: tuple(rows.get(name, ())) for name in m.TABLES}, PARAMS)


def test_only_calls_that_ended_within_the_hour_before_the_first_look_up_count() -> None:
    looks = [look(1, 100), look(2, 100), look(3, 100), look(4, 100)]
    calls = [call(1, 90), call(2, 30), call(3, 98), call(4, 140)]
    seen = cited(lookup=[*looks, look(4, 150)], call=calls)
    assert set(seen.calls) == {1}, "2 ended too long before, 3 was still talking, 4 was called after the first look-up"
    assert m.called_before_share(seen) == 0.25


def test_texts_count_when_they_name_the_site_and_no_contracted_sender_sent_them() -> None:
    looks = [look(n, 100) for n in range(1, 6)]
    texts = [
        text(1, 50, f"点{SITE}领取"),
        text(2, 50, f"请登录 http://www.{SITE}/a 认证"),
        text(3, 50, f"点x{SITE}领取"),
        text(4, 50, f"请登录{SITE}", "service"),
        text(5, 120, f"点{SITE}领取"),
    ]
    assert set(cited(lookup=looks, message=texts).texts) == {1, 2}


def test_reports_count_by_holder_only_after_the_look_up_and_by_name_also_below_it() -> None:
    lines = [{"record_ref": f"line-{n}", "msisdn": n, "holder": 10 + n} for n in (1, 2, 3)]
    reports = [
        report("a", 11, 3 * US_PER_HOUR, "line:00", f"pay.{SITE}"),
        report("b", 12, US_PER_HOUR, SITE),
        report("c", 13, 40 * US_PER_DAY, f"not-{SITE}"),
        report("d", None, 3 * US_PER_HOUR),
    ]
    seen = cited(lookup=[look(1, 100), look(2, 100), look(3, 100)], line=lines, report=reports)
    assert m.clients_reporting(seen) == 1.0
    assert seen.reporters[1] == {"line-1", "a"}
    assert seen.naming == {"a", "b"}


def test_age_is_from_registration_else_first_sight_and_unknown_is_not_zero() -> None:
    def age(registered: int | None, first_seen: int | None) -> float:
        row = {"record_ref": "d", "registered_at_us": registered, "first_seen_us": first_seen}
        return m.name_age_days(cited(lookup=[look(1, 0)], domain=[row]))

    assert age(DAWN - 3 * US_PER_DAY, DAWN) == 3.0
    assert age(None, DAWN - US_PER_DAY) == 1.0
    assert math.isnan(age(None, None))
    assert math.isnan(m.name_age_days(cited(lookup=[look(1, 0)])))


def test_visits_and_returns() -> None:
    seen = cited(lookup=[look(1, 0), look(1, 1), look(1, 2), look(1, 60), look(2, 0), look(2, 24 * 60)])
    assert m.returning_share(seen) == 0.5
    assert (m.clients(seen), m.active_days(seen)) == (2.0, 2.0)


def test_lookups_without_a_client_measure_no_share() -> None:
    seen = cited(lookup=[look(None, 0), look(None, 1)])
    assert math.isnan(m.clients(seen))
    assert math.isnan(m.called_before_share(seen))
    assert m.active_days(seen) == 1.0


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 4_000)), min_size=1, unique=True), st.randoms())
def test_the_order_of_rows_changes_no_value(visits: list[tuple[int, int]], shuffle: Any) -> None:
    looks = [look(client, minute) for client, minute in visits]
    calls = [call(client, minute - 20) for client, minute in visits]
    mixed = shuffle.sample(looks, len(looks)), shuffle.sample(calls, len(calls))
    plain, other = cited(lookup=looks, call=calls), cited(lookup=mixed[0], call=mixed[1])
    for rule, (value_of, _) in m.MEASURES.items():
        assert value_of(plain) == value_of(other) or math.isnan(value_of(plain)), rule


class Rows:
    """As much of an Arrow table as judging needs."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows = list(rows)

    def to_pylist(self) -> list[dict[str, Any]]:
        """The rows."""
        return self.rows


def judged(site: str, *, calls: int = 1) -> Any:
    """The one suspicion of a site with one look-up in a centre that has `calls` call records."""
    tables: Any = {name: Rows() for name in ("domain", "call", "message", "line", "report", "named")}
    tables["lookup"] = Rows({**look(1, 0), "domain": site})
    tables["size"] = Rows(*({"table": t, "rows": calls if t == "call" else 1} for t in ("call", "message", "line")))
    return judge_sites(tables, PARAMS)[0]


def test_a_table_that_is_not_there_is_no_counter_evidence() -> None:
    assert "called_before_share" in {x.rule for x in judged(SITE).measures}
    assert "called_before_share" not in {x.rule for x in judged(SITE, calls=0).measures}


@pytest.mark.parametrize(("site", "protected"), [
    ("apply.edu.cn", "well_known"), ("gov.cn", "well_known"), ("notgov.cn", ""), ("gov.cn.top", ""), (SITE, ""),
])  # fmt: skip
def test_well_known_names_and_all_below_them_are_protected(site: str, protected: str) -> None:
    assert judged(site).protected == protected
