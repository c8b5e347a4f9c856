"""Send what is due, and mend what partners hold: once by `order send`, without end by the service."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from chainbreak.act.delivery import sender
from chainbreak.act.delivery.means import Means
from chainbreak.act.delivery.signing import Signer
from chainbreak.act.orders import exclusions, ledger
from chainbreak.act.orders.guards import Ask, object_kind
from chainbreak.app.order_ask import clear_value, clear_values, forms_of_all, plain_ask, rules_to_let_go
from chainbreak.app.take_receipt import take_receipts
from chainbreak.app.tidy import tidy
from chainbreak.base.log import get_log
from chainbreak.records.actor import SERVICE
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from chainbreak.act.orders.model import Order
    from chainbreak.app.bootstrap import Office

ROUND_S = 5.0
"""Seconds between two rounds; points let go at the end of an order without them."""


def send_due(office: Office) -> dict[str, int]:
    """End what time has ended, take the answers that lie in folders, then send what is due, withdrawals first.

    Returns counts: ended, sent, verified (a probe saw the effect, or the partner answered), waiting, failed.
    """
    ended = tidy(office)
    take_receipts(office)
    return {"ended": ended, **sender.send_due(means_of(office))}


def reconcile(office: Office, partners: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Compare what partners really hold with what is in force and mend it; `partners`: only these.

    The names that no order may bar go to DNS partners as well. Rows (partner, missing, extra, mended, error, failed).
    """
    from chainbreak.app.allow_list import sync_allow

    failed = {row["partner"]: row["error"] for row in sync_allow(office, partners) if row["error"]}
    rows = sender.reconcile(means_of(office), partners)
    return [
        {**row, "error": row["error"] or failed.get(row["partner"], ""),
         "failed": row["failed"] or row["partner"] in failed}
        for row in rows
    ]  # fmt: skip


def send_always(office: Office, stop: threading.Event) -> None:
    """The sender as a service, until `stop` is set; partners are compared with the desk by a process of its own."""
    import threading

    from chainbreak.app.compare_often import Comparer

    # In a thread of its own: ten thousand ends at midnight or answers in a folder keep no withdrawal waiting.
    rounds = threading.Thread(target=_keep_rounds, args=(office, stop), name="ends", daemon=True)
    with Comparer(office) as comparer:
        rounds.start()
        try:
            sender.Service(means_of(office), comparer.soon).run(stop)
        finally:
            stop.set()
            rounds.join()


def _keep_rounds(office: Office, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            tidy(office, stop)
            take_receipts(office)
        except Exception as e:  # the next round tries again
            get_log("delivery").error("round_failed", error=type(e).__name__, code=getattr(e, "code", ""))
        stop.wait(ROUND_S)


def means_of(office: Office) -> Means:
    """What delivery needs of this centre."""
    centre = office.centre
    return Means(
        office.desk, office.clock, centre.out, centre.keys / "partners", Signer(centre.keys, centre.out),
        partial(rules_to_let_go, office), partial(_ask, office), partial(clear_values, office),
        partial(_forms, office),
    )  # fmt: skip


def _ask(office: Office, conn: Connection, order: Order, data: dict[str, Any]) -> Ask:
    """What the guards of passing on must know; an answer needs nothing but who gives it."""
    plain = plain_ask(office, conn, SERVICE, data)
    if data.get("probe"):
        return plain
    kind, hits = object_kind(order.content.object), tuple[str, ...]()
    # The one opening of the vault: what it does not know can be carried nowhere.
    value = clear_value(office, conn, order.content, "delivery", plain.at_us)
    if kind in exclusions.LISTED_KINDS:
        hits = exclusions.hits(conn, kind, value)
    return replace(plain, hits=hits, refuted=ledger.refuted_refs(conn), logged=ledger.is_logged(conn, order))


def _forms(office: Office, conn: Connection, kind: str, objects: list[str]) -> dict[str, str]:
    if kind in set(Identifier):
        return forms_of_all(office, conn, kind, objects)
    return {about: about for about in objects}
