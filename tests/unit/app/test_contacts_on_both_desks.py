"""Contacts from records and partners, and taking them back, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from pathlib import Path

from contact_world import (
    ACCOUNTS,
    CHEN,
    FRAUD,
    LINES,
    MULE,
    NO_HOLDER,
    NOW_US,
    OWN,
    QIAN,
    VICTIM,
    ago,
    bring,
    confirm,
    events_in,
    found,
    leg,
    line,
    people,
    token,
)
from sqlalchemy import select, update

from chainbreak.app.collect_contacts import watch_contacts
from chainbreak.app.give_verdict import give_verdict
from chainbreak.app.init_centre import init_centre
from chainbreak.app.list_asides import list_asides
from chainbreak.app.retract_contacts import retract_contacts, retract_overturned
from chainbreak.app.take_partner_events import take_partner_events
from chainbreak.base.clock import FixedClock, rfc3339
from chainbreak.base.settings import Settings
from chainbreak.records.kind import Identifier
from chainbreak.store.desk.tables_contacts import retraction
from chainbreak.store.desk.tables_warnings import warning, warning_send


def test_from_contact_to_correction(desk_url: str, tmp_path: Path) -> None:
    office = init_centre(tmp_path / "centre", Settings(desk_url=desk_url), FixedClock(NOW_US))
    people(office)
    bring(office, "line", LINES)
    bring(office, "account", ACCOUNTS)
    finding_id = confirm(office, found(office, line(office, FRAUD)))
    mule = token(office, Identifier.ACCOUNT, MULE)
    confirm(office, found(office, mule))
    bring(office, "call", [leg(50, FRAUD, VICTIM, "mo_call", 30)])
    bring(office, "transfer", [
        {"transfer_id": f"t{n}", "booked_at_us": ago(30 - n), "payer": payer, "payee": MULE, "amount_fen": 90}
        for n, payer in enumerate((OWN, NO_HOLDER))
    ])  # fmt: skip
    (done,) = watch_contacts(office, once=True)
    assert (done.taken.new, done.unreachable) == (2, 1)
    assert list(watch_contacts(office, once=True)) == []
    row = {"kind": "call.fraud_line", "number": VICTIM, "indicator": FRAUD, "at": rfc3339(ago(50)), "ref": "x",
           "facts": {"running": True}}  # fmt: skip
    assert take_partner_events(office, QIAN, "carrier-a", [row]).grown == 1
    with office.desk.begin() as conn:
        conn.execute(update(warning_send).values(state="delivered"))
    give_verdict(office, CHEN, finding_id, "false")
    assert [one["warnings"] for one in retract_overturned(office)] == [1]
    assert retract_contacts(office, CHEN, mule, "户主是商户")["warnings"] == 1
    assert retract_overturned(office) == []
    with office.desk.read() as conn:
        assert set(conn.execute(select(warning.c.state)).scalars()) == {"retracted"}
        assert [tuple(r) for r in conn.execute(select(retraction.c.events, retraction.c.warnings))] == [(1, 1), (1, 1)]
        corrected = conn.execute(select(warning_send.c.channel).where(warning_send.c.purpose == "correct")).scalars()
        assert sorted(corrected) == sorted(
            conn.execute(select(warning_send.c.channel).where(warning_send.c.purpose == "warn")).scalars()
        )
    assert all(row["retracted_at_us"] for row in events_in(office))
    assert [one["reason"] for one in list_asides(office)] == ["holder_unknown"]
    office.desk.close()
