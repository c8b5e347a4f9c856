"""Take a partner's own answer: the receipt of a hold or a release, or the camt.029 that answers a recall.

It comes over the API or as a file, at once or days later, once or many times. What is known already changes nothing;
what is about an order that this partner was never sent is refused.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Literal

from chainbreak.act.delivery import answers, queue
from chainbreak.act.orders import ledger
from chainbreak.app.order_ask import plain_ask, rules_to_let_go
from chainbreak.base.clock import US_PER_MIN
from chainbreak.base.errors import InputError, RefusedError, SetupError
from chainbreak.base.log import get_log
from chainbreak.base.units import format_fen
from chainbreak.records.actor import Actor, Role

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from chainbreak.act.delivery.bank.messages import Receipt
    from chainbreak.act.delivery.bank.resolution import Resolved
    from chainbreak.app.bootstrap import Office

Form = Literal["json", "csv", "xml"]
RECALL = "recall"
"""Step of a message under which answers to its recalls are kept."""


def take_receipt(office: Office, partner_id: str, content: bytes, form: Form = "json") -> list[dict[str, Any]]:
    """Settle what one answer of `partner_id` says; CSV may hold several, which are taken together or not at all.

    Rows (order_id, revision, about: hold-request, hold-release or recall, outcome, code, meaning with the next step,
    held_fen, known: it was taken before and nothing was changed).

    Raises:
        InputError: it cannot be read (CB-DL-144), an unknown code (CB-DL-143), not after its schema (CB-DL-142), an
            amount that does not fit (CB-DL-147).
        RefusedError: the partner was never sent what it is about (CB-DL-145).
        SetupError: the part for ISO 20022 or a schema is missing (CB-DL-140, CB-DL-141).
    """
    read = _read(office, partner_id, content, form)
    with office.desk.begin() as conn:
        return [_take(office, conn, partner_id, one) for one in read]


def _read(office: Office, partner_id: str, content: bytes, form: Form) -> list[Receipt] | list[Resolved]:
    from chainbreak.act.delivery.bank.messages import Receipt, parse_csv, parse_json

    if form == "json":
        return [parse_json(content, Receipt)]
    if form == "csv":
        return parse_csv(content)
    from chainbreak.act.delivery.bank import Settings, resolution
    from chainbreak.app.change_partners import partner_row

    row = partner_row(office, partner_id)
    schemas = Settings.model_validate_json(row["settings"]).schemas if row["format"] == "bank" else None
    return [resolution.read(content, schemas)]


def _take(office: Office, conn: Connection, partner_id: str, one: Receipt | Resolved) -> dict[str, Any]:
    from chainbreak.act.delivery.bank.messages import Receipt

    actor = Actor(f"partner:{partner_id}", frozenset({Role.SERVICE}), "partner")
    if isinstance(one, Receipt):
        return _take_receipt(office, conn, actor, partner_id, one)
    return _take_resolution(office, conn, actor, partner_id, one)


def _take_receipt(
    office: Office, conn: Connection, actor: Actor, partner_id: str, said: Receipt
) -> dict[str, Any]:  # fmt: skip
    from chainbreak.act.delivery.bank.messages import check

    message = _message(conn, said.order_id, partner_id, said.revision)
    if message is None or said.partner_id != partner_id:
        raise _never_sent(said.key)
    order = ledger.read_order(conn, said.order_id)
    # A block that came too late was carried as a release, under its own key.
    allowed = ("hold-request", "hold-release") if message.action == queue.BLOCK else ("hold-release",)
    if said.about not in allowed:
        raise _never_sent(f"{said.about} {said.key}")
    check(said, said.key, said.about, order.content.amount_fen)
    answer = said.answer(office.centre.settings.language)
    told = {
        "order_id": said.order_id, "revision": said.revision, "about": said.about, "outcome": answer.outcome,
        "code": answer.code, "meaning": answer.meaning, "held_fen": answer.held_fen, "known": False,
    }  # fmt: skip
    if _is_known(conn, message, answer.digest):
        return told | {"known": True}
    ask, rules = plain_ask(office, conn, actor), rules_to_let_go(office)
    values = {"actor": actor.name, "outcome": answer.outcome, "code": answer.code, "meaning": answer.meaning,
              "digest": answer.digest, "held_fen": answer.held_fen}  # fmt: skip
    seen = message.state == queue.VERIFIED and answer.outcome == queue.FULL
    if seen or message.state == queue.SUPERSEDED:  # a probe was faster, or a newer message speaks for the order
        queue.note(conn, message, queue.ACKNOWLEDGED, ask.at_us, **values)
    elif message.action == queue.BLOCK and said.about == "hold-release":
        queue.settle(conn, message, queue.ACKNOWLEDGED, ask.at_us, **values)
    else:
        order = answers.record(conn, order, message, answer, ask, rules)
        if message.action == queue.CORRECT and answer.outcome == queue.FULL:
            answers.corrected(conn, order, ask, rules)
    _leaf(conn, actor, ask.at_us, told, answer.digest)
    return told


def _take_resolution(
    office: Office, conn: Connection, actor: Actor, partner_id: str, said: Resolved
) -> dict[str, Any]:  # fmt: skip
    from chainbreak.act.delivery.bank.recall import order_of_case, seeds_of

    order_id = order_of_case(said.case_id)
    message = _message(conn, order_id, partner_id)
    if message is None:
        raise _never_sent(said.case_id)
    order = ledger.read_order(conn, order_id)
    if said.case_id not in {seed.case_id for seed in seeds_of(order)}:
        raise _never_sent(said.case_id)
    lang = office.centre.settings.language
    code = said.reason or said.code
    told = {
        "order_id": order_id, "revision": message.revision, "about": RECALL, "outcome": said.outcome, "code": code,
        "meaning": said.meaning.told(lang), "held_fen": None, "known": False,
    }  # fmt: skip
    digest = hashlib.sha256(repr(said).encode()).hexdigest()
    if _is_known(conn, message, digest):
        return told | {"known": True}
    now = ledger.order_now(conn, office.clock.now_us())
    queue.note(conn, message, RECALL, now, actor=actor.name, outcome=said.outcome, code=code, meaning=told["meaning"],
               digest=digest)  # fmt: skip
    amount = format_fen(said.returned_fen) if said.returned_fen else ""
    note = " ".join(part for part in (f"{partner_id}:", said.case_id, said.code, said.reason, amount, told["meaning"])
                    if part)  # fmt: skip
    ledger.open_task(conn, "recall_answer", order_id, note, now, now + said.meaning.within_min * US_PER_MIN)
    _leaf(conn, actor, now, told | {"case": said.case_id}, digest)
    return told


def _message(conn: Connection, order_id: str, target: str, revision: int | None = None) -> Any:
    """A message that was passed on: this revision of the order, or the newest that asked for something."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_delivery import outbox as o

    query = select(o).where(o.c.order_id == order_id, o.c.target == target, o.c.attempts > 0)
    query = query.where(o.c.action == queue.BLOCK) if revision is None else query.where(o.c.revision == revision)
    return conn.execute(query.order_by(o.c.revision.desc()).limit(1)).first()


