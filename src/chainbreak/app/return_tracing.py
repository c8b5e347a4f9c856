"""What time stamps show of a frozen account: the FIFO trace of the victims' claims, as the plain nouns of a return.

Two sources: the ledger of the lake with the claims that the desk has opened, or the account's own statement as a bank
hands it over, with the claim written beside each credit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from chainbreak.act.returns.model import Hop, Piece, Tracing, Victim
from chainbreak.base.errors import InputError, SetupError, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.app.ledger_of import Held
    from chainbreak.app.return_claims import Booking, Given
    from chainbreak.find.tracing import Claim, Ledger, Traced

TIES, COVERAGE, NO_LEDGER, CLAIMED_TWICE = "ties", "coverage", "no_ledger", "claimed_twice"
"""Why there is no tracing: bookings of one instant without an order, a ledger that is not held to the end, none, the
same fen claimed by two reports."""
STATEMENT = "statement"
Shown = tuple[Tracing | None, str]


def warm_ledger(office: Office, given: Given) -> None:
    """Have the lake's ledger in the process where it will be asked, so that no write transaction waits for it."""
    import contextlib

    from chainbreak.app.ledger_of import ledger_of

    if not given.statement:
        with contextlib.suppress(SetupError):
            ledger_of(office)


def tracing_of_statement(account: str, statement: Sequence[Booking], opening_fen: int) -> Shown:
    """The tracing that an account's own statement gives, or why there is none."""
    import numpy as np

    from chainbreak.find.tracing import FOREVER, Terms, Tracer, make_ledger

    others = {name: at for at, name in enumerate(sorted({row.counterparty for row in statement}), 1)}
    seq = [row.seq for row in statement]
    sides = [(others[row.counterparty], 0) if row.direction == "in" else (0, others[row.counterparty])
             for row in statement]  # fmt: skip
    try:
        ledger, order = make_ledger(
            [row.booked_at_us for row in statement], None if None in seq else np.array(seq, np.int64),
            [payer for payer, _ in sides], [payee for _, payee in sides], [row.fen for row in statement],
            accounts=len(others) + 1, opening_fen=[opening_fen, *[-1] * len(others)],
            covered_until_us=[FOREVER, *[0] * len(others)],
        )  # fmt: skip
    except InputError as e:
        if e.code == "CB-TR-001":
            return None, TIES
        raise
    rows = [statement[at] for at in order.tolist()]
    claims = [(row.claim_id, at) for at, row in enumerate(rows) if row.direction == "in" and row.claim_id]
    traced = Tracer(ledger).trace(_numbered((at, rows[at].fen, 0) for _, at in claims), Terms(horizon_us=None))

    def hop(row: int) -> Hop:
        booked = rows[row]
        payer, payee = (booked.counterparty, account) if booked.direction == "in" else (account, booked.counterparty)
        return Hop(booked.transfer_id, payer, payee, booked.fen, booked.booked_at_us)

    owners = [claim_id for claim_id, _ in claims]
    return _tracing(traced, ledger, ledger.digest(), 0, owners, hop, STATEMENT), ""


def tracing_of_ledger(office: Office, conn: Connection, account: str, victims: Iterable[Victim]) -> Shown:
    """The tracing that the lake's ledger gives for the claims opened on the victims' reports, or why there is none."""
    from chainbreak.app.ledger_of import ledger_of

    try:
        held = ledger_of(office)
    except SetupError:
        return None, NO_LEDGER
    with held.lock:
        return _of_held(held, conn, account, victims)


def _of_held(held: Held, conn: Connection, account: str, victims: Iterable[Victim]) -> Shown:
    from chainbreak.find.tracing import FOREVER, Terms
    from chainbreak.store.desk import funds

    number = held.number(account)
    if number is None or int(held.tracer.ledger.covered_until_us[number]) != FOREVER:
        return None, COVERAGE
    owners, parts = [], []
    for victim in victims:
        for row in funds.claims_of(conn, victim.claim_id):
            at = held.row_of(row["transfer_id"]) if row["state"] == funds.OPEN else None
            if at is not None:
                owners.append(victim.claim_id)
                parts.append((at, row["fen"], row["lo_fen"]))
    try:
        traced = held.tracer.trace(_numbered(parts), Terms(horizon_us=None))
    except UsageError as e:
        if e.code == "CB-TR-012":
            return None, CLAIMED_TWICE
        raise
    ledger = held.tracer.ledger

    def hop(row: int) -> Hop:
        payer, payee = held.account(int(ledger.payer[row])), held.account(int(ledger.payee[row]))
        return Hop(held.transfer_id(row), payer, payee, int(ledger.fen[row]), int(ledger.at_us[row]))

    return _tracing(traced, ledger, held.digest(), number, owners, hop, "ledger"), ""


def _numbered(parts: Iterable[tuple[int, int, int]]) -> list[Claim]:
    from chainbreak.find.tracing import Claim

    return [Claim(str(at), row, fen, lo) for at, (row, fen, lo) in enumerate(parts)]


def _tracing(
    traced: Traced, ledger: Ledger, digest: str, account: int, owners: Sequence[str], hop: Callable[[int], Hop],
    source: str,
) -> Tracing:  # fmt: skip
    """What lies on `account` by `traced`, whose k-th claim is of `owners[k]`; equal pieces by time of arrival."""
    import numpy as np

    from chainbreak.find.tracing import HOLDING

    places, flows, pieces = traced.places, traced.flows, []
    for at in np.flatnonzero((places.bucket == HOLDING) & (places.account == account)).tolist():
        claim, flow, rows = int(places.claim[at]), int(places.flow[at]), []
        while flow >= 0:
            rows.append(int(flows.row[flow]))
            flow = int(flows.parent[flow])
        path = tuple(hop(row) for row in reversed(rows))
        pieces.append(Piece(owners[claim], int(places.fen[at]), path))
    pieces.sort(key=lambda piece: (piece.path[-1].at_us, piece.claim_id, piece.path[-1].transfer_id, piece.fen))
    return Tracing(
        digest, int(ledger.at_us[-1]) if ledger.rows else 0, int(np.count_nonzero(ledger.payee == account)),
        int(ledger.opening_fen[account]), tuple(pieces), source,
    )  # fmt: skip
