"""Fields and identifiers of a report that make no sense are refused, and what is corrected is linked by at once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Connection

from chainbreak.act.leads.drafting import Wish
from chainbreak.app.add_person import add_person
from chainbreak.app.bootstrap import Office, open_office
from chainbreak.app.collect_reports import collect_reports
from chainbreak.app.correct_report import assign_report, correct_report, delete_report
from chainbreak.app.draft_lead import draft_lead
from chainbreak.app.explain_link import explain_link
from chainbreak.app.link_reports import link_reports
from chainbreak.app.merge_series import merge_series
from chainbreak.app.rename_series import rename_series
from chainbreak.app.rotate_keys import rotate_keys
from chainbreak.app.show_report import show_report
from chainbreak.app.take_report import Draft, take_report
from chainbreak.base.clock import US_PER_DAY
from chainbreak.base.errors import ChainbreakError, RefusedError, SetupError, UsageError
from chainbreak.records import Identifier
from chainbreak.records.actor import Actor, Role
from chainbreak.store.desk import reports

CHEN = Actor("chen", frozenset({Role.ANALYST}))
ADMIN = Actor("os:test", frozenset({Role.ADMIN}))
STORIES = {
    "A1": "自称京东客服，让我加微信kefu_8899，转账到6222020200112233448。",
    "A2": "冒充京东客服，加微信kefu_8899，转账3万元到6217001234567890123。",
    "B1": "贷款广告，先交保证金，微信daikuan_77，转账到6228480402564890018。",
    "B2": "网上贷款要交保证金，对方微信daikuan_77，转到6228480402564890018。",
}


@pytest.fixture
def office(new_office: Office) -> Office:
    for number, story in STORIES.items():
        take_report(new_office, CHEN, Draft(story, new_office.clock.now_us(), number, report_id=number))
    return new_office


@pytest.mark.parametrize(
    "wrong",
    [
        {"report_id": "../../x"},
        {"report_id": "x" * 65},
        {"district": "区" * 65},
        {"reported_at_us": US_PER_DAY * 36500},
    ],
)
def test_a_report_with_an_impossible_field_is_not_taken(new_office: Office, wrong: dict[str, object]) -> None:
    draft = Draft(STORIES["A1"], new_office.clock.now_us())
    with pytest.raises(UsageError, match="CB-RT-005"):
        take_report(new_office, CHEN, replace(draft, **wrong))  # type: ignore[arg-type]
    assert new_office.lake.version("report") is None


def test_two_stories_under_one_number_at_once_are_one_report_and_a_refusal(
    new_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = new_office.clock.now_us()
    take_report(new_office, CHEN, Draft(STORIES["A1"], now, report_id="A1"))
    looked = iter([None])

    def read_report(conn: Connection, report_id: str) -> object:
        return next(looked, real(conn, report_id))

    real = reports.read_report
    monkeypatch.setattr(reports, "read_report", read_report)
    with pytest.raises(RefusedError, match="CB-RT-010"):
        take_report(new_office, CHEN, Draft(STORIES["B1"], now, report_id="A1"))


def test_only_what_a_report_names_gets_another_role(office: Office) -> None:
    for key in ("bad", "line:d52bffe1e80dfc2c"):
        with pytest.raises(UsageError, match="CB-RT-005 the report names no such thing"):
            correct_report(office, CHEN, "A1", {}, "x", roles={key: "victim"})


def test_a_report_goes_to_people_who_work_on_reports(office: Office) -> None:
    add_person(office, ADMIN, "boss", ["admin"])
    with pytest.raises(UsageError, match="CB-PE-001"):
        assign_report(office, CHEN, "A1", "nobody")
    with pytest.raises(RefusedError, match="CB-RT-002"):
        assign_report(office, CHEN, "A1", "boss")


def test_a_corrected_loss_or_district_is_another_report_to_linkage(office: Office) -> None:
    before = collect_reports(office).marks["A1"]
    correct_report(office, CHEN, "A1", {"loss_fen": 123})
    after = collect_reports(office).marks["A1"]
    correct_report(office, CHEN, "A1", {"district": "东区"})
    assert len({before, after, collect_reports(office).marks["A1"]}) == 3


def test_what_a_person_said_of_a_thing_outlives_its_key(office: Office) -> None:
    def keys(kind: str) -> dict[str, str]:
        named = show_report(again, CHEN, "A1")["identifiers"]
        return {row["key"]: row["role"] for row in named if row["kind"] == kind}

    again = office
    (old,) = keys("chat")
    correct_report(office, CHEN, "A1", {}, "被害人自己的微信", roles={old: "victim"})
    assert link_reports(office, CHEN)["series"] == 1
    rotate_keys(office, ADMIN, [Identifier.CHAT])
    again = open_office(office.centre.root, office.clock)
    assert link_reports(again, CHEN)["series"] == 1
    (new,) = keys("chat")
    assert (new != old, keys("chat")) == (True, {new: "victim"})
    correct_report(again, CHEN, "A1", {}, "还是对方的", roles={new: "suspect"})
    assert keys("chat") == {new: "suspect"}
    assert link_reports(again, CHEN)["series"] == 2


def test_what_is_not_linked_is_named_and_nothing_else(office: Office) -> None:
    delete_report(office, CHEN, "A2", "重复")
    link_reports(office, CHEN)
    with pytest.raises(SetupError, match=r"CB-SE-011 .*given A2\."):
        explain_link(office, "A1", "A2")


def test_no_lead_is_drafted_from_a_series_that_has_ended(office: Office) -> None:
    assert link_reports(office, CHEN)["series"] == 2
    merge_series(office, CHEN, ["S-000001", "S-000002"], "同伙")
    link_reports(office, CHEN)
    with pytest.raises(UsageError, match=r"CB-SE-008 .*chainbreak link show S-000001"):
        draft_lead(office, CHEN, Wish(series_id="S-000002"))


def test_a_name_of_a_series_holds_nothing_that_steers_a_screen(office: Office) -> None:
    link_reports(office, CHEN)
    named = rename_series(office, CHEN, "S-000001", "黑\x1b[31m龙\u202e \n 会", "代号")
    assert named["name"] == "黑[31m龙 会"
    with pytest.raises(ChainbreakError, match="CB-SE-015"):
        rename_series(office, CHEN, "S-000001", "x" * 201, "代号")
