"""The lifecycle under attack: random people make random moves, and an independent model of the rules must agree.

The model below is written from the spec in other words than the code: a bag of plain facts, no table of moves.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chainbreak.act.orders.fold import replay
from chainbreak.act.orders.force import in_force, standing
from chainbreak.act.orders.guards import Ask, wanted_digest
from chainbreak.act.orders.machine import step
from chainbreak.act.orders.model import Content, Event, Order
from chainbreak.act.orders.rules import load_rules
from chainbreak.base.errors import RefusedError
from chainbreak.records.actor import SERVICE, Actor, Role

T0 = 1_795_132_800_000_000
HOUR = 3_600_000_000
RULES = load_rules()
PEOPLE = {
    "li": {Role.ANALYST}, "mei": {Role.ANALYST, Role.APPROVER}, "wang": {Role.APPROVER}, "zhao": {Role.APPROVER},
    "chen": {Role.COMMANDER}, "sun": {Role.LIAISON}, "root": {Role.ADMIN}, "qian": {Role.APPROVER, Role.COMMANDER},
}  # fmt: skip
ACTORS = {name: Actor(name, frozenset(roles)) for name, roles in PEOPLE.items()} | {"service": SERVICE}
WRITERS = {"li", "mei", "wang", "zhao", "chen", "qian"}
SIGNERS = {"mei", "wang", "zhao", "qian"}
# Those whose moves matter most come up more often; nobody is left out.
who = st.sampled_from([*sorted(ACTORS), "mei", "mei", "wang", "wang", "qian", "service", "service", "li"])


def content_at(starts: int, amount: int) -> Content:
    about = "account:00000000000000aa"
    return Content(
        kind="funds.hold", rung="hold_amount", object=about, legal_basis=("cfl-20",), case_ref="A-1", purpose="keep",
        scope={"object": about, "functions": ["outgoing"], "direction": "both"}, ladder_reason="needed",
        evidence=({"ref": "finding:f0", "digest": "d0", "found_at_us": T0},), starts_at_us=starts,
        expires_at_us=starts + 48 * HOUR, partners=("banks",),
        notice={"zh": "告", "en": "n", "channel": "letter"}, amount_fen=amount, traced_fen=80_000_000,
        remedy={"channel": ["1"], "materials": ["id"], "deadline_days": {"accept": 1}, "receipt_code": "A"},
    )  # fmt: skip


class Lifecycle(RuleBasedStateMachine):
    """`self.order` is the code's; every other attribute is the model's."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = self.highest = T0
        self.events: list[Event] = []
        self.fresh = 0
        self.order: Order | None = None

    # --- the model ---------------------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        return max(self.clock, self.highest)

    def begin(self, place: str, by: str, content: Content) -> None:
        self.place, self.chain, self.signed, self.ever_signed = place, {by}, set[str](), set[str]()
        self.amount, self.end, self.silence = content.amount_fen or 0, content.expires_at_us, None
        self.short_end: int | None = None
        self.held, self.last_signed, self.wish, self.longer = False, 0, None, 0

    @property
    def needed(self) -> int:
        return 2 if self.amount >= 50_000_000 else 1

    @property
    def over_by_time(self) -> bool:
        ends = [e for e in (self.short_end or self.end, self.silence) if e is not None]
        return self.now >= min(ends)

    @property
    def alive(self) -> bool:
        return self.place in {"approved", "sent", "acknowledged", "emergency"}

    # --- trying a move: code and model must agree on whether it is allowed ---------------------------------------

    def attempt(self, move: str, by: str, allowed: bool, **asked: Any) -> bool:
        ask = Ask(ACTORS[by], self.now, asked.pop("data", {}), **asked)
        refusal = ""
        try:
            self.order, event = step(move, "O-1", self.order, ask, RULES)
        except RefusedError as e:
            refusal = str(e)
        assert allowed is not bool(refusal), f"{move} by {by}: {refusal or 'allowed'}"
        if refusal:
            return False
        self.events.append(event)
        self.highest = max(self.highest, self.now)
        return True

    @precondition(lambda self: self.order is None)
    @rule(by=who, amount=st.sampled_from([100, 50_000_000]))
    def draft(self, by: str, amount: int) -> None:
        content = content_at(self.now, amount)
        if self.attempt("draft", by, by in WRITERS | {"service"}, content=content):
            self.begin("draft", by, content)

    @precondition(lambda self: self.order is None)
    @rule(by=st.sampled_from(["li", "mei", "qian"]), steps=st.integers(1, 4), amount=st.sampled_from([100, 50_000_000]))
    def a_well_kept_order(self, by: str, steps: int, amount: int) -> None:
        """The ordinary way, so that what comes after it is attacked as often as the beginning."""
        self.draft(by, amount)
        later = [lambda: self.submit(by), self._signed_by_enough, lambda: self.send("service"),
                 lambda: self.answer("sun", "full")]  # fmt: skip
        for go_on in later[:steps]:
            go_on()

    def _signed_by_enough(self) -> None:
        for signer in ("wang", "zhao")[: self.needed]:
            self.sign(signer, False)

    @precondition(lambda self: self.order is None)
    @rule(by=who, minutes=st.sampled_from([0, 10, 30, 31]))
    def emergency(self, by: str, minutes: int) -> None:
        content = content_at(self.now, 100)
        until = self.now + minutes * 60_000_000
        if self.attempt(
            "emergency", by, by in SIGNERS and 0 < minutes <= 30, content=content, data={"until_us": until}
        ):
            self.begin("emergency", by, content)
            self.short_end = until

    @precondition(lambda self: self.order is not None)
    @rule(by=who, amount=st.sampled_from([200, 60_000_000]))
    def edit(self, by: str, amount: int) -> None:
        assert self.order is not None
        content = replace(self.order.content, amount_fen=amount)
        ok = by in WRITERS and self.place in {"draft", "submitted", "approved"} and not self.held
        if self.attempt("edit", by, ok, content=content):
            self.place, self.amount, self.signed = "draft", amount, set()
            self.chain = (self.chain | {by}) - {""}

    @precondition(lambda self: self.order is not None)
    @rule(by=who)
    def submit(self, by: str) -> None:
        if self.attempt("submit", by, by in WRITERS and self.place == "draft" and not self.over_by_time):
            self.place, self.submitter = "submitted", by
            self.chain = self.chain | {by}  # for good: handed in once, also of a version that was edited since

    @precondition(lambda self: self.order is not None)
    @rule(by=st.sampled_from([*sorted(SIGNERS), "li", "root", "service"]), stale=st.booleans())
    def sign(self, by: str, stale: bool) -> None:
        assert self.order is not None
        digest = "0" * 64 if stale else wanted_digest(self.order)
        outside = by not in self.chain | ({self.submitter} if self.place == "submitted" else set())
        may = by in SIGNERS and outside and not stale and not self.over_by_time
        if self.wish is not None:
            ok = may and self.place in {"sent", "acknowledged"}
            ok = ok and by not in self.wish["signed"] | self.signed and by != self.wish["by"]
            if self.attempt("approve_extension", by, ok, digest=digest):
                self._sign_wish(by)
            return
        move = "confirm" if self.place == "emergency" else "approve"
        ok = may and self.place in {"submitted", "emergency"} and by not in self.signed
        if self.attempt(move, by, ok, digest=digest):
            self.signed |= {by}
            self.ever_signed |= {by}
            if len(self.signed) >= self.needed:
                self.chain |= {self.submitter} if self.place == "submitted" else set()
                self.place, self.short_end, self.last_signed = "approved", None, self.now

    def _sign_wish(self, by: str) -> None:
        assert self.wish is not None
        self.wish["signed"] |= {by}
        self.ever_signed |= {by}
        if len(self.wish["signed"]) >= self.needed:
            self.signed, self.end, self.last_signed = self.wish["signed"], self.wish["end"], self.now
            self.chain |= {self.wish["by"]}
            self.place, self.wish, self.longer = "approved", None, self.longer + 1

    @precondition(lambda self: self.order is not None)
    @rule(by=who, reason=st.sampled_from(["", "unclear"]))
    def give_back(self, by: str, reason: str) -> None:
        if self.wish is not None:
            if self.attempt("return_extension", by, by in SIGNERS and bool(reason), data={"reason": reason}):
                self.wish = None
        elif self.attempt("return", by, by in SIGNERS and bool(reason) and self.place == "submitted",
                          data={"reason": reason}):  # fmt: skip
            self.place, self.signed = "draft", set()

    @precondition(lambda self: self.order is not None)
    @rule(by=who)
    def send(self, by: str) -> None:
        move = "send_emergency" if self.place == "emergency" else "send"
        # From `sent` too: to the partners that the first sending did not reach.
        ok = by == "service" and self.place in {"approved", "sent", "emergency"} and not self.over_by_time
        if self.attempt(move, by, ok, data={"targets": ["banks"]}, logged=True):
            self.held = True
            self.place = "emergency" if self.place == "emergency" else "sent"

    @precondition(lambda self: self.order is not None)
    @rule(by=who, outcome=st.sampled_from(["full", "rejected", "maybe"]))
    def answer(self, by: str, outcome: str) -> None:
        ok = by in {"service", "sun"} and self.place in {"sent", "acknowledged", "emergency"} and self.held
        if self.attempt("answer", by, ok and outcome != "maybe", data={"target": "banks", "outcome": outcome}):
            self.place = "acknowledged" if self.place == "sent" else self.place

    @precondition(lambda self: self.order is not None)
    @rule(by=who, fresh=st.booleans(), hours=st.sampled_from([-1, 24, 48, 49]))
    def extend(self, by: str, fresh: bool, hours: int) -> None:
        assert self.order is not None
        self.fresh += 1
        found_at = self.now if fresh else self.last_signed
        really_fresh = found_at > self.last_signed
        item = {"ref": f"finding:f{self.fresh}", "digest": f"d{self.fresh}", "found_at_us": found_at}
        old = self.order.content
        wish = replace(old, evidence=(*old.evidence, item), expires_at_us=old.expires_at_us + hours * HOUR)
        running = self.place in {"sent", "acknowledged"} and not self.over_by_time and self.wish is None
        ok = by in WRITERS and running and really_fresh and self.longer < 1 and hours > 0
        ok = ok and wish.expires_at_us <= old.starts_at_us + 96 * HOUR
        if self.attempt("extend", by, ok, content=wish):
            self.wish = {"by": by, "end": wish.expires_at_us, "signed": set()}

    @precondition(lambda self: self.order is not None)
    @rule(by=who, move=st.sampled_from(["release", "fall", "withdraw"]))
    def let_go(self, by: str, move: str) -> None:
        ok = {
            "release": by in SIGNERS and self.alive, "fall": by == "service" and self.alive,
            "withdraw": by in WRITERS and self.place in {"draft", "submitted", "approved"} and not self.held,
        }[move]  # fmt: skip
        if self.attempt(move, by, ok):
            self.place, self.wish = "over", None

    @precondition(lambda self: self.order is not None)
    @rule(by=who)
    def tidy(self, by: str) -> None:
        assert self.order is not None
        move = "lapse" if standing(self.order, self.now) == "lapsed" else "expire"
        if self.attempt(move, by, by == "service" and self.alive and self.over_by_time):
            self.place, self.wish = "over", None

    @precondition(lambda self: self.order is not None and self.alive)
    @rule(by=who, hours=st.sampled_from([1, 24]))
    def appeal(self, by: str, hours: int) -> None:
        ends = min(self.now + hours * HOUR, self.silence or self.now + hours * HOUR)
        if self.attempt("appeal", by, True, data={"silence_ends_us": ends}):
            self.silence = ends

    @precondition(lambda self: self.order is not None and self.alive and self.silence is not None)
    @rule(by=who, upheld=st.booleans(), reason=st.sampled_from(["", "seen the papers"]))
    def decide(self, by: str, upheld: bool, reason: str) -> None:
        chain = self.chain | self.ever_signed | ({self.wish["by"]} if self.wish else set())
        ok = by in SIGNERS | {"chen"} and by not in chain and bool(reason)
        move = "annul" if upheld else "refuse_appeal"
        if self.attempt(move, by, ok, data={"reason": reason, "silence_ends_us": None}):
            self.place, self.silence = ("over", self.silence) if upheld else (self.place, None)
            self.wish = None if upheld else self.wish

    @precondition(lambda self: self.order is not None and (self.place == "over" or self.over_by_time))
    @rule()
    def another_order(self) -> None:
        self.teardown()
        self.order, self.events = None, []

    @rule(minutes=st.sampled_from([1, 1, 5, 5, 29, 31, 60 * 12, 60 * 49]))
    def time_passes(self, minutes: int) -> None:
        self.clock += minutes * 60_000_000

    @rule(hours=st.sampled_from([1, 30, 100]))
    def the_clock_is_set_back(self, hours: int) -> None:
        # What the log has seen stays seen: reading the time leaves its mark in every leaf.
        self.highest = self.now
        self.clock -= hours * HOUR

    # --- what must hold at every moment ---------------------------------------------------------------------------

    def teardown(self) -> None:
        """States are rebuilt from the events, byte for byte."""
        again = replay(self.events)
        assert (again.as_bytes() if again else None) == (self.order.as_bytes() if self.order else None)
        if self.order:
            assert Order.from_dict(self.order.as_dict()) == self.order

    @invariant()
    def in_force_only_when_signed_by_others_or_shortly(self) -> None:
        if self.order is None:
            return
        force = in_force(self.order, self.now)
        assert force is (self.alive and self.held_or_emergency and not self.over_by_time)
        if force and self.place != "emergency":
            valid = {a.approver for a in self.order.approvals if a.digest == self.order.digest}
            assert len(valid - self.chain) >= self.needed

    @property
    def held_or_emergency(self) -> bool:
        return self.held or self.place in {"sent", "acknowledged", "emergency"}

    @invariant()
    def nothing_over_is_ever_revived(self) -> None:
        if self.order is not None and (self.place == "over" or (self.alive and self.over_by_time and not self.silence)):
            assert not in_force(self.order, self.now)


Lifecycle.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
test_lifecycle = Lifecycle.TestCase
