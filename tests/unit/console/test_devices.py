"""The page of a device, the records behind a reason, and the lead on paper: what they show, hide, refuse and log."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser import Browser
from desk_world import save
from device_world import EVIL, HOME, add_box, imei, imsi, number, tokens, without_records
from typer.testing import CliRunner

from chainbreak.app.bootstrap import Office
from chainbreak.app.show_device import as_plain, show_device
from chainbreak.app.show_lead import show_lead
from chainbreak.audit.tables import entries
from chainbreak.cli.finding import app
from chainbreak.records.actor import Actor, Role
from chainbreak.records.finding import Finding
from chainbreak.records.kind import Identifier

SignIn = Callable[[str], Browser]
ANALYST = Actor("chen", frozenset({Role.ANALYST}))


@pytest.fixture
def box(office: Office, tmp_path: Path) -> Finding:
    return add_box(office, tmp_path / "files")


def logged(office: Office, action: str) -> list[dict[str, Any]]:
    with office.desk.read() as conn:
        rows = [
            json.loads(bytes(entry)) for (entry,) in conn.execute(entries.select().with_only_columns(entries.c.entry))
        ]
    return [row for row in rows if row["action"] == action]


def test_the_finding_tells_its_story_and_leads_to_device_and_lead(box: Finding, sign_in: SignIn) -> None:
    text = sign_in("chen").get(f"/findings/{box.finding_id}").text
    assert f"8张卡轮流使用至少4个端口，驻留在南屏区的{HOME}小区" in text
    for way in ("device", "lead"):
        assert f'href="/findings/{box.finding_id}/{way}"' in text


def test_the_frame_of_a_device_reads_no_records(office: Office, box: Finding, sign_in: SignIn) -> None:
    page = sign_in("chen").get(f"/findings/{box.finding_id}/device").text
    assert f'hx-get="/findings/{box.finding_id}/device/records"' in page
    assert "94.0" in page
    assert "L2 轮换卡与改号" in page
    assert logged(office, "finding.device") == []


def test_ports_cards_victims_and_hits_are_drawn_from_records_and_the_look_is_logged(
    office: Office, box: Finding, sign_in: SignIn
) -> None:
    page = sign_in("chen").get(f"/findings/{box.finding_id}/device/records", params={"day": "2026-11-18"})
    assert page.status_code == 200
    assert page.text.count('class="name is-token"') == 4
    assert page.text.count('class="swap"') == 4 * 9
    told = show_device(office, ANALYST, box.finding_id)
    calls = sum(row["calls"] for row in told["days"])
    assert calls == 2 * 4 * 10 * 3 == sum(row["calls"] for row in told["members"])
    assert (told["callees"]["numbers"], told["callees"]["over_60_s"]) == (240, 80)
    assert [hit["list"] for hit in told["hits"]] == ["test_call", "blacklist"]
    assert "拨测" in page.text
    (leaf, *_) = logged(office, "finding.device")
    assert (leaf["object"], leaf["actor"], leaf["purpose"]) == (f"finding:{box.finding_id}", "chen", "judge a finding")


def test_cards_in_rows_and_another_day(box: Finding, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    page = chen.get(f"/findings/{box.finding_id}/device/records", params={"rows": "sims", "day": "2026-11-19"}).text
    assert page.count('class="name is-token"') == 8
    assert re.search(r'title="2026-11-19[^>]*aria-current="true"', page)
    assert "CB-LD-003" in chen.get(f"/findings/{box.finding_id}/device/records", params={"day": "2026-01-01"}).text


def test_nothing_of_a_partner_becomes_part_of_a_page(box: Finding, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    for way in ("device/records", "lead"):
        page = chen.get(f"/findings/{box.finding_id}/{way}").text
        assert EVIL not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in chen.get(f"/findings/{box.finding_id}/device/records").text


@pytest.mark.parametrize("way", ["device/records", "lead", "cited?rule=callees_per_day"])
def test_who_reads_no_single_records_is_refused_and_that_is_logged(
    office: Office, box: Finding, sign_in: SignIn, way: str
) -> None:
    answer = sign_in("qian").get(f"/findings/{box.finding_id}/{way}")
    assert answer.status_code == 403
    assert "CB-LD-001" in answer.text
    assert [leaf["actor"] for leaf in logged(office, "finding.refuse_records")] == ["qian"]
    assert "查看话单需要" in sign_in("qian").get(f"/findings/{box.finding_id}/device").text


def test_no_number_is_on_any_page_until_it_is_revealed(office: Office, box: Finding, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    secrets = re.compile("|".join([r"1380013\d{4}", r"\+?86139\d+", imei(0)[:10] + r"\d{4}", r"46000\d{10}"]))
    for way in ("", "/device/records", "/lead", "/cited?rule=callees_per_day"):
        assert not secrets.search(chen.get(f"/findings/{box.finding_id}{way}").text), way
    sheet = chen.press(f"/findings/{box.finding_id}/lead", purpose="现场核查", case="C-7")
    assert imei(0) in sheet.text
    assert not re.search(r"139\d{8}", sheet.text), "whom it called stays masked"
    (leaf,) = logged(office, "finding.reveal")
    assert (leaf["purpose"], leaf["case"]) == ("现场核查", "C-7")


def test_a_reveal_without_a_case_or_by_a_commander_is_refused(office: Office, box: Finding, sign_in: SignIn) -> None:
    assert "CB-FN-006" in sign_in("chen").press(f"/findings/{box.finding_id}/lead", purpose="现场核查").text
    assert "CB-LD-001" in sign_in("qian").press(f"/findings/{box.finding_id}/lead", purpose="a", case="b").text
    assert len(logged(office, "finding.refuse_reveal")) == 1


def test_a_reason_opens_the_records_it_cites(box: Finding, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    link = f"/findings/{box.finding_id}/cited?rule=callees_per_day"
    assert f'href="{link}">3</a>' in chen.get(f"/findings/{box.finding_id}").text
    page = chen.get(link).text
    for ref in box.evidence[0].records:
        assert f'id="{ref}"' in page
    assert "CB-US-001" in chen.get(f"/findings/{box.finding_id}/cited?rule=nothing").text


def test_the_lead_says_where_when_how_sure_what_is_like_it_and_what_refutes_it(
    office: Office, box: Finding, sign_in: SignIn
) -> None:
    page = sign_in("chen").get(f"/findings/{box.finding_id}/lead?case=C-5").text
    for words in ("半数300米，九成700米", HOME, "31.21100, 121.41300", "C-5", "工作日 09–11", "线索不是命令",
                  "登记中有合同（呼叫中心、企业网关等）：8张卡中0张", "同小区另有普通用户5个", "呼叫中心 1张（重度1）",
                  "无时间提前量", "无鉴权时延", "带多卡槽的网关", "查获设备", "18–08时几乎无呼叫"):  # fmt: skip
        assert words in page, words
    assert 'class="beam is-own"' in page
    assert logged(office, "finding.lead")[0]["case"] == "C-5"


def test_a_lead_of_many_gateways_has_a_map_of_each(office: Office, tmp_path: Path, sign_in: SignIn) -> None:
    further = {f"site{n}_{what}": value for n in (2, 3, 4) for what, value in
               (("lat", 31.2 + n / 100), ("lon", 121.4), ("r90_m", 500), ("cell", f"460-1-{n}-0"))}  # fmt: skip
    box = add_box(office, tmp_path / "files", level_guess="L4", sites=4, **further)
    page = sign_in("chen").get(f"/findings/{box.finding_id}/lead").text
    assert page.count('class="ground"') == 1 + 4
    assert "经4处网关" in page
    assert "卡池设在别处" in page


def test_a_finding_without_records_or_facts_still_has_its_pages(office: Office, box: Finding, sign_in: SignIn) -> None:
    bare = Finding.from_dict(without_records(box).as_dict() | {"facts": {}})
    save(office, [bare])
    chen = sign_in("chen")
    assert "没有这些卡的话单" in chen.get(f"/findings/{bare.finding_id}/device/records").text
    lead = chen.get(f"/findings/{bare.finding_id}/lead").text
    for words in ("推算不出位置", "没有话单，看不出时段", "没有小区，无从比较", "带多根天线的盒子"):
        assert words in lead, words


def test_a_finding_of_no_device_has_no_device_page(office: Office, sign_in: SignIn) -> None:
    from chainbreak.app.list_findings import list_findings

    other = next(row for row in list_findings(office) if row["detector"] == "mules")
    for way in ("device", "device/records", "lead"):
        assert "CB-LD-002" in sign_in("chen").get(f"/findings/{other['finding_id']}/{way}").text


def test_a_hundred_and_twenty_eight_cards_scroll_and_are_not_crushed(
    office: Office, tmp_path: Path, sign_in: SignIn
) -> None:
    box = add_box(office, tmp_path / "files", sims=128, ports=64, every_min=50)
    page = sign_in("chen").get(f"/findings/{box.finding_id}/device/records", params={"rows": "sims"}).text
    assert page.count('class="name is-token"') == 128
    assert f'viewBox="0 0 1040 {128 * 14}"' in page
    assert len(page) < 1_500_000


def test_a_hit_says_what_it_led_to(office: Office, box: Finding, sign_in: SignIn, monkeypatch: Any) -> None:
    # The detectors' own answer is theirs to test, and needs days of a town's records.
    from chainbreak.find.contract.explain import WhyNot

    def answer(*_: Any) -> list[WhyNot]:
        return [WhyNot("x", "goip@2", "unseen", None, None, ())]

    monkeypatch.setattr("chainbreak.console.pages.findings.why_not", answer)
    hit, miss = tokens(office, Identifier.LINE, [number(0), number(777)])
    chen = sign_in("chen")
    page = chen.get("/findings/why-not", params={"subject": hit}).text
    assert f"/findings/{box.finding_id}?state=open" in page
    assert "尚未引向任何线索" in chen.get("/findings/why-not", params={"subject": miss}).text
    assert "没有热名单提到" in chen.get("/findings/why-not", params={"subject": "line:0000000000000001"}).text


def test_the_terminal_gives_the_same_lead_as_json_and_as_a_file(office: Office, box: Finding, tmp_path: Path) -> None:
    out, centre = tmp_path / "lead.html", str(office.centre.root)
    run = CliRunner().invoke(
        app, ["lead", box.finding_id, "--as", "chen", "--out", str(out), "--json", "--centre", centre]
    )
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    same = json.loads(json.dumps(show_lead(office, ANALYST, box.finding_id)))
    for name in ("sites", "masts", "presence", "heat", "around", "missing", "checks", "turns", "level"):
        assert told[name] == same[name], name
    text = out.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "http" not in re.sub(r"http://www\.w3\.org/\S+", "", text), "the file fetches nothing"
    assert imsi(0) not in text
    revealed = ["--reveal", "--purpose", "现场", "--case", "C-1"]
    run = CliRunner().invoke(
        app, ["lead", box.finding_id, "--as", "chen", "--out", str(out), "--centre", centre, *revealed]
    )
    assert run.exit_code == 0, run.output
    assert imei(0) in out.read_text(encoding="utf-8")
    assert out.stat().st_mode & 0o077 == 0


def test_the_picture_is_plain_json(office: Office, box: Finding) -> None:
    told = json.loads(json.dumps(as_plain(show_device(office, ANALYST, box.finding_id))))
    assert len(told["lanes"]) == 4
    assert told["register"] == {"consumer": 8}


def test_the_api_gives_device_and_lead_under_the_callers_purpose(office: Office, box: Finding, sign_in: SignIn) -> None:
    chen, why = sign_in("chen"), {"X-Purpose": "desk check", "X-Case": "C-8"}
    device = chen.get(f"/api/v1/findings/{box.finding_id}/device", headers=why).json()["item"]
    assert len(device["lanes"]) == 4
    lead = chen.get(f"/api/v1/findings/{box.finding_id}/lead", headers=why).json()["item"]
    assert lead["sites"][0]["cell"] == HOME
    assert [(leaf["purpose"], leaf["case"]) for leaf in logged(office, "finding.lead")] == [("desk check", "C-8")]
    refused = sign_in("qian").get(f"/api/v1/findings/{box.finding_id}/device")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "CB-LD-001")
