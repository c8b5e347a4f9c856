"""Leads in the console: a lead through the hands of four people, batches that say what became of each, clocks."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from browser import Browser
from desk_world import SETUP

from chainbreak.act.leads.drafting import Wish
from chainbreak.app.add_person import add_person
from chainbreak.app.bootstrap import Office
from chainbreak.app.draft_lead import draft_lead
from chainbreak.app.find_actor import find_actor
from chainbreak.app.list_findings import list_findings
from chainbreak.app.show_lead_file import show_lead_file
from chainbreak.audit.tables import entries
from chainbreak.store.desk.findings import Filter

SignIn = Callable[[str], Browser]


@pytest.fixture
def ids(office: Office) -> list[str]:
    """Leads that chen drafted on each finding, and an officer who takes them on."""
    add_person(office, SETUP, "ma", ["officer"], "马警官")
    chen = find_actor(office, "chen")
    found = [row["finding_id"] for row in list_findings(office, Filter(None))]
    return [draft_lead(office, chen, Wish(findings=(f,), unit="南屏区", case_ref="C-7")).lead_id for f in found]


def seen(office: Office, lead_id: str) -> int:
    return int(show_lead_file(office, find_actor(office, "wu"), lead_id)["version"])


def press(office: Office, browser: Browser, lead_id: str, move: str, **fields: object) -> str:
    answer = browser.press(f"/leads/{lead_id}/{move}", seen=seen(office, lead_id), **fields)
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", ["/leads", "/leads?stage=all&unit=南屏区", "/leads?stage=snoozed", "/leads/measures"])
def test_every_page_opens_in_both_languages(ids: list[str], sign_in: SignIn, path: str, lang: str) -> None:
    answer = sign_in("he").get(path, params={"lang": lang} if "?" not in path else None)
    assert answer.status_code == 200
    assert "unsafe" not in answer.headers["content-security-policy"]


def test_from_draft_to_outcome_in_the_hands_of_four_people(office: Office, ids: list[str], sign_in: SignIn) -> None:
    lead = ids[0]
    own = sign_in("chen").get(f"/leads/{lead}").text
    assert "须由另一位同事审核" in own
    assert f"/leads/{lead}/review" not in own
    assert "待派发" in press(office, sign_in("lin"), lead, "review")
    sent = press(office, sign_in("he"), lead, "dispatch", unit="东湖区", hours=24)
    assert "东湖区" in sent
    assert "还剩1天" in sent.replace(" ", "") or "23小时" in sent
    ma = sign_in("ma")
    assert "ma签收" in press(office, ma, lead, "accept").replace(" ", "")
    assert "已到银行" in press(office, ma, lead, "work", reason="已到银行调取资料")
    assert "账户已止付" in press(office, ma, lead, "close", outcome="account_stopped")
    assert "核查中" in press(office, ma, lead, "undo")


def test_a_refusal_names_its_reason_in_words(office: Office, ids: list[str], sign_in: SignIn) -> None:
    lin = sign_in("lin")
    answer = lin.press(f"/leads/{ids[0]}/send_back", seen=1, reason=" ")
    assert answer.status_code == 403
    assert "须写明理由" in answer.text
    old = lin.press(f"/leads/{ids[0]}/review", seen=9)
    assert old.status_code == 412
    assert "未作任何处理" in old.text


def test_a_batch_says_what_became_of_each(office: Office, ids: list[str], sign_in: SignIn) -> None:
    press(office, sign_in("he"), ids[0], "review")
    text = sign_in("lin").press("/leads/bulk?stage=review", move="review", lead=[*ids[:3], "L-000999"]).text
    assert "2条已处理" in text.replace(" ", "")
    assert "2条被拒" in text.replace(" ", "")
    for lead in (*ids[:3], "L-000999"):
        assert lead in text
    assert "当前状态不能这样做" in text
    none = sign_in("lin").press("/leads/bulk?stage=review", move="review", lead=[ids[3], "L-000999"], together="1").text
    assert "整批未执行" in none
    assert show_lead_file(office, find_actor(office, "wu"), ids[3])["state"] == "draft"


def test_next_takes_what_waits_and_nobody_else_is_given_it(office: Office, ids: list[str], sign_in: SignIn) -> None:
    first, second = (sign_in(name).press("/leads/next?stage=review").url.path for name in ("lin", "he"))
    assert first != second
    assert {first.rpartition("/")[2], second.rpartition("/")[2]} <= set(ids)
    assert "lin正在处理" in sign_in("both").get(first).text.replace(" ", "")
    assert sign_in("ma").press("/leads/next").url.path == "/leads"


def test_a_finding_becomes_a_lead_and_says_so(office: Office, sign_in: SignIn) -> None:
    found = list_findings(office)[0]
    chen = sign_in("chen")
    answer = chen.press("/leads", finding=found["finding_id"])
    assert answer.url.path == "/leads/L-000001"
    assert "L-000001" in chen.get(f"/findings/{found['finding_id']}").text
    assert chen.press("/leads", finding=found["finding_id"]).status_code == 409


def test_drafting_all_lists_each_and_a_second_time_drafts_nothing(office: Office, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    once = chen.press("/leads/draft-all?stage=review").text
    assert len(re.findall(r"L-00000\d</a></td><td><span class=\"state is-done\"", once)) == 3
    assert "同一依据已起草过" in chen.press("/leads/draft-all?stage=review").text


def test_the_unit_that_took_a_lead_on_sees_the_number_and_nobody_else_of_the_field(
    office: Office, ids: list[str], sign_in: SignIn
) -> None:
    lead, ma = ids[0], sign_in("ma")
    press(office, sign_in("lin"), lead, "review")
    press(office, sign_in("he"), lead, "dispatch", unit="南屏区", hours=24)
    said = {"purpose": "落地核查", "case": "C-7"}
    assert "1380013" not in ma.get(f"/leads/{lead}").text
    assert ma.press(f"/leads/{lead}/reveal", **said).status_code == 403
    press(office, ma, lead, "accept")
    assert ma.press(f"/leads/{lead}/reveal", purpose="落地核查", case=" ").status_code == 403
    assert "+861380013" in ma.press(f"/leads/{lead}/reveal", **said).text
    assert "1380013" not in ma.get(f"/leads/{lead}").text
    with office.desk.read() as conn:
        actions = list(conn.execute(entries.select().order_by(entries.c.seq)).mappings())
    looked = [row["action"] for row in actions if row["action"].startswith("lead.") and "reveal" in row["action"]]
    assert looked == ["lead.refuse_reveal", "lead.refuse_reveal", "lead.reveal"]


def test_today_counts_what_waits_for_each(office: Office, ids: list[str], sign_in: SignIn) -> None:
    assert "待我处理的核查单" in sign_in("lin").get("/").text
    assert f"/leads/{ids[0]}" in sign_in("lin").get("/").text
    assert "没有待处理的核查单" in sign_in("ma").get("/").text
    assert 'href="/leads"' not in sign_in("qian").get("/").text


def test_what_people_type_is_shown_as_text(office: Office, ids: list[str], sign_in: SignIn) -> None:
    evil = "<script>alert(1)</script>"
    text = press(office, sign_in("lin"), ids[0], "send_back", reason=evil)
    assert evil not in text
    assert "&lt;script&gt;" in text
