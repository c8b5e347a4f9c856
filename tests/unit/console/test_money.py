"""Money as pages: from a report's payments to a trace, its looks, its panel, drafts in place, paper and clock."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from browser import Browser
from money_world import M1, M2, M3, V, bring_all

from chainbreak.app.bootstrap import Office
from chainbreak.app.list_orders import list_orders
from chainbreak.app.list_reports import list_reports
from chainbreak.app.list_traces import list_traces
from chainbreak.app.show_report import show_report
from chainbreak.identity.normalise import normalise
from chainbreak.identity.numbers import Place
from chainbreak.identity.tokens import token_of
from chainbreak.records import Identifier
from chainbreak.records.actor import Actor, Role
from chainbreak.records.finding import write_token

CHEN = Actor("chen", frozenset({Role.ANALYST, Role.FUND_DESK}))
SignIn = Callable[[str], Browser]


def token(office: Office, number: str) -> str:
    value = normalise(Identifier.ACCOUNT, number, Place()).value
    return write_token(Identifier.ACCOUNT, token_of(office.keys.token_key(Identifier.ACCOUNT), value))


@pytest.fixture
def money(office: Office, tmp_path: Path) -> Office:
    """The centre with the small ledger of `money_world` and its one report."""
    bring_all(office, tmp_path / "files")
    return office


def traced(chen: Browser) -> str:
    answer = chen.press("/money", what="report:r1", rule="fifo")
    assert answer.status_code == 200, answer.text
    return answer.url.path


def test_certain_payments_are_chosen_and_tracing_leads_to_the_canvas(money: Office, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    assert '/money/new?report=r1"' in chen.get("/money").text
    page = chen.get("/money/new?report=r1").text
    assert re.search(r'name="transfer" value="t1"[^>]* checked', page)
    assert 'value="5000.00"' in page
    path = traced(chen)
    assert path == "/money/T-000001"
    page = chen.get(path).text
    for amount in ("¥5,000.00", "¥2,200.00", "¥2,300.00", "¥500.00"):
        assert amount in page
    svg = ET.fromstring(re.search(r"<svg class=\"money\".*?</svg>", page, re.S)[0])  # type: ignore[index]
    nodes = {a.get("data-account") for a in svg.iter("a")}
    assert {token(money, n) for n in (V, M1, M2, M3)} <= nodes
    assert "account not held" not in page
    listed = chen.get("/money").text
    assert "T-000001" in listed
    assert "/money/new?report=r1" not in listed
    assert "T-000001" in chen.get("/cases/r1").text


def test_part_of_a_payment_can_be_claimed(money: Office, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    page = chen.press("/money", what="report:r1", rule="lifo", transfer="t1", **{"amount:t1": "1,000.50"})
    assert "¥1,000.50" in page.text
    wrong = chen.press("/money", what="report:r1", transfer="t1", **{"amount:t1": "much"})
    assert wrong.status_code == 422


def test_the_panel_tells_the_way_back_to_the_fen_and_a_hold_is_drafted_in_place(money: Office, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    path, there = traced(chen), token(money, M3)
    panel = chen.get(f"{path}/account", params={"account": there}, headers={"HX-Request": "true"}).text
    assert "<svg" not in panel
    assert "¥1,500.00" in panel
    assert "t3" in panel
    assert "t1" in panel
    way = re.search(r'data-way="([^"]*)"', panel)
    assert way is not None
    assert set(way[1].split()) == {token(money, n) for n in (V, M1, M3)}
    drafted = chen.press(f"{path}/draft?account={there}", account=there)
    assert drafted.status_code == 200
    (order,) = list_orders(money, about=there, limit=5)
    assert (order["state"], order["amount_fen"]) == ("draft", 150_000)
    panel = chen.get(f"{path}?account={there}").text
    assert order["order_id"] in panel
    assert "已覆盖" in panel
    assert "草稿 ¥1,500.00" in re.sub("<[^>]*>", "", chen.get("/money").text)


def test_the_first_k_are_drafted_by_one_press(money: Office, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    path = traced(chen)
    token_ = re.search(r'name="csrf" content="([^"]+)"', chen.get("/me").text)
    assert token_ is not None
    answer = chen.post(f"{path}/draft", data={"top": 2, "csrf": token_[1]}, headers={"HX-Request": "true"})
    assert answer.text.count("已起草") == 2
    assert len([row for row in list_orders(money) if row["kind"] == "funds.hold" and row["state"] == "draft"]) == 2


def test_another_rule_or_moment_is_a_look_until_it_is_kept(money: Office, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    path = traced(chen)
    early = chen.get(f"{path}?step=2").text  # five minutes after: M2 has just been paid
    assert "没有存档" in early
    assert 'name="top"' not in early
    assert "¥2,800.00" in early  # of 3,000, 200 were M1's own and came first
    for rule in ("lifo", "prorata", "paripassu", "lib", "lib_group"):
        assert chen.get(f"{path}?rule={rule}").status_code == 200
    assert "触及账户" in chen.get(f"{path}?rule=poison").text
    kept = chen.press(f"{path}/keep?rule=lifo&step=2")
    assert kept.url.path == "/money/T-000002"
    assert "没有存档" not in kept.text
    assert [row["rule"] for row in list_traces(money, CHEN, "report:r1")] == ["lifo", "fifo"]


def test_all_rules_stand_side_by_side(money: Office, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    page = chen.get(f"{traced(chen)}?view=rules").text
    for name in ("先进先出", "后进先出", "按比例", "同比分配", "最低余额", "沾染"):
        assert name in page
    assert page.count("<tr data-row>") >= 3


def test_the_table_is_the_twin_of_the_picture(money: Office, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    page = chen.get(f"{traced(chen)}?view=table").text
    assert '<svg class="money"' not in page
    for transfer in ("t1", "t2", "t3", "t4", "t5"):
        assert f">{transfer}</td>" in page
    assert "账本未接入" in page


def test_picture_and_paper(money: Office, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    path = traced(chen)
    file = chen.get(f"{path}/picture.svg")
    assert "attachment" in file.headers["content-disposition"]
    assert "--accent" in file.text
    ET.fromstring(file.text)
    paper = chen.get(f"{path}/print").text
    run = list_traces(money, CHEN)[0]
    assert run["ledger_digest"] in paper
    assert run["digest"] in paper


def test_who_may_not_follow_money_sees_none_of_it(money: Office, sign_in: SignIn) -> None:
    chen, qian, wu = sign_in("chen"), sign_in("qian"), sign_in("wu")
    path = traced(chen)
    for page in ("/money", path, f"{path}/print", f"{path}/picture.svg", "/money/clock", "/money/clock/r1"):
        assert qian.get(page).status_code == 403, page
    assert 'data-go="m"' not in qian.get("/ingest").text
    seen = wu.get(path).text
    assert "¥2,200.00" in seen
    assert 'name="top"' not in seen
    assert wu.press("/money", what="report:r1").status_code == 403
    assert wu.press(f"{path}/draft", top=1).status_code == 403
    assert list_orders(money) == []


def test_an_account_or_a_trace_that_is_not_there(money: Office, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    path = traced(chen)
    assert chen.get(f"{path}?account=account:0000000000000000").status_code == 422
    assert chen.get("/money/T-999999").status_code == 404
    assert chen.get("/money/new").url.path == "/money"  # no report named: the list of those not yet traced
    assert chen.get(f"{path}?rule=guess").status_code == 422
    assert "找到0户" in chen.get(f"{path}?find=nobody").text


def test_nine_fields_make_a_report_whose_money_is_traced_at_once(money: Office, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    form = chen.get("/cases/new").text
    for name in ("victim", "phone", "paid_from", "paid_to", "loss", "occurred", "channel", "narrative", "district"):
        assert f'name="{name}"' in form, name
    saved = chen.press(
        "/cases", narrative="被冒充客服的人骗走5000元。", receipt="x", phone="13912345678", paid_from=V, paid_to=M1,
        loss="5000", occurred="2026-11-20T10:00", reported="2026-11-20T11:00", district="城东区",
        channel="mobile_bank", then="money",
    )  # fmt: skip
    assert saved.status_code == 200, saved.text
    assert saved.url.path == "/money/T-000001"
    assert "¥5,000.00" in saved.text
    row = next(r for r in list_reports(money, CHEN)["rows"] if r["report_id"] != "r1")
    report = show_report(money, CHEN, row["report_id"])
    roles = {one["key"]: one["role"] for one in report["identifiers"]}
    assert (roles[token(money, V)], roles[token(money, M1)]) == ("victim", "suspect")
    assert "手机银行" in report["narrative"]
    assert "13912345678" not in saved.text


def test_a_payment_field_that_names_nothing_keeps_the_form(money: Office, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    answer = chen.press("/cases", narrative="被骗五千元。", receipt="x", phone="哦", then="money")
    assert answer.status_code == 422
    assert "未能保存" in answer.text
    assert 'value="哦"' in answer.text
    assert len(list_reports(money, CHEN)["rows"]) == 1


def test_without_a_certain_payment_a_person_chooses(money: Office, sign_in: SignIn) -> None:
    saved = sign_in("chen").press("/cases", narrative="被骗走9999元，不记得账户。", receipt="x", then="money")
    assert saved.url.path == "/money/new"
    assert "没有找到相符的付款" in saved.text


def test_the_clock_names_the_step_that_lost_the_money(money: Office, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    assert chen.get("/money/clock/r1").status_code == 404  # nothing is claimed yet
    assert "还没有可计时的报案" in chen.get("/money/clock").text
    traced(chen)
    page = chen.get("/money/clock/r1").text
    assert "流失最多的一步是“报案”" in page
    assert "1小时" in page
    ET.fromstring(re.search(r"<svg class=\"falling\".*?</svg>", page, re.S)[0])  # type: ignore[index]
    for by in ("month", "bank", "district"):
        whole = chen.get(f"/money/clock?by={by}").text
        assert '<svg class="survival"' in whole
