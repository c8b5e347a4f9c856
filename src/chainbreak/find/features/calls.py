"""What call records say of SIMs: legs, contacts and days. All integers; the day is the record's own `local_day`."""

from __future__ import annotations

from typing import Any

import ibis

from chainbreak.base.clock import US_PER_S
from chainbreak.find.features.integers import one, summed

LEG_COLUMNS = (
    "record_ref", "sim", "msisdn", "imsi", "at_us", "end_us", "local_day", "local_hour", "kind", "peer", "imei",
    "imei_tac", "cell_id", "answered", "msisdn_class",
)  # fmt: skip


def legs(call: Any) -> Any:
    """One row a voice leg of a known SIM, columns `LEG_COLUMNS`."""
    return voice_of(of_known_sims(call)).select(*LEG_COLUMNS)


def of_known_sims(call: Any) -> Any:
    """Records of a known SIM: `sim` is the card's token, or the line's where the operator gives no card; `duration_s`
    is 0 where unknown; `end_us` (µs UTC) is the start plus the answered time; `answered` falls back on a duration above
    0 s; `is_mo` and `is_mt` are 1 for calls out and in."""
    duration_s = ibis.coalesce(call.duration_s, 0).cast("int64")
    rows = call.mutate(
        sim=ibis.coalesce(call.imsi, call.msisdn), duration_s=duration_s, end_us=call.at_us + duration_s * US_PER_S,
        answered=ibis.coalesce(call.answered, duration_s > 0),
        is_mo=one(call.kind == "mo_call"), is_mt=one(call.kind == "mt_call"),
    )  # fmt: skip
    return rows.filter(rows.sim.notnull())


def voice_of(seen: Any) -> Any:
    """The calls out and in among records."""
    return seen.filter(seen.kind.isin(["mo_call", "mt_call"]))


def contact_days(leg: Any) -> Any:
    """One row (sim, local_day, peer): `mo` and `mt` calls between them that day."""
    is_mo = (leg.kind == "mo_call").cast("int64")
    marked = leg.filter(leg.peer.notnull()).mutate(is_mo=is_mo, is_mt=1 - is_mo)
    return marked.group_by("sim", "local_day", "peer").agg(mo=summed(marked.is_mo), mt=summed(marked.is_mt))


def sim_days(contact_day: Any) -> Any:
    """One row (sim, local_day): `mo_calls`, `mt_calls`, `callees` (distinct peers called), `called_back` (callees who
    called the same day)."""
    called = (contact_day.mo > 0).cast("int64")
    mutual = ((contact_day.mo > 0) & (contact_day.mt > 0)).cast("int64")
    marked = contact_day.mutate(called=called, mutual=mutual)
    return marked.group_by("sim", "local_day").agg(
        mo_calls=summed(marked.mo), mt_calls=summed(marked.mt), callees=summed(marked.called),
        called_back=summed(marked.mutual),
    )  # fmt: skip
