"""Many traces at once, each kept as a run of its own; what cannot be traced says why, and the others go on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainbreak.app.claimed import Asked
from chainbreak.app.file_reports import file_reports
from chainbreak.app.trace_money import trace_money
from chainbreak.app.trace_rights import must_trace
from chainbreak.base.errors import ChainbreakError, SetupError, UsageError
from chainbreak.base.units import yuan_to_fen

if TYPE_CHECKING:
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

MOST = 100_000
"""Lines of one file."""


def wanted_lines(path: Path) -> list[tuple[str, int]]:
    """(report or transfer, fen claimed or 0 for what is certain or whole) of each line `ID` or `ID,YUAN`; blank lines
    and those that begin with # are left out.

    Raises:
        UsageError: not such a file (CB-TR-029), with the line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise UsageError("CB-TR-029", "not a text file in UTF-8", given=path.name) from None
    if len(lines) > MOST:
        raise UsageError("CB-TR-029", "too many lines", given=f"{len(lines):,}", allowed=f"at most {MOST:,}")
    wanted = []
    for number, line in enumerate(lines, 1):
        ident, comma, yuan = (part.strip() for part in line.partition(","))
        if not ident or ident.startswith("#"):
            continue
        try:
            fen = yuan_to_fen(yuan) if comma else 0
        except ValueError:
            fen = -1
        if fen < 0 or (comma and fen == 0):
            raise UsageError("CB-TR-029", "not an amount in yuan", given=f"line {number}: {yuan[:40]}",
                             allowed="ID or ID,12345.67")  # fmt: skip
        wanted.append((ident, fen))
    return wanted


def trace_batch(
    office: Office, actor: Actor, wanted: Sequence[tuple[str, int]] = (), *, since_us: int | None = None, **terms: Any
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Trace each of `wanted`, and every open report since a moment: what, run_id, claimed_fen, holding_fen, accounts
    (on which money lies), error ("" when it was traced). `terms` as `trace_money` takes them.

    Raises:
        RefusedError: a role that does not follow money (CB-TR-022).
        UsageError: nothing is named (CB-TR-029).
        SetupError: the desk or the lake cannot be used; what was kept before stays.
    """
    must_trace(office, actor, "trace:*")
    if not wanted and since_us is None:
        raise UsageError("CB-TR-029", "nothing to trace", allowed="a file with lines, or --since MOMENT")
    every = [*wanted, *((f"report:{ident}", 0) for ident in (_since(office, since_us) if since_us is not None else ()))]
    for what, fen in every:
        transfers = [Asked(what.removeprefix("transfer:"), fen)] if fen else []
        try:
            run = trace_money(office, actor, what, transfers=transfers, **terms)
        except SetupError:  # of the centre, not of this line: the next ones would fail alike
            raise
        except ChainbreakError as e:
            yield {"what": what, "run_id": "", "claimed_fen": 0, "holding_fen": 0, "accounts": 0, "error": e.sentence()}
            continue
        totals = run.get("totals", {"claimed": sum(c["claim_fen"] for c in run["claims"]), "holding": 0})
        yield {"what": run["what"], "run_id": run["run_id"], "claimed_fen": totals["claimed"],
               "holding_fen": totals["holding"], "accounts": len(run.get("holdings", run.get("reached", ()))),
               "error": ""}  # fmt: skip


def _since(office: Office, since_us: int) -> list[str]:
    from sqlalchemy import select

    from chainbreak.store.desk.reports import OPEN
    from chainbreak.store.desk.tables_reports import report_file

    file_reports(office)
    r = report_file.c
    query = select(r.report_id).where(r.state == OPEN, r.reported_at_us >= since_us)
    with office.desk.read() as conn:
        return list(conn.execute(query.order_by(r.reported_at_us, r.report_id)).scalars())
