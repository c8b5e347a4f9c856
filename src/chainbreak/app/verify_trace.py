"""Make a kept run again from the ledger it cites, and compare it byte for byte."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import rfc8785

from chainbreak.app.ledger_of import Held, build_ledger, ledger_of
from chainbreak.app.show_trace import run_named
from chainbreak.app.trace_rights import admit_trace
from chainbreak.app.trace_run import RunTerms, run_body
from chainbreak.base.errors import SetupError
from chainbreak.base.settings import Tracing

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor


def verify_trace(office: Office, actor: Actor, run_id: str) -> dict[str, Any]:
    """`ok`: the run comes out the same, byte for byte; `digest` as kept, `again` as made now, `why` when it differs:
    `bytes` (the kept ones are not what their digest says), `ledger` (what it cites cannot be had any more), `outcome`.

    Raises:
        RefusedError: a role whose work does not rest on traces (CB-TR-022).
        UsageError: no such run (CB-TR-028).
    """
    admit_trace(office, actor, "trace.verify", f"trace:{run_id}"[:255])
    with office.desk.read() as conn:
        row = run_named(conn, run_id)
    body, told = row["body"], {"run_id": row["run_id"], "what": row["what"], "digest": row["digest"]}
    if hashlib.sha256(rfc8785.dumps(body)).hexdigest() != row["digest"]:
        return {**told, "ok": False, "again": "", "why": "bytes"}
    again = ""
    for held in _ledgers(office, body):
        again = hashlib.sha256(rfc8785.dumps(_again(held, body))).hexdigest()
        if again == row["digest"]:
            return {**told, "ok": True, "again": again, "why": ""}
    return {**told, "ok": False, "again": again, "why": "outcome" if again else "ledger"}


def _ledgers(office: Office, body: Mapping[str, Any]) -> Iterator[Held]:
    """Ledgers with the digest that the run cites: the newest, whose later rows change nothing, and the one of then."""
    cited, as_of = body["ledger"], body["terms"]["as_of_us"]
    settings = Tracing.model_validate(cited["settings"])
    newest = ledger_of(office)
    if newest.settings == settings and newest.digest(as_of) == cited["digest"]:
        yield newest
    try:
        then = build_ledger(office, cited["version"], settings)
    except SetupError:  # purged, or written anew under other keys
        return
    if then.digest(as_of) == cited["digest"]:
        yield then


def _again(held: Held, body: Mapping[str, Any]) -> dict[str, Any]:
    terms = RunTerms(**{**body["terms"], "rules": tuple(body["terms"]["rules"])})
    # Rows are numbered alike wherever the digests are equal.
    made = run_body(held, body["what"], body["claims"], terms)
    made["ledger"]["version"] = body["ledger"]["version"]
    return {**made, "run_id": body["run_id"]}
