"""Returns of frozen money over the API: list, one with its proof, calculate, plan, each move, the bank's receipts.

A move takes `If-Match` with the version that was seen; a signature says the digest that was looked at.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from chainbreak.act.returns.model import LARGEST_FEN, MOST_VICTIMS, Return, Victim
from chainbreak.api.access import Call, Caller, Writer
from chainbreak.api.leads import seen_version
from chainbreak.api.shape import listing, safe
from chainbreak.app.decide_return import decide_return
from chainbreak.app.list_returns import STAGES, list_returns
from chainbreak.app.object_to_return import decide_objection, object_to_return
from chainbreak.app.pay_return import Receipt, pay_return
from chainbreak.app.plan_return import calculate_return, next_round, plan_return, revise_return
from chainbreak.app.publish_return import publish_return
from chainbreak.app.record_read import record_read
from chainbreak.app.return_claims import MOST_ROWS, Booking, Given, masked
from chainbreak.app.review_return import renew_return, review_return, send_back_return, withdraw_return
from chainbreak.app.show_return import show_return

router = APIRouter(prefix="/returns", tags=["returns"])
LATEST = 2**53 - 1
"""Beyond this no time is meant, and no JSON number holds it."""
Seen = Annotated[int, Depends(seen_version)]
Fen = Annotated[int, Field(ge=0, le=LARGEST_FEN)]
Moment = Annotated[int, Field(ge=0, le=LATEST)]
Word = Annotated[str, Field(max_length=255)]
Text = Annotated[str, Field(max_length=2_000)]


class Claim(BaseModel):
    """A victim's claim; a name in clear is masked at once."""

    claim_id: str = Field(min_length=1, max_length=255)
    name: Word = ""
    loss_fen: int = Field(ge=1, le=LARGEST_FEN)
    returned_before_fen: Fen = 0
    reported_at_us: Moment


class Booked(BaseModel):
    """One booking of the frozen account's statement."""

    transfer_id: str = Field(min_length=1, max_length=255)
    booked_at_us: Moment
    seq: int | None = Field(None, ge=0, le=LATEST)
    direction: str = Field(pattern="^(in|out)$")
    amount_fen: int = Field(ge=1, le=LARGEST_FEN)
    counterparty: Word
    claim_id: Word = ""


class Wish(BaseModel):
    """What is stated; what is left out stays, or is found on the desk (hold orders in force, claims they are for)."""

    account: str = Field("", max_length=64)
    frozen_fen: int | None = Field(None, ge=1, le=LARGEST_FEN)
    basis: Text = ""
    frozen_until_us: Moment | None = None
    bank: Word = ""
    claims: list[Claim] = Field([], max_length=MOST_VICTIMS)
    reports: list[Word] = Field([], max_length=MOST_VICTIMS)
    statement: list[Booked] = Field([], max_length=MOST_ROWS)
    opening_fen: Fen | None = None
    case_ref: str = Field("", max_length=64)
    note: Text = ""
    reason: Text = ""
    added_fen: Fen = 0

    def given(self) -> Given:
        """As the verbs take it."""
        victims = tuple(
            Victim(c.claim_id, masked(c.name), c.loss_fen, c.reported_at_us, c.returned_before_fen) for c in self.claims
        )
        statement = tuple(
            Booking(b.transfer_id, b.booked_at_us, b.seq, b.direction, b.amount_fen, b.counterparty, b.claim_id)
            for b in self.statement
        )
        return Given(self.account, self.frozen_fen, self.basis, self.frozen_until_us, self.bank, victims, statement,
                     -1 if self.opening_fen is None else self.opening_fen, tuple(self.reports), self.case_ref,
                     self.note)  # fmt: skip


class Signature(BaseModel):
    """The digest that was looked at."""

    digest: str = Field(max_length=64)


class Reason(BaseModel):
    """Why."""

    reason: Text


class Freeze(BaseModel):
    """A renewed freeze."""

    basis: Text
    frozen_until_us: Moment


class Lodging(BaseModel):
    """An objection: who objects (a claim or a masked name), why, and whose share it is about."""

    objector: str = Field(max_length=64)
    grounds: Text
    claim_id: Word = ""


class Answer(BaseModel):
    """What became of an objection."""

    outcome: str = Field(max_length=16)
    reason: Text


class Paid(BaseModel):
    """The bank's word on one share: its receipt, or why it could not pay."""

    claim_id: str = Field(min_length=1, max_length=255)
    receipt: str = Field("", max_length=64)
    failed: Text = ""
    amount_fen: Fen | None = None
    round: int = Field(0, ge=0, le=10_000)


class Receipts(BaseModel):
    """Receipts; the same one twice is one payment."""

    receipts: list[Paid] = Field(min_length=1, max_length=MOST_VICTIMS)


@router.get("")
def many(
    call: Caller, stage: Annotated[str, Query(pattern=f"^(?:{'|'.join(STAGES)})$")] = "all",
    limit: Annotated[int, Query(ge=1, le=499)] = 50, next: Annotated[str, Query(max_length=16)] = "",
) -> dict[str, Any]:  # fmt: skip
    """Returns, the newest first; pass `next` of one answer to get the page after it."""
    record_read(call.office, call.actor, "return.list", "return:*", often=True)
    rows = list_returns(call.office, call.actor, stage=stage, after=next, limit=limit + 1)
    return listing(rows, limit, "return_id")


