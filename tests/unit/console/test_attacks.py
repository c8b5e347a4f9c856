"""What somebody with bad intentions sends, and what comes of it: nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from browser import Browser
from desk_world import SETUP

from chainbreak.act.orders.drafting import Wish
from chainbreak.app.add_person import add_person
from chainbreak.app.approve_order import approve_order
from chainbreak.app.bootstrap import Office
from chainbreak.app.draft_order import draft_order
from chainbreak.app.find_actor import find_actor
from chainbreak.app.give_verdict import give_verdict
from chainbreak.app.issue_sign_in_link import issue_sign_in_link
from chainbreak.app.list_findings import list_findings
from chainbreak.app.show_order import show_order
from chainbreak.app.submit_order import submit_order
from chainbreak.store.desk.findings import Filter

SignIn = Callable[[str], Browser]
SCRIPT = "<script>alert(1)</script>{{7*7}}'\"><img src=x onerror=alert(1)>"
TURNED = "gpj\u202eexe\u2066"


def token_of(browser: Browser) -> str:
    return re.search(r'name="csrf" content="([^"]+)"', browser.get("/me").text)[1]  # type: ignore[index]


@pytest.mark.parametrize("path", ["/me", "/findings/next", "/orders", "/outbox/retry", "/log/verify", "/sign-out"])
def test_a_write_without_the_sessions_own_token_is_refused(sign_in: SignIn, path: str) -> None:
    chen, other = sign_in("chen"), token_of(sign_in("lin"))
    for data in ({}, {"csrf": ""}, {"csrf": "é"}, {"csrf": other}):
        assert chen.post(path, data=data).status_code == 403
    assert chen.post(path, headers={"x-csrf-token": other}).status_code == 403
    assert chen.post(path, content=b'{"csrf": 1}', headers={"content-type": "application/json"}).status_code == 403


def test_no_write_comes_from_another_site_not_even_signing_in(office: Office, anybody: Browser) -> None:
    link = issue_sign_in_link(office, SETUP, "chen")
    for site in ("cross-site", "same-site"):
        refused = anybody.post(link, headers={"sec-fetch-site": site})
        assert refused.status_code == 403
        assert "chainbreak_session" not in anybody.cookies
        assert anybody.post("/status", data={"code": "X"}, headers={"sec-fetch-site": site}).status_code == 403
    assert anybody.post(link, headers={"sec-fetch-site": "same-origin"}).status_code == 200


def test_no_address_writes_by_get_and_no_header_changes_the_method(sign_in: SignIn) -> None:
    chen = sign_in("chen")
    for path in ("/sign-out", "/outbox/retry", "/log/verify", "/me/theme"):
        for headers in ({}, {"x-http-method-override": "POST"}, {"x-method-override": "POST"}):
            assert chen.get(f"{path}?_method=POST", headers=headers).status_code in (404, 405)
    assert chen.get("/").status_code == 200


def test_a_session_known_before_signing_in_is_worth_nothing_after_it(office: Office, anybody: Browser) -> None:
    planted = anybody.post(
        issue_sign_in_link(office, SETUP, "chen"), headers={"cookie": "chainbreak_session=planted"},
        follow_redirects=False,
    )  # fmt: skip
    assert "planted" not in planted.headers["set-cookie"]
    anybody.cookies.clear()
    anybody.cookies.set("chainbreak_session", "planted")
    assert anybody.get("/").url.path == "/sign-in"


@pytest.mark.parametrize(
    "back", ["//evil.example", "/\\evil.example", "https://evil.example", "/\tx", "\\\\evil", "/x\r\nSet-Cookie: a=b"]
)
def test_signing_in_leads_nowhere_else(sign_in: SignIn, back: str) -> None:
    answer = sign_in("chen").get("/sign-in", params={"back": back}, follow_redirects=False)
    assert answer.headers["location"] == "/"
    assert "set-cookie" not in answer.headers


def test_a_cookie_over_tls_is_secure(office: Office, anybody: Browser) -> None:
    link = issue_sign_in_link(office, SETUP, "chen")
    anybody.base_url = "https://testserver"  # type: ignore[assignment]
    assert "Secure" in anybody.post(link, follow_redirects=False).headers["set-cookie"]


@pytest.mark.parametrize("text", [SCRIPT, TURNED], ids=["script", "turned"])
def test_what_people_type_is_shown_as_text_and_in_reading_order(
    office: Office, sign_in: SignIn, anybody: Browser, text: str
) -> None:
    add_person(office, SETUP, "mallory", ["analyst", "admin", "auditor", "liaison"], text)
    mallory, maker = find_actor(office, "mallory"), sign_in("mallory")
    found = next(row for row in list_findings(office, Filter(None)) if row["subject_kind"] == "line")["finding_id"]
    give_verdict(office, mallory, found, "confirmed", text)
    wish = Wish(text[:64], text, kind="number.block", rung="block", ladder_reason=text)
    order = draft_order(office, mallory, found, wish).order_id
    submit_order(office, mallory, order)
    approve_order(office, find_actor(office, "he"), order, show_order(office, order)["digest"])
    code = show_order(office, order)["content"]["remedy"]["receipt_code"]
    anybody.post(f"/status/{code}/appeal", data={"statement": text})
    maker.press("/appeals", order=order, statement=text, channel="post")
    appeal = re.search(r"/appeals/(A-[\w-]+)", maker.get("/appeals").text)
    assert appeal is not None
    pages = [
        "/", f"/findings/{found}?state=confirmed", f"/orders/{order}", f"/orders/{order}/notice", "/appeals",
        f"/appeals/{appeal[1]}", "/users", "/users?name=mallory", "/outbox?view=all", "/me", "/errors/CB-OR-003",
    ]  # fmt: skip
    shown = [maker.get(path).text for path in pages]
    shown += [
        maker.get("/log", params=dict.fromkeys(("purpose", "case", "who", "action", "object"), text)).text,
        maker.get("/findings", params={"subject": text}).text,
        maker.get("/findings/why-not", params={"subject": text}).text,
        maker.get("/ingest/quarantine", params={"file": text, "reason": text}).text,
        maker.get(f"/orders/{text}").text, maker.get(f"/errors/{text}").text, anybody.get(f"/status/{code}").text,
        anybody.get(f"/status/{text}").text, anybody.get("/sign-in", params={"back": text}).text,
        maker.press("/orders", finding=found, object=text, **{"kind": text[:24], "rung": text}).text,
    ]  # fmt: skip
    for page in shown:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "onerror=alert(1)>" not in page
        assert "{{7*7}}'\"" not in page
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", page)
    assert sum("\ufffd" in page or "&lt;script&gt;" in page for page in shown) > 10


@pytest.mark.parametrize(
    "path",
    [
        "/findings?state=open|x", "/findings?state=xopen", "/findings?level=%00", "/findings?level=urgent%0a",
        "/orders?tab=awaiting%0a", "/orders?before=x", "/orders?before=99999999999999999999.x",
        "/log?purpose=x&before=99999999999999999999", "/log?purpose=x&before=-1", "/findings/%00",
        "/orders/%F0%9F%92%A9",
        "/findings/why-not?subject=%00", "/findings?after=x", "/go?q=%00", "/api/v1/findings?state=open|x",
        "/api/v1/log/entries?before=99999999999999999999", "/api/v1/log/entries/99999999999999999999/proof",
        "/api/v1/orders?next=1.x", "/static/%00", "/static/..%2froutes.py", "/static/%2e%2e/routes.py",
    ],
)  # fmt: skip
def test_nonsense_in_an_address_is_never_a_fault_of_ours(sign_in: SignIn, path: str) -> None:
    answer = sign_in("wu").get(path)
    assert answer.status_code < 500
    assert "import " not in answer.text


def test_a_wrong_code_tells_nothing_by_its_answer_and_a_proxys_header_does_not_reset_the_count(
    anybody: Browser,
) -> None:
    pages = {anybody.get(f"/status/{c}").text.replace(c, "") for c in ("ABCD-EFGH-JKLM", "short", "MMMM-MMMM-MMMM")}
    assert len({re.sub(r'name="key" value="\w+"', "", page) for page in pages}) == 1
    answers = [anybody.get(f"/status/W{i}", headers={"x-forwarded-for": f"10.0.0.{i}"}) for i in range(20)]
    assert answers[-1].status_code == 429


def test_nothing_with_identifiers_is_kept_by_a_cache(office: Office, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    for path in (
        "/",
        "/findings",
        f"/findings/{list_findings(office)[0]['finding_id']}",
        "/api/v1/findings",
        "/go?q=x",
    ):
        assert chen.get(path, follow_redirects=False).headers["cache-control"] == "no-store"


def test_a_form_sent_twice_is_carried_out_once(office: Office, sign_in: SignIn) -> None:
    chen, found = sign_in("chen"), list_findings(office)[0]["finding_id"]
    page = chen.get(f"/findings/{found}").text.split('class="actions"')[1]
    key = re.search(r'name="key" value="(\w{32})"', page)
    assert key is not None
    assert chen.press(f"/findings/{found}/verdict", verdict="u", key=key[1]).status_code == 200
    again = chen.press(f"/findings/{found}/verdict", verdict="c", key=key[1])
    assert again.status_code == 409
    assert "CB-DK-006" in again.text
    assert list_findings(office, Filter("unsure"))[0]["finding_id"] == found


def test_an_edit_over_somebody_elses_change_shows_both_versions(office: Office, sign_in: SignIn) -> None:
    chen, both = sign_in("chen"), sign_in("both")
    found = next(row for row in list_findings(office, Filter(None)) if row["subject_kind"] == "line")["finding_id"]
    wish = Wish("C-1", "阻断", kind="number.block", rung="label")
    order = draft_order(office, find_actor(office, "chen"), found, wish).order_id
    seen = show_order(office, order)["version"]
    assert f'name="seen" value="{seen}"' in chen.get(f"/orders/{order}").text
    both.press(f"/orders/{order}/edit", rung="reverify", purpose="阻断", seen=seen)
    late = chen.press(f"/orders/{order}/edit", rung="block", purpose="阻断", seen=seen)
    assert late.status_code == 412
    assert "label → reverify" in late.text
    assert show_order(office, order)["rung"] == "reverify"
