"""Hand planned messages over to their channels: claimed in bulk, handed over, settled in bulk; once, or without end.

Each batch is one transaction with one leaf that commits to the ids before anything leaves. What a kill interrupts is
handed over again under the same key; a text is queued in the very transaction that claims it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from chainbreak.app.settle_sends import MANY, became, next_action, settle_sends
from chainbreak.base.clock import US_PER_S
from chainbreak.base.errors import SetupError
from chainbreak.base.log import frames_of, get_log
from chainbreak.records.actor import SERVICE
from chainbreak.records.finding import read_token
from chainbreak.records.kind import Identifier

if TYPE_CHECKING:
    import threading

    from sqlalchemy import Connection

    from chainbreak.act.warnings.channels import Channel, Notice
    from chainbreak.app.bootstrap import Office
    from chainbreak.app.open_channel import Way
    from chainbreak.store.desk.warning_sends import Became, Claimed

CHANNELS = ("sms", "push", "bank")
MOST = 500
"""Messages a transaction."""
LOOK_S, PAUSE_S = 0.2, 5.0
"""Seconds between looks for what is due, and after a failure."""
FRESH_US = 30 * US_PER_S
"""How long a partner is taken to be as it was read, in µs."""
LEAST_QUERY_US = 10 * US_PER_S
"""The shortest time between two questions that can be agreed."""
NO_PARTNER = "no_partner"


def send_once(office: Office) -> list[dict[str, Any]]:
    """Hand over what is due now, on every channel, and send the texts that are queued; rows channel, state, n.

    Raises:
        SetupError: a channel's partner is not set up completely (CB-WA-121), another process is at it (CB-WA-120), or
            as `send_texts`.
    """
    from chainbreak.app.open_channel import partners_of
    from chainbreak.app.send_texts import send_texts

    rows = [
        {"channel": name, "state": state, "n": n}
        for name in CHANNELS for state, n in sorted(send_warnings(office, name).items())
    ]  # fmt: skip
    if not partners_of(office, "sms"):
        return rows
    texts = send_texts(office)
    rows += [{"channel": "texts", "state": state, "n": n} for state, n in texts.items() if state != "link" and n]
    return rows + ([{"channel": "texts", "state": texts["link"], "n": 0}] if texts["link"] else [])


def send_warnings(office: Office, name: str) -> Counter[str]:
    """Hand over what is due now on one channel; how many messages came to each state.

    Raises:
        SetupError: its partner is not set up completely (CB-WA-121), or another process is at it (CB-WA-120).
    """
    done: Counter[str] = Counter()
    with _alone(office, name), Lane(office, name) as lane:
        while found := lane.round():
            done.update(found)
            if found["due"]:
                break  # not reached: again when it is due again
    return done


def send_for(office: Office, seconds: float) -> list[dict[str, Any]]:
    """Send as `serve` does, texts too, for so many seconds; rows channel, state, n of what it handed over."""
    import threading

    from chainbreak.app.send_texts import send_texts_always

    done: dict[str, Counter[str]] = {name: Counter() for name in CHANNELS}
    stop = threading.Event()
    threads = [
        threading.Thread(target=send_warnings_always, args=(office, stop, done)),
        threading.Thread(target=send_texts_always, args=(office, stop)),
    ]
    for thread in threads:
        thread.start()
    stop.wait(seconds)
    stop.set()
    for thread in threads:
        thread.join()
    return [
        {"channel": name, "state": state, "n": n} for name, found in done.items() for state, n in sorted(found.items())
    ]


def send_warnings_always(office: Office, stop: threading.Event, done: Mapping[str, Counter[str]] | None = None) -> None:
    """The same as a service until `stop` is set, each channel in a thread of its own: a slow one delays no other.

    `done`: by channel, counts of what is handed over.
    """
    import threading

    counts = done or {name: Counter() for name in CHANNELS}
    lanes = [threading.Thread(target=_keep, args=(office, name, stop, counts[name])) for name in CHANNELS]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()


def _keep(office: Office, name: str, stop: threading.Event, done: Counter[str]) -> None:
    while not stop.is_set():
        try:
            with _alone(office, name), Lane(office, name) as lane:
                while not stop.is_set():
                    done.update(found := lane.round())
                    lane.ask()
                    if found.total() < MOST // 2 or found["due"]:
                        stop.wait(LOOK_S)  # few at a time would cost more than they would gain
        except Exception as e:  # a partner's setup, a desk out of reach: tried again
            get_log("delivery").error("warnings_failed", channel=name, error=type(e).__name__,
                                      code=getattr(e, "code", ""), where=frames_of(e))  # fmt: skip
            stop.wait(PAUSE_S)


@contextmanager
def _alone(office: Office, name: str) -> Iterator[None]:
    # Two would each take what the other is handing over for left behind by a kill.
    import fcntl

    office.centre.out.mkdir(parents=True, exist_ok=True)
    with (office.centre.out / f".warn-{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SetupError("CB-WA-120", "another process is sending warnings", given=name,
                             next_step="let it finish; `serve` sends by itself") from None  # fmt: skip
        yield


class Lane:
    """One channel while one process sends on it. Used by one thread."""

    def __init__(self, office: Office, name: str) -> None:
        self._office, self._name = office, name
        self._way: Way | None = None
        self._opened_us = self._asked_us = self._looked_us = office.clock.now_us()

    def __enter__(self) -> Lane:
        from chainbreak.store.desk import warning_sends as desk

        if self._name != desk.SMS:
            with self._office.desk.begin() as conn:
                desk.give_back(conn, self._name, self._office.clock.now_us())
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()

    def round(self) -> Counter[str]:
        """Hand over one batch of what is due; how many messages came to each state, empty when nothing was due.

        Raises:
            SetupError: the partner is not set up completely (CB-WA-121).
        """
        from chainbreak.store.desk import warning_sends as desk

        with self._office.desk.read() as conn:  # looking is free; a write transaction is not
            if not desk.is_due(conn, self._name, self._office.clock.now_us()):
                return Counter()
        way = self._open()
        with self._office.desk.begin() as conn:
            claimed, notices = self._claim(conn)
            said = self._first_words(conn, way, notices)
            settle_sends(self._office, conn, self._name, said)
        done = Counter({state: len(ids) for (state, _), ids in claimed.dropped.items()})
        if notices and way.channel is not None:
            said = self._hand_over(way.channel, notices)
        done.update(one.state for one in said)
        if done["due"]:
            self._leave()  # the next attempt reads the partner anew
        return done

    def ask(self) -> None:
        """Ask after what was handed over, as often as was agreed with the partner.

        Raises:
            SetupError: the partner is not set up completely (CB-WA-121).
        """
        from chainbreak.act.warnings.channels import Receipt
        from chainbreak.store.desk import warning_sends as desk

        now = self._office.clock.now_us()
        if now - self._looked_us < LEAST_QUERY_US:
            return
        self._looked_us, way = now, self._open()
        if way.channel is None or not way.query_s or now - self._asked_us < way.query_s * US_PER_S:
            return
        self._asked_us = now
        with self._office.desk.read() as conn:
            silent = desk.handed_before(conn, self._name, now - way.query_s * US_PER_S, now, MOST)
        said = way.channel.status([Receipt(row.send_id, row.state, row.receipt) for row in silent])
        known = {row.send_id for row in silent}
        if news := [became(one) for one in said if one.send_id in known]:
            with self._office.desk.begin() as conn:
                settle_sends(self._office, conn, self._name, news)

    def _open(self) -> Way:
        """The partner, read anew now and then."""
        from chainbreak.app.open_channel import open_way

        now = self._office.clock.now_us()
        if now - self._opened_us > FRESH_US:
            self._leave()
        if self._way is None:
            self._way, self._opened_us = open_way(self._office, self._name), now
        return self._way

    def _leave(self) -> None:
        if self._way is not None and self._way.channel is not None:
            self._way.channel.close()
        self._way = None

    def _claim(self, conn: Connection) -> tuple[Claimed, list[Notice]]:
        from chainbreak.act.warnings.caps import quiet_ranks
        from chainbreak.app.current_policy import current_policy
        from chainbreak.app.open_channel import notices_of
        from chainbreak.audit.log import Entry, append
        from chainbreak.store.desk import warning_sends as desk

        now, policy = self._office.clock.now_us(), current_policy(conn, self._office)
        lowest = len(policy.tiers) - 1
        quiet, until = quiet_ranks(policy, now, self._office.centre.settings.zone)
        if quiet and self._name != desk.BANK:
            desk.quiet_sends(conn, self._name, [*quiet, *range(lowest + 1, desk.RANKS)], until, now)
        claimed = desk.claim(conn, self._name, MOST, now, lowest)
        ids = [row.send_id for row in claimed.rows]
        if ids or claimed.dropped:
            dropped = {f"{state} {reason}": gone for (state, reason), gone in claimed.dropped.items()}
            append(conn, Entry.by(SERVICE, now, "warning.send", MANY, purpose="warn",
                                  payload={"channel": self._name, MANY: ids, "dropped": dropped}))  # fmt: skip
            next_action(self._office, conn, claimed.dropped.get((desk.FAILED, desk.EXPIRED), ()))
        return claimed, notices_of(conn, self._office, self._name, claimed.rows)

    def _first_words(self, conn: Connection, way: Way, notices: Sequence[Notice]) -> list[Became]:
        """In the transaction of the claim: texts are queued, what has nobody to go to has failed, and the opening of
        the vault is logged.
        """
        from chainbreak.act.delivery.sms.templates import Published
        from chainbreak.act.warnings.channels.sms import SmsChannel
        from chainbreak.audit.log import Entry, append
        from chainbreak.store.desk import warning_sends as desk

        settings, now = self._office.centre.settings, self._office.clock.now_us()
        if not notices:
            return []
        if not way.partner_id:
            return [desk.Became(one.send_id, desk.FAILED, NO_PARTNER) for one in notices]
        if self._name == desk.SMS:
            published = Published(settings.name, settings.hotline, settings.zone)
            return [became(one) for one in SmsChannel(conn, published, now).send(notices)]
        append(conn, Entry.by(SERVICE, now, "vault.read", MANY, purpose="warn", payload={
            "partner": way.partner_id, MANY: [one.send_id for one in notices],
        }))  # fmt: skip
        return []

    def _hand_over(self, channel: Channel, notices: Sequence[Notice]) -> list[Became]:
        """Outside any transaction: a partner's server may take its time."""
        from dataclasses import replace

        tokens = {one.recipient: read_token(one.recipient)[1] for one in notices}
        known = self._office.vault.values(Identifier.LINE, tokens.values())
        numbers = {written: known.get(token, "") for written, token in tokens.items()}
        told = [replace(one, number=numbers[one.recipient]) for one in notices]
        said = [became(one) for one in channel.send(told)]
        with self._office.desk.begin() as conn:
            settle_sends(self._office, conn, self._name, said)
        return said
