"""What a series or a finding becomes when it is drafted, and what is not worth a lead."""

from __future__ import annotations

from typing import Any

from chainbreak.act.leads.drafting import Wish, content_of_findings, content_of_series, targets_of_series
from chainbreak.base.clock import US_PER_DAY, US_PER_HOUR
from chainbreak.records.finding import Action, Evidence, Finding, Level

T0 = 1_795_132_800_000_000
ACCOUNT, LINE, PERSON, BOX = (f"{kind}:00ff00ff00ff00ff" for kind in ("account", "line", "person", "box"))


def series(**changed: Any) -> dict[str, Any]:
    members = [
        {"report_id": f"R-{i}", "reported_at_us": T0 - i * US_PER_HOUR, "loss_fen": 1_000_000 * (i % 3) or None}
        for i in range(6)
    ]
    named = [
        {"key": key, "n": n, "hub": hub, "bits": bits, "first_us": T0 - US_PER_DAY, "last_us": T0 - US_PER_HOUR}
        for key, n, hub, bits in (
            (ACCOUNT, 3, 0.0, 8.0), (LINE, 5, 0.0, 6.0), ("line:0000000000000001", 6, 0.9, 0.0), (PERSON, 4, 0.0, 9.0),
            ("shop.example.com", 1, 0.0, 9.0), ("meet.example.com", 6, 0.0, 0.0),
        )
    ]  # fmt: skip
    return {"series_id": "S-000007", "members": members, "identifiers": named,
            "districts": {"东湖区": 2, "南屏区": 4}, **changed}  # fmt: skip


def finding(detector: str, subject: str, **facts: float | int | str) -> Finding:
    evidence = (Evidence("rule", 50.0, 40.0, "1/day", "behaviour", 3.0),)
    kind = subject.partition(":")[0]
    return Finding(detector, "1", kind, subject, (), 0.9, Level.HIGH, T0 - 2 * US_PER_DAY, T0, evidence, (),
                   Action.BLOCK, "h", {"call": 1}, dict(facts))  # fmt: skip


def test_neither_hubs_nor_persons_nor_what_one_report_names_are_worth_a_lead() -> None:
    assert targets_of_series(series(), T0) == [ACCOUNT, LINE]


def test_what_left_no_trace_for_longer_than_a_lead_lives_is_not_worth_one() -> None:
    assert targets_of_series(series(), T0 + 13 * US_PER_DAY) == [ACCOUNT, LINE]
    assert targets_of_series(series(), T0 + 14 * US_PER_DAY) == []


def test_a_series_counts_by_the_share_of_its_reports_that_name_the_target() -> None:
    whole = content_of_series(series(), Wish(), T0)
    part = content_of_series(series(), Wish(target=ACCOUNT), T0)
    assert (whole.kind, whole.target, part.kind) == ("series", "S-000007", "account")
    assert sum(fen for _, fen in part.signals.losses) * 2 == sum(fen for _, fen in whole.signals.losses)
    assert part.unit == "南屏区"
    assert part.signals.last_us == T0 - US_PER_HOUR
    assert part.refs[-1] == "series:S-000007"
    assert len(part.refs) == 7


def test_the_same_evidence_has_the_same_key_and_other_evidence_another() -> None:
    one = content_of_series(series(), Wish(target=ACCOUNT, unit="甲"), T0)
    again = content_of_series(series(), Wish(target=ACCOUNT, unit="乙", note="换一句话"), T0 + US_PER_DAY)
    other = content_of_series(series(), Wish(target=LINE), T0)
    grown = content_of_series(series(members=series()["members"][:-1]), Wish(target=ACCOUNT), T0)
    assert one.evidence_key == again.evidence_key
    assert len({one.evidence_key, other.evidence_key, grown.evidence_key}) == 3


def test_a_box_is_a_device_and_its_talks_of_a_day_are_people_at_risk() -> None:
    found = content_of_findings([finding("goip", BOX, stayed_over_60_s=10, district="南屏区")], Wish(), T0)
    assert (found.kind, found.unit) == ("device", "南屏区")
    assert found.signals.contacts == ((T0, 5.0),)


def test_only_money_that_has_not_gone_out_again_counts() -> None:
    found = content_of_findings([finding("mules", ACCOUNT, in_fen=9_000_000, out_fen=7_500_000)], Wish(), T0)
    gone = content_of_findings([finding("mules", ACCOUNT, in_fen=9_000_000, out_fen=9_500_000)], Wish(), T0)
    assert found.signals.losses == ((T0, 1_500_000),)
    assert gone.signals.losses == ()
    assert found.evidence[0].digest
