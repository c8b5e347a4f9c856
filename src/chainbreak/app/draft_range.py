"""Draft an order about the range of numbers that a finding's line stands in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chainbreak.act.delivery.points import can_say_ranges
from chainbreak.act.orders import drafting, ledger
from chainbreak.act.orders.ranges import KIND, range_of
from chainbreak.app.add_case import link_to_case
from chainbreak.app.draft_order import begin_in, partners_for
from chainbreak.app.order_ask import rules_of
from chainbreak.app.show_finding import finding_named
from chainbreak.audit import log
from chainbreak.base.errors import UsageError
from chainbreak.identity.tokens import token_of
from chainbreak.records.actor import SERVICE
from chainbreak.records.finding import read_token, write_token
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.act.orders.drafting import Wish
    from chainbreak.act.orders.model import Order
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def draft_range(
    office: Office, actor: Actor, finding_id: str, wish: Wish, open_digits: int, key: str | None = None
) -> Order:
    """A new draft about all numbers that differ from the finding's line in their last `open_digits` only.

    The range gets a token of its own, as a number does, and goes to partners that can say ranges.

    Raises:
        UsageError: not a range (CB-OR-017), no line in the finding (CB-OR-061), no partner that can say ranges
            (CB-DL-126); otherwise as `draft_order`.
    """
    rules = rules_of(office)
    wish = replace(wish, kind=KIND, open_digits=open_digits)
    with office.keys.in_use(), office.desk.begin(key) as conn:
        now = ledger.order_now(conn, office.clock.now_us())
        found, _ = finding_named(conn, finding_id)
        source = drafting.source_of(found, found.as_bytes())
        line = wish.object or next(iter(drafting.objects_of(source, rules.kind(KIND))), "")
        if line not in {source.subject, *source.others} or not line.startswith("line:"):
            raise UsageError("CB-OR-061", "no line in this finding to take a range from", given=source.subject_kind)
        leaf = log.Entry.by(SERVICE, now, "vault.read", line, purpose="range of an order", case=wish.case_ref)
        log.append(conn, leaf)
        about = _token(office, range_of(office.vault.value(Identifier.LINE, read_token(line)[1]), open_digits))
        partners = wish.partners or partners_for(conn, KIND)
        source = replace(source, others=(*source.others, about))
        wish = replace(wish, object=about, partners=_sayable(conn, partners, asked=bool(wish.partners)))
        order = begin_in(conn, office, actor, source, wish, "draft", rules, now)
        link_to_case(conn, actor, now, wish.case_ref, [("finding", finding_id), ("order", order.order_id)])
    return order


def _token(office: Office, value: str) -> str:
    office.vault.add_values(Identifier.LINE, [value])
    return write_token(Identifier.LINE, token_of(office.keys.token_key(Identifier.LINE), value))


def _sayable(conn: Connection, partners: tuple[str, ...], *, asked: bool) -> tuple[str, ...]:
    """Of these partners those that can say a range; of those asked for by name, all of them must."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_delivery import partner as p

    formats = {row.partner_id: row.format for row in conn.execute(select(p.c.partner_id, p.c.format))}
    able = tuple(name for name in partners if name in formats and can_say_ranges(formats[name]))
    if not able or (asked and len(able) < len(partners)):
        raise UsageError("CB-DL-126", "a partner cannot be told a range of numbers",
                         given=" ".join(sorted(set(partners) - set(able))))  # fmt: skip
    return able
