"""Who may do what, with what missing: every role against every move, every field removed, every byte signed."""

from __future__ import annotations

import ast
import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainbreak.act.orders import machine
from chainbreak.act.orders.guards import Ask
from chainbreak.act.orders.machine import MOVES, objections, step
from chainbreak.act.orders.model import Approval, Content, Order, State, digest_of
from chainbreak.act.orders.rules import Rules, load_rules
from chainbreak.base.errors import RefusedError
from chainbreak.records.actor import SERVICE, Actor, Role

T0 = 1_795_132_800_000_000
HOUR = 3_600_000_000
LI = Actor("li", frozenset({Role.ANALYST, Role.FUND_DESK}))
WANG = Actor("wang", frozenset({Role.APPROVER}))

# Written here by hand from the spec, not read from the table under test.
HUMANS = frozenset(Role) - {Role.SERVICE}
CASE_WORKERS = {Role.ANALYST, Role.FUND_DESK, Role.HOTLINE, Role.COMMANDER, Role.APPROVER}
ALLOWED: dict[str, set[Role]] = {
    "draft": CASE_WORKERS | {Role.SERVICE}, "edit": CASE_WORKERS, "submit": CASE_WORKERS, "withdraw": CASE_WORKERS,
    "extend": CASE_WORKERS, "emergency": {Role.FUND_DESK, Role.APPROVER}, "approve": {Role.APPROVER},
    "return": {Role.APPROVER}, "confirm": {Role.APPROVER}, "approve_extension": {Role.APPROVER},
    "return_extension": {Role.APPROVER}, "release": {Role.APPROVER}, "send": {Role.SERVICE},
    "send_emergency": {Role.SERVICE}, "fall": {Role.SERVICE}, "expire": {Role.SERVICE}, "lapse": {Role.SERVICE},
    "answer": {Role.SERVICE, Role.LIAISON}, "correct": {Role.SERVICE, Role.LIAISON}, "appeal": set(Role),
    "annul": {Role.APPROVER, Role.COMMANDER}, "refuse_appeal": {Role.APPROVER, Role.COMMANDER},
}  # fmt: skip


def order_in(state: State, content: Content) -> Order:
    """An order in `state`, signed where it must be."""
    signed = (Approval("wang", digest_of("O-1", content), T0),)
    return Order(
        "O-1", state, 1, content, "li", "li", ("li",), submitted_by="li",
        approvals=() if state in (State.DRAFT, State.SUBMITTED, State.EMERGENCY) else signed,
        last_approved_us=T0, sent_to=("banks",) if state in (State.SENT, State.ACKNOWLEDGED) else (),
        emergency_until_us=T0 + HOUR // 2 if state is State.EMERGENCY else None,
    )  # fmt: skip


def roles_refused(move: str, order: Order | None, ask: Ask, rules: Rules) -> bool:
    return any(o.code == "CB-OR-005" for o in objections(move, order, ask, rules))


def test_every_role_against_every_move(content: Content, rules: Rules) -> None:
    """Exhaustive: each single role, and each pair, on each move from each state it may start in."""
    assert set(ALLOWED) == set(MOVES)
    sets = [frozenset(c) for n in (0, 1, 2) for c in itertools.combinations(Role, n)]
    for move, row in MOVES.items():
        starts = [None] if not row.before else [order_in(s, content) for s in sorted(row.before)]
        for roles, order in itertools.product(sets, starts):
            ask = Ask(Actor("zhou", roles), T0 + 1, content=content if order is None else None)
            machine_in_disguise = Role.SERVICE in roles and Role.SERVICE not in ALLOWED[move]
            may = bool(roles & ALLOWED[move]) and not machine_in_disguise
            assert roles_refused(move, order, ask, rules) is not may, (move, roles, order and order.state)


def test_every_move_only_from_where_the_table_says(content: Content, rules: Rules) -> None:
    everybody = Actor("zhou", HUMANS)
    for move, state in itertools.product(MOVES, State):
        codes = {o.code for o in objections(move, order_in(state, content), Ask(everybody, T0), rules)}
        assert ("CB-OR-004" in codes) is (state not in MOVES[move].before), (move, state)


