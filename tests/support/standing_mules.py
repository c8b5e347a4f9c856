"""mules@2 beside two standing tables, by day and not; they go into the facts, so that a wrong sum shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chainbreak.find.contract.detector import Keep, Rows, Standing, Suspicion, Tables
from chainbreak.find.detectors.mules.v2 import Mules
from chainbreak.records.finding import write_token


class StandingMules(Mules):
    """Entries a payee and day, and the latest of each."""

    def standing(self, tables: Tables) -> dict[str, Standing]:
        """Two aggregates: one by day, one over all."""
        paid = tables["transfer"]
        inflow = paid.group_by("payee", "local_day").agg(n=paid.count().cast("int64"), fen=paid.amount_fen.sum())
        latest = paid.group_by("payee").agg(first_us=paid.booked_at_us.min(), last_us=paid.booked_at_us.max())
        return {
            "inflow": Standing(inflow, ("payee", "local_day"), {"n": "sum", "fen": "sum"}),
            "latest": Standing(latest, ("payee",), {"first_us": "min", "last_us": "max"}),
        }

    def reduce(self, tables: Tables, as_of_us: int, keep: Keep) -> dict[str, Any]:
        """As mules@2, and what stands."""
        return {**super().reduce(tables, as_of_us, keep), "inflow": tables["inflow"], "latest": tables["latest"]}

    def judge(self, reduced: Rows, as_of_us: int) -> list[Suspicion]:
        """As mules@2, with the sums of what stands as facts."""
        facts: dict[str, dict[str, float | int | str]] = {}
        for row in (*reduced["inflow"].to_pylist(), *reduced["latest"].to_pylist()):
            known = facts.setdefault(write_token("account", row["payee"]), {})
            if "n" in row:
                known["rows"] = int(known.get("rows", 0)) + 1
                known["n"], known["fen"] = int(known.get("n", 0)) + row["n"], int(known.get("fen", 0)) + row["fen"]
            else:
                known["span_us"] = str(row["last_us"] - row["first_us"])
        suspicions = super().judge(reduced, as_of_us)
        return [replace(s, facts={**s.facts, **facts.get(s.subject, {})}) for s in suspicions]