@router.get("/{return_id}")
def one(call: Caller, response: Response, return_id: str) -> dict[str, Any]:
    """One return with each victim's exact share, floor, remainder, extra fen and amount, and what may be done."""
    item = show_return(call.office, call.actor, return_id)
    record_read(call.office, call.actor, "return.read", f"return:{return_id}", case=item["case_ref"])
    response.headers["etag"] = f'"{item["version"]}"'
    return {"ok": True, "item": safe(item)}


@router.post("", status_code=201)
def plan(call: Writer, response: Response, body: Wish) -> dict[str, Any]:
    """A new plan."""
    return _answer(call, response, plan_return(call.office, call.actor, body.given()))


@router.post("/calculate")
def calculate(call: Writer, body: Wish) -> dict[str, Any]:
    """What a plan would give; nothing is kept."""
    plan, division = calculate_return(call.office, call.actor, body.given())
    return {"ok": True, "item": safe({"account": plan.pot.account, **asdict(division)})}


@router.post("/{return_id}/revise")
def revise(call: Writer, response: Response, seen: Seen, return_id: str, body: Wish) -> dict[str, Any]:
    """Plan it again, with late victims or corrected losses; it needs a new review and a new notice."""
    return _answer(call, response,
                   revise_return(call.office, call.actor, return_id, body.given(), body.reason, seen=seen))  # fmt: skip


@router.post("/{return_id}/round")
def begin_round(call: Writer, response: Response, seen: Seen, return_id: str, body: Wish) -> dict[str, Any]:
    """A new round on what is still frozen, and `added_fen` that was frozen since."""
    return _answer(call, response,
                   next_round(call.office, call.actor, return_id, body.given(), body.added_fen, seen=seen))  # fmt: skip


@router.post("/{return_id}/review")
def review(call: Writer, response: Response, seen: Seen, return_id: str, body: Signature) -> dict[str, Any]:
    """Sign a plan that somebody else wrote."""
    return _answer(call, response, review_return(call.office, call.actor, return_id, body.digest, seen=seen))


@router.post("/{return_id}/send-back")
def send_back(call: Writer, response: Response, seen: Seen, return_id: str, body: Reason) -> dict[str, Any]:
    """Have it planned again."""
    return _answer(call, response, send_back_return(call.office, call.actor, return_id, body.reason, seen=seen))


@router.post("/{return_id}/publish")
def publish(call: Writer, response: Response, seen: Seen, return_id: str) -> dict[str, Any]:
    """Begin the 30 days of notice."""
    return _answer(call, response, publish_return(call.office, call.actor, return_id, seen=seen))


@router.post("/{return_id}/objections")
def lodge(call: Writer, response: Response, seen: Seen, return_id: str, body: Lodging) -> dict[str, Any]:
    """Take an objection while the notice runs."""
    found = object_to_return(call.office, call.actor, return_id, body.objector, body.grounds, body.claim_id, seen=seen)
    return _answer(call, response, found)


@router.post("/{return_id}/objections/{number}/decide")
def decide_one(
    call: Writer, response: Response, seen: Seen, return_id: str, number: int, body: Answer
) -> dict[str, Any]:
    """Uphold or reject an objection."""
    found = decide_objection(call.office, call.actor, return_id, number, body.outcome, body.reason, seen=seen)
    return _answer(call, response, found)


@router.post("/{return_id}/decide")
def decide(call: Writer, response: Response, seen: Seen, return_id: str, body: Signature) -> dict[str, Any]:
    """Decide the return under the digest that was looked at."""
    return _answer(call, response, decide_return(call.office, call.actor, return_id, body.digest, seen=seen))


@router.post("/{return_id}/pay")
def pay(call: Writer, response: Response, seen: Seen, return_id: str, body: Receipts) -> dict[str, Any]:
    """Enter the bank's receipts."""
    said = [Receipt(r.claim_id, r.receipt, r.failed, r.amount_fen, r.round) for r in body.receipts]
    return _answer(call, response, pay_return(call.office, call.actor, return_id, said, seen=seen))


@router.post("/{return_id}/renew")
def renew(call: Writer, response: Response, seen: Seen, return_id: str, body: Freeze) -> dict[str, Any]:
    """Note that the freeze was renewed."""
    found = renew_return(call.office, call.actor, return_id, body.basis, body.frozen_until_us, seen=seen)
    return _answer(call, response, found)


@router.post("/{return_id}/withdraw")
def withdraw(call: Writer, response: Response, seen: Seen, return_id: str, body: Reason) -> dict[str, Any]:
    """Give this round up."""
    return _answer(call, response, withdraw_return(call.office, call.actor, return_id, body.reason, seen=seen))


def _answer(call: Call, response: Response, found: Return) -> dict[str, Any]:
    response.headers["etag"] = f'"{found.events}"'
    return {"ok": True, "item": safe(show_return(call.office, call.actor, found.return_id))}