def test_an_administrator_has_no_right_over_orders(content: Content, rules: Rules) -> None:
    admin = Actor("root", frozenset({Role.ADMIN}))
    for move in set(MOVES) - {"appeal"}:
        for state in MOVES[move].before:
            assert roles_refused(move, order_in(state, content), Ask(admin, T0), rules), (move, state)


@pytest.mark.parametrize("name", ["li", "editor", "submitter"])
def test_nobody_of_the_chain_signs(name: str, content: Content, rules: Rules) -> None:
    order = replace(order_in(State.SUBMITTED, content), editors=("li", "editor"), submitted_by="submitter")
    ask = Ask(Actor(name, HUMANS), T0, digest=order.digest)
    with pytest.raises(RefusedError, match="CB-OR-030"):
        step("approve", "O-1", order, ask, rules)


LEAVES = [
    ("legal_basis",), ("case_ref",), ("purpose",), ("object",), ("scope",), ("scope", "object"), ("scope", "functions"),
    ("scope", "direction"), ("amount_fen",), ("traced_fen",), ("evidence",), ("ladder_reason",), ("starts_at_us",),
    ("expires_at_us",), ("partners",), ("notice",), ("notice", "zh"), ("notice", "en"), ("notice", "channel"),
    ("remedy",), ("remedy", "channel"), ("remedy", "materials"), ("remedy", "deadline_days"),
    ("remedy", "receipt_code"), ("kind",), ("rung",),
]  # fmt: skip
EMPTY: dict[type, Any] = {str: "", tuple: (), dict: {}, list: [], int: 0}


