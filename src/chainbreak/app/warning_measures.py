"""How warnings do: precision, reach in time, false alarms, fatigue, fairness; and from drawn orders their worth.

Volume is no measure and no ranking here: counts stand beside shares only as what they are shares of. Shares carry
Wilson's 95 % interval. What was at stake when somebody was reached is told apart from what was averted, never added.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chainbreak.act.warnings.measure.uplift import FOLLOWED_US
from chainbreak.act.warnings.model import FRAUD, REACHED
from chainbreak.app.recipient_losses import Losses, losses_of
from chainbreak.app.trigger_precision import FALSE, policies_by_name, precision_by_trigger
from chainbreak.app.warning_uplift import compare_scripts, is_ripe, uplift
from chainbreak.base.clock import US_PER_DAY, US_PER_MIN
from chainbreak.base.errors import RefusedError
from chainbreak.find.contract.evaluate import Share
from chainbreak.records.actor import Role

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from chainbreak.app.bootstrap import Office
    from chainbreak.records.actor import Actor

MAY_READ = frozenset({
    Role.HOTLINE, Role.ANALYST, Role.ENGINEER, Role.COMMANDER, Role.APPROVER, Role.AUDITOR,
})  # fmt: skip
"""Who proposes and decides tiers, works by them, or audits."""
DAYS = 30
LONGEST_DAYS = 366
ANSWERED = REACHED | FALSE
"""Outcomes of calls and visits that somebody answered: what keys 4 and 7 are a share of."""
SMALL = 10
"""Cells with fewer are not shown (warnings, section 9: small cells suppressed)."""
VERIFIED = frozenset({"call_back", "phrase"})


def may_read_measures(actor: Actor) -> None:
    """Let only those go on who read measures and tiers.

    Raises:
        RefusedError: the actor does not (CB-WA-180).
    """
    if not actor.has(*MAY_READ):
        raise RefusedError("CB-WA-180", "measures of warnings are not within your rights",
                           given="+".join(sorted(actor.roles)), allowed=", ".join(sorted(MAY_READ)))  # fmt: skip


def warning_measures(office: Office, actor: Actor, days: int = DAYS) -> dict[str, Any]:
    """The measures of the last `days` days (at most 366): since_us, until_us, `reporting` (lag_us, measured, reports,
    joined), `tiers` (the first, tier "", over all), `retracted` (what turned out to be none), `triggers`, `calls`,
    `relapsed`, `fatigue`, `equity`, `channels`, `uplift`, `scripts`, `draws`. Uplift and relapses look at people of the
    last 366 days, however short the time asked.

    Raises:
        RefusedError: the actor reads no measures (CB-WA-180).
    """
    from chainbreak.store.desk import warning_measures as desk

    may_read_measures(actor)
    now = office.clock.now_us() + 1  # what was noted this very moment counts
    since, long_ago = now - min(max(days, 1), LONGEST_DAYS) * US_PER_DAY, now - LONGEST_DAYS * US_PER_DAY
    with office.desk.read() as conn:
        order = {name: rank for policy in policies_by_name(conn).values() for name, rank in policy.ranks.items()}
        drawn, calls = desk.drawn(conn, long_ago, now), desk.first_calls(conn, long_ago, now)
        dissuaded = desk.dissuaded(conn, long_ago, now)
        found = {
            "since_us": since, "until_us": now, "tiers": _tiers(conn, since, now, order),
            "triggers": sorted(precision_by_trigger(conn, since, now), key=lambda row: order.get(row["tier"], 99)),
            "calls": _calls(conn, since, now), "fatigue": _fatigue(conn, since, now),
            "equity": suppressed(_equity(conn, since, now)), "channels": suppressed(_channels(conn, since, now)),
            "draws": len(desk.draws(conn, since, now)), "retracted": _retracted(conn, since, now),
        }  # fmt: skip
    people = {row.recipient for rows in (drawn, calls, dissuaded) for row in rows}
    losses = losses_of(office, people, long_ago, now)
    return found | {
        "reporting": {"lag_us": losses.lag_us, "measured": losses.measured, "reports": losses.reports,
                      "joined": losses.joined},
        "uplift": uplift(office, drawn, losses, now), "scripts": compare_scripts(office, calls, losses, now),
        "relapsed": _relapsed([(row.recipient, row.outcome_at_us) for row in dissuaded], losses, now),
    }  # fmt: skip


def _tiers(conn: Connection, since: int, now: int, order: Mapping[str, int]) -> list[dict[str, Any]]:
    from chainbreak.store.desk import warning_measures as desk

    by_tier: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in desk.counts(conn, since, now, now, ("tier",)):
        by_tier[row["tier"]].append(row)
    spans: dict[str, list[tuple[int | None, int | None]]] = defaultdict(list)
    for one in desk.minutes(conn, since, now):
        spans[one.tier].append((_span(one.first_us, one.told_us), _span(one.first_us, one.reached_us)))
    tiers = sorted(by_tier, key=lambda tier: (order.get(tier, 99), tier))
    everything = [row for rows in by_tier.values() for row in rows]
    all_spans = [pair for pairs in spans.values() for pair in pairs]
    groups = [("", everything, all_spans), *((tier, by_tier[tier], spans[tier]) for tier in tiers)]
    return [{"tier": tier} | measured(rows) | _minutes(pairs) for tier, rows, pairs in groups]


def _retracted(conn: Connection, since: int, now: int) -> dict[str, Any]:
    """Retractions in the time and the events, warnings and people told that they were about; and `wrong`, the share of
    warnings that people were told of and that were taken back since: false alarms that nobody had to say.
    """
    from chainbreak.store.desk.retractions import retracted_between

    found = retracted_between(conn, since, now)
    wrong = Share(found.pop("opened_wrong"), found.pop("opened_told"))
    return found | {"wrong": wrong.as_dict()}


def measured(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Shares over rows of `store.desk.warning_measures.counts`: warnings, unknown (how the contact turned out),
    stake_reached_fen; precision, false_alarms, dissuaded, reached_in_time, told_in_time, each as `Share.as_dict`.
    """
    listed = list(rows)

    def n(what: str, outcomes: Iterable[str] | None = None) -> int:
        return sum(row[what] for row in listed if outcomes is None or row["outcome"] in outcomes)

    fraud, false, answered = (n("warnings", some) for some in (FRAUD, FALSE, ANSWERED))
    return {
        "warnings": n("warnings"), "unknown": n("warnings") - fraud - false, "reached": n("reached"),
        "stake_reached_fen": n("stake_reached_fen"),
        "precision": Share(fraud, fraud + false).as_dict(), "false_alarms": Share(false, answered).as_dict(),
        "dissuaded": Share(n("warnings", ["dissuaded"]), answered).as_dict(),
        "reached_in_time": Share(n("reached_in_time"), n("due")).as_dict(),
        "told_in_time": Share(n("told_in_time"), n("due")).as_dict(),
    }  # fmt: skip