def _is_known(conn: Connection, message: Any, digest: str) -> bool:
    from sqlalchemy import select

    from chainbreak.store.desk.tables_delivery import receipt as r

    known = select(r.c.receipt_id).where(
        r.c.order_id == message.order_id, r.c.revision == message.revision, r.c.target == message.target,
        r.c.response_digest == digest,
    )  # fmt: skip
    return conn.execute(known.limit(1)).first() is not None


def _never_sent(given: str) -> RefusedError:
    return RefusedError("CB-DL-145", "this partner was never sent what the answer is about", given=given[:100],
                        next_step="chainbreak outbox list")  # fmt: skip


def _leaf(conn: Connection, actor: Actor, now_us: int, told: dict[str, Any], digest: str) -> None:
    from chainbreak.audit.log import Entry, append

    payload = {name: value for name, value in told.items() if name not in ("known", "meaning")} | {"digest": digest}
    append(conn, Entry.by(actor, now_us, "delivery.answer", actor.name, purpose="delivery", payload=payload))


def take_receipts(office: Office) -> dict[str, int]:
    """Take every answer that lies in a partner's `incoming/`; counts: taken, known, refused, waiting (for a part of
    this installation or for the desk).

    What cannot be taken goes to `quarantine/` with the reason beside it and stops nothing else.
    """
    from chainbreak.act.delivery.bank.files import waiting
    from chainbreak.app.change_partners import list_partners

    counts = {"taken": 0, "known": 0, "refused": 0, "waiting": 0}
    for row in list_partners(office):
        for path in waiting(office.centre.out / row["partner_id"]):
            try:
                for kind in _take_file(office, row["partner_id"], path):
                    counts[kind] += 1
            except (SetupError, OSError) as error:
                get_log("delivery").warning("answer_waits", partner=row["partner_id"], error=type(error).__name__,
                                            code=getattr(error, "code", ""))  # fmt: skip
                counts["waiting"] += 1
    return counts


def _take_file(office: Office, partner_id: str, path: Path) -> list[str]:
    from chainbreak.act.delivery.bank.files import QUARANTINE, TAKEN, put_away, read
    from chainbreak.act.delivery.bank.xml import LARGEST

    content = read(path, LARGEST)
    try:
        rows = take_receipt(office, partner_id, content, _FORM[path.suffix])
    except (InputError, RefusedError) as error:
        put_away(path, QUARANTINE, content, error.sentence())
        return ["refused"]
    put_away(path, TAKEN, content)
    return ["known" if row["known"] else "taken" for row in rows]


_FORM: dict[str, Form] = {".json": "json", ".csv": "csv", ".xml": "xml"}
