"""Send the texts that are due to the message centre, and take what it says became of earlier ones."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any

from chainbreak.act.orders import ledger
from chainbreak.app.give_notice import NOT_TOLD
from chainbreak.app.order_ask import rules_to_let_go
from chainbreak.base.clock import US_PER_HOUR
from chainbreak.base.errors import InputError, SetupError
from chainbreak.base.log import frames_of, get_log
from chainbreak.records.actor import SERVICE
from chainbreak.records.finding import read_token, write_token
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    import threading

    from sqlalchemy import Connection

    from chainbreak.act.delivery.sms import Settings
    from chainbreak.act.delivery.sms.book import Part
    from chainbreak.act.delivery.sms.link import Link
    from chainbreak.act.delivery.sms.session import Session
    from chainbreak.app.bootstrap import Office

FORMAT = "sms"
LOOK_S, PAUSE_S = 5.0, 60.0
"""Seconds between looks whether the partner is there or was changed, and after a failure: a centre that does not let us
in may close the account when it is asked too often."""
QUIET = frozenset({"CB-DL-200", "CB-DL-208", "CB-DL-210"})
"""What a service does not complain of: texts are not set up here, or another process sends them."""
NOT_REACHED = ("failed", "expired", "unknown")


def send_texts(
    office: Office, *, stay_s: float = 2.0, patience_s: float = 30.0, wait: Callable[[float], object] = time.sleep,
    stop: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:  # fmt: skip
    """Send what is due, and stay bound until nothing has come for `stay_s` seconds, or `stop` says so.

    A broken link is opened anew with growing waits, until it has failed for `patience_s`. Returns how many texts came
    to each state (submitted, delivered, failed, expired, unknown) and `link`: "" or why it is down.

    Raises:
        SetupError: no message centre is set up (CB-DL-208), its address, secret or account is wrong (CB-DL-202,
            CB-DL-203, CB-DL-209), another process is at it (CB-DL-210), or the extra is missing (CB-DL-200).
    """
    from chainbreak.act.delivery.sms.link import Link, LinkDownError
    from chainbreak.act.delivery.sms.session import WAITS_S

    partner_id, address, settings = _gateway(office)
    link = Link(address, settings, _password(office, partner_id))
    counts: Counter[str] = Counter()
    with _alone(office, partner_id):
        session = session_on(office, link, partner_id, settings, counts)
        failed, spent_s = 0, 0.0
        while True:
            try:
                session.run(stay_s, stop)
                why = ""
                break
            except LinkDownError as e:
                why = str(e)
            if spent_s >= patience_s or stop():
                break
            pause_s = min(WAITS_S[min(failed, len(WAITS_S) - 1)], patience_s - spent_s)
            failed, spent_s = failed + 1, spent_s + pause_s
            wait(pause_s)
    return {state: counts[state] for state in ("submitted", "delivered", "failed", "expired", "unknown")} | {
        "link": why
    }


def session_on(office: Office, link: Link, partner_id: str, settings: Settings, counts: Counter[str]) -> Session:
    """A session on `link` with what this office lends it; `counts` texts that come to each state."""
    from chainbreak.act.delivery.sms.leaving import Leaving
    from chainbreak.act.delivery.sms.session import Session

    leaving = Leaving(office.centre.out / partner_id / ".leaving")
    return Session(
        office.desk, office.clock, link, leaving, settings, partial(_announce, office), partial(_numbers, office),
        partial(_recipient_of, office), partial(_settled, office), counts,
    )  # fmt: skip


def send_texts_always(office: Office, stop: threading.Event) -> None:
    """The same as a service until `stop` is set: always bound, bound anew when the partner was changed."""
    while not stop.is_set():
        try:
            send_texts(office, stay_s=inf, patience_s=inf, wait=stop.wait, stop=_Ended(office, stop))
        except Exception as e:  # nobody to send through, a wrong password, a desk out of reach: tried again
            if getattr(e, "code", "") not in QUIET:
                get_log("delivery").error("texts_failed", error=type(e).__name__, code=getattr(e, "code", ""),
                                          where=frames_of(e))  # fmt: skip
                stop.wait(PAUSE_S)
            stop.wait(LOOK_S)


class _Ended:
    """Whether `stop` is set, or the message centre's settings are others than when this was made."""

    def __init__(self, office: Office, stop: threading.Event) -> None:
        self._office, self._stop, self._was, self._looked_s = office, stop, _gateway(office), time.monotonic()

    def __call__(self) -> bool:
        if self._stop.is_set() or time.monotonic() - self._looked_s < LOOK_S:
            return self._stop.is_set()
        self._looked_s = time.monotonic()
        return _gateway(self._office) != self._was


