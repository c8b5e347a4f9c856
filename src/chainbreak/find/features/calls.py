"""What call records say of SIMs: legs, contacts and days. All integers; the day is the record's own `local_day`."""

from __future__ import annotations

from typing import Any

import ibis

LEG_COLUMNS = (
    "record_ref", "sim", "msisdn", "imsi", "at_us", "end_us", "local_day", "local_hour", "kind", "peer", "imei",
    "imei_tac", "cell_id", "answered", "msisdn_class",
)  # fmt: skip


def legs(call: Any) -> Any:
    """One row a voice leg (mo_call, mt_call) of a known SIM, columns `LEG_COLUMNS`.

    `sim` is the IMSI's token, or the line's where the operator gives no IMSI; `end_us` (µs UTC) is the start plus the
    answered time; `answered` falls back on a duration above 0 s.
    """
    duration_s = ibis.coalesce(call.duration_s, 0).cast("int64")
    named = call.mutate(
        sim=ibis.coalesce(call.imsi, call.msisdn),
        end_us=call.at_us + duration_s * 1_000_000,
        answered=ibis.coalesce(call.answered, duration_s > 0),
    )
    return named.filter(named.sim.notnull(), named.kind.isin(["mo_call", "mt_call"])).select(*LEG_COLUMNS)


def contact_days(leg: Any) -> Any:
    """One row (sim, local_day, peer): `mo` and `mt` calls between them that day."""
    is_mo = (leg.kind == "mo_call").cast("int64")
    marked = leg.filter(leg.peer.notnull()).mutate(is_mo=is_mo, is_mt=1 - is_mo)
    return marked.group_by("sim", "local_day", "peer").agg(
        mo=marked.is_mo.sum().cast("int64"), mt=marked.is_mt.sum().cast("int64")
    )


def sim_days(contact_day: Any) -> Any:
    """One row (sim, local_day): `mo_calls`, `mt_calls`, `callees` (distinct peers called), `called_back` (callees who
    called the same day)."""
    called = (contact_day.mo > 0).cast("int64")
    mutual = ((contact_day.mo > 0) & (contact_day.mt > 0)).cast("int64")
    marked = contact_day.mutate(called=called, mutual=mutual)
    return marked.group_by("sim", "local_day").agg(
        mo_calls=marked.mo.sum().cast("int64"), mt_calls=marked.mt.sum().cast("int64"),
        callees=marked.called.sum().cast("int64"), called_back=marked.mutual.sum().cast("int64"),
    )  # fmt: skip
