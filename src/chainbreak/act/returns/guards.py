"""What must hold for each move of a return; every guard yields what stands against it, in words and with a code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chainbreak.act.objection import Objection
from chainbreak.act.returns.cases import divide
from chainbreak.act.returns.model import LARGEST_FEN, MOST_VICTIMS, PAID, PRO_RATA, Plan, Return, State
from chainbreak.base.errors import Bug
from chainbreak.records.actor import Actor

LARGEST_TEXT = 2_000
OUTCOMES = ("upheld", "rejected")


@dataclass(frozen=True)
class Ask:
    """Who asks for a move, when (UTC µs), with what. `data` becomes the event's data. `plan`: of a plan, a revision or
    a round. `digest`: what a signer has seen. `earlier`: claim_id -> fen that other returns and rounds have decided.
    `other`: another open return on the same account. `held_fen`: what the pot's hold orders hold now; None: there are
    none, or nobody asked.
    """

    actor: Actor
    at_us: int
    data: dict[str, Any] = field(default_factory=dict)
    plan: Plan | None = None
    digest: str = ""
    earlier: Mapping[str, int] = field(default_factory=dict)
    other: str = ""
    held_fen: int | None = None


def _of(found: Return | None) -> Return:
    if found is None:
        raise Bug("CB-RM-001", "a guard of a move that needs a return")
    return found


def wants_notice(found: Return) -> bool:
    """Whether its money may only be divided after a public notice: a division in proportion."""
    return found.division.case == PRO_RATA


def reason_given(found: Return | None, ask: Ask) -> Iterator[Objection]:
    """A written reason, not longer than a page."""
    text = str(ask.data.get("reason", ""))
    if not text.strip() or len(text) > LARGEST_TEXT:
        yield Objection("CB-RM-010", "a written reason is needed", f"{len(text)} letters", f"1 to {LARGEST_TEXT}")


def reason_once_signed(found: Return | None, ask: Ask) -> Iterator[Objection]:
    """Once somebody has signed a plan, a revision says why."""
    if _of(found).state is not State.PLANNED:
        yield from reason_given(found, ask)


def fits(found: Return | None, ask: Ask) -> Iterator[Objection]:
    """A pot with money, a basis and an end; victims with a loss each, every claim once, no name in clear."""
    plan = ask.plan
    if plan is None:
        yield Objection("CB-RM-011", "a plan is needed")
        return
    pot, victims = plan.pot, plan.victims
    if not pot.account or not 0 < pot.frozen_fen <= LARGEST_FEN:
        yield Objection("CB-RM-012", "a return divides what is frozen on an account", str(pot.frozen_fen),
                        f"1 to {LARGEST_FEN} fen")  # fmt: skip
    if not pot.basis.strip() or len(pot.basis) > LARGEST_TEXT:
        yield Objection("CB-RM-013", "a freeze has a legal basis", allowed=f"1 to {LARGEST_TEXT} letters")
    if not 1 <= len(victims) <= MOST_VICTIMS or len({v.claim_id for v in victims}) != len(victims):
        yield Objection("CB-RM-014", "each claim stands in a plan once", str(len(victims)), f"1 to {MOST_VICTIMS}")
    for victim in victims:
        amounts = (victim.elsewhere_fen, victim.returned_fen)
        if (
            not victim.claim_id
            or not 0 < victim.loss_fen <= LARGEST_FEN
            or not all(0 <= fen <= LARGEST_FEN for fen in amounts)
        ):
            yield Objection("CB-RM-015", "not a possible claim", victim.claim_id, "a loss, earlier returns from 0")
            return
    if victims and pot.frozen_fen > 0 and divide(plan).returned_fen == 0:
        yield Objection("CB-RM-016", "nobody would get anything: every loss is returned already")


def only_one(found: Return | None, ask: Ask) -> Iterator[Objection]:
    """An account has one return, so that no fen is divided twice; more money or more victims are a round of it."""
    if ask.other:
        yield Objection("CB-RM-017", "there is a return on this account; go on with it", ask.other)


def same_pot(found: Return | None, ask: Ask) -> Iterator[Objection]:
    """A revision and a round are about the same account; a round divides what the last one left and what was added."""
    now, plan, added = _of(found), ask.plan, int(ask.data.get("added_fen", 0))
    if plan is None:
        return
    if plan.pot.account != now.plan.pot.account:
        yield Objection("CB-RM-018", "a return keeps its account; plan another one", plan.pot.account)
    begins = now.state in (State.PAID, State.WITHDRAWN)
    left = now.free_fen + added if begins else now.plan.pot.frozen_fen
    if added < 0 or ((begins or now.round > 1) and plan.pot.frozen_fen != left):
        yield Objection("CB-RM-019", "a round divides what is still frozen", str(plan.pot.frozen_fen), str(left))


def nothing_paid(found: Return | None, ask: Ask) -> Iterator[Objection]:
    """Once somebody was paid in this round the division stands; never claw back."""
    now = _of(found)
    if any(share.outcome == PAID and share.round == now.round for share in now.shares):
        yield Objection("CB-RM-020", "this round has been paid in part: it stands, what follows is a new round")


def four_eyes(found: Return | None, ask: Ask) -> Iterator[Objection]:
    """Nobody signs a plan of their own. No role is exempt."""
    if ask.actor.name in _of(found).editors:
        yield Objection("CB-RM-021", "who wrote a plan neither reviews nor decides it", ask.actor.name)


def as_seen(found: Return | None, ask: Ask) -> Iterator[Objection]:
    """The signature is under what the signer has seen."""
    if ask.digest != _of(found).digest:
        yield Objection("CB-RM-022", "the plan is not the one that was seen", ask.digest[:12], _of(found).digest[:12])


def proof_holds(found: Return | None, ask: Ask) -> Iterator[Objection]:
    """The division computed anew is the one that is signed."""
    if divide(_of(found).plan) != _of(found).division:
        yield Objection("CB-RM-023", "the division computed anew is another one; revise the plan")


def limits_stand(found: Return | None, ask: Ask) -> Iterator[Objection]:
    """No other return has decided more for one of its victims since it was planned."""
    for victim in _of(found).plan.victims:
        earlier = ask.earlier.get(victim.claim_id, 0)
        if earlier > victim.returned_fen:
            yield Objection("CB-RM-024", "another return has decided for this claim since; revise the plan",
                            victim.claim_id, f"{earlier} fen")  # fmt: skip
            return


def needs_notice(found: Return | None, ask: Ask) -> Iterator[Objection]:
    """Only a division in proportion is put up for 30 days; the others are decided at once."""
    if not wants_notice(_of(found)):
        yield Objection("CB-RM-025", "this case needs no public notice: decide it", _of(found).division.case, PRO_RATA)


def freeze_outlasts_notice(found: Return | None, ask: Ask) -> Iterator[Objection]:
    """The freeze does not end before the notice does."""
    if _of(found).plan.pot.frozen_until_us < int(ask.data["notice_until_us"]):
        yield Objection("CB-RM-026", "the freeze ends before the notice does; renew it first")


def freeze_given(found: Return | None, ask: Ask) -> Iterator[Objection]:
    """A renewed freeze has a basis and ends in the future, later than before."""
    if not str(ask.data.get("basis", "")).strip() or len(str(ask.data["basis"])) > LARGEST_TEXT:
        yield Objection("CB-RM-013", "a freeze has a legal basis", allowed=f"1 to {LARGEST_TEXT} letters")
    if int(ask.data.get("until_us", 0)) <= max(ask.at_us, _of(found).plan.pot.frozen_until_us):
        yield Objection("CB-RM-027", "a renewed freeze ends later than before")


def in_notice(found: Return | None, ask: Ask) -> Iterator[Objection]:
    """Objections are lodged while the notice runs."""
    if ask.at_us >= (_of(found).notice_until_us or 0):
        yield Objection("CB-RM-028", "the notice is over")


def objector_given(found: Return | None, ask: Ask) -> Iterator[Objection]:
    """Who objects is named by a mask or a claim; a claim it speaks for is in the plan."""
    if not 1 <= len(str(ask.data.get("objector", "")).strip()) <= 64:
        yield Objection("CB-RM-029", "say who objects, by claim or masked name", allowed="1 to 64 letters")


def open_objection(found: Return | None, ask: Ask) -> Iterator[Objection]:
    """There is such an objection and nobody has decided it."""
    waiting = [one.number for one in _of(found).objections if not one.outcome]
    if int(ask.data.get("number", 0)) not in waiting:
        yield Objection("CB-RM-030", "no such open objection", str(ask.data.get("number", "")),
                        ", ".join(map(str, waiting)) or "none is open")  # fmt: skip


def outsider(found: Return | None, ask: Ask) -> Iterator[Objection]:
    """The decider wrote, reviewed and lodged nothing of it."""
    now = _of(found)
    lodged = {one.lodged_by for one in now.objections if one.number == int(ask.data.get("number", 0))}
    if ask.actor.name in {*now.editors, now.reviewed_by} | lodged:
        yield Objection("CB-RM-031", "who had a part in it does not decide the objection", ask.actor.name)


def known_outcome(found: Return | None, ask: Ask) -> Iterator[Objection]:
    """Upheld or rejected."""
    if ask.data.get("outcome") not in OUTCOMES:
        yield Objection("CB-RM-032", "no such outcome", str(ask.data.get("outcome")), ", ".join(OUTCOMES))


def notice_over(found: Return | None, ask: Ask) -> Iterator[Objection]:
    """A division in proportion was published and its notice has ended."""
    now = _of(found)
    if not wants_notice(now):
        return
    if now.notice_until_us is None:
        yield Objection("CB-RM-033", "a division in proportion is published for 30 days first")
    elif ask.at_us < now.notice_until_us:
        yield Objection("CB-RM-034", "the notice still runs")


def none_open(found: Return | None, ask: Ask) -> Iterator[Objection]:
    """Every objection has been decided."""
    waiting = [one.number for one in _of(found).objections if not one.outcome]
    if waiting:
        yield Objection("CB-RM-035", "objections are open", ", ".join(map(str, waiting)))


def still_frozen(found: Return | None, ask: Ask) -> Iterator[Objection]:
    """The freeze has not run out, and its hold orders have not been lifted or lowered since it was planned."""
    pot = _of(found).plan.pot
    if ask.at_us >= pot.frozen_until_us:
        yield Objection("CB-RM-036", "the freeze has ended; renew it, or there is nothing to return")
    elif ask.held_fen is not None and ask.held_fen < pot.frozen_fen:
        yield Objection("CB-RM-036", "hold orders no longer hold all of it; renew the freeze, or revise the plan",
                        f"{ask.held_fen} fen", f"{pot.frozen_fen} fen")  # fmt: skip


def owed(found: Return | None, ask: Ask) -> Iterator[Objection]:
    """Each payment is the exact amount of a share that is decided and not paid; the bank's number, or why it failed."""
    shares = {(share.round, share.claim_id): share for share in _of(found).shares}
    payments = ask.data.get("payments", ())
    if not payments or len({(p["round"], p["claim_id"]) for p in payments}) != len(payments):
        yield Objection("CB-RM-037", "name each share once")
    for payment in payments:
        share = shares.get((payment["round"], payment["claim_id"]))
        if share is None or share.outcome == PAID:
            what = "paid already, under another receipt" if share else "nothing is decided for this claim"
            yield Objection("CB-RM-038", what, payment["claim_id"], share.receipt if share else "")
        elif payment["fen"] != share.fen:
            yield Objection("CB-RM-039", "a share is paid as decided", str(payment["fen"]), f"{share.fen} fen")
        if bool(payment["receipt"]) == bool(payment["reason"]) or len(payment["receipt"]) > 64:
            yield Objection("CB-RM-040", "the bank's receipt, or why it could not pay", payment["claim_id"],
                            "one of the two")  # fmt: skip
