"""What the pages show and refuse, from the first look at a finding to an order in force and an appeal upheld."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from browser import Browser
from desk_world import HOUR_US, make_findings, save

from chainbreak.app.bootstrap import Office
from chainbreak.app.list_findings import list_findings
from chainbreak.app.list_orders import list_orders
from chainbreak.app.show_order import show_order
from chainbreak.app.verify_log import verify_log
from chainbreak.audit.tables import entries
from chainbreak.store.desk.findings import Filter

SignIn = Callable[[str], Browser]
PAGES = [
    "/",
    "/findings",
    "/orders",
    "/appeals",
    "/outbox",
    "/log",
    "/log/who-saw",
    "/ingest",
    "/ingest/quarantine",
    "/users",
    "/me",
]
DRAFT = {
    "case_ref": "C-1", "purpose": "阻断涉诈呼叫", "kind": "number.block", "rung": "block", "hours": 24,
    "ladder_reason": "标记与核验数小时内即被规避", "basis": ["cfl-11"],
}  # fmt: skip


def first_line(office: Office) -> dict[str, object]:
    return next(row for row in list_findings(office, Filter(None)) if row["subject_kind"] == "line")


def drafted(office: Office, browser: Browser) -> str:
    found = first_line(office)
    answer = browser.press("/orders", finding=found["finding_id"], object=found["subject"], **DRAFT)
    assert answer.status_code == 200, answer.text
    return answer.url.path.rpartition("/")[2]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_in_both_languages_under_a_strict_policy(sign_in: SignIn, path: str, lang: str) -> None:
    answer = sign_in("admin").get(path, params={"lang": lang})
    assert answer.status_code == 200
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}"' in answer.text
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


def test_findings_are_listed_most_urgent_first_and_paged_without_gaps(office: Office, sign_in: SignIn) -> None:
    save(office, make_findings(office, 130, seed=2))
    chen, seen = sign_in("chen"), []
    page = chen.get("/findings").text
    while True:
        seen += re.findall(r'id="row-([0-9a-f]{16})"', page)
        onward = re.search(r'hx-get="(/findings/rows[^"]*)"', page)
        if onward is None:
            break
        page = chen.get(onward[1].replace("&amp;", "&")).text
    assert seen == [row["finding_id"] for row in list_findings(office, limit=500)]


def test_a_finding_shows_its_reasons_in_words(office: Office, sign_in: SignIn) -> None:
    text = sign_in("chen").get(f"/findings/{first_line(office)['finding_id']}").text
    for words in ("日均外呼号码数", "入网天数", "待研判", "阈值", "外呼次数"):
        assert words in text


def test_next_takes_a_finding_that_nobody_else_is_given(office: Office, sign_in: SignIn) -> None:
    first, second = sign_in("chen").press("/findings/next"), sign_in("both").press("/findings/next")
    assert first.url.path != second.url.path
    assert "陈" not in second.text.split('id="detail"')[1]


def test_a_verdict_and_its_undoing(office: Office, sign_in: SignIn) -> None:
    chen, found = sign_in("chen"), first_line(office)["finding_id"]
    assert "属实" in chen.press(f"/findings/{found}/verdict", verdict="c").text.split('id="detail"')[1]
    assert list_findings(office, Filter("confirmed"))[0]["finding_id"] == found
    chen.press("/findings/undo")
    assert list_findings(office, Filter("confirmed")) == []


def test_who_may_not_judge_is_told_which_right_it_takes(office: Office, sign_in: SignIn) -> None:
    lin, found = sign_in("lin"), first_line(office)["finding_id"]
    assert "研判需要研判员" in lin.get(f"/findings/{found}").text
    assert lin.press(f"/findings/{found}/verdict", verdict="c").status_code == 403


def test_an_empty_list_says_why(office: Office, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    assert "没有符合筛选条件的线索" in chen.get("/findings", params={"subject": "line:none"}).text
    assert "没有「属实」的线索" in chen.get("/findings", params={"state": "confirmed"}).text
    assert "条目仅审计员可查阅" in chen.get("/log").text
    assert "先写明查阅目的" in sign_in("wu").get("/log").text
    assert "还没有接入数据" in chen.get("/ingest").text


def test_nobody_signs_their_own_order_and_the_page_says_so_in_words(office: Office, sign_in: SignIn) -> None:
    both = sign_in("both")
    order = drafted(office, both)
    assert "待审批" in both.press(f"/orders/{order}/submit").text
    digest = show_order(office, order)["digest"]
    refused = both.press(f"/orders/{order}/approve", digest=digest)
    assert refused.status_code == 403
    assert "CB-OR-030" in refused.text
    assert show_order(office, order)["standing"] == "submitted"


def test_from_draft_to_in_force_in_the_hands_of_three_people(office: Office, sign_in: SignIn) -> None:
    order = drafted(office, sign_in("chen"))
    sign_in("chen").press(f"/orders/{order}/submit")
    lin = sign_in("lin")
    assert "另一人" in lin.get("/orders").text
    card = lin.get(f"/orders/{order}").text
    digest = show_order(office, order)["digest"]
    for shown in (digest, "反电信网络诈骗法 第十一条", "标记与核验数小时内即被规避", "若有误"):
        assert shown in card
    assert lin.press(f"/orders/{order}/approve", digest="0" * 64).status_code == 409
    assert lin.press(f"/orders/{order}/approve", digest=digest).status_code == 200
    zhou = sign_in("zhou")
    zhou.press(f"/orders/{order}/send")
    zhou.press(f"/orders/{order}/ack", target="carriers", outcome="full")
    assert list_orders(office)[0]["standing"] == "in_force"
    assert "生效中" in zhou.get("/orders", params={"tab": "in_force"}).text.split('id="detail"')[0]
    assert verify_log(office)["sound"]


def test_an_order_that_lacks_a_reason_is_not_submitted_and_says_what_is_missing(
    office: Office, sign_in: SignIn
) -> None:
    chen, found = sign_in("chen"), first_line(office)
    answer = chen.press(
        "/orders", finding=found["finding_id"], object=found["subject"], **(DRAFT | {"ladder_reason": ""})
    )
    assert "还差什么" in answer.text
    assert "CB-OR-023" in answer.text
    order = answer.url.path.rpartition("/")[2]
    assert chen.press(f"/orders/{order}/submit").status_code == 403


def test_the_person_affected_sees_the_order_by_code_and_appeals_without_an_account(
    office: Office, sign_in: SignIn, anybody: Browser
) -> None:
    order = drafted(office, sign_in("chen"))
    sign_in("chen").press(f"/orders/{order}/submit")
    sign_in("lin").press(f"/orders/{order}/approve", digest=show_order(office, order)["digest"])
    code = show_order(office, order)["content"]["remedy"]["receipt_code"]
    assert code in sign_in("chen").get(f"/orders/{order}/notice").text
    status = anybody.post("/status", data={"code": code.lower()})
    assert order in status.text
    assert "chen" not in status.text
    assert "<script" not in status.text
    anybody.post(f"/status/{code}/appeal", data={"statement": "这是我家的座机"})
    he = sign_in("he")
    appeal = re.search(r"/appeals/(A-[\w-]+)", he.get("/appeals").text)
    assert appeal is not None
    told = sign_in("lin").press(f"/appeals/{appeal[1]}/decide", outcome="upheld", reason="核实无误")
    assert "CB-OR-033" in told.text
    he.press(f"/appeals/{appeal[1]}/decide", outcome="upheld", reason="号码属医院")
    assert "已撤销" in anybody.get(f"/status/{code}").text


def test_wrong_codes_are_limited(anybody: Browser) -> None:
    answers = [anybody.get(f"/status/WRONG-{i}").status_code for i in range(21)]
    assert answers == [404] * 20 + [429]


def test_opening_a_finding_leaves_a_leaf_and_a_list_leaves_one_in_ten_minutes(office: Office, sign_in: SignIn) -> None:
    chen, found = sign_in("chen"), first_line(office)["finding_id"]
    for _ in range(3):
        chen.get("/findings")
    chen.get(f"/findings/{found}")
    office.clock.advance(11 * 60)
    chen.get("/findings")
    with office.desk.read() as conn:
        said = [(row.action, row.object) for row in conn.execute(entries.select()) if row.actor == "chen"]
    assert said.count(("finding.list", "finding:*")) == 2
    assert (("finding.read", f"finding:{found}")) in said


def test_only_administrators_see_people(office: Office, sign_in: SignIn) -> None:
    refused = sign_in("chen").get("/users")
    assert refused.status_code == 403
    assert "admin" in refused.text
    admin = sign_in("admin")
    admin.press("/users", name="ma", display_name="马", role=["analyst"])
    assert "ma" in admin.get("/users").text


def test_every_error_page_explains_itself_in_both_languages(anybody: Browser) -> None:
    assert "登录链接无效" in anybody.get("/errors/CB-PE-020").text
    assert "The sign-in link does not work" in anybody.get("/errors/CB-PE-020", params={"lang": "en"}).text
    unknown = anybody.get("/errors/CB-XX-999")
    assert unknown.status_code == 404


def test_a_fault_of_ours_tells_nothing_but_its_number(office: Office, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    with office.desk.begin() as conn:
        conn.exec_driver_sql("UPDATE finding SET body = x'00'")
    answer = chen.get(f"/findings/{first_line(office)['finding_id']}")
    assert answer.status_code == 500
    assert "CB-UI-007" in answer.text
    assert answer.headers["x-request-id"] in answer.text
    assert "Traceback" not in answer.text


def test_a_held_amount_is_typed_in_yuan_and_kept_in_fen(office: Office, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    found = next(row for row in list_findings(office, Filter(None)) if row["subject_kind"] == "account")
    form = DRAFT | {
        "kind": "funds.hold", "rung": "hold_amount", "basis": ["cfl-20"], "finding": found["finding_id"],
        "object": found["subject"], "amount": "12,345.67",
    }  # fmt: skip
    order = chen.press("/orders", **form).url.path.rpartition("/")[2]
    assert show_order(office, order)["amount_fen"] == 1_234_567
    assert "¥12,345.67" in chen.get(f"/orders/{order}").text
    assert "CB-UI-011" in chen.press("/orders", **(form | {"amount": "12.345"})).text


def test_today_counts_what_waits(office: Office, sign_in: SignIn) -> None:
    order = drafted(office, sign_in("chen"))
    sign_in("chen").press(f"/orders/{order}/submit")
    text = sign_in("lin").get("/").text
    assert f"/orders/{order}" in text
    office.clock.advance(30 * HOUR_US / 1e6)
    assert f"/orders/{order}" not in sign_in("lin").get("/").text


def test_each_role_sees_first_what_it_came_for(sign_in: SignIn) -> None:
    for name, first in (("lin", "待审批"), ("chen", "待研判线索"), ("zhou", "送达队列"), ("wu", "日志检查点"),
                        ("both", "待审批"), ("qian", "数据源")):  # fmt: skip
        panels = re.findall(r"<section[^>]*><header><h2>([^<]+)</h2>", sign_in(name).get("/").text)
        assert panels[0] == first, name


def test_orders_are_listed_page_by_page_without_gaps(office: Office, sign_in: SignIn) -> None:
    from chainbreak.act.orders.drafting import Wish
    from chainbreak.app.draft_order import draft_order
    from chainbreak.app.find_actor import find_actor

    chen, found = find_actor(office, "chen"), first_line(office)["finding_id"]
    made = [
        draft_order(office, chen, str(found), Wish("C-1", "阻断", kind="number.block", rung="label")).order_id
        for _ in range(120)
    ]
    browser, seen, page = sign_in("chen"), [], "/orders?tab=draft"
    while page:
        text = browser.get(page).text
        seen += re.findall(r'id="row-([^"]+)"', text)
        onward = re.search(r'href="(/orders\?tab=draft&amp;before=[^"]+)"', text)
        page = onward[1].replace("&amp;", "&") if onward else ""
    assert sorted(seen) == sorted(made)


def test_what_weighs_nothing_is_folded_and_no_code_stands_for_a_word(office: Office, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    text = chen.get(f"/findings/{first_line(office)['finding_id']}").text
    assert '<span class="kind">号码</span>' in text
    assert "line:" not in re.sub(r'title="[^"]*"', "", text)
