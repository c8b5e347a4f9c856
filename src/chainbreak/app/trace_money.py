"""Follow the money of a report, or of transfers named by hand, and keep what was found as a run that can be cited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chainbreak.app.claimed import Asked, asked_claims, thing_named
from chainbreak.app.ledger_of import Held, ledger_of
from chainbreak.app.trace_rights import must_trace
from chainbreak.app.trace_run import LARGEST, RunTerms, rules_named, run_body
from chainbreak.base.clock import from_us
from chainbreak.base.errors import UsageError
from chainbreak.find.tracing import HORIZON_US, Rule
from chainbreak.store.desk import funds

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

BACK_RULE: Rule = "fifo"
SEVERAL = "several"
"""The rule of a run that compares rules."""


def trace_money(
    office: Office, actor: Actor, what: str, rule: str = "fifo", as_of_us: int | None = None,
    horizon_us: int | None = HORIZON_US, de_minimis_fen: int = 0, *, transfers: Sequence[Asked] = (),
    back: bool = False, purpose: str = "", case: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Trace `what` (a report, or a transfer) and return the run: run_id, what, rule, terms, ledger, claims, caveats,
    and what `trace_body.body_of` gives, or `reached` under poison; `rules` when several are asked (`fifo,lib`, `all`).

    The claims of a report are its own payments that are certain, and those that people opened; with `transfers` they
    are exactly these. `as_of_us` None: the end of the ledger, which the run then names, as it does for a moment after
    it: nobody has seen more. `back`: where the money came from. The claims are opened and the run is kept, with its
    leaf, in one transaction.

    Raises:
        RefusedError: a role that does not follow money (CB-TR-022).
        UsageError: no such report or transfer (CB-TR-023), as-of before every claim (CB-TR-024), nothing certain to
            follow (CB-TR-025), an amount that the transfer does not have (CB-TR-026), no such rule (CB-US-001), a
            limit below zero (CB-TR-010), back under another rule (CB-TR-030), as-of still to come (CB-TR-031).
        InputError: a transfer without a place in the ledger (CB-TR-027).
    """
    must_trace(office, actor, f"trace:{what}"[:255])
    held = ledger_of(office)
    terms = RunTerms(_rules(rule, back), _as_seen(office, held, as_of_us), horizon_us, de_minimis_fen, back)
    thing = thing_named(office, held, what)
    asked = asked_claims(office, held, thing, transfers)
    in_time = [one for one in asked if one.booked_at_us <= terms.as_of_us]
    if not in_time:
        raise _too_early(office, asked)
    with office.desk.begin() as conn:
        body = kept_body(office, conn, actor, held, thing, in_time, terms)
        run_id = keep(office, conn, actor, body, purpose=purpose, case=case)
    return {**body, "run_id": run_id}


def kept_body(
    office: Office, conn: Connection, actor: Actor, held: Held, thing: str, asked: Sequence[Asked], terms: RunTerms
) -> dict[str, Any]:  # fmt: skip
    """The body of a run whose claims are opened on the desk; a look back claims nothing."""
    ids = [one.transfer_id for one in asked]
    if not terms.back:
        parts = [funds.Part(one.transfer_id, one.claim_fen) for one in asked]
        rows = funds.open_claims(conn, report_of(thing), parts, actor.name, office.clock.now_us())
        ids = [row["claim_id"] for row in rows]
    claims = [{"claim_id": ident, "report_id": report_of(thing), **one.facts(held)}
              for ident, one in zip(ids, asked, strict=True)]  # fmt: skip
    return run_body(held, thing, claims, terms)


def keep(
    office: Office, conn: Connection, actor: Actor, body: dict[str, Any], *, purpose: str = "", case: str = ""
) -> str:  # fmt: skip
    """Write a run and its leaf; returns its number."""
    from chainbreak.audit.log import Entry, append

    now, terms, ledger = office.clock.now_us(), body["terms"], body["ledger"]
    run_id = funds.keep_run(
        conn, what=body["what"], rule=body["rule"] if len(terms["rules"]) == 1 else SEVERAL, terms=terms,
        ledger_digest=ledger["digest"], ledger_version=ledger["version"], made_by=actor.name, made_at_us=now, body=body,
        claims=() if terms["back"] else [claim["claim_id"] for claim in body["claims"]],
    )  # fmt: skip
    payload = {"run_id": run_id, "ledger": ledger["digest"], "claims": [c["claim_id"] for c in body["claims"]]}
    append(conn, Entry.by(actor, now, "trace.run", body["what"], purpose=purpose.strip(), case=case.strip(),
                          payload=payload))  # fmt: skip
    return run_id


def report_of(thing: str) -> str:
    """The report that a thing (`report:…`, `transfer:…`) is; "" when it is none."""
    return thing.removeprefix("report:") if thing.startswith("report:") else ""


def _rules(rule: str, back: bool) -> tuple[Rule, ...]:
    rules = rules_named(rule)
    if back and rules != (BACK_RULE,):
        raise UsageError("CB-TR-030", "money is followed back under one rule", given=rule[:40], allowed=BACK_RULE)
    return rules


def _as_seen(office: Office, held: Held, as_of_us: int | None) -> int:
    """The moment of a run: the one given, at most the last booking known, in the ledger or without a place in it.

    One still to come is refused: such a run would pass its balances off as fresh. (What is no time at all `RunTerms`
    refuses.)
    """
    from pyarrow.compute import max as max_of

    if as_of_us is None:
        return held.until_us
    latest = max(held.until_us, office.clock.now_us())
    if latest < as_of_us <= LARGEST:
        raise UsageError("CB-TR-031", "that moment is still to come", given=_local(office, as_of_us),
                         allowed=f"{_local(office, latest)} or earlier", next_step="leave --as-of away")  # fmt: skip
    last = max(held.until_us, max_of(held.refused["booked_at_us"]).as_py() or 0)
    return as_of_us if as_of_us > LARGEST else min(as_of_us, last)


def _too_early(office: Office, asked: Sequence[Asked]) -> UsageError:
    first = min(one.booked_at_us for one in asked)
    return UsageError("CB-TR-024", "at that moment none of the claimed money had moved yet",
                      allowed=f"{_local(office, first)} or later", next_step="give a later --as-of")  # fmt: skip


def _local(office: Office, at_us: int) -> str:
    """A moment as it can be typed again: in the centre's own time, with its offset."""
    return from_us(at_us, office.centre.settings.zone).isoformat()
