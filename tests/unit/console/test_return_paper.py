"""The paper of a return: the same words and figures in HTML and PDF, whatever people have typed into it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from browser import Browser

from chainbreak.act.returns.model import Victim
from chainbreak.app.bootstrap import Office
from chainbreak.app.find_actor import find_actor
from chainbreak.app.object_to_return import object_to_return
from chainbreak.app.plan_return import plan_return
from chainbreak.app.publish_return import publish_return
from chainbreak.app.return_claims import Given
from chainbreak.app.review_return import review_return
from chainbreak.app.show_return import show_return
from chainbreak.base.clock import US_PER_DAY
from chainbreak.console.return_paper import names_of, paper_file, paper_pdf, paper_values

SignIn = Callable[[str], Browser]
EVIL = '<script>alert(1)</script> #panic("x") $ * _ ] { \\'


@pytest.fixture
def code(office: Office) -> str:
    """A published return with an objection, in words that mean something to HTML and to typst; its public code."""
    now = office.clock.now_us()
    chen, lin = find_actor(office, "chen"), find_actor(office, "lin")
    victims = (*(Victim(f"R{i}", "王**", 10**9 + i, now - i) for i in range(40)), Victim("A" * 255, "", 7, now))
    given = Given("6222020200112233448", 10**9 + 1, EVIL, now + 99 * US_PER_DAY, victims=victims, note=EVIL)
    found = plan_return(office, chen, given)
    review_return(office, lin, found.return_id, found.digest)
    publish_return(office, chen, found.return_id)
    return object_to_return(office, lin, found.return_id, "R1", EVIL).code


def values(office: Office, lang: Any) -> dict[str, Any]:
    found = show_return(office, find_actor(office, "wu"), "RT-000001")
    return paper_values(found, lang, office.centre.settings, names_of(office), "https://centre.example/")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_sums_proof_and_signatures_stand_on_the_paper(office: Office, code: str, lang: str) -> None:
    paper = values(office, lang)
    fen = [int(row[-1].replace(",", "")) for row in paper["proof_rows"]]
    assert sum(fen) == 10**9 + 1
    assert paper["proof_sums"][-1] == "1,000,000,001"
    assert sum(int(row[4] or 0) for row in paper["proof_rows"]) == int(paper["proof_sums"][4])
    assert paper["address"] == f"https://centre.example/announcement/{code}"
    assert [who for _, who, _ in paper["signatures"]] == ["陈研", "林审", ""]
    assert paper["title"] == {"zh": "冻结资金返还公告", "en": "Notice of the return of frozen money"}[lang]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_whatever_was_typed_stays_text_in_html(office: Office, code: str, lang: str) -> None:
    page = paper_file(values(office, lang), "Asia/Shanghai")
    assert "<script>" not in page
    assert page.count("&lt;script&gt;") >= 2
    assert "A" * 255 in page


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_whatever_was_typed_stays_text_in_the_pdf(office: Office, code: str, lang: str) -> None:
    pytest.importorskip("typst", reason="extra pdf")
    made = paper_pdf(values(office, lang))
    assert made.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", made)) >= 3


def test_anybody_reads_the_announcement_and_nothing_else(
    office: Office, code: str, anybody: Browser, sign_in: SignIn
) -> None:
    page = anybody.get(f"/announcement/{code}")
    assert page.status_code == 200
    assert "王**" in page.text
    assert not [word for word in ("chen", "account:", "alert(1)") if word in page.text]
    assert anybody.get("/announcement/AAAA-AAAA-AAAA").status_code == 404
    assert anybody.get("/returns", follow_redirects=False).status_code == 303
    assert sign_in("qian").get("/returns").status_code == 403
    assert sign_in("wu").get("/returns/RT-000001/print").status_code == 200
