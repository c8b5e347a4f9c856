"""Is a casebook hard enough? What rules that know nothing but equality reach on it.

The rules read `truth/mentions.parquet`: identifiers as written, found by a perfect reader. A real reader finds fewer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from chainbreak.base.errors import UsageError
from chainbreak.find.linkage.components import components
from chainbreak.find.linkage.measures import partition_measures
from chainbreak.find.linkage.model import Ints

EXACT_LIMIT, TYPE_LIMIT = 0.3, 0.05
"""Pair F1 at or above which a casebook is too easy (spec, section 10)."""
CAPS = (1_000, 100, 20, 8, 4)
"""Identifiers named by more reports are left out: the rule of thumb that is to fail."""


def gate(out: Path) -> dict[str, Any]:
    """What equality alone reaches on the casebook in `out`: by rule its `partition_measures` against gangs, and whether
    the casebook is hard enough (`passed`). Rules: `exact` (any identifier as written), `cap N` (without identifiers in
    more than N reports), `type`; and with knowledge that no reader has: `meant` (slips undone, masks lifted), `own`
    (that without what is common, rented, sold or the victim's); `own, sub-gangs` measures the same by sub-gang.

    Raises:
        UsageError: no casebook there (CB-CI-009).
    """
    if not (out / "truth" / "mentions.parquet").is_file():
        raise UsageError("CB-CI-009", "no casebook in this folder", given=str(out))
    truth = pq.read_table(out / "truth" / "series.parquet").combine_chunks()
    gang, sub = truth["gang"].to_numpy(), truth["sub_gang"].to_numpy()
    n, mentioned = len(gang), pq.read_table(out / "truth" / "mentions.parquet")
    report = pc.index_in(mentioned["report_id"].combine_chunks(), truth["report_id"].combine_chunks()).to_numpy()
    written, meant = (_numbered(mentioned, name) for name in ("written", "meant"))
    own = pc.equal(mentioned["role"], "own").to_numpy()
    named = _reports_of(report, written)
    found = {"exact": _joined(n, report, written)}
    found |= {f"cap {cap}": _joined(n, report[named <= cap], written[named <= cap]) for cap in CAPS}
    found["type"] = pc.dictionary_encode(truth["type"].combine_chunks()).indices.to_numpy()
    found["meant"], found["own"] = _joined(n, report, meant), _joined(n, report[own], meant[own])
    rules = {name: partition_measures(gang, labels) for name, labels in found.items()}
    rules["own, sub-gangs"] = partition_measures(sub, found["own"])
    sizes = np.unique(gang, return_counts=True)[1]
    return {
        "reports": n, "gangs": len(sizes), "singletons": int((sizes == 1).sum()), "largest_gang": int(sizes.max()),
        "true_pairs": int((sizes * (sizes - 1) // 2).sum()), "rules": rules,
        "passed": rules["exact"]["pair_f1"] < EXACT_LIMIT and rules["type"]["pair_f1"] < TYPE_LIMIT,
    }  # fmt: skip


def _numbered(mentioned: pa.Table, column: str) -> Ints:
    """By mention the number of its kind and value."""
    values = pc.binary_join_element_wise(mentioned["kind"], mentioned[column], ":").combine_chunks()
    numbers: Ints = pc.dictionary_encode(values).indices.to_numpy().astype(np.int64)
    return numbers


def _joined(n: int, report: Ints, thing: Ints) -> Ints:
    """Reports that share a thing, and those that share one with them, as one cluster."""
    order = np.argsort(thing, kind="stable")
    report, thing = report[order], thing[order]
    same = thing[1:] == thing[:-1]
    return components(n, report[:-1][same], report[1:][same])


def _reports_of(report: Ints, thing: Ints) -> Ints:
    """By mention how many different reports name its thing."""
    pairs = np.unique(thing * (int(report.max()) + 1) + report) // (int(report.max()) + 1)
    counted: Ints = np.bincount(pairs)[thing]
    return counted