def _span(first_us: int, then_us: int | None) -> int | None:
    return None if then_us is None else max(then_us - first_us, 0)


def _minutes(pairs: Sequence[tuple[int | None, int | None]]) -> dict[str, float | None]:
    """Minutes since the contact, median and 95th percentile: until a message left or somebody spoke, and until a
    person was reached.
    """
    told = sorted(one for one, _ in pairs if one is not None)
    reached = sorted(two for _, two in pairs if two is not None)
    return {
        f"{name}_p{percent}_min": _quantile(spans, percent)
        for name, spans in (("told", told), ("reached", reached)) for percent in (50, 95)
    }  # fmt: skip


def _quantile(spans: Sequence[int], percent: int) -> float | None:
    """By nearest rank; the 95th percentile of fewer than 20 is none.

    >>> _quantile([60_000_000, 120_000_000, 180_000_000], 50), _quantile([60_000_000], 95)
    (2.0, None)
    """
    if not spans or (percent > 50 and len(spans) * (100 - percent) < 100):
        return None
    return round(spans[math.ceil(percent / 100 * len(spans)) - 1] / US_PER_MIN, 2)


def _calls(conn: Connection, since: int, now: int) -> dict[str, Any]:
    """`verified`: citizens who checked us, of calls that were answered; `declined`: who would not; minutes a call."""
    from chainbreak.store.desk import warning_measures as desk

    rows = desk.call_work(conn, since, now)
    attempts, talk = sum(row["attempts"] for row in rows), sum(row["talk_us"] for row in rows)
    talked = [row for row in rows if row["outcome"] in ANSWERED]
    answered = sum(row["attempts"] for row in talked)
    verified = sum(row["attempts"] for row in talked if row["verified"] in VERIFIED)
    refused = sum(row["attempts"] for row in talked if row["verified"] == "refused")
    return {"attempts": attempts, "minutes": round(talk / attempts / US_PER_MIN, 2) if attempts else None,
            "verified": Share(verified, answered).as_dict(),
            "declined": Share(refused, answered).as_dict()}  # fmt: skip


