"""Write down which series a link run found, under ids that last, with an event for each change: all or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chainbreak.app.link_decisions import trying
from chainbreak.base.errors import RefusedError
from chainbreak.find.linkage.decisions import UNDO
from chainbreak.find.linkage.registry import (
    MERGED,
    Event,
    Fresh,
    Known,
    News,
    assign,
    ids_changed,
    number_of,
)
from chainbreak.store.desk import series as desk_series
from chainbreak.store.desk.series import ENDED, LIVE, Decided, Stay

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

KINDS = ("created", "grown", "shrunk", "merged", "split", "ended", "undone")


@dataclass(frozen=True)
class Linking:
    """What a link run found. `partition`: sets of report ids, disjoint; `facts`: report id -> what lists filter by, of
    every report that is in a set of two or more. `decided_through`: the newest decision taken in (as
    `standing_decisions` gave it). `reports`: ids of all that were linked, those without a series included.

    With `partly`, `partition` and `reports` are of these reports only, which are whole series as recorded together with
    whatever they now join: what one arrival touched; and `gone` are those no longer there.
    """

    partition: Iterable[Collection[str]]
    facts: Mapping[str, Stay]
    decided_through: int
    model_version: str
    reports: Collection[str]
    partly: bool = False
    gone: Collection[str] = ()


def record_series(office: Office, actor: Actor, found: Linking, *, dry_run: bool = False) -> dict[str, Any]:
    """Give the clusters their ids, keep members and events, and return the run's numbers: `run_id`, `series`, a count
    of each kind of event, `ids_changed`, `inserts`, `churn_per_1000` (ids changed per 1,000 inserts).

    One transaction with its leaf `link.record`; with `dry_run` it is thrown away. The same linking again changes no
    series and makes no event.

    Raises:
        RefusedError: a run that knew of newer decisions was recorded meanwhile (CB-SE-016).
    """
    from chainbreak.audit.log import Entry, append

    now, digested = office.clock.now_us(), _digested(found)
    with trying(office, dry_run=dry_run) as conn:
        last = desk_series.last_run(conn)
        if last is not None and last.decided_through > found.decided_through:
            raise RefusedError("CB-SE-016", "a run with newer decisions was recorded meanwhile",
                               given=f"decision {found.decided_through}", allowed=f"{last.decided_through} or later",
                               next_step="chainbreak link run")  # fmt: skip
        around = {*found.reports, *found.gone} if found.partly else None
        recorded = desk_series.living(conn, around)
        known = Known({s: frozenset(stays) for s, stays in recorded.items()}, desk_series.ended(conn, around),
                      desk_series.highest_number(conn))  # fmt: skip
        arrived, linked = _arrived(conn, *digested, partly=found.partly)
        gone = {r for stays in recorded.values() for r in stays} - set(found.reports)
        fresh = _fresh(conn, last.decided_through if last else 0, found.decided_through)
        after, events = assign(known, found.partition, News(fresh, arrived, gone))
        numbers = _numbers(ids_changed(known.living, after), events, len(arrived))
        was = last.series if last and found.partly else len(known.living)
        total = was + len(after) - len(known.living)
        run = desk_series.add_run(conn, {
            "at_us": now, "actor": actor.name, "model_version": found.model_version, "reports": linked,
            "decided_through": found.decided_through, "series": total, "numbers": numbers,
        })  # fmt: skip
        _keep(conn, run, now, known, after, recorded, found.facts, events)
        desk_series.add_events(conn, (_event_row(e, run, now, actor.name) for e in events))
        told = {"run_id": None if dry_run else run, "reports": linked, "series": total, **numbers}
        basis = {"model": found.model_version, "decided_through": found.decided_through}
        append(conn, Entry.by(actor, now, "link.record", f"run:{run}", payload=told | basis))
    return told


def _fresh(conn: Connection, after: int, through: int) -> list[Fresh]:
    """Decisions that this run takes in and the one before did not."""
    rows = {row.decision_id: row for row in desk_series.read_decisions(conn)}

    def reports(row: Decided) -> frozenset[str]:
        while row.undoes is not None:
            row = rows[row.undoes]
        return frozenset({*row.a, *row.b})

    return [Fresh(n, reports(row), row.kind == UNDO) for n, row in rows.items() if after < n <= through]


def _digested(found: Linking) -> tuple[Any, Any, Any]:
    """Ids of the reports linked, their digests, and those of the reports that are gone."""
    import numpy as np

    from chainbreak.find.linkage.link import digests

    ids = np.array(sorted(found.reports), dtype=object)
    return ids, digests(ids), digests(np.array(sorted(found.gone), dtype=object))


def _arrived(conn: Connection, ids: Any, now: Any, gone: Any, *, partly: bool) -> tuple[set[str], int]:
    """Reports that the run before did not link, and how many are linked now; keeps which for the next run."""
    import numpy as np

    # Sorted arrays are searched, not made into sets: one arrival among a million must cost next to nothing.
    before = np.frombuffer(desk_series.read_known(conn), np.uint64)
    new = ~_has(before, now)
    kept = np.sort(now)
    if partly:
        kept = before[~_has(np.sort(gone), before)] if len(gone) else before
        come = np.sort(now[new])
        kept = np.insert(kept, np.searchsorted(kept, come), come)
    desk_series.put_known(conn, kept.tobytes())
    return {str(i) for i in ids[new]}, len(kept)


def _has(some: Any, wanted: Any) -> Any:
    """Which of `wanted` are in `some`, which is sorted."""
    import numpy as np

    if not len(some):
        return np.zeros(len(wanted), bool)
    return some[np.minimum(np.searchsorted(some, wanted), len(some) - 1)] == wanted


def _numbers(changed: int, events: list[Event], inserts: int) -> dict[str, Any]:
    # Of a merge both sides have an event; it counts as that of the series that took the other in.
    kinds = Counter(e.kind for e in events if e.kind != MERGED or e.after)
    churn = round(1000 * changed / inserts, 3) if inserts else 0.0
    return {**{kind: kinds[kind] for kind in KINDS}, "ids_changed": changed, "inserts": inserts,
            "churn_per_1000": churn}  # fmt: skip


def _keep(
    conn: Connection, run: int, now: int, known: Known, after: Mapping[str, frozenset[str]],
    recorded: Mapping[str, Mapping[str, Stay]], facts: Mapping[str, Stay], events: list[Event],
) -> None:  # fmt: skip
    new, changed, leaving, coming, corrected = [], [], {}, {}, {}
    into = {e.series_id: e.others[0] for e in events if e.kind == MERGED and not e.after}
    for series_id in sorted({*known.living, *after}, key=number_of):
        was, stays = recorded.get(series_id, {}), [facts[r] for r in sorted(after.get(series_id, ()))]
        leaving[series_id] = was.keys() - after.get(series_id, frozenset())
        coming[series_id] = [stay for stay in stays if stay.report_id not in was]
        corrected[series_id] = [stay for stay in stays if was.get(stay.report_id, stay) != stay]
        moved = leaving[series_id] or coming[series_id]
        if not moved and not corrected[series_id]:
            continue
        row: dict[str, Any] = {"series_id": series_id} | (sums(stays) if stays else {})
        row |= {"changed_at_us": now, "run_id": run} if moved else {}
        if series_id not in known.living and series_id not in known.ended:
            new.append(row | {"number": number_of(series_id), "name": "", "state": LIVE, "created_at_us": now})
        else:
            changed.append(row | {"state": LIVE if stays else ENDED, "merged_into": into.get(series_id)})
    desk_series.take_out(conn, run, {s: reports for s, reports in leaving.items() if reports})
    desk_series.put_series(conn, new, changed)
    desk_series.put_in(conn, run, coming)
    desk_series.correct_stays(conn, corrected)


def sums(stays: Collection[Stay]) -> dict[str, Any]:
    """What a list shows of a series: reports, loss_fen, since_us, until_us, district and type (those of most reports;
    of equals the first by name)."""
    times = [stay.reported_at_us for stay in stays]
    return {
        "reports": len(stays), "loss_fen": sum(stay.loss_fen or 0 for stay in stays),
        "since_us": min(times), "until_us": max(times),
        "district": _most(stay.district for stay in stays), "type": _most(stay.type for stay in stays),
    }  # fmt: skip


def _most(words: Iterable[str]) -> str:
    counted = Counter(word for word in words if word)
    return min(counted, key=lambda word: (-counted[word], word), default="")


def _event_row(event: Event, run: int, now: int, actor: str) -> dict[str, Any]:
    body = {"others": list(event.others), "decisions": list(event.decisions), "before": event.before,
            "after": event.after, "joined": event.joined, "left": event.left}  # fmt: skip
    return {"at_us": now, "series_id": event.series_id, "run_id": run, "actor": actor, "kind": event.kind,
            "cause": event.cause, "body": body}  # fmt: skip
