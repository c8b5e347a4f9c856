"""Rules of thumb that goip is measured against, as an analyst would type them."""

from __future__ import annotations

from typing import Any

from chainbreak.find.contract.detector import Tables
from chainbreak.find.features.calls import contact_days, legs, sim_days

FAN_OUT = 40
"""Numbers called on one day; the low end of couriers and sales, the level at which an analyst would look."""


def shared_imei_rule(tables: Tables) -> Any:
    """Rows (cluster, token): every IMEI that held two cards or more, with its cards."""
    worn = legs(tables["call"]).select("imei", "sim").distinct()
    worn = worn.filter(worn.imei.notnull())
    held = worn.group_by("imei").agg(sims=worn.sim.nunique())
    return worn.semi_join(held.filter(held.sims >= 2), "imei").select(cluster=worn.imei, token=worn.sim)


def fan_out_rule(tables: Tables) -> Any:
    """Rows (cluster, token): every card that called `FAN_OUT` numbers or more on one day, each a cluster of its own."""
    sim_day = sim_days(contact_days(legs(tables["call"])))
    loud = sim_day.filter(sim_day.callees >= FAN_OUT)
    return loud.select(cluster=loud.sim, token=loud.sim).distinct()
