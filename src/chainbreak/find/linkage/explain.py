"""Why two reports are linked, what holds a series together, and what would be left if a piece of it were wrong.

Everything is read off the evidence that linked them: nothing is weighed a second time. Bits are shown in bits; inside
they are whole thousandths, so that prior + Σ terms = total holds to the last digit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from chainbreak.base.errors import UsageError
from chainbreak.find.linkage.bridges import bridges
from chainbreak.find.linkage.link import Linked, settle
from chainbreak.find.linkage.model import KINDS, Decision, Ints
from chainbreak.find.linkage.terms import Scores, Shared, manner_of, score, shared
from chainbreak.find.linkage.weights import MILLI
from chainbreak.records import Identifier
from chainbreak.records.finding import write_token

_TOKENS = frozenset(kind.value for kind in Identifier)


def explain_pair(linked: Linked, a: str, b: str) -> dict[str, Any]:
    """Grain: one pair. `total_bits` = `prior_bits` + Σ `terms[].bits`; each term has `kind`, `bits`, and by its sort
    `key` (written token or name), `freq` (reports that name it), `hub_score`, `value` (what was measured).

    `linked`: in one series; `compared`: whether the linker looked at the pair at all, or they are joined (or not)
    through others: then `path` is the chain of links between them that is strongest at its weakest point.
    `suppressed`: keys that both name and that say nothing, since they are hubs.

    Raises:
        UsageError: one of them is not among the reports (CB-LK-001).
    """
    row_a, row_b = sorted((_row(linked, a), _row(linked, b)))
    pair = (np.array([row_a]), np.array([row_b]))
    at = _pair_row(linked, row_a, row_b)
    evidence = linked.evidence
    if at is None:
        both = shared(evidence.groups, linked.reports.n, pair)
        near = (np.empty(0, np.int64), np.empty(0, np.int64))
    else:
        mine = evidence.both.pair == at
        both = Shared(np.zeros(int(mine.sum()), np.int64), evidence.both.group[mine])
        kinds = evidence.near[1][evidence.near[0] == at]
        near = (np.zeros(len(kinds), np.int64), kinds)
    scores = score(linked.reports, pair, both, evidence.worth, near, linked.weights)
    return {
        "a": str(linked.reports.ids[row_a]), "b": str(linked.reports.ids[row_b]),
        "total_bits": _bits(scores.total[0]), "prior_bits": _bits(linked.weights.prior),
        "terms": _terms(linked, pair, both, near[1], scores),
        "suppressed": [_key(linked, int(g)) for g in both.group if evidence.worth[g] <= 0],
        "compared": at is not None,
        "linked": bool(linked.label[row_a] == linked.label[row_b]),
        "path": _path(linked, row_a, row_b), "model_version": linked.weights.version,
    }  # fmt: skip


def explain_series(linked: Linked, members: Collection[str]) -> dict[str, Any]:
    """What holds `members` together: `identifiers` that two or more of them name (key, kind, n of them, freq of all,
    hub, bits, first_us, last_us, reports), `edges` (a, b, bits, kinds), `bridges` (edges whose removal parts the
    series), `strongest` and `weakest` member (report_id, bits), `bits` (report -> bits of its best link inside),
    `suppressed` keys.

    Raises:
        UsageError: one of them is not among the reports (CB-LK-001).
    """
    rows = np.array(sorted(_row(linked, i) for i in set(members)), np.int64)
    inside = np.zeros(linked.reports.n, bool)
    inside[rows] = True
    ids, (a, b), total = linked.reports.ids, linked.evidence.pairs, linked.evidence.scores.total
    here = np.flatnonzero(inside[a] & inside[b] & (total > 0))
    best = linked.best()
    edges = [{"a": str(ids[a[e]]), "b": str(ids[b[e]]), "bits": _bits(total[e]), "kinds": _kinds(linked, int(e))}
             for e in here.tolist()]  # fmt: skip
    order = rows[np.argsort(-best[rows], kind="stable")]
    keys = list(_keys_of(linked, inside))
    return {
        "identifiers": [key for key in keys if not key["suppressed"]],
        "suppressed": [key for key in keys if key["suppressed"]],
        "edges": edges,
        "bridges": [edges[e] for e in bridges(linked.reports.n, a[here], b[here])],
        "strongest": _member(linked, order[0], best) if len(order) else None,
        "weakest": _member(linked, order[-1], best) if len(order) else None,
        "bits": {str(ids[row]): _bits(best[row]) for row in rows.tolist()},
    }  # fmt: skip


def what_if(linked: Linked, members: Collection[str], *, edge: tuple[str, str] | None = None, key: str = "",
            decisions: Collection[Decision] = ()) -> list[list[str]]:  # fmt: skip
    """The series that `members` would fall into if an edge, or a shared key (as written), were wrong.

    Raises:
        UsageError: a report that is not there (CB-LK-001), or a key that no two of them share (CB-LK-002).
    """
    evidence, total = linked.evidence, linked.evidence.scores.total.copy()
    if edge is not None:
        at = _pair_row(linked, *sorted((_row(linked, edge[0]), _row(linked, edge[1]))))
        if at is not None:
            total[at] = min(total[at], 0)
    if key:
        total = _without(linked, key)
    changed = replace(evidence, scores=evidence.scores._replace(total=total))
    label = settle(linked.reports, changed, sorted(decisions), linked.weights).label
    parts: dict[int, list[str]] = {}
    for i in sorted(set(members)):
        parts.setdefault(int(label[_row(linked, i)]), []).append(i)
    return sorted(parts.values(), key=lambda part: (-len(part), part))


def _without(linked: Linked, key: str) -> Ints:
    """The totals of all pairs if sharing `key` said nothing."""
    groups, evidence = linked.evidence.groups, linked.evidence
    silent = np.array([_written(linked, int(k), int(c)) == key for k, c in zip(groups.key, groups.kind, strict=True)])
    if not silent.any():
        raise UsageError("CB-LK-002", "no two of these reports share this", given=key[:80])
    worth = np.where(silent, 0, evidence.worth)
    return score(linked.reports, evidence.pairs, evidence.both, worth, evidence.near, linked.weights).total


def _terms(linked: Linked, pair: tuple[Ints, Ints], both: Shared, near: Ints, scores: Scores) -> list[dict[str, Any]]:
    weights, worth = linked.weights, linked.evidence.worth
    loud = [int(g) for g in both.group if worth[g] > 0]
    terms = [{**_key(linked, g), "bits": _bits(worth[g])} for g in loud]
    if loud and (milli := int(weights.together.weigh(np.array([float(len(loud))]))[0])):
        terms.append({"kind": "together", "bits": _bits(milli), "value": len(loud)})
    terms += [{"kind": f"near_{KINDS[k]}", "bits": weights.near[KINDS[k]] / MILLI} for k in near.tolist()]
    for name, values in manner_of(linked.reports, pair):
        known = not np.isnan(values[0])
        milli = int(weights.manner[name].weigh(values)[0])
        if known or milli:
            terms.append({"kind": name, "bits": _bits(milli), "value": float(values[0]) if known else None})
    if scores.cut[0]:
        terms.append({"kind": "manner_alone", "bits": _bits(scores.cut[0])})
    return terms


def _key(linked: Linked, group: int) -> dict[str, Any]:
    """One key: how it is written, how many reports name it, how much of a hub it is, what sharing it is worth."""
    groups, measures = linked.evidence.groups, linked.evidence.measures
    code = groups.kind[group : group + 1]
    one = measures.only(slice(group, group + 1))
    hub = float(linked.weights.hub_score(code, one)[0])
    return {
        "kind": KINDS[int(code[0])], "key": _written(linked, int(groups.key[group]), int(code[0])),
        "freq": int(one.n[0]), "hub_score": None if np.isnan(hub) else round(hub, 3),
        "bits": _bits(linked.evidence.worth[group]),
    }  # fmt: skip


def _written(linked: Linked, key: int, code: int) -> str:
    if key in linked.reports.names:
        return linked.reports.names[key]
    kind = KINDS[code]
    return write_token(kind, key) if kind in _TOKENS else f"{kind}:{key & (2**64 - 1):016x}"


def _keys_of(linked: Linked, inside: Any) -> Iterator[dict[str, Any]]:
    """Every key that two or more of the reports inside name, the most telling first."""
    groups, reports = linked.evidence.groups, linked.reports
    owner = np.repeat(np.arange(len(groups.key)), groups.sizes)
    mine = inside[groups.report]
    count = np.bincount(owner[mine], minlength=len(groups.key))
    shared_here = np.flatnonzero(count >= 2)
    for g in sorted(shared_here.tolist(), key=lambda g: (-linked.evidence.worth[g], -count[g], groups.key[g])):
        rows = groups.report[groups.start[g] : groups.start[g + 1]]
        rows = rows[inside[rows]]
        at = reports.occurred_us[rows]
        told = _key(linked, g)
        yield told | {
            "n": len(rows), "hub": told["hub_score"], "first_us": int(at.min()), "last_us": int(at.max()),
            "reports": [str(i) for i in reports.ids[rows]], "suppressed": bool(linked.evidence.worth[g] <= 0),
        }  # fmt: skip


def _kinds(linked: Linked, edge: int) -> list[str]:
    """Kinds of what a pair shares that says something."""
    evidence = linked.evidence
    low, high = np.searchsorted(evidence.both.pair, [edge, edge + 1])
    groups = [g for g in evidence.both.group[low:high].tolist() if evidence.worth[g] > 0]
    near = evidence.near[1][evidence.near[0] == edge].tolist()
    return sorted({KINDS[int(evidence.groups.kind[g])] for g in groups} | {f"near_{KINDS[k]}" for k in near})


def _member(linked: Linked, row: int, best: Ints) -> dict[str, Any]:
    return {"report_id": str(linked.reports.ids[row]), "bits": _bits(best[row])}


def _path(linked: Linked, a: int, b: int) -> list[dict[str, Any]]:
    """The chain of links between two members of one series that is strongest at its weakest link; none otherwise.

    Links are taken from the strongest on until the two are connected; what then connects them is a tree.
    """
    if linked.label[a] != linked.label[b]:
        return []
    (left, right), total = linked.evidence.pairs, linked.evidence.scores.total
    mine = np.flatnonzero(
        (linked.label[left] == linked.label[a]) & (linked.label[right] == linked.label[a]) & (total > 0)
    )
    tree: dict[int, list[tuple[int, int]]] = {}
    root = {row: row for row in np.unique(np.concatenate([left[mine], right[mine], [a, b]])).tolist()}

    def find(row: int) -> int:
        while root[row] != row:
            root[row] = root[root[row]]
            row = root[row]
        return row

    for edge in mine[np.lexsort((right[mine], left[mine], -total[mine]))].tolist():
        x, y = int(left[edge]), int(right[edge])
        if find(x) != find(y):
            root[find(x)] = find(y)
            tree.setdefault(x, []).append((y, edge))
            tree.setdefault(y, []).append((x, edge))
        if find(a) == find(b):
            return _walk(linked, tree, a, b)
    return []


def _walk(linked: Linked, tree: dict[int, list[tuple[int, int]]], a: int, b: int) -> list[dict[str, Any]]:
    came: dict[int, tuple[int, int]] = {a: (a, -1)}
    waiting = [a]
    while waiting and b not in came:
        row = waiting.pop()
        for other, edge in tree.get(row, ()):
            if other not in came:
                came[other] = (row, edge)
                waiting.append(other)
    steps, row = [], b
    while row != a:
        before, edge = came[row]
        steps.append({"a": str(linked.reports.ids[before]), "b": str(linked.reports.ids[row]),
                      "bits": _bits(linked.evidence.scores.total[edge]), "kinds": _kinds(linked, edge)})  # fmt: skip
        row = before
    return steps[::-1]


def _row(linked: Linked, report_id: str) -> int:
    at = int(np.searchsorted(linked.reports.ids.astype(np.str_), report_id))
    if at >= linked.reports.n or str(linked.reports.ids[at]) != report_id:
        raise UsageError("CB-LK-001", "this report was not linked", given=report_id[:80],
                         next_step="chainbreak link run")  # fmt: skip
    return at


def _pair_row(linked: Linked, a: int, b: int) -> int | None:
    """The place of the pair (a, b) among those compared."""
    n, pairs = linked.reports.n, linked.evidence.pairs
    code = pairs[0] * n + pairs[1]
    at = int(np.searchsorted(code, a * n + b))
    return at if at < len(code) and code[at] == a * n + b else None


def _bits(milli: int) -> float:
    return int(milli) / MILLI
