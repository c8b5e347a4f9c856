"""What every verb about orders shares: the rules, the time an order is judged by, the facts guards need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chainbreak.act.orders import exclusions, ledger
from chainbreak.act.orders.guards import Ask, object_kind
from chainbreak.act.orders.guards.money import claims_of
from chainbreak.act.orders.model import Content, Order
from chainbreak.act.orders.ranges import open_digits, open_digits_of
from chainbreak.act.orders.rules import Rules, load_rules
from chainbreak.audit import log
from chainbreak.base.errors import InputError, SetupError
from chainbreak.records.actor import SERVICE, Actor
from chainbreak.records.finding import read_token
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office


def rules_of(office: Office) -> Rules:
    """The centre's rules of orders."""
    return load_rules(office.centre.root)


def rules_to_let_go(office: Office) -> Rules:
    """The centre's rules, or the built-in ones while its file is broken: letting go never waits for a correction."""
    try:
        return rules_of(office)
    except SetupError:
        return load_rules()


def ask_for(
    office: Office, conn: Connection, actor: Actor, order: Order | None = None, *, content: Content | None = None,
    data: Mapping[str, Any] | None = None, digest: str = "", check_lists: bool = False, rules: Rules | None = None,
) -> Ask:  # fmt: skip
    """An `Ask` of `actor` about `order` or a new `content`, with the facts its guards need as of now."""
    plain = plain_ask(office, conn, actor, data)
    about = content or (order.content if order else None)
    assert about is not None
    forms, but = forms_of(office, conn, about.object), order.order_id if order else ""
    rule = (rules or rules_of(office)).kinds.get(about.kind)
    stops = ledger.stops_on(conn, forms, rule.stops, plain.at_us, but) if rule and rule.stops else {}
    hits = exclusion_hits(office, conn, about, plain.at_us) if check_lists else ()
    return replace(
        plain, digest=digest, content=content, hits=hits, reasons=exclusions.reasons(conn, hits),
        held_elsewhere_fen=ledger.held_elsewhere_fen(conn, forms, but, plain.at_us),
        held_for=ledger.held_for(conn, forms, but, plain.at_us, claims_of(about)),
        stops=tuple(term for terms in stops.values() for term in terms),
        emergency_by=ledger.emergency_by(conn, forms),
        refuted=ledger.refuted_refs(conn),
        logged=order is not None and ledger.is_logged(conn, order),
    )  # fmt: skip


def plain_ask(office: Office, conn: Connection, actor: Actor, data: Mapping[str, Any] | None = None) -> Ask:
    """An `Ask` for a move that needs no facts about its object. It never opens the vault: letting go, appealing and
    answering must work when the vault does not.
    """
    clock_us = office.clock.now_us()
    now = ledger.order_now(conn, clock_us)
    return Ask(actor, now, dict(data or {}), behind_us=now - clock_us)


def forms_of(office: Office, conn: Connection, about: str) -> frozenset[str]:
    """Every way in which orders write the object `about`: a rotation of keys gives a thing a new token, and what was
    decided before keeps the old one.
    """
    kind = object_kind(about)
    return frozenset(forms_of_all(office, conn, kind, [about])) if kind in set(Identifier) else frozenset({about})


def forms_of_all(office: Office, conn: Connection, kind: str, things: Iterable[str]) -> dict[str, str]:
    """Every way in which orders write one of these things (written tokens of one kind) -> that thing."""
    about = list(things)
    office.keys.refresh()  # a server may have been running since before the last rotation
    if office.keys.epochs[kind] == 1 and kind not in office.keys.coming:
        return {thing: thing for thing in about}
    tokens = {form: read_token(form)[1] for form in {*about, *ledger.objects_of_kind(conn, kind)}}
    now = office.vault.currents(Identifier(kind), set(tokens.values()))
    of = {now[tokens[thing]]: thing for thing in about}
    return {form: of[now[token]] for form, token in tokens.items() if now[token] in of}


def exclusion_hits(office: Office, conn: Connection, content: Content, now_us: int) -> tuple[str, ...]:
    """Entries of the exclusion lists that an order with this content would touch.

    Raises:
        InputError: the vault does not know the object, so it can be neither checked nor delivered (CB-ID-021); or it
            is a range and the order does not say so, or the other way round (CB-OR-017).
    """
    kind = object_kind(content.object)
    if kind not in exclusions.LISTED_KINDS:
        return ()
    value = clear_value(office, conn, content, "exclusion check", now_us)
    if open_digits_of(value) != open_digits(content):
        raise InputError("CB-OR-017", "the scope does not say what range of numbers the object is")
    return exclusions.hits(conn, kind, value)


def clear_value(office: Office, conn: Connection, content: Content, purpose: str, now_us: int) -> str:
    """The object of an order in clear, for the machine alone; a token's reading is a leaf in the log.

    Raises:
        InputError: the vault does not know it (CB-ID-021).
    """
    if object_kind(content.object) in set(Identifier):
        leaf = log.Entry.by(SERVICE, now_us, "vault.read", content.object, purpose=purpose, case=content.case_ref)
        log.append(conn, leaf)
    return clear_values(office, [content])[0]


def clear_values(office: Office, contents: Sequence[Content]) -> list[str]:
    """The objects of orders in clear, in the order given; the caller leaves the leaf.

    Raises:
        InputError: the vault does not know one (CB-ID-021).
    """
    found = known_values(office, contents)
    for content, value in zip(contents, found, strict=True):
        if value is None:
            raise InputError("CB-ID-021", "token not in the vault", given=content.object,
                             allowed="a token of this centre")  # fmt: skip
    return [value for value in found if value is not None]


def known_values(office: Office, contents: Sequence[Content]) -> list[str | None]:
    """`clear_values` with None for what the vault does not know."""
    objects = [content.object for content in contents]
    known: dict[str, str | None] = {}
    for kind in {object_kind(written) for written in objects} & {str(k) for k in Identifier}:
        tokens = {written: read_token(written)[1] for written in objects if object_kind(written) == kind}
        values = office.vault.values(Identifier(kind), tokens.values())
        known |= {written: values.get(token) for written, token in tokens.items()}
    return [known.get(w, w.partition(":")[2] if object_kind(w) == "cell" else w) for w in objects]