def _relapsed(ended: Sequence[tuple[str, int]], losses: Losses, now: int) -> dict[str, Any]:
    """Of those dissuaded long enough ago: who lost money within 7 days after; and how many are too recent to tell."""
    ripe = [(who, at) for who, at in ended if is_ripe(at, losses, now)]
    lost = sum(losses.within(ripe, FOLLOWED_US))
    return Share(lost, len(ripe)).as_dict() | {"too_young": len(ended) - len(ripe)}


def _fatigue(conn: Connection, since: int, now: int) -> dict[str, Any]:
    """How often single people were warned, in the time asked: mean, 95th percentile and most a recipient, of warnings
    and of messages and answered calls; and how many asked for quiet or complained.
    """
    from chainbreak.store.desk import warning_measures as desk

    each = desk.each_recipient(conn, since, now, ANSWERED)
    return {
        name: {"recipients": len(counts), "mean": round(sum(counts) / len(counts), 3) if counts else None,
               "p95": counts[math.ceil(0.95 * len(counts)) - 1] if counts else None,
               "most": counts[-1] if counts else None}
        for name, counts in each.items()
    } | {"mutes": desk.mutes(conn, since, now), "complaints": desk.complaints(conn, since, now)}  # fmt: skip


def _equity(conn: Connection, since: int, now: int) -> list[dict[str, Any]]:
    """By district: reached in time, and false alarms."""
    from chainbreak.store.desk import warning_measures as desk

    by_district: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in desk.counts(conn, since, now, now, ("district",)):
        by_district[row["district"]].append(row)
    rows = []
    for district, some in sorted(by_district.items()):
        shares = measured(some)
        named = {name: shares[name] for name in ("reached_in_time", "told_in_time", "false_alarms")}
        rows.append({"district": district, "n": shares["warnings"], **named})
    return rows


def _channels(conn: Connection, since: int, now: int) -> list[dict[str, Any]]:
    """By district and channel: messages that arrived, of those that left us."""
    from chainbreak.store.desk import warning_measures as desk

    return [
        {"district": row["district"], "channel": row["channel"], "n": row["handed"],
         "arrived": Share(row["delivered"], row["handed"]).as_dict()}
        for row in desk.sends_by(conn, since, now)
    ]  # fmt: skip


def suppressed(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows whose `n` is below SMALL keep their names alone; if that hides just one, the next smallest goes with it, so
    that nobody finds it by subtracting from the whole.

    >>> [row["n"] for row in suppressed([{"d": "a", "n": 3}, {"d": "b", "n": 12}, {"d": "c", "n": 50}])]
    [None, None, 50]
    >>> [row["n"] for row in suppressed([{"d": "a", "n": 30}, {"d": "b", "n": 12}])]
    [30, 12]
    """
    sizes = sorted((row["n"], at) for at, row in enumerate(rows) if row["n"])
    hidden = {at for n, at in sizes if n < SMALL}
    if len(hidden) == 1 and len(sizes) > 1:
        hidden.add(sizes[1][1])
    return [
        {name: value if isinstance(value, str) else None for name, value in row.items()} if at in hidden else dict(row)
        for at, row in enumerate(rows)
    ]
