"""Who may press what: every POST of the console, for every role, with things that exist. A new button must be added."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from browser import Browser
from desk_world import SETUP
from warning_world import warning_world

from chainbreak.act.leads.drafting import Wish as LeadWish
from chainbreak.act.orders.drafting import Wish
from chainbreak.act.returns.model import Victim
from chainbreak.app.acknowledge_order import acknowledge_order
from chainbreak.app.add_person import GIVEN_ROLES, add_person
from chainbreak.app.approve_order import approve_order
from chainbreak.app.bootstrap import Office
from chainbreak.app.draft_lead import draft_lead
from chainbreak.app.draft_order import draft_order
from chainbreak.app.find_actor import find_actor
from chainbreak.app.list_findings import list_findings
from chainbreak.app.move_lead import move_lead
from chainbreak.app.open_appeal import open_appeal
from chainbreak.app.plan_return import plan_return
from chainbreak.app.return_claims import Given
from chainbreak.app.send_due import send_due
from chainbreak.app.show_lead_file import show_lead_file
from chainbreak.app.show_order import show_order
from chainbreak.app.show_return import show_return
from chainbreak.app.submit_order import submit_order
from chainbreak.console.pages import order_moves
from chainbreak.console.routes import PAGES
from chainbreak.records.actor import Role
from chainbreak.store.desk.findings import Filter

NOON_US = 1_795_147_200_000_000  # 2026-11-20 12:00 in Shanghai
SignIn = Callable[[str], Browser]
ALL = frozenset(GIVEN_ROLES)
JUDGE = {Role.ANALYST, Role.FUND_DESK, Role.COMMANDER}
DRAFT = {Role.ANALYST, Role.FUND_DESK, Role.HOTLINE, Role.COMMANDER, Role.APPROVER}
REVEAL = {Role.ANALYST, Role.FUND_DESK, Role.APPROVER, Role.LIAISON}
TAKE_IN = {Role.HOTLINE, Role.LIAISON, Role.APPROVER, Role.COMMANDER}
ENGINEER, ADMIN, LIAISON, AUDITOR, APPROVER = (
    {role} for role in (Role.ENGINEER, Role.ADMIN, Role.LIAISON, Role.AUDITOR, Role.APPROVER)
)
CALL = {Role.HOTLINE}
HEAR = {Role.HOTLINE, Role.FUND_DESK, Role.OFFICER, Role.COMMANDER, Role.ANALYST}
DISPATCH, UNIT = {Role.COMMANDER, Role.APPROVER, Role.LIAISON}, {Role.OFFICER, Role.LIAISON}
REVIEW = {Role.ANALYST, Role.COMMANDER, Role.APPROVER}
ON_LEADS = DRAFT | DISPATCH | UNIT
ON_SERIES = JUDGE | {Role.APPROVER, Role.LIAISON, Role.AUDITOR}
TAKE, ANALYST = JUDGE | {Role.HOTLINE}, {Role.ANALYST}
PLAN, PAY = {Role.FUND_DESK, Role.ANALYST}, {Role.FUND_DESK, Role.LIAISON}
SIGN = {Role.APPROVER, Role.COMMANDER}
ON_RETURNS = PLAN | SIGN | {Role.HOTLINE, Role.LIAISON}
PROPOSE = {Role.HOTLINE, Role.ANALYST, Role.ENGINEER, Role.COMMANDER}
VISIT, LEAD_VISITS = {Role.OFFICER}, {Role.COMMANDER}
ON_VISITS = VISIT | LEAD_VISITS | {Role.HOTLINE, Role.LIAISON, Role.APPROVER, Role.AUDITOR}
WHY, SEEN, LINKED = {"reason": "理由"}, {"seen": 1}, {"why": "核对依据"}
PUBLIC = {"/sign-in", "/sign-in/{secret}", "/status", "/status/{code}/appeal"}
# Address -> who may, what is sent, and which of the orders made below it is about.
MATRIX: dict[str, tuple[Any, dict[str, Any], str]] = {
    "/findings/next": (JUDGE, {}, ""),
    "/findings/undo": (JUDGE, {}, ""),
    "/findings/{finding_id}/verdict": (JUDGE, {"verdict": "u"}, ""),
    "/findings/{finding_id}/lead": (REVEAL, {"purpose": "现场核查", "case": "C-9"}, ""),
    "/leads": (DRAFT, {"unit": "南屏区"}, ""),
    "/leads/next": (ON_LEADS | AUDITOR, {}, ""),
    "/leads/draft-all": (DRAFT, {}, ""),
    "/leads/bulk": (ON_LEADS | AUDITOR, {"move": "review", "lead": "L-000001"}, ""),
    "/leads/{lead_id}/revise": (DRAFT, SEEN, "lead draft"),
    "/leads/{lead_id}/review": (REVIEW, SEEN, "lead draft"),
    "/leads/{lead_id}/send_back": (REVIEW, SEEN | WHY, "lead draft"),
    "/leads/{lead_id}/withdraw": (DRAFT, SEEN | WHY, "lead draft"),
    "/leads/{lead_id}/dispatch": (DISPATCH, SEEN | {"hours": 24, "unit": "南屏区"}, "lead review"),
    "/leads/{lead_id}/recall": (DISPATCH, SEEN | WHY, "lead dispatch"),
    "/leads/{lead_id}/receive": (UNIT, SEEN, "lead dispatch"),
    "/leads/{lead_id}/accept": (UNIT, SEEN, "lead dispatch"),
    "/leads/{lead_id}/return": (UNIT, SEEN | WHY | {"code": "wrong"}, "lead dispatch"),
    "/leads/{lead_id}/work": (UNIT, SEEN | WHY, "lead accept"),
    "/leads/{lead_id}/close": (UNIT, SEEN | {"outcome": "found"}, "lead accept"),
    "/leads/{lead_id}/snooze": (DRAFT | UNIT, SEEN | WHY | {"days": 7}, "lead draft"),
    "/leads/{lead_id}/wake": (DRAFT | UNIT, SEEN, "lead snooze"),
    "/leads/{lead_id}/reveal": (REVEAL | UNIT | {Role.HOTLINE}, {"purpose": "落地核查", "case": "C-9"}, "lead accept"),
    "/leads/{lead_id}/undo": (ON_LEADS, SEEN, "lead draft"),
    "/hotline/next": (CALL, {}, ""),
    "/hotline/open": (CALL, {"named": "W-000000000000"}, ""),
    "/hotline/undo": (CALL, {}, ""),
    "/hotline/{warning_id}/outcome": (CALL, {"attempt": 1, "outcome": "6"}, ""),
    "/hotline/{warning_id}/number": (CALL, {}, ""),
    "/hotline/{warning_id}/phrase": (CALL, {}, ""),
    "/hotline/{warning_id}/keep": (CALL, {}, ""),
    "/hotline/{warning_id}/mute": (CALL, {"days": 0}, ""),
    "/hotline/{warning_id}/take": ({Role.FUND_DESK}, {}, ""),
    "/visits/plan": (LEAD_VISITS, {}, ""),
    "/visits/duty": (LEAD_VISITS, {"name": "nobody", "unit": "东湖区"}, ""),
    "/visits/{visit_id}/accept": (VISIT, {}, ""),
    "/visits/{visit_id}/leave": (VISIT, {}, ""),
    "/visits/{visit_id}/arrive": (VISIT, {}, ""),
    "/visits/{visit_id}/reveal": (ON_VISITS, {"purpose": "上门劝阻", "case": "C-9"}, ""),
    "/visits/{visit_id}/address": ({Role.HOTLINE, Role.LIAISON, Role.COMMANDER}, {"address": "某路1号"}, ""),
    "/visits/{visit_id}/result": (VISIT, {"client_key": "key-00000001", "entry": "met", "outcome": "1"}, ""),
    "/visits/{visit_id}/handoff": (VISIT | LEAD_VISITS, {"unit": "specialist", "reason": "specialist"}, ""),
    "/visits/{visit_id}/code": ({Role.HOTLINE}, {}, ""),
    "/visits/{visit_id}/card": (VISIT | LEAD_VISITS, {}, ""),
    "/visits/{visit_id}/card-code": ({Role.HOTLINE}, {"code": "000000"}, ""),
    "/visits/{visit_id}/distance": (VISIT, {"lat": 33.5, "lon": 123.2}, ""),
    "/visits/{visit_id}/confirm": (VISIT, {}, ""),
    "/visits/{visit_id}/settle": (LEAD_VISITS, {"client_key": "key-00000001"}, ""),
    "/cases": (TAKE, {"narrative": "接到13800138000来电，被骗500元。", "receipt": "x"}, ""),
    "/cases/new/read": (TAKE, {"narrative": "接到13800138000来电"}, ""),
    "/cases/new/near": (TAKE, {"narrative": "接到13800138000来电"}, ""),
    "/cases/next": (TAKE, {}, ""),
    "/cases/undo": (TAKE, {}, ""),
    "/cases/{report_id}/assign": (TAKE, {"to": "me"}, ""),
    "/cases/{report_id}/correct": (TAKE, {"loss": "5"}, ""),
    "/cases/{report_id}/amend": (TAKE, {"narrative": "补充", "why": "补正"}, ""),
    "/cases/{report_id}/delete": (TAKE, {"why": "重复"}, ""),
    "/cases/{report_id}/link": (TAKE, {}, ""),
    "/series/{series_id}/decide": (ANALYST, {"a": "r1", "b": "r2", "verdict": "same"} | LINKED, ""),
    "/series/{series_id}/undo": (ANALYST, LINKED, ""),
    "/series/{series_id}/merge": (ANALYST, {"other": "S-000002"} | LINKED, ""),
    "/series/{series_id}/split": (ANALYST, {"report": ["r1"]} | LINKED, ""),
    "/series/{series_id}/name": (ANALYST, {"name": "某案"} | LINKED, ""),
    "/orders": (DRAFT, {"kind": "number.block", "rung": "label", "case_ref": "C-9", "purpose": "阻断", "hours": 24,
                        "basis": ["cfl-11"]}, ""),
    "/orders/{order_id}/edit": (DRAFT, {"rung": "label", "purpose": "阻断"}, "draft"),
    "/orders/{order_id}/submit": (DRAFT, {}, "draft"),
    "/orders/{order_id}/withdraw": (DRAFT, {}, "draft"),
    "/orders/{order_id}/approve": (APPROVER, {"digest": ""}, "submitted"),
    "/orders/{order_id}/return": (APPROVER, {"reason": "再核"}, "submitted"),
    # An approver releases; a liaison's wish becomes a task of the approvers, whichever page it is made on.
    "/orders/{order_id}/release": (APPROVER | LIAISON, {"reason": "not_needed"}, "approved"),
    "/outbox/orders/{order_id}/release": (APPROVER | LIAISON, {"reason": "not_needed"}, "in_force"),
    "/outbox/orders/{order_id}/retry": (LIAISON, {}, "approved"),
    "/partners/{partner_id}/reconcile": (LIAISON, {}, ""),
    "/orders/{order_id}/ack": (LIAISON, {"target": "carriers", "outcome": "full"}, "approved"),
    "/orders/{order_id}/extend": (DRAFT, {"finding": ""}, "in_force"),
    "/orders/{order_id}/send": (ALL, {}, "approved"),
    "/money": (TAKE, {"what": "report:r1"}, ""),
    "/money/{run_id}/keep": (TAKE, {}, ""),
    "/money/{run_id}/draft": (DRAFT, {"top": 1}, ""),
    "/returns": (PLAN, {"account": "6222020200112233448", "frozen": "10", "basis": "通知书", "until": "2027-01-01",
                        "claims": "A1,王**,10,,2026-11-01"}, ""),
    "/returns/calculate": (ON_RETURNS | AUDITOR, {}, ""),
    "/returns/{return_id}/what-if": (ON_RETURNS | AUDITOR, {}, ""),
    "/returns/{return_id}/review": (SIGN, SEEN, ""),
    "/returns/{return_id}/send_back": (SIGN, SEEN | WHY, ""),
    "/returns/{return_id}/publish": (PLAN | SIGN, SEEN, ""),
    "/returns/{return_id}/object": (ON_RETURNS, SEEN | WHY | {"objector": "王**"}, ""),
    "/returns/{return_id}/answer": (SIGN, SEEN | WHY | {"number": 1, "outcome": "rejected"}, ""),
    "/returns/{return_id}/decide": (SIGN, SEEN, ""),
    "/returns/{return_id}/pay": (PAY, SEEN | {"claim_id": "A1", "receipt": "B-1"}, ""),
    "/returns/{return_id}/revise": (PLAN, SEEN | WHY, ""),
    "/returns/{return_id}/round": (PLAN, SEEN, ""),
    "/returns/{return_id}/renew": (PLAN | SIGN, SEEN | {"basis": "续冻", "until": "2028-01-01"}, ""),
    "/returns/{return_id}/withdraw": (PLAN, SEEN | WHY, ""),
    "/appeals": (ALL, {"order": "", "statement": "误封", "channel": "hotline"}, "approved"),
    "/appeals/{appeal_id}/accept": (TAKE_IN, {}, "approved"),
    "/appeals/{appeal_id}/decide": (APPROVER | {Role.COMMANDER}, {"outcome": "refused", "reason": "属实"}, "approved"),
    "/outbox/retry": (LIAISON, {}, ""),
    "/warnings/report": (HEAR, {"number": "0571-88881234", "kind": "imitation"}, ""),
    "/warnings/report/read": (HEAR, {"number": "0571-88881234"}, ""),
    "/warnings/tiers": (PROPOSE, {"body": "name: x", "why": "试", "days": 1}, ""),
    "/warnings/tiers/{version}/approve": (APPROVER, {}, ""),
    "/warnings/tiers/{version}/decline": (APPROVER, {"reason": "再议"}, ""),
    "/warnings/tiers/{version}/withdraw": (ALL, {}, ""),  # the proposer's own
    "/warnings/reviews/{review_id}": (PROPOSE, {"note": "保留"}, ""),
    "/warnings/campaign/text": (SIGN, {"campaign": "template:7"}, ""),
    "/warnings/{warning_id}/reveal": (REVEAL | {Role.HOTLINE}, {"purpose": "核实预警"}, ""),
    "/log/verify": (ALL, {}, ""),
    "/log/prove": (AUDITOR, {"sequence": 0, "purpose": "例行检查"}, ""),
    "/ingest/quarantine/reveal": (ENGINEER, {"purpose": "修复", "case": "C-1"}, ""),
    "/ingest/quarantine/replay": (ENGINEER, {}, ""),
    "/ingest/quarantine/{row_id}/fix": (ENGINEER, {"column": "a", "value": "b"}, ""),
    "/users": (ADMIN, {"name": "newbie", "role": ["analyst"]}, ""),
    "/users/{name}": (ADMIN, {"role": ["analyst"], "active": "on"}, ""),
    "/users/{name}/link": (ADMIN, {}, ""),
    "/me": (ALL, {}, ""),
    "/me/theme": (ALL, {}, ""),
    "/me/password": (ALL, {"password": "一句足够长的话就可以作密码用了吧"}, ""),
    "/sign-out": (ALL, {}, ""),
}  # fmt: skip


def posts() -> set[str]:
    routes = itertools.chain.from_iterable(page.router.routes for page in PAGES)
    return {route.path for route in routes if "POST" in route.methods}


def test_every_button_is_in_the_matrix() -> None:
    assert order_moves in PAGES
    assert posts() - PUBLIC == set(MATRIX)


def lead_brought_to(office: Office, finding_id: str, path: str, last: str) -> str:
    """A lead of its own for each button, as it stands after the move `last`."""
    lead = draft_lead(office, find_actor(office, "chen"), LeadWish(findings=(finding_id,), reports=(path,)))
    due = {"unit": "南屏区", "deadline_us": str(office.clock.now_us() + 1)}
    asleep = {"until_us": str(office.clock.now_us() + 1), "reason": "等回函"}
    ways = {"draft": (), "snooze": (("chen", "snooze", asleep),), "review": (("he", "review", {}),)}
    ways["dispatch"] = (*ways["review"], ("he", "dispatch", due))
    ways["accept"] = (*ways["dispatch"], ("zhou", "accept", {}))
    for who, move, data in ways[last]:
        move_lead(office, find_actor(office, who), lead.lead_id, move, data)
    return lead.lead_id


@pytest.fixture
def things(office: Office) -> dict[str, str]:
    """An order in each state that a button is about, drafted and signed by people who press none here."""
    maker, signer = find_actor(office, "chen"), find_actor(office, "he")
    found = next(row for row in list_findings(office, Filter(None)) if row["subject_kind"] == "line")
    made = {"finding": found["finding_id"], "subject": found["subject"]}
    for state in ("draft", "submitted", "in_force", "approved"):
        order = draft_order(office, maker, found["finding_id"], Wish("C-1", "阻断", kind="number.block", rung="label"))
        made[state] = order.order_id
        if state != "draft":
            submit_order(office, maker, order.order_id)
        if state in ("in_force", "approved"):
            approve_order(office, signer, order.order_id, show_order(office, order.order_id)["digest"])
        if state == "in_force":
            send_due(office)
            acknowledge_order(office, find_actor(office, "zhou"), order.order_id, "carriers", "full")
    given = Given("6222020200112230001", 1_000, "通知书", NOON_US * 2, victims=(Victim("A1", "王**", 1_000, NOON_US),))
    made["warning"] = warning_world(office, 1)["high"][0]
    made["return"] = plan_return(office, maker, given).return_id
    made["appeal"] = open_appeal(office, maker, "误封", order_id=made["approved"], channel="hotline")["appeal_id"]
    return made


def seen_of(office: Office, lead_id: str) -> int:
    return int(show_lead_file(office, find_actor(office, "wu"), lead_id)["version"])


@pytest.mark.parametrize("role", sorted(ALL))
def test_a_role_presses_what_is_its_own_and_nothing_else(
    office: Office, sign_in: SignIn, things: dict[str, str], role: str
) -> None:
    add_person(office, SETUP, "presser", [role])
    wrong, presser = [], sign_in("presser")
    for path, (may, fields, about) in MATRIX.items():
        order = things.get(about, "")
        lead = lead_brought_to(office, things["finding"], path, about[5:]) if about.startswith("lead ") else ""
        sent = fields | {"seen": seen_of(office, lead)} if lead else dict(fields)
        if path.startswith("/returns/{return_id}") and "seen" in fields:
            sent = fields | {"seen": show_return(office, find_actor(office, "wu"), things["return"])["version"]}
        sent = fields | {"digest": show_order(office, order)["digest"]} if "digest" in fields else sent
        if path == "/leads":
            sent |= {"finding": things["finding"]}
        if path == "/orders":
            sent |= {"finding": things["finding"], "object": things["subject"]}
        if path.endswith("/extend"):
            sent["finding"] = things["finding"]
        if path == "/appeals":
            sent["order"] = things["approved"]
        address = path.format(finding_id=things["finding"], order_id=order, appeal_id=things["appeal"], row_id="none",
                              name="qian", lead_id=lead, report_id="none", series_id="S-000001",
                              return_id=things["return"], run_id="T-000001", partner_id="carriers",
                              visit_id="V-000000000000",
                              warning_id=things["warning"], version=1, review_id=1)  # fmt: skip
        answer = presser.press(address, **sent)
        if path in ("/me/password", "/sign-out"):
            presser = sign_in("presser")
        refused = answer.status_code == 403 and any(
            code in answer.text
            for code in (
                "CB-UI-003",
                "CB-FN-003",
                "CB-OR-005",
                "CB-PE-005",
                "CB-AU-014",
                "CB-FN-006",
                "CB-LD-001",
                "CB-LF-003",
                "CB-LF-006",
                "CB-LF-036",
                "CB-RT-002",
                "CB-RM-003",
                "CB-RM-005",
                "CB-TR-022",
                "CB-FD-006",
                "CB-WA-161",
                "CB-ID-030",
                "CB-WA-140",
                "CB-WA-149",
                "CB-WA-180",
                "CB-WA-200",
                "CB-WA-202",
                "CB-WA-205",
            )
        )
        if refused == (role in may):
            wrong.append(f"{path}: {answer.status_code}, may: {role in may}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", sorted(ALL))
def test_no_part_of_a_series_is_shown_to_whose_work_does_not_rest_on_it(
    office: Office, sign_in: SignIn, role: str
) -> None:
    add_person(office, SETUP, "reader", [role])
    reader = sign_in("reader")
    parts = ("", "/pair?a=r1&b=r2", "/identifier?key=line:00", "/graph", "/print")
    answers = {part: reader.get(f"/series/S-000001{part}").status_code for part in parts}
    assert answers == dict.fromkeys(parts, 404 if role in ON_SERIES else 403)
    why = reader.get("/series/S-000001/why/r1").status_code
    assert why == (404 if role in ON_SERIES | {Role.HOTLINE} else 403), "who takes a report is told why it joined"
