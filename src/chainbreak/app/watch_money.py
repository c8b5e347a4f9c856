"""Follow the lake: trace every open claim again as transfers arrive, and keep a run whenever its money moved on.

What was seen is the runs on the desk themselves: a look that finds the flows of the last run adds nothing, so a watch
that was killed anywhere goes on where it was, and two watches at once keep each run once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chainbreak.app.claimed import Asked, looked_up, standing_claims
from chainbreak.app.claims_of_report import candidates_of
from chainbreak.app.file_reports import file_reports
from chainbreak.app.ledger_of import Held, ledger_of
from chainbreak.app.trace_money import keep, kept_body
from chainbreak.app.trace_rights import must_trace
from chainbreak.app.trace_run import RunTerms
from chainbreak.base.clock import US_PER_DAY
from chainbreak.base.errors import ChainbreakError
from chainbreak.base.log import get_log
from chainbreak.find.tracing import HORIZON_US, Claim
from chainbreak.store.desk import funds

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.find.tracing import Tracer
    from chainbreak.records.actor import Actor

REPORTED_US = HORIZON_US + 7 * US_PER_DAY
"""Reports are watched for so long after they were made: the horizon, and a week in which people report late."""
LOOKED_BACK = 20
"""Runs of one thing among which its last comparable one is looked for; others are a person's, on other terms."""
Moved = frozenset[tuple[str, int, int]]
"""The flows of a trace: (transfer_id, lo, hi)."""
Flowed = tuple[bytes, bytes, bytes]
"""The same by ledger rows, as bytes: enough to see that nothing changed in a ledger that only grew."""


def watch_money(
    office: Office, actor: Actor, *, once: bool = False, every_s: float = 0.5, draft: bool = False,
    wait: Callable[[float], None] = time.sleep,
) -> Generator[dict[str, Any]]:  # fmt: skip
    """Yield a step for each open claim whose money moved: what, run_id, new_flows, holding_fen, proposals (how many
    holds the run is worth), drafts (how many of them were drafted: with `draft`), as_of_us, took_s. Looks every
    `every_s` seconds for ever, or `once`.

    Raises:
        RefusedError: a role that does not follow money (CB-TR-022).
        SetupError: no transfers (CB-TR-020); the desk cannot be written.
    """
    must_trace(office, actor, "trace:*")
    watch, known = _Watch(office, actor, draft), None
    while True:
        began = time.monotonic()
        stamp = _stamp(office)
        if stamp != known:
            yield from watch.look()
            known = stamp
        if once:
            return
        wait(max(0.0, every_s - (time.monotonic() - began)))


def _stamp(office: Office) -> tuple[Any, ...]:
    """What a look depends on: while it stays the same, nothing moves."""
    from sqlalchemy import func, select

    from chainbreak.store.desk.tables_funds import claim
    from chainbreak.store.desk.tables_reports import report_event

    with office.desk.read() as conn:
        said = [conn.execute(select(func.max(c))).scalar() for c in (report_event.c.event_id, claim.c.number)]
    return (*office.lake.snapshot(["transfer", "account", "report"]).items(), *said)


