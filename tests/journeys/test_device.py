"""In a real browser: from a finding to its device, another day, the records of a reason, and the sheet as a PDF."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from device_world import add_box, imei

from chainbreak.app.bootstrap import Office

pytestmark = pytest.mark.browser
SignIn = Callable[..., Any]


def test_from_the_finding_to_device_records_and_paper(
    office: Office, address: str, sign_in: SignIn, tmp_path: Path
) -> None:
    box = add_box(office, tmp_path / "files")
    chen = sign_in("chen")
    chen.set_viewport_size({"width": 1280, "height": 800})
    chen.goto(f"{address}/findings/{box.finding_id}")
    chen.wait_for_selector(".story")
    chen.wait_for_load_state()
    chen.keyboard.press("d")
    chen.wait_for_selector(".lanes")
    # What an analyst needs for trust stands on the first screen; the page itself never grows.
    for what in (".facts", ".story", ".lane-box", ".day-strip"):
        frame = chen.locator(what).bounding_box()
        assert frame["y"] + frame["height"] <= 800, what
    assert chen.evaluate("document.documentElement.scrollWidth") <= 1280
    assert chen.locator(".lanes .name").count() == 4
    chen.click('.day-strip a:has-text("11-18")')
    chen.wait_for_selector('.day-strip a[aria-current]:has-text("11-18")')
    chen.click('.tabs a:has-text("按卡")')
    chen.wait_for_selector(".lanes .name >> nth=7")
    chen.click(".reasons td a")
    chen.wait_for_selector(f'tr[id="{box.evidence[0].records[0]}"]')
    chen.go_back()
    chen.wait_for_load_state()
    chen.keyboard.press("l")
    chen.wait_for_selector(".sheet.lead .ground")
    assert imei(0) not in chen.content()
    chen.click('summary:has-text("显示终端与卡号")')
    chen.fill("#purpose", "现场核查")
    chen.fill("#case", "C-3")
    chen.click('button:has-text("显示终端与卡号")')
    chen.wait_for_selector(f"text={imei(0)}")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("sites", "pages"), [(1, 1), (4, 2)])
def test_the_sheet_is_one_side_of_a4_and_a_second_for_many_gateways(
    office: Office, address: str, sign_in: SignIn, tmp_path: Path, lang: str, sites: int, pages: int
) -> None:
    further = {f"site{n}_{what}": value for n in range(2, sites + 1) for what, value in
               (("lat", 31.2 + n / 100), ("lon", 121.4), ("r90_m", 500), ("cell", f"460-1-{n}-0"))}  # fmt: skip
    box = add_box(office, tmp_path / "files", sites=sites, without="ta, attach, auth_ms", **further)
    chen = sign_in("chen")
    chen.goto(f"{address}/findings/{box.finding_id}/lead?lang={lang}")
    paper = chen.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", paper)) == pages
