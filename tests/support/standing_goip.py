"""goip@1 with standing contacts and uses: the same detector, so its findings must be goip@1's to the byte."""

from __future__ import annotations

from typing import Any

from chainbreak.find.contract.detector import Keep, Standing, Tables
from chainbreak.find.detectors.goip.v1 import Goip
from chainbreak.find.detectors.goip.v1.reduce import busiest_days, reduce_calls, uses
from chainbreak.find.features.calls import contact_days, legs, sim_days


class StandingGoip(Goip):
    """Contacts by day; uses by card, handset and cell."""

    def standing(self, tables: Tables) -> dict[str, Standing]:
        """Two aggregates, one by day and one not."""
        leg = legs(tables["call"])
        contacts = Standing(contact_days(leg), ("sim", "local_day", "peer"), {"mo": "sum", "mt": "sum"})
        worn = Standing(
            uses(leg), ("sim", "imei", "imei_tac", "cell_id"), {"legs": "sum", "first_us": "min", "record_ref": "min"}
        )
        return {"contacts": contacts, "worn": worn}

    def reduce(self, tables: Tables, as_of_us: int, keep: Keep) -> dict[str, Any]:
        """As goip@1, with candidates and uses from what stands."""
        busiest = keep("chosen", busiest_days(sim_days(tables["contacts"]), self.params))
        reduced = reduce_calls(tables, self.params, keep)
        return {**reduced, "uses": tables["worn"].semi_join(busiest, "sim")}
