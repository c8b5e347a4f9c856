"""Draft an order from a finding or another source, with every field that follows from it already filled."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chainbreak.act.orders import drafting, ledger
from chainbreak.act.orders.drafting import Drawn, Source, Wish
from chainbreak.act.orders.model import Content, Order
from chainbreak.act.orders.rules import Rules
from chainbreak.app.add_case import link_to_case
from chainbreak.app.order_ask import ask_for, rules_of
from chainbreak.app.show_finding import finding_named
from chainbreak.base.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def draft_order(office: Office, actor: Actor, finding_id: str, wish: Wish, key: str | None = None) -> Order:
    """A new draft about one object of the finding; opens the case if it is new and links both to it.

    Raises:
        UsageError: no such finding (CB-FN-001), kind, rung or fitting object.
        InputError: the object is not of the finding (CB-OR-062), or the vault does not know it (CB-ID-021).
        RefusedError: an exclusion list (CB-OR-026), the actor's role (CB-OR-005), or the key was used (CB-DK-006).
    """
    return begin_order(office, actor, finding_id, wish, "draft", key)


def begin_order(office: Office, actor: Actor, finding_id: str, wish: Wish, move: str, key: str | None) -> Order:
    """The order that `move` begins, drawn up from the finding: a `draft`, or an `emergency` measure until it lapses."""
    rules = rules_of(office)
    with office.desk.begin(key) as conn:
        now = ledger.order_now(conn, office.clock.now_us())
        found, _ = finding_named(conn, finding_id)
        source = drafting.source_of(found, found.as_bytes())
        order = begin_in(conn, office, actor, source, wish, move, rules, now)
        link_to_case(conn, actor, now, wish.case_ref, [("finding", finding_id), ("order", order.order_id)])
    return order


def begin_in(
    conn: Connection, office: Office, actor: Actor, source: Source, wish: Wish, move: str, rules: Rules, now_us: int
) -> Order:
    """The order that `move` begins, drawn up from any source, within a transaction that the caller keeps."""
    wish, drawn = drawn_from(conn, source, wish, now_us)
    content = drafting.content_of(wish, drawn, rules, office.centre.settings)
    check_references(conn, content)
    data = {"until_us": now_us + rules.clocks.emergency_us} if move == "emergency" else None
    ask = ask_for(office, conn, actor, content=content, data=data, check_lists=True, rules=rules)
    return ledger.make(conn, move, drawn.order_id, None, ask, rules)


def drawn_from(conn: Connection, source: Source, wish: Wish, now_us: int) -> tuple[Wish, Drawn]:
    """The wish with its kind (the source's own when none was said), and what the draft is drawn up from: the source,
    the legal basis and partners of the kind, and other orders cited.
    """
    wish = replace(wish, kind=wish.kind or drafting.proposed_kind(source))
    cited = [ledger.read_order(conn, order_id) for order_id in wish.rests_on]
    return wish, Drawn(
        drafting.new_order_id(now_us), drafting.new_receipt_code(), now_us, source,
        tuple(row["basis_id"] for row in legal_bases(conn, wish.kind)), partners_for(conn, wish.kind),
        tuple(drafting.evidence_of_order(o.order_id, o.digest, o.last_approved_us or now_us) for o in cited),
    )  # fmt: skip


def check_references(conn: Connection, content: Content) -> None:
    """Refuse articles that are not in the table for this kind of order, and partners that do not take it.

    Raises:
        UsageError: an unknown article (CB-OR-068) or partner (CB-OR-069).
    """
    bases = [row["basis_id"] for row in legal_bases(conn, content.kind)]
    for given, known, code, what in (
        (content.legal_basis, bases, "CB-OR-068", "not an article for this kind of order"),
        (content.partners, partners_for(conn, content.kind), "CB-OR-069", "not a partner for this kind of order"),
    ):
        for name in given:
            if name not in known:
                raise UsageError(code, what, given=name, allowed=did_you_mean(name, known))


def legal_bases(conn: Connection, kind: str | None = None) -> list[dict[str, Any]]:
    """Rows of the legal basis table that carry this kind of order (None: all), each with its status."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_orders import legal_basis as b

    rows = conn.execute(select(b).where(~b.c.retired).order_by(b.c.basis_id)).mappings()
    return [dict(row) for row in rows if kind is None or kind in row["kinds"].split()]


def list_bases(office: Office, kind: str | None = None) -> list[dict[str, Any]]:
    """`legal_bases` for a face."""
    with office.desk.read() as conn:
        return legal_bases(conn, kind)


def partners_for(conn: Connection, kind: str) -> tuple[str, ...]:
    """Active partners that take this kind of order."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_delivery import partner as p

    rows = conn.execute(select(p.c.partner_id, p.c.kinds).where(p.c.active).order_by(p.c.partner_id))
    return tuple(row.partner_id for row in rows if kind in row.kinds.split())
