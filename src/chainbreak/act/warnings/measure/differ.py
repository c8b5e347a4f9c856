"""Two sets of tiers side by side: what differs, leaf by leaf, and what contacts moved between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chainbreak.act.warnings.measure.replay import DONE, Case, Replayed
from chainbreak.act.warnings.tiers import Policy

EXAMPLES = 5
"""Shown of each sort of move."""
UP, DOWN, NEW, GONE = "up", "down", "new", "gone"
Leaf = tuple[str, ...]


@dataclass(frozen=True)
class Changed:
    """One place that differs: `("tiers", "high", "contact_min")` or `("caps", "sms_a_day")`; None where it is not."""

    where: Leaf
    old: Any
    new: Any


def changes(old: Policy, new: Policy) -> list[Changed]:
    """What differs between two policies, in the order of the new one; tiers are told apart by name, their order is a
    leaf of its own, and a tier's clauses are compared as a whole, one leaf each.
    """
    was, now = dict(_leaves(old)), dict(_leaves(new))
    places = [*now, *(where for where in was if where not in now)]
    return [
        Changed(where, was.get(where), now.get(where)) for where in places
        if where != ("name",) and was.get(where) != now.get(where)
    ]  # fmt: skip


def _leaves(policy: Policy) -> Iterator[tuple[Leaf, Any]]:
    body = policy.model_dump(by_alias=True, exclude_none=True)
    yield ("order",), [tier["name"] for tier in body["tiers"]]
    for tier in body.pop("tiers"):
        name = tier.pop("name")
        for clause in tier.pop("when"):
            yield ("tiers", name, "when", clause_text(clause)), clause
        yield from _flat(("tiers", name), tier)
    yield from _flat((), body)


def _flat(path: Leaf, body: Mapping[str, Any]) -> Iterator[tuple[Leaf, Any]]:
    for key, value in body.items():
        if isinstance(value, Mapping):
            yield from _flat((*path, key), value)
        else:
            yield (*path, key), value


def clause_text(clause: Mapping[str, Any]) -> str:
    """A clause as one line, the same for equal clauses.

    >>> clause_text({"kind": "call.fraud_line", "duration_s": {"above": 600.0}})
    'duration_s above 600, kind call.fraud_line'
    >>> clause_text({"urgency": ["high", "top"], "running": True})
    'running yes, urgency high|top'
    """
    return ", ".join(f"{name} {_want_text(clause[name])}" for name in sorted(clause))


def _want_text(want: Any) -> str:
    if isinstance(want, Mapping):
        return " ".join(f"{side} {limit:g}" for side, limit in want.items() if limit is not None)
    if isinstance(want, bool):
        return "yes" if want else "no"
    return "|".join(want) if isinstance(want, list) else f"{want:g}" if isinstance(want, int | float) else str(want)


def side(policy: Policy, replayed: Replayed, days: float) -> dict[str, Any]:
    """What one policy would have done: `tiers` (tier, warnings, `…_a_day` of `DONE`, `held` by reason, taken_back),
    most urgent first, and `below`.
    """
    count = Counter(case.rank for case in replayed.cases)
    back = Counter(case.rank for case in replayed.cases if case.taken_back)
    rows = []
    for rank, tier in enumerate(policy.tiers):
        done = {f"{what}_a_day": round(replayed.done[rank, what] / days, 2) for what in DONE}
        held = {why: n for (of, why), n in sorted(replayed.held.items()) if of == rank and n}
        rows.append({"tier": tier.name, "warnings": count[rank], "warnings_a_day": round(count[rank] / days, 2), **done,
                     "held": held, "taken_back": back[rank]})  # fmt: skip
    return {"name": policy.name, "tiers": rows, "below": replayed.below}


def moves(old: Policy, new: Policy, was: Replayed, now: Replayed) -> dict[str, Any]:
    """Contacts whose tier would have been another: `counts` (up, down, new, gone), `table` (old, new, n; "" for none)
    and `examples` of each sort, the most at stake first. Tiers are compared by their place from the top.
    """
    before, after = was.best(), now.best()
    table: Counter[tuple[str, str]] = Counter()
    sorts: dict[str, list[tuple[Case | None, Case | None]]] = {UP: [], DOWN: [], NEW: [], GONE: []}
    for key in {**before, **after}:
        one, two = before.get(key), after.get(key)
        table[old.tiers[one.rank].name if one else "", new.tiers[two.rank].name if two else ""] += 1
        sort = _sort(one, two)
        if sort:
            sorts[sort].append((one, two))
    return {
        "counts": {sort: len(pairs) for sort, pairs in sorts.items()},
        "table": [{"old": a, "new": b, "n": n} for (a, b), n in sorted(table.items())],
        "examples": {sort: _examples(old, new, pairs) for sort, pairs in sorts.items()},
    }


def _sort(one: Case | None, two: Case | None) -> str:
    if one is None or two is None:
        return NEW if one is None else GONE
    return UP if two.rank < one.rank else DOWN if two.rank > one.rank else ""


def _examples(old: Policy, new: Policy, pairs: list[tuple[Case | None, Case | None]]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for one, two in pairs:
        case = two or one
        assert case is not None
        stake = max((event.stake_fen or 0 for event in case.events), default=0)
        rows.append({
            "recipient": case.recipient, "campaign": case.campaign, "kind": case.kind, "at_us": case.opened_at_us,
            "stake_fen": stake or None, "old": old.tiers[one.rank].name if one else "",
            "new": new.tiers[two.rank].name if two else "",
        })  # fmt: skip
    return sorted(rows, key=lambda row: (-(row["stake_fen"] or 0), row["recipient"], row["campaign"]))[:EXAMPLES]
