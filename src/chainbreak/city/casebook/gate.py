"""Is a casebook hard enough? What rules that know nothing but equality reach on it, scored against its truth.

The rules read `truth/mentions.parquet`: identifiers as written, found by a perfect reader. A real reader finds fewer.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from chainbreak.base.errors import UsageError
from chainbreak.city.draws import Bools, Ints

EXACT_LIMIT, TYPE_LIMIT = 0.3, 0.05
"""Pair F1 at or above which a casebook is too easy (spec, section 10)."""
CAPS = (1_000, 100, 20, 8, 4)
"""Identifiers named by more reports are left out: the rule of thumb that is to fail."""


@dataclass(frozen=True)
class Scores:
    """Pairs of reports and, report by report, B-cubed (Bagga and Baldwin 1998), from 0 to 1; the largest cluster."""

    pair_precision: float
    pair_recall: float
    pair_f1: float
    b3_precision: float
    b3_recall: float
    b3_f1: float
    largest: int


def scores(found: Ints, truth: Ints) -> Scores:
    """How the clusters `found` fit `truth`, two labels a report.

    >>> scores(np.array([1, 1, 1]), np.array([1, 1, 2])).pair_precision
    0.3333333333333333
    >>> scores(np.array([1, 2, 3]), np.array([1, 1, 2])).b3_f1
    0.8
    """
    _, found, sizes = np.unique(found, return_inverse=True, return_counts=True)
    _, truth, true_sizes = np.unique(truth, return_inverse=True, return_counts=True)
    key, both = np.unique(found * len(true_sizes) + truth, return_counts=True)
    joined, true_pairs, right = (float((n * (n - 1) // 2).sum()) for n in (sizes, true_sizes, both))
    precision = float((both**2 / sizes[key // len(true_sizes)]).sum()) / len(found)
    recall = float((both**2 / true_sizes[key % len(true_sizes)]).sum()) / len(found)
    pair_precision, pair_recall = right / joined if joined else 0.0, right / true_pairs if true_pairs else 0.0
    return Scores(
        pair_precision, pair_recall, _f1(pair_precision, pair_recall), precision, recall, _f1(precision, recall),
        int(sizes.max()),
    )  # fmt: skip


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def components(reports: int, report: Ints, thing: Ints) -> Ints:
    """The connected component of each report when it shares things; `report`, `thing`: one entry a mention.

    >>> components(4, np.array([0, 1, 1, 2]), np.array([5, 5, 6, 6])).tolist()
    [0, 0, 0, 3]
    """
    label = np.arange(reports)
    if not len(report):
        return label
    _, thing = np.unique(thing, return_inverse=True)
    order = np.argsort(thing, kind="stable")
    report, thing = report[order], thing[order]
    begin = np.flatnonzero(np.diff(thing, prepend=-1))
    while True:
        least = np.minimum.reduceat(label[report], begin)[thing]
        new = label.copy()
        # Both the report and the root it stood under learn the least label seen; then every label goes to its root.
        np.minimum.at(new, label[report], least)
        np.minimum.at(new, report, least)
        while (new[new] != new).any():
            new = new[new]
        if (new == label).all():
            return label
        label = new


def gate(out: Path) -> dict[str, Any]:
    """What equality alone reaches on the casebook in `out`: by rule its `Scores` for gangs, and whether the casebook is
    hard enough (`passed`). Rules: `exact` (any identifier as written), `cap N` (without identifiers in more than N
    reports), `type`; and with knowledge that no reader has: `meant` (slips undone, masks lifted), `own` (that without
    what is common, rented, sold or the victim's); `own, sub-gangs` scores the same clusters by sub-gang.

    Raises:
        UsageError: no casebook there (CB-CI-009).
    """
    if not (out / "truth" / "mentions.parquet").is_file():
        raise UsageError("CB-CI-009", "no casebook in this folder", given=str(out))
    truth = pq.read_table(out / "truth" / "series.parquet")
    ids = truth["report_id"].combine_chunks()
    gang, sub = truth["gang"].to_numpy(), truth["sub_gang"].to_numpy()
    n = len(gang)
    report, written, meant, own = _mentions(out, ids)
    degree = _reports_of(report, written)
    rows = {"exact": scores(components(n, report, written), gang)}
    for cap in CAPS:
        kept = degree <= cap
        rows[f"cap {cap}"] = scores(components(n, report[kept], written[kept]), gang)
    kind = pc.dictionary_encode(truth["type"].combine_chunks()).indices.to_numpy()
    rows["type"] = scores(kind, gang)
    rows["meant"] = scores(components(n, report, meant), gang)
    known = components(n, report[own], meant[own])
    rows["own"], rows["own, sub-gangs"] = scores(known, gang), scores(known, sub)
    passed = rows["exact"].pair_f1 < EXACT_LIMIT and rows["type"].pair_f1 < TYPE_LIMIT
    sizes = np.unique(gang, return_counts=True)[1]
    return {
        "reports": n, "gangs": len(sizes), "singletons": int((sizes == 1).sum()), "largest_gang": int(sizes.max()),
        "true_pairs": int((sizes * (sizes - 1) // 2).sum()), "passed": passed,
        "rules": {name: asdict(row) for name, row in rows.items()},
    }  # fmt: skip


def _mentions(out: Path, ids: pa.Array) -> tuple[Ints, Ints, Ints, Bools]:
    """By mention: its report's place, the number of its value as written and as meant, whether it is a gang's own."""
    table = pq.read_table(out / "truth" / "mentions.parquet")
    report = pc.index_in(table["report_id"].combine_chunks(), ids).to_numpy()
    kind = table["kind"]
    values = [
        pc.dictionary_encode(pc.binary_join_element_wise(kind, table[name], ":").combine_chunks()).indices.to_numpy()
        for name in ("written", "meant")
    ]
    own = pc.equal(table["role"], "own").to_numpy()
    return report.astype(np.int64), values[0].astype(np.int64), values[1].astype(np.int64), own


def _reports_of(report: Ints, thing: Ints) -> Ints:
    """By mention: how many different reports name the thing."""
    distinct = np.unique(np.stack([thing, report]), axis=1)[0]
    counted: Ints = np.bincount(distinct, minlength=int(thing.max()) + 1)[thing]
    return counted
