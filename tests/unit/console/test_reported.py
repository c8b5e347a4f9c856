"""Beside a finding stands who else reports its subject, what weight that has, and that it is no ground by itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from browser import Browser
from desk_world import SETUP
from sharing import entry

from chainbreak.act.delivery.sharing.stix import Stix
from chainbreak.act.delivery.sharing.terms import Terms
from chainbreak.app.bootstrap import Office
from chainbreak.app.change_partners import add_partner
from chainbreak.app.list_findings import list_findings
from chainbreak.app.share_pull import share_pull
from chainbreak.records.actor import Actor, Role

LIAISON = Actor("zhou", frozenset({Role.LIAISON}))


def test_a_finding_says_who_else_reports_its_subject(
    office: Office, sign_in: Callable[[str], Browser], tmp_path: Path
) -> None:
    [first] = list_findings(office, limit=1)
    page = f"/findings/{first['finding_id']}"
    chen = sign_in("chen")
    assert "其他单位也有报告" not in chen.get(page).text
    add_partner(office, SETUP, "next-city", "taxii", [], settings={"publisher": "本市", "hosted": True})
    now = office.clock.now_us()
    order = entry(value="+8613800130000", starts_at_us=now - 1_000_000, ends_at_us=now + 86_400_000_000)
    theirs = Stix(Terms(publisher="邻市"), "us").write(order, 0, None, now)
    file = tmp_path / "bundle.json"
    file.write_text(json.dumps({"type": "bundle", "objects": [theirs]}))
    share_pull(office, LIAISON, "next-city", file)
    shown = chen.get(page).text
    for said in ("其他单位也有报告", "next-city", "权重 80/100", "不能单独作为处置依据"):
        assert said in shown
    assert "13800130000" not in shown
