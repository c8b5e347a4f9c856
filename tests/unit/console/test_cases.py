"""Cases and series as pages: what is filled in, what stands against the machine, what is shown and what never is."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from browser import Browser

from chainbreak.app.bootstrap import Office
from chainbreak.app.link_reports import link_reports
from chainbreak.app.list_reports import list_reports
from chainbreak.app.list_series import list_series
from chainbreak.app.show_report import show_report
from chainbreak.app.show_series import show_series
from chainbreak.app.take_report import Draft, take_report
from chainbreak.console.ladder import ladder
from chainbreak.console.marks import marked_story
from chainbreak.records.actor import Actor, Role

CHEN = Actor("chen", frozenset({Role.ANALYST}))
STORY = (
    "今天上午10点，我接到自称京东客服的电话13800138000，让我下载www.jd-kf88.com的软件并打开屏幕共享，"
    "转账到卡6222020200112233448。我的手机是13912345678，后来打95588才知道被骗，共损失5万5千元。"
)
SignIn = Callable[[str], Browser]


def hidden(page: str) -> dict[str, str]:
    """Every field that the machine filled in, as a browser would send it back."""
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    fields |= dict(re.findall(r'<input id="[^"]+" name="([^"]+)"[^>]* value="([^"]*)"', page))
    for name, options in re.findall(r'<select id="[^"]+" name="([^"]+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        fields[name] = chosen[1] if chosen else ""
    return fields


@pytest.fixture
def series(office: Office) -> str:
    """A series of three reports that share a card, a domain and a number."""
    now = office.clock.now_us()
    for i in range(3):
        take_report(office, CHEN, Draft(f"{STORY}第{i}次。", now - i * 3_600_000_000, f"f{i}", loss_fen=100 * (i + 1)))
    link_reports(office, CHEN)
    return str(list_series(office)[0]["series_id"])


def test_the_form_fills_itself_in_and_what_is_sent_back_untouched_is_the_machines(
    office: Office, sign_in: SignIn
) -> None:
    chen = sign_in("chen")
    form = hidden(chen.get("/cases/new").text)
    read = chen.press("/cases/new/read", **form | {"narrative": STORY})
    assert read.status_code == 200
    filled = hidden(read.text)
    assert (filled["type"], filled["loss"]) == ("fake_service", "55000")
    assert filled["role:line:+8613912345678"] == "victim"
    assert "在排除清单" in read.text
    saved = chen.press("/cases", **filled | {"narrative": STORY})
    assert saved.url.path.startswith("/cases/B2026")
    row = list_reports(office, CHEN)["rows"][0]
    assert (row["type"], row["type_by"], row["loss_fen"]) == ("fake_service", "machine", 5_500_000)
    twice = chen.press("/cases", **filled | {"narrative": STORY})
    assert twice.url.path == saved.url.path
    assert len(list_reports(office, CHEN)["rows"]) == 1


def test_a_field_that_cannot_be_read_keeps_everything_typed(sign_in: SignIn, office: Office) -> None:
    chen = sign_in("chen")
    answer = chen.press("/cases", narrative=STORY, loss="一些", receipt="x")
    assert answer.status_code == 422
    assert STORY[:12] in answer.text
    assert "未能保存" in answer.text
    assert re.search(r'id="loss"[^>]*aria-invalid="true"', answer.text)
    assert "如35000" in answer.text
    assert "CB-" not in answer.text.split("take-refused")[1][:60]
    assert list_reports(office, CHEN)["rows"] == []


def test_nothing_is_kept_while_typing_and_nothing_in_clear_is_shown_after(office: Office, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    chen.press("/cases/new/read", narrative=STORY)
    chen.press("/cases/new/near", narrative=STORY)
    assert office.lake.version("report") is None
    saved = chen.press("/cases", narrative=STORY, receipt="x").text
    listed = chen.get("/cases").text
    for secret in ("13800138000", "13912345678", "6222020200112233448"):
        assert secret not in saved
        assert secret not in listed


def test_a_hotline_stays_a_hotline_once_its_number_is_masked(office: Office, sign_in: SignIn) -> None:
    saved = sign_in("chen").press("/cases", narrative=f"{STORY}后拨打96110核实方知被骗。", receipt="x").text
    assert [saved.count(f'class="role">{role}<') for role in ("嫌疑人", "公安", "银行", "被害人")] == [3, 1, 1, 1]


def test_corrections_send_only_what_changed(office: Office, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    chen.press("/cases", narrative=STORY, receipt="x")
    report_id = list_reports(office, CHEN)["rows"][0]["report_id"]
    form = hidden(chen.get(f"/cases/{report_id}").text)
    done = chen.press(f"/cases/{report_id}/correct", **form | {"district": "城东区", "why": "补填"})
    assert "城东区" in done.text
    event = show_report(office, CHEN, report_id)["events"][-1]
    assert (event["act"], event["why"], list(event["changes"])) == ("corrected", "补填", ["district"])
    assert chen.press("/cases/undo").status_code == 200
    assert show_report(office, CHEN, report_id)["district"] == ""


def test_who_may_only_read_sees_no_button_and_is_refused(office: Office, sign_in: SignIn) -> None:
    take_report(office, CHEN, Draft(STORY, office.clock.now_us(), "x"))
    wu, qian = sign_in("wu"), sign_in("qian")
    assert 'href="/cases/new"' not in wu.get("/cases").text
    assert wu.get("/cases/new").status_code == 403
    assert wu.press("/cases", narrative=STORY).status_code == 403
    assert qian.get("/cases").status_code == 403
    assert qian.get("/series").status_code == 403


def test_every_side_of_a_series_is_a_page(office: Office, sign_in: SignIn, series: str) -> None:
    chen = sign_in("chen")
    assert series in chen.get("/series").text
    for tab in ("story", "graph", "timeline", "identifiers", "orders", "log"):
        page = chen.get(f"/series/{series}?tab={tab}")
        assert page.status_code == 200, tab
        assert "13800138000" not in page.text
    assert "串并说明" in chen.get(f"/series/{series}/print").text
    graph = chen.get(f"/series/{series}/graph").json()
    assert len(graph["reports"]) == 3
    assert {key["kind"] for key in graph["keys"]} >= {"line", "account", "domain"}
    key = graph["keys"][0]["key"]
    assert chen.get(f"/series/{series}/identifier", params={"key": key}).status_code == 200
    assert chen.get(f"/series/{series}/identifier", params={"key": "line:00"}).status_code == 422


def test_a_decision_is_kept_shown_and_taken_back(office: Office, sign_in: SignIn, series: str) -> None:
    chen, shown = sign_in("chen"), show_series(office, series)
    a, b = shown["edges"][0]["a"], shown["edges"][0]["b"]
    kept = chen.press(f"/series/{series}/decide", a=a, b=b, verdict="same", why="同一张卡")
    assert "系列没有变化" in kept.text
    moved = chen.press(f"/series/{series}/decide", a=a, b=b, verdict="different", why="话术不同")
    assert "系列已随之变化" in moved.text
    assert "现不在同一系列" in moved.text
    apart = show_series(office, series)
    assert apart["pending"] == []
    assert not {a, b} <= {m["report_id"] for m in apart["members"]}
    page = chen.get(f"/series/{series}?tab=log").text
    assert "话术不同" in page
    assert "待生效" not in page
    assert "系列已随之恢复" in chen.press(f"/series/{series}/undo", why="看错了").text
    after = show_series(office, series)
    assert len(after["members"]) == 3
    assert [d["undone_by"] is None for d in after["decisions"]][-2:] == [False, True]
    assert sign_in("wu").press(f"/series/{series}/decide", a=a, b=b, verdict="same", why="x").status_code == 403


def test_series_are_merged_and_split_at_once(office: Office, sign_in: SignIn, series: str) -> None:
    chen = sign_in("chen")
    out = show_series(office, series)["members"][0]["report_id"]
    left = chen.press(f"/series/{series}/split", report=out, why="另案")
    assert "系列已随之变化" in left.text
    assert len(show_series(office, series)["members"]) == 2
    now = office.clock.now_us()
    for i in range(2):
        told = f"微信wxid_qq8877{i}让我投资，转账到卡6217000012345678903，网址tz-{i}.example.top"
        take_report(office, CHEN, Draft(told, now, f"g{i}"))
    link_reports(office, CHEN)
    other = next(row["series_id"] for row in list_series(office) if row["series_id"] != series)
    joined = chen.press(f"/series/{other}/merge", other=series, why="同一伙")
    assert "系列已随之变化" in joined.text
    into = show_series(office, other)["merged_into"] or other
    assert joined.url.path == f"/series/{into}"
    assert len(show_series(office, into)["members"]) == 4


def test_series_are_ordered_by_size_and_by_loss(office: Office, sign_in: SignIn, series: str) -> None:
    now = office.clock.now_us()
    for i in range(2):
        told = f"微信wxid_qq8877{i}让我投资，转账到卡6217000012345678903，网址tz-{i}.example.top"
        take_report(office, CHEN, Draft(told, now, f"g{i}", loss_fen=9_000_000))
    link_reports(office, CHEN)
    chen = sign_in("chen")

    def ids(order: str) -> list[str]:
        page = chen.get("/series", params={"order": order}).text
        assert 'aria-sort="descending"' in page
        return re.findall(r'<a class="row mono" href="/series/([^"]+)"', page)

    costly = next(s for s in ids("size") if s != series)
    assert (ids("size"), ids("loss")) == ([series, costly], [costly, series])
    assert chen.get("/series", params={"order": "age"}).status_code == 422


def test_the_ladder_adds_up(office: Office, series: str) -> None:
    from chainbreak.app.explain_link import explain_link

    edge = show_series(office, series)["edges"][0]
    rungs = ladder(explain_link(office, edge["a"], edge["b"]))
    assert rungs[0].name == "prior"
    assert sum(r.bits for r in rungs[:-1]) == pytest.approx(rungs[-1].bits, abs=1e-9)
    assert rungs[-2].so_far == pytest.approx(rungs[-1].bits, abs=1e-9)


def test_a_story_cannot_bring_markup_along() -> None:
    told = marked_story("<b>a</b>\u202e", [], [(0, 3, 1.0)], lambda key, **_: key, str)
    assert "<b>" not in told
    assert "\u202e" not in told