def _gateway(office: Office) -> tuple[str, str, Settings]:
    from pydantic import ValidationError
    from sqlalchemy import select

    from chainbreak.act.delivery.sms import Settings
    from chainbreak.store.desk.tables_delivery import partner as p

    with office.desk.read() as conn:
        query = select(p.c.partner_id, p.c.address, p.c.settings).where(p.c.format == FORMAT, p.c.active)
        row = conn.execute(query.order_by(p.c.partner_id)).first()
    if row is None:
        raise SetupError("CB-DL-208", "no message centre is set up",
                         next_step="chainbreak partner add NAME --format sms --address smpp://HOST:PORT")  # fmt: skip
    try:
        settings = Settings.model_validate(json.loads(row.settings))
    except ValidationError as e:
        first = e.errors(include_input=False)[0]
        raise SetupError("CB-DL-209", "the settings of the message centre are not complete",
                         given=".".join(map(str, first["loc"])), allowed=first["msg"]) from None  # fmt: skip
    if settings.sender != office.centre.settings.hotline:
        raise SetupError("CB-DL-209", "texts come from the published short code", given=settings.sender,
                         allowed=office.centre.settings.hotline)  # fmt: skip
    return row.partner_id, row.address, settings


def _password(office: Office, partner_id: str) -> str:
    path = office.centre.keys / "partners" / partner_id / "password"
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        raise SetupError(
            "CB-DL-209", "the password of the message centre is not there",
            next_step=f"chainbreak partner secret {partner_id} password --from FILE",
        ) from None  # fmt: skip


@contextmanager
def _alone(office: Office, partner_id: str) -> Iterator[None]:
    # Two senders would each take the other's parts on their way for lost.
    import fcntl

    folder = office.centre.out / partner_id
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SetupError("CB-DL-210", "another process is sending texts", next_step="let it finish") from None
        yield


def _announce(office: Office, conn: Connection, parts: Sequence[Part]) -> None:
    """One leaf for the opening of the vault; about the number itself when it is one, else about the texts."""
    from chainbreak.act.delivery.sms.book import leaf
    from chainbreak.audit.log import Entry, append_many

    now = office.clock.now_us()
    first = [part for part in parts if part.part == 1]
    if len(first) == 1:
        [one] = first
        append_many(conn, [Entry.by(SERVICE, now, "vault.read", one.recipient, purpose=one.purpose,
                                    payload={"text": one.text_id})])  # fmt: skip
        return
    by_purpose: dict[str, list[str]] = {}
    for part in first:
        by_purpose.setdefault(part.purpose, []).append(part.text_id)
    append_many(conn, [leaf(now, "vault.read", ids, purpose) for purpose, ids in by_purpose.items()])


def _numbers(office: Office, parts: Sequence[Part]) -> dict[str, str]:
    """Recipients of parts as digits of an international number; what is none (a short code) is left out."""
    tokens = {part.recipient: read_token(part.recipient)[1] for part in parts}
    known = office.vault.values(Identifier.LINE, tokens.values())
    values = {written: known.get(token, "") for written, token in tokens.items()}
    return {written: value[1:] for written, value in values.items() if value.startswith("+")}


def _recipient_of(office: Office, digits: str) -> str:
    """The written token of a number as a receipt names it; "" when it is none."""
    from chainbreak.identity.normalise import normalise
    from chainbreak.identity.numbers import Place
    from chainbreak.identity.tokens import token_of

    settings = office.centre.settings
    try:
        value = normalise(Identifier.LINE, "+" + digits.lstrip("+"), Place(settings.country, settings.area_code)).value
    except InputError:
        return ""
    return write_token(Identifier.LINE, token_of(office.keys.token_key(Identifier.LINE), value))


def _settled(office: Office, conn: Connection, changed: Mapping[str, str]) -> None:
    """Messages about warnings follow their texts. Notices whose text was delivered have been given; where it was not,
    or nobody knows, a person is asked to tell the one concerned otherwise.
    """
    from sqlalchemy import select

    from chainbreak.app.settle_sends import texts_settled
    from chainbreak.store.desk.funds import chunks
    from chainbreak.store.desk.tables_orders import notice
    from chainbreak.store.desk.tables_texts import text_message as t

    texts_settled(office, conn, changed)
    now = office.clock.now_us()
    texts = (
        select(t.c.state, t.c.detail, t.c.queued_by, notice.c.order_id)
        .join(notice, t.c.event == "notice:" + notice.c.order_id)
        .where(t.c.purpose == "notice", notice.c.state != "given").order_by(t.c.text_id)
    )  # fmt: skip
    found = [row for some in chunks(changed) for row in conn.execute(texts.where(t.c.text_id.in_(some)))]
    for row in found:
        if row.state == "delivered":
            _given(conn, row.order_id, row.queued_by, now)
        elif row.state in NOT_REACHED and not ledger.has_open_task(conn, NOT_TOLD, row.order_id):
            due = now + rules_to_let_go(office).clocks.answer_h * US_PER_HOUR
            ledger.open_task(conn, NOT_TOLD, row.order_id, f"{row.state}: {row.detail}", now, due)


def _given(conn: Connection, order_id: str, by: str, now: int) -> None:
    from sqlalchemy import update

    from chainbreak.audit.log import Entry, append
    from chainbreak.store.desk.tables_orders import notice

    given = {"state": "given", "channel": FORMAT, "given_by": by, "given_at_us": now}
    conn.execute(update(notice).where(notice.c.order_id == order_id).values(**given))
    ledger.finish_tasks(conn, NOT_TOLD, order_id, now, SERVICE.name)
    append(conn, Entry.by(SERVICE, now, "order.notice", f"order:{order_id}", purpose="notice",
                          payload={"channel": FORMAT}))  # fmt: skip
