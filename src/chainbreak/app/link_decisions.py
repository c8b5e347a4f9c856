"""What every decision on links shares: who may, the reason, the transaction that can be tried out, the answer."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from chainbreak.base.errors import RefusedError, UsageError
from chainbreak.find.linkage import decisions as fold
from chainbreak.find.linkage.decisions import Constraint, Ruling
from chainbreak.records.actor import Role
from chainbreak.store.desk import series as desk_series
from chainbreak.store.desk.series import Decided

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.find.linkage.model import Decision
    from chainbreak.records.actor import Actor

DECIDERS = (Role.ANALYST,)
LONGEST_WHY = 2_000
MOST_PAIRS = 1_000_000
"""Pairs that one split may keep apart: 1,000 reports from 1,000. Each pair is a constraint of the next run."""


class _TriedOut(Exception):
    """Ends a transaction that was only to be tried."""


@contextmanager
def deciding(office: Office, actor: Actor, why: str, *, key: str | None, dry_run: bool) -> Iterator[Connection]:
    """The transaction of one decision of `actor`; with `dry_run` everything is done and then thrown away.

    Raises:
        RefusedError: the actor may not decide on links (CB-SE-002).
        UsageError: no reason, or too long a one (CB-SE-004).
    """
    if not actor.has(*DECIDERS):
        raise RefusedError("CB-SE-002", "this role does not decide on links", given="+".join(sorted(actor.roles)),
                           allowed=", ".join(DECIDERS))  # fmt: skip
    if not 0 < len(why.strip()) <= LONGEST_WHY:
        raise UsageError("CB-SE-004", "a decision needs its reason", given=f"{len(why)} characters",
                         allowed=f"1..{LONGEST_WHY}", next_step="say why: --why TEXT")  # fmt: skip
    with trying(office, key=key, dry_run=dry_run) as conn:
        yield conn


@contextmanager
def trying(office: Office, *, key: str | None = None, dry_run: bool) -> Iterator[Connection]:
    """A write transaction; with `dry_run` everything in it is done and then thrown away."""
    try:
        with office.desk.begin(key) as conn:
            yield conn
            if dry_run:
                raise _TriedOut
    except _TriedOut:
        pass


def write_decision(
    conn: Connection, office: Office, actor: Actor, kind: str, why: str, a: Collection[str], b: Collection[str] = (), *,
    series_a: str | None = None, series_b: str | None = None, undoes: int | None = None,
) -> int:  # fmt: skip
    """Append the decision and its leaf, and return its number.

    Raises:
        UsageError: it keeps apart more pairs than a run can hold (CB-SE-010).
    """
    from chainbreak.audit.log import Entry, append

    if kind == fold.SPLIT and len(a) * len(b) > MOST_PAIRS:
        raise UsageError("CB-SE-010", "this split keeps too many pairs apart", given=str(len(a) * len(b)),
                         allowed=str(MOST_PAIRS), next_step="take smaller parts out, one after another")  # fmt: skip
    now = office.clock.now_us()
    number = desk_series.add_decision(
        conn, now, actor.name, kind, why.strip(), a, b, series_a=series_a, series_b=series_b, undoes=undoes
    )
    payload: dict[str, Any] = {"decision_id": number, "why": why.strip(), "a": sorted(a), "b": sorted(b)}
    payload |= {k: v for k, v in (("series_a", series_a), ("series_b", series_b), ("undoes", undoes)) if v is not None}
    thing = f"series:{series_a}" if series_a else f"report:{min(a)}" if a else f"decision:{undoes}"
    append(conn, Entry.by(actor, now, f"link.{kind}", thing, payload=payload))
    return number


def outcome(conn: Connection, numbers: Sequence[int], *, dry_run: bool, **more: Any) -> dict[str, Any]:
    """What a verb of decisions answers: `decision_ids` (none when only tried), `in_force` (the next run takes it in),
    `contradictions` in which the decisions now stand, and `more`.
    """
    rulings = read_rulings(conn)
    clashes = [as_plain(c) for c in fold.contradictions(fold.constraints(rulings))]
    here = [c for c in clashes if {c["apart"], *c["joined"]} & set(numbers)]
    return {"decision_ids": [] if dry_run else list(numbers), "dry_run": dry_run, **more, "contradictions": here,
            "in_force": "with the next link run"}  # fmt: skip


def as_plain(clash: fold.Contradiction) -> dict[str, Any]:
    """A contradiction as JSON."""
    return {"apart": clash.apart, "joined": list(clash.joined), "path": list(clash.path), "pairs": clash.pairs}


def read_rulings(conn: Connection) -> list[Ruling]:
    """Every decision as the fold takes it."""
    return [as_ruling(row) for row in desk_series.read_decisions(conn)]


def as_ruling(row: Decided) -> Ruling:
    """One decision as the fold takes it."""
    return Ruling(row.decision_id, row.kind, row.a, row.b, row.undoes)


def standing_constraints(conn: Connection) -> list[Constraint]:
    """What a link run must keep, each with the decision it comes from."""
    return fold.constraints(read_rulings(conn))


def standing_decisions(office: Office) -> tuple[list[Decision], int]:
    """What `find.linkage.link` takes, and the number of the newest decision in it, for `record_series`."""
    with office.desk.read() as conn:
        return fold.as_decisions(standing_constraints(conn)), desk_series.newest_decision(conn)