@pytest.mark.parametrize("path", LEAVES, ids=".".join)
def test_without_any_one_field_nothing_is_submitted_or_taken_in_an_emergency(
    path: tuple[str, ...], complete: dict[str, Any], rules: Rules
) -> None:
    whole = order_in(State.DRAFT, Content(**complete))
    assert objections("submit", whole, Ask(LI, T0), rules) == []
    lacking = dict(complete)
    if len(path) == 2:
        lacking[path[0]] = {k: v for k, v in complete[path[0]].items() if k != path[1]}
    else:
        lacking[path[0]] = None if path[0].endswith("_fen") else EMPTY[type(complete[path[0]])]
    content = Content(**lacking)
    assert objections("submit", order_in(State.DRAFT, content), Ask(LI, T0), rules)
    until = {"until_us": T0 + HOUR // 4}
    assert objections("emergency", None, Ask(LI, T0, until, content=content), rules)


@given(st.data())
def test_one_changed_character_after_the_signature_and_nothing_is_sent(data: st.DataObject) -> None:
    rules, signed = load_rules(), order_in(State.APPROVED, Content(**_complete()))
    fields = ["purpose", "case_ref", "ladder_reason", "rung", "object"]
    name = data.draw(st.sampled_from([*fields, "amount_fen", "expires_at_us"]))
    old = getattr(signed.content, name)
    new: Any
    if isinstance(old, int):
        new = old + data.draw(st.integers(-5, 5).filter(bool))
    else:
        at = data.draw(st.integers(0, len(old) - 1))
        new = old[:at] + data.draw(st.characters(exclude_characters=old[at], codec="utf-8")) + old[at + 1 :]
    forged = replace(signed, content=replace(signed.content, **{name: new}))
    sound = Ask(SERVICE, T0, {"targets": ["banks"]}, logged=True)
    assert objections("send", signed, sound, rules) == []
    assert "CB-OR-038" in {o.code for o in objections("send", forged, sound, rules)}


def _complete() -> dict[str, Any]:
    return {
        "kind": "funds.hold", "rung": "hold_amount", "object": "account:00000000000000aa",
        "scope": {"object": "account:00000000000000aa", "functions": ["outgoing"], "direction": "both"},
        "legal_basis": ("cfl-20",), "case_ref": "A-1", "purpose": "keep", "ladder_reason": "needed",
        "evidence": ({"ref": "finding:f1", "digest": "d1", "found_at_us": T0},), "starts_at_us": T0,
        "expires_at_us": T0 + 48 * HOUR, "partners": ("banks",), "notice": {"zh": "告", "en": "n", "channel": "letter"},
        "remedy": {"channel": ["96110"], "materials": ["id"], "deadline_days": {"accept": 1}, "receipt_code": "A"},
        "amount_fen": 10_000, "traced_fen": 10_000,
    }  # fmt: skip


def test_what_sending_needs_besides_the_digest(content: Content, rules: Rules) -> None:
    order, sound = order_in(State.APPROVED, content), Ask(SERVICE, T0, {"targets": ["banks"]}, logged=True)
    for broken, code in (
        (replace(sound, logged=False), "CB-OR-039"),
        (replace(sound, at_us=content.expires_at_us), "CB-OR-035"),
        (replace(sound, hits=("account:exact:1",)), "CB-OR-026"),
        (replace(sound, refuted=frozenset({"finding:f1"})), "CB-OR-027"),
    ):
        assert [o.code for o in objections("send", order, broken, rules)] == [code]


@given(st.integers(1, 10**12), st.integers(0, 10**12), st.integers(0, 10**12))
def test_held_never_exceeds_traced(amount: int, elsewhere: int, traced: int) -> None:
    content = Content(**{**_complete(), "amount_fen": amount, "traced_fen": traced})
    ask = Ask(LI, T0, held_elsewhere_fen=elsewhere)
    refused = "CB-OR-025" in {o.code for o in objections("submit", order_in(State.DRAFT, content), ask, load_rules())}
    assert refused is (amount + elsewhere > traced)


def test_large_amounts_and_exceptions_need_two(complete: dict[str, Any], rules: Rules) -> None:
    large = Content(**{**complete, "amount_fen": 50_000_000, "traced_fen": 50_000_000})
    order = order_in(State.SUBMITTED, large)
    first, _ = step("approve", "O-1", order, Ask(WANG, T0, digest=order.digest), rules)
    assert first.state is State.SUBMITTED
    with pytest.raises(RefusedError, match="CB-OR-031"):
        step("approve", "O-1", first, Ask(WANG, T0, digest=order.digest), rules)
    second = Ask(Actor("zhao", frozenset({Role.APPROVER})), T0, digest=order.digest)
    assert step("approve", "O-1", first, second, rules)[0].state is State.APPROVED
    hit = ("account:exact:1",)
    excused = Content(**{**complete, "exception": {"reason": "court order", "entries": list(hit)}})
    assert objections("submit", order_in(State.DRAFT, excused), Ask(LI, T0, hits=hit), rules) == []
    order = order_in(State.SUBMITTED, excused)
    assert step("approve", "O-1", order, Ask(WANG, T0, digest=order.digest), rules)[0].state is State.SUBMITTED


def test_an_emergency_is_mild_short_and_not_renewed_by_the_same_person(complete: dict[str, Any], rules: Rules) -> None:
    content = Content(**complete)
    ask = Ask(LI, T0, {"until_us": T0 + HOUR // 2}, content=content)
    assert objections("emergency", None, ask, rules) == []
    for broken, code in (
        (replace(ask, data={"until_us": T0 + HOUR // 2 + 1}), "CB-OR-042"),
        (replace(ask, emergency_by=frozenset({"li"})), "CB-OR-043"),
        (replace(ask, content=replace(content, rung="repeat_partial_hold")), "CB-OR-040"),
        (replace(ask, content=replace(content, starts_at_us=T0 - 1)), "CB-OR-041"),
    ):
        assert code in {o.code for o in objections("emergency", None, broken, rules)}


def test_no_path_leads_from_a_detector_to_a_signature() -> None:
    """The packages that find things import nothing that acts, and no verb signs as the service."""
    src = Path(machine.__file__).parents[2]
    for file in [*(src / "find").rglob("*.py"), src / "app" / "run_detectors.py"]:
        names = {
            getattr(node, "module", None) or alias.name
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, (ast.Import, ast.ImportFrom))
            for alias in node.names
        }
        assert not {n for n in names if n and ("chainbreak.act" in n or "_order" in n)}, file
    for move in ("approve", "confirm", "approve_extension", "extend", "edit", "submit", "emergency"):
        assert Role.SERVICE not in MOVES[move].roles
    for file in (src / "app").glob("*.py"):
        text = file.read_text(encoding="utf-8")
        signs = any(f'"{move}"' in text for move in ("approve", "confirm", "approve_extension"))
        assert not (signs and "ledger.make" in text and "SERVICE" in text), file
