"""A kept run as it would be at another moment or under another rule: a look, which is not kept and cites nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chainbreak.app.claimed import Asked, looked_up
from chainbreak.app.ledger_of import ledger_of
from chainbreak.app.trace_run import RunTerms, rules_named, run_body
from chainbreak.base.clock import rfc3339
from chainbreak.base.errors import UsageError
from chainbreak.find.tracing import RULES

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office


def view_trace(
    office: Office, run: Mapping[str, Any], rule: str = "", as_of_us: int | None = None, *, compare: bool = False
) -> dict[str, Any]:
    """`run` (as `show_trace` gave it, which also asks for the right and notes the look) with `kept`: whether it is as
    kept. Otherwise its claims are traced anew through the newest ledger until `as_of_us` (None: the run's own) under
    `rule` ("": the run's own). `compare`: all rules side by side as well.

    Raises:
        UsageError: no such rule (CB-US-001), or nothing had moved by then (CB-TR-024).
    """
    terms = run["terms"]
    rules = rules_named(rule or run["rule"])
    as_of = terms["as_of_us"] if as_of_us is None else as_of_us
    kept = (rules[0], as_of) == (run["rule"], terms["as_of_us"])
    if kept and (not compare or set(terms["rules"]) == set(RULES)):
        return {**run, "kept": True}
    held = ledger_of(office)
    claims = [
        {**claim, "row": looked_up(held, Asked(claim["transfer_id"], claim["claim_fen"])).row}
        for claim in run["claims"]
        if claim["booked_at_us"] <= as_of
    ]
    if not claims:
        raise UsageError("CB-TR-024", "at that moment none of the claimed money had moved yet", given=rfc3339(as_of))
    side_by_side = (rules[0], *(other for other in RULES if other != rules[0])) if compare else rules
    asked = RunTerms(side_by_side, as_of, terms["horizon_us"], terms["de_minimis_fen"], terms["back"])
    told = {name: run[name] for name in ("run_id", "made_by", "made_at_us", "digest")}
    return {**run_body(held, run["what"], claims, asked), **told, "kept": kept}
