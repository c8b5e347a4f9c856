"""The demo's warnings: contacts of the town with what was confirmed, as if its last day were today.

The town's records end at midnight; a warning stands for hours. So the contacts of its last day are moved to end now: a
demo, never evidence. All else is what a centre does: the events rest on confirmed findings and are judged by the tiers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from chainbreak.act.warnings.contacts import contacts_of
from chainbreak.act.warnings.model import KINDS, ContactEvent
from chainbreak.base.clock import US_PER_DAY, US_PER_MIN
from chainbreak.records.actor import SERVICE

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

OF_A_KIND = 60
"""The newest contacts of each kind; more would only fill the queue."""
FRESH_US = 2 * US_PER_MIN
"""The newest of them was so long ago, so that not all deadlines are past before anybody looks."""


def warn_town(office: Office, who: Callable[[str], Actor]) -> str:
    """Take the town's contacts in, open the visits that follow and plan them; what came of it in one line."""
    from sqlalchemy import select

    from chainbreak.app.open_visits import open_visits
    from chainbreak.app.plan_visits import plan_visits
    from chainbreak.app.take_contacts import take_contacts
    from chainbreak.app.visit_duty import put_on_duty
    from chainbreak.store.desk.tables_warnings import warning as w

    taken = take_contacts(office, SERVICE, _to_now(_contacts(office), office.clock.now_us()))
    with office.desk.read() as conn:
        tiers = Counter(conn.execute(select(w.c.tier)).scalars())
        district = conn.execute(select(w.c.district).where(w.c.visit_due_at_us.is_not(None)).limit(1)).scalar()
    opened = open_visits(office)["opened"]
    if district:
        put_on_duty(office, who("qian"), "ma", district)
    plan_visits(office, who("qian"))
    told = ", ".join(f"{n} {tier}" for tier, n in tiers.items())
    return (
        f"{taken.new} contacts with what is confirmed, {taken.opened} warnings open ({told}), {opened} visits asked for"
    )


def _contacts(office: Office) -> list[ContactEvent]:
    """Contacts of the town's last day with confirmed lines, sites and accounts."""
    from chainbreak.app.confirmed_indicators import confirmed_indicators
    from chainbreak.app.contact_signs import Reader, with_places

    until = office.clock.now_us()
    with office.desk.read() as conn:
        confirmed = confirmed_indicators(office, conn)
    engine = office.engine()
    try:
        reader = Reader(engine, engine, confirmed, confirmed.keys(), until - 2 * US_PER_DAY, until)
        return with_places(engine, contacts_of(reader.read({}).events, ()), reader.since_us)
    finally:
        engine.close()


def _to_now(events: list[ContactEvent], now_us: int) -> list[ContactEvent]:
    newest = max((event.ended_at_us or event.at_us for event in events), default=now_us)
    by_us = now_us - FRESH_US - newest
    some = [
        event for kind in KINDS
        for event in sorted((e for e in events if e.kind == kind), key=lambda e: e.at_us, reverse=True)[:OF_A_KIND]
    ]  # fmt: skip
    return [
        replace(event, at_us=event.at_us + by_us, ended_at_us=event.ended_at_us and event.ended_at_us + by_us)
        for event in some
    ]  # fmt: skip
