"""What is on its way to partners, to all or to one: the list, and one order with every step it took."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Response
from fastapi.responses import RedirectResponse

from chainbreak.act.delivery.queue import ACKNOWLEDGED, PARTIAL, REJECTED
from chainbreak.act.orders.model import ISSUED
from chainbreak.app.let_go import let_go
from chainbreak.app.list_outbox import MOST_COUNTED, VIEWS, count_outbox, list_outbox, retry_outbox
from chainbreak.app.order_ask import rules_to_let_go
from chainbreak.app.record_read import record_read
from chainbreak.app.show_receipts import STEPS, show_receipts
from chainbreak.base.wording import codes
from chainbreak.console.pages import orders
from chainbreak.console.session import Signed, Visit
from chainbreak.console.show import word_or
from chainbreak.console.view import render, said
from chainbreak.records.actor import Role

router = APIRouter()
SHOWN = 100
HUE = {"queued": "medium", "sent": "medium", "acknowledged": "done", "verified": "done", "failed": "urgent",
       "superseded": "lapsed"}  # fmt: skip
HOLD_HUE = {"yes": "done", "part": "high", "unknown": "medium", "no": "lapsed"}
GONE_HUE = {"yes": "urgent", "unknown": "medium", "no": "done"}
"""What a partner holds of an order that should be in force, and of one that is over."""
Line = Annotated[str, Query(max_length=64)]
Message = Annotated[str, Query(max_length=64, alias="m")]
"""The message that the list marks: `REVISION.PARTNER`."""


class Wanted:
    """The filter in an address, and the addresses that carry it on. `partner`: only messages to that one."""

    def __init__(
        self, view: Annotated[str, Query(pattern=f"^(?:{'|'.join(VIEWS)})$")] = VIEWS[0], q: Line = "",
        partner: Annotated[str, Query(max_length=32)] = "",
    ) -> None:  # fmt: skip
        self.view, self.q, self.partner = view, q, partner

    def home(self, **changed: str) -> str:
        """The list: of all partners, or on the page of the one."""
        path = f"/partners/{self.partner}" if self.partner else "/outbox"
        return f"{path}?{_query({'view': self.view, 'q': self.q} | changed)}"

    def order(self, order_id: str, move: str = "", m: str = "") -> str:
        """One order of the list, or a `move` of it."""
        return f"/outbox/orders/{order_id}{move}?{_query({**vars(self), 'm': m})}"

    @property
    def query(self) -> str:
        """The whole filter."""
        return _query(vars(self))


def _query(given: dict[str, str]) -> str:
    return urlencode({name: value for name, value in given.items() if value})


Filtered = Annotated[Wanted, Depends()]


@router.get("/outbox")
def page(visit: Signed, wanted: Filtered) -> Response:
    """Messages to partners, unsettled ones first and withdrawals on top."""
    return show_messages(visit, wanted)


@router.post("/outbox/retry")
def retry(visit: Signed, wanted: Filtered) -> Response:
    """Queue again what failed: at the one partner, or at all."""
    retry_outbox(visit.office, visit.actor, partner=wanted.partner)
    return said(RedirectResponse(wanted.home(), 303), "queued_again")


@router.get("/outbox/orders/{order_id}")
def one(visit: Signed, wanted: Filtered, order_id: str, chosen: Message = "") -> Response:
    """One order with every step it took, beside the list or alone for htmx. Looking is noted in the log."""
    values = _at(visit, order_id) | {"wanted": wanted}
    values |= _chosen(values["found"], wanted, chosen)
    case = values["found"]["case_ref"]
    record_read(visit.office, visit.actor, "order.read", f"order:{order_id}", case=case)
    return render(visit, "_receipts.html", **values) if visit.is_fragment else show_messages(visit, **values)


@router.post("/outbox/orders/{order_id}/retry")
def retry_order(visit: Signed, wanted: Filtered, order_id: str, chosen: Message = "") -> Response:
    """Queue again what failed of one order."""
    retry_outbox(visit.office, visit.actor, partner=wanted.partner, order_id=order_id)
    return _answer(visit, wanted, order_id, chosen, "queued_again")


@router.post("/outbox/orders/{order_id}/release")
def release(
    visit: Signed, wanted: Filtered, order_id: str, reason: Annotated[str, Form(max_length=64)],
    note: Annotated[str, Form(max_length=2000)] = "", chosen: Message = "",
) -> Response:  # fmt: skip
    """Let go of the order everywhere, or ask those who may to."""
    done = let_go(visit.office, visit.actor, order_id, reason, note.strip())
    return _answer(visit, wanted, order_id, chosen, {"released": "released", "asked": "release_asked"}[done["outcome"]])


@router.get("/orders/{order_id}/gone")
def gone(visit: Signed, order_id: str) -> Response:
    """Per partner, whether it has really let go; the page asks again until all have."""
    return render(visit, "_gone.html", **_at(visit, order_id))


def show_messages(visit: Visit, wanted: Wanted, **beside: Any) -> Response:
    """The list, with what the detail shows `beside` it."""
    rows = list_outbox(visit.office, view=wanted.view, partner=wanted.partner, about=wanted.q, limit=SHOWN)
    counts = count_outbox(visit.office, partner=wanted.partner, about=wanted.q)
    record_read(visit.office, visit.actor, "outbox.list", f"partner:{wanted.partner or '*'}", often=True)
    absent = {"row": None, "found": None, "chosen": "", "may_retry": visit.actor.has(Role.LIAISON),
              "hue_of": _hue, "told": _teller(visit)}  # fmt: skip
    return render(
        visit, "outbox.html", here="partners", wanted=wanted, rows=rows, counts=counts, most=MOST_COUNTED,
        **{**absent, **beside},
    )  # fmt: skip


def _answer(visit: Visit, wanted: Wanted, order_id: str, chosen: str, what: str) -> Response:
    """What a write is answered with: the order as it stands, alone for htmx or at its own address."""
    if visit.is_fragment:
        return one(visit, wanted, order_id, chosen)
    return said(RedirectResponse(wanted.order(order_id, m=chosen), 303), what)


def _chosen(found: dict[str, Any], wanted: Wanted, m: str) -> dict[str, Any]:
    """The message that the list marks, and whether something of the order can be queued again."""
    here = [p for p in found["partners"] if p["target"] == wanted.partner or not wanted.partner]
    messages = {f"{x['revision']}.{p['target']}": x for p in here for x in p["messages"]}
    chosen = m if m in messages else next(iter(messages), "")
    return {
        "chosen": f"{found['order_id']}.{chosen}", "m": chosen, "message": messages.get(chosen),
        "failed": any(message["state"] == "failed" for message in messages.values()),
    }  # fmt: skip


def _at(visit: Visit, order_id: str) -> dict[str, Any]:
    found, actor = show_receipts(visit.office, order_id), visit.actor
    may_release = "release" if actor.has(Role.APPROVER) else "ask" if actor.has(Role.LIAISON) else ""
    return {
        "found": found, "hue": orders.HUE.get(found["standing"], "lapsed"), "steps": STEPS,
        "hold_hues": HOLD_HUE if found["ended_at_us"] is None else GONE_HUE,
        "hue_of": _hue, "told": _teller(visit), "may_retry": actor.has(Role.LIAISON),
        "may_release": may_release if found["state"] in ISSUED else "",
        "release_reasons": rules_to_let_go(visit.office).release_reasons,
    }  # fmt: skip


def _hue(message: dict[str, Any]) -> str:
    """A message's state as a hue; an answer less than in full is no success."""
    short = message["state"] == ACKNOWLEDGED and message["detail"] in (PARTIAL, REJECTED)
    return "high" if short else HUE[message["state"]]


def _teller(visit: Visit) -> Callable[..., str]:
    """Says what a message's detail or an answer means in the reader's language, as far as the words are ours."""

    def told(text: str, code: str = "") -> str:
        if code in codes():
            return codes()[code]["title"][visit.lang]
        return word_or(f"orders.answer.{text}", word_or(f"console_outbox.said.{text}", text, visit.lang), visit.lang)

    return told