class _Watch:
    """What one watch has seen of one ledger; forgotten when the ledger is built anew."""

    def __init__(self, office: Office, actor: Actor, draft: bool) -> None:
        self.office, self.actor, self.draft = office, actor, draft
        self._tracer: Tracer | None = None
        self._flowed: dict[str, Flowed] = {}
        self._candidates: dict[str, tuple[Mapping[str, Any], list[dict[str, Any]]]] = {}

    def look(self) -> Generator[dict[str, Any]]:
        """One step for each thing whose money moved since the last look."""
        held = ledger_of(self.office)
        if held.tracer is not self._tracer:
            self._tracer = held.tracer
            self._flowed.clear()
            self._candidates.clear()
        for thing, asked in self._open_things(held).items():
            began = time.monotonic()
            try:
                found = sorted((looked_up(held, one) for one in asked), key=lambda one: one.row)
                step = self._step(held, thing, found)
                if step is None or not (step["new_flows"] or self.draft):
                    continue
                step |= _proposed(self.office, self.actor, step["run_id"], self.draft)
            except ChainbreakError as e:
                # One claim that cannot be followed must not end the watch of the others; the next look tries it again.
                self._flowed.pop(thing, None)
                get_log("trace").warning("watch_failed", what=thing, code=e.code)
                continue
            if step["new_flows"] or step["drafts"]:
                yield {**step, "took_s": round(time.monotonic() - began, 3)}

    def _open_things(self, held: Held) -> dict[str, list[Asked]]:
        """What is watched: reports of late that are open and have a certain or an opened claim; transfers by hand."""
        file_reports(self.office)
        rows, claims = _open_on_desk(self.office, held.until_us - REPORTED_US)
        new = [row for row in rows if self._candidates.get(row["report_id"], ({}, []))[0] != row]
        found = candidates_of(self.office, held, new)
        self._candidates |= {row["report_id"]: (row, found[row["report_id"]]) for row in new}
        things = {}
        for row in rows:
            candidates = self._candidates[row["report_id"]][1]
            if asked := standing_claims(candidates, claims.get(row["report_id"], [])):
                things[f"report:{row['report_id']}"] = asked
            if row["reported_at_us"] > held.until_us:  # payments before the report may still arrive
                del self._candidates[row["report_id"]]
        by_hand = [row for row in claims.get("", []) if row["state"] == funds.OPEN]
        return things | {f"transfer:{row['transfer_id']}": [Asked(row["transfer_id"], row["fen"])] for row in by_hand}

    def _step(self, held: Held, thing: str, asked: Sequence[Asked]) -> dict[str, Any] | None:
        """Keep a run of one thing if it has flows that its last one has not. When nothing moved: the last run with no
        new flows when this watch sees the thing first, which may have been killed before it drafted; else None.
        """
        terms, before = RunTerms(("fifo",), held.until_us), self._flowed.get(thing)
        flows = held.tracer.trace([Claim(a.transfer_id, a.row, a.claim_fen) for a in asked], terms.of("fifo")).flows
        flowed = flows.row.tobytes(), flows.lo.tobytes(), flows.hi.tobytes()
        if flowed == before:
            return None
        now = frozenset(zip(held.transfer_ids(flows.row), flows.lo.tolist(), flows.hi.tolist(), strict=True))
        with self.office.desk.begin() as conn:
            # Whoever kept a run meanwhile is before us in the queue of writers, and is read here.
            run_id, holding_fen, kept = _last(conn, thing)
            new = now - kept
            if new or not run_id:
                body = kept_body(self.office, conn, self.actor, held, thing, asked, terms)
                run_id = keep(self.office, conn, self.actor, body, purpose="watch")
                holding_fen = body["totals"]["holding"]
            elif before is not None or funds.read_proposals(conn, run_id):
                run_id = ""
        self._flowed[thing] = flowed
        if not run_id:
            return None
        return {"what": thing, "run_id": run_id, "new_flows": len(new), "holding_fen": holding_fen,
                "as_of_us": held.until_us}  # fmt: skip


def _open_on_desk(
    office: Office, since_us: int
) -> tuple[list[dict[str, Any]], dict[str, list[dict[str, Any]]]]:  # fmt: skip
    """Open reports made since a moment, and report_id -> claims, oldest first, of these and ("") of no report."""
    from sqlalchemy import select

    from chainbreak.store.desk.reports import OPEN
    from chainbreak.store.desk.tables_funds import claim
    from chainbreak.store.desk.tables_reports import report_file

    r, c = report_file.c, claim.c
    late = (r.state == OPEN) & (r.reported_at_us >= since_us)
    theirs = c.report_id.in_(select(r.report_id).where(late)) | ((c.report_id == "") & (c.state == funds.OPEN))
    with office.desk.read() as conn:
        found = conn.execute(select(report_file).where(late).order_by(r.reported_at_us, r.report_id)).mappings()
        rows = [{**row, "said": json.loads(row["said"])} for row in found]
        claims: dict[str, list[dict[str, Any]]] = {}
        for row in conn.execute(select(claim).where(theirs).order_by(c.number)).mappings():
            claims.setdefault(row["report_id"], []).append(dict(row))
    return rows, claims


def _proposed(office: Office, actor: Actor, run_id: str, draft: bool) -> dict[str, int]:
    """How many holds a run is worth, and with `draft` how many of them were drafted; a person submits each."""
    from chainbreak.act.funds.proposals import PROPOSED
    from chainbreak.app.draft_holds import draft_holds
    from chainbreak.app.propose_holds import propose_holds

    rows = propose_holds(office, actor, run_id, purpose="watch")
    worth = sum(row["state"] == PROPOSED for row in rows)
    drafted = draft_holds(office, actor, run_id, purpose="watch") if draft and worth else []
    return {"proposals": worth, "drafts": sum(row["ok"] for row in drafted)}


def _last(conn: Connection, thing: str) -> tuple[str, int, Moved]:
    """The last run of a thing on the terms of a watch ("": none), the fen it found on accounts, its flows."""
    terms = RunTerms(("fifo",), 0)
    for row in funds.list_runs(conn, thing, LOOKED_BACK):
        run = funds.read_run(conn, row["run_id"])
        assert run is not None
        said = run["terms"]
        if RunTerms(**{**said, "rules": tuple(said["rules"]), "as_of_us": 0}) == terms:
            flows = frozenset((f["transfer_id"], f["lo"], f["hi"]) for f in run["body"]["flows"])
            return row["run_id"], run["body"]["totals"]["holding"], flows
    return "", 0, frozenset()
