"""One warning as a story: what was observed, why this tier, what was done when, what was held back, who looked."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.model import facts_of
from chainbreak.act.warnings.tiers import judge
from chainbreak.app.current_policy import current_policy
from chainbreak.app.list_warnings import may_read, warning_row
from chainbreak.app.read_log import as_row
from chainbreak.app.take_contacts import event_of
from chainbreak.app.word_warning import clause_in_words, contact_in_words
from chainbreak.base.clock import parse_moment
from chainbreak.base.errors import UsageError
from chainbreak.base.wording import LANGS
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Select

    from chainbreak.act.warnings.tiers import Policy
    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

MAY_SEE_WHO_LOOKED = frozenset({Role.AUDITOR, Role.COMMANDER, Role.APPROVER})
HELD_BACK = ("suppressed", "cancelled")
_ID = re.compile(r"W-[0-9a-f]{12}")
Row = dict[str, Any]


def show_warning(office: Office, actor: Actor, warning_id: str) -> dict[str, Any]:
    """The row of `list_warnings` with `policy`, `tier_at_us`, `why` (the trigger that was met, see `_why`), `events`
    (each with `facts`, its `words` and what it `rests_on`), `course` (what was done, by time: `what` and its columns),
    `sends`, `held_back`, `draw`, and `looks` (None: not within the actor's rights).

    Raises:
        UsageError: no such warning (CB-WA-201).
        RefusedError: the actor reads no warnings (CB-WA-200).
    """
    from sqlalchemy import select

    from chainbreak.store.desk import tables_warnings as t

    may_read(actor)
    now = office.clock.now_us()
    with office.desk.read() as conn:
        row = read_warning(conn, warning_id)
        policy = current_policy(conn, office)
        events = _about(conn, select(t.contact_event).order_by(t.contact_event.c.at_us), warning_id)
        grounds = _grounds(conn, [event["ground"] for event in events])
        sends = _about(conn, select(t.warning_send).order_by(t.warning_send.c.planned_at_us), warning_id)
        draw = select(t.warning_draw).where(t.warning_draw.c.draw_id == row["draw_id"])
        found = warning_row(row, events, policy, now) | {
            "policy": row["policy"], "tier_at_us": row["tier_at_us"], "lang": row["lang"], "place": row["place"],
            "why": _why(policy, row, [event for event in events if event["retracted_at_us"] is None]),
            "events": [_told(event) | {"rests_on": grounds[event["ground"]]} for event in events],
            "course": _course(conn, row, sends), "sends": sends,
            "held_back": [send for send in sends if send["state"] in HELD_BACK],
            "draw": next(iter(_rows(conn, draw)), None),
            "looks": _looks(conn, row) if actor.has(*MAY_SEE_WHO_LOOKED) else None,
        }  # fmt: skip
    return found


def read_warning(conn: Connection, warning_id: str) -> Row:
    """The row of a warning.

    Raises:
        UsageError: there is none (CB-WA-201).
    """
    from sqlalchemy import select

    from chainbreak.store.desk.tables_warnings import warning as w

    rows = _rows(conn, select(w).where(w.c.warning_id == warning_id)) if _ID.fullmatch(warning_id) else []
    if not rows:
        raise UsageError("CB-WA-201", "no such warning", given=warning_id[:40], allowed="W- and 12 hex digits")
    return rows[0]


def _rows(conn: Connection, chosen: Select[Any]) -> list[Row]:
    return [dict(row) for row in conn.execute(chosen).mappings()]


def _about(conn: Connection, chosen: Select[Any], warning_id: str) -> list[Row]:
    table = chosen.get_final_froms()[0]
    return _rows(conn, chosen.where(table.c.warning_id == warning_id))


def _why(policy: Policy, row: Row, events: Sequence[Mapping[str, Any]]) -> Row | None:
    """Which trigger was met: `tier`, `clause` and its `words`, `event_id`, by how many tiers repetition raised it;
    judging is pure, so it is done again. None when no trigger of today's tiers is met any more.
    """
    judged = judge(policy, [event_of(event) for event in events], 1)
    if judged is None:
        return None
    tier = policy.tiers[judged.rank]
    clause = tier.when[judged.clause]
    return {
        "tier": tier.name, "word": tier.word.model_dump(), "words": {a: clause_in_words(clause, a) for a in LANGS},
        "clause": tier.model_dump(by_alias=True, exclude_none=True)["when"][judged.clause],
        "event_id": judged.event_id, "raised": max(0, judged.rank - row["rank"]),
        "window_h": policy.repeat.window_h,
    }  # fmt: skip


def _told(event: Row) -> Row:
    facts = facts_of(event["facts"])
    return event | {"facts": facts, "words": {lang: contact_in_words(event["kind"], facts, lang) for lang in LANGS}}


def _grounds(conn: Connection, refs: Sequence[str]) -> dict[str, Row]:
    """What each event rests on: `kind`, `id`, its `state` now, `since_us`, and `by` (detector, partner, who told)."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_findings import finding as f
    from chainbreak.store.desk.tables_orders import order_file as o
    from chainbreak.store.desk.tables_reports import report_file as r
    from chainbreak.store.desk.tables_warnings import statement as s

    asked: dict[str, tuple[Any, Select[Any]]] = {
        "finding": (f.c.finding_id, select(f.c.state, f.c.found_at_us.label("since_us"), f.c.detector.label("by"))),
        "order": (o.c.order_id, select(o.c.state, o.c.starts_at_us.label("since_us"), o.c.kind.label("by"))),
        "report": (r.c.report_id, select(r.c.reported_at_us.label("since_us"))),
        "statement": (s.c.statement_id, select(s.c.at_us.label("since_us"), s.c.told_by.label("by"))),
    }
    told: dict[str, Row] = {}
    for ref in set(refs):
        kind, _, ident = ref.partition(":")
        key, chosen = asked[kind]
        found = next(iter(_rows(conn, chosen.where(key == ident))), {})
        told[ref] = {"kind": kind, "id": ident, "state": "", "since_us": None, "by": "", **found}
    return told


def _course(conn: Connection, row: Row, sends: Sequence[Row]) -> list[Row]:
    """What was done about it, the oldest first."""
    from sqlalchemy import select

    from chainbreak.store.desk.tables_visits import visit
    from chainbreak.store.desk.tables_warnings import warning_call, warning_move

    ident = row["warning_id"]
    moves = _about(conn, select(warning_move), ident)
    done: list[Row] = [{"what": "opened", "at_us": row["opened_at_us"]}]
    done += [move | {"what": "move", "detail": json.loads(move["detail"])} for move in moves]
    done += [
        call | {"what": "call", "at_us": call["began_at_us"]} for call in _about(conn, select(warning_call), ident)
    ]
    for one in _about(conn, select(visit), ident):
        steps = ("opened_at_us", "left_at_us", "arrived_at_us", "ended_at_us")
        done += [one | {"what": "visit", "step": step, "at_us": one[step]} for step in steps if one[step]]
    for send in sends:
        moments = {step: send[step] for step in ("planned_at_us", "handed_at_us", "settled_at_us")}
        if moments["settled_at_us"] == moments["planned_at_us"]:  # held back as it was planned: one step
            del moments["planned_at_us"]
        done += [send | {"what": "send", "step": step, "at_us": at} for step, at in moments.items() if at]
    return sorted(done, key=lambda one: one["at_us"])


def _looks(conn: Connection, row: Row) -> list[Row]:
    """Entries of the log about this warning, and reveals of its recipient's number for it, oldest first."""
    from sqlalchemy import select

    from chainbreak.audit.tables import entries as e

    about = f"warning:{row['warning_id']}"
    chosen = select(e.c.entry).where(e.c.object.in_((about, row["recipient"]))).order_by(e.c.seq)
    told = [as_row(bytes(entry)) for entry in conn.execute(chosen).scalars()]
    mine = [one for one in told if one["object"] == about or one["case"] == row["warning_id"]]
    return [one | {"at_us": parse_moment(one["time"], "UTC")} for one in mine]
