"""How good a partition or a ranking of pairs is, against known series; every method is measured by these alone.

Records stand in the same order in both label arrays; equal labels are one cluster. Counted over the contingency table
of both partitions in O(n log n), never over pairs of records.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def partition_measures(truth: npt.ArrayLike, found: npt.ArrayLike) -> dict[str, float]:
    """Pair and B³ precision, recall and F1; `largest`: records of the largest cluster found; `largest_false`: most
    records that one cluster holds beside those of its commonest series.

    Pairs: of all pairs put together, how many belong together (precision), and of all that belong, how many were put
    together (recall); 1 where there is none to judge. B³ (Bagga and Baldwin 1998): the same share for each record
    among its cluster, or its series, averaged over records.

    >>> told = partition_measures([1, 1, 1, 2, 2], [1, 1, 2, 2, 2])
    >>> told["pair_precision"], told["pair_recall"], told["largest"], told["largest_false"]
    (0.5, 0.5, 3, 1)
    """
    true, place = _numbered(truth), _numbered(found)
    if not len(true) or len(true) != len(place):
        raise ValueError(f"labels of {len(true)} and {len(place)} records")
    cell, size = np.unique(place * np.int64(len(true)) + true, return_counts=True)
    of_series, of_cluster = np.bincount(true), np.bincount(place)
    shared, put, belong = _pairs(size), _pairs(of_cluster), _pairs(of_series)
    b3_precision = float((size**2 / of_cluster[cell // len(true)]).sum() / len(true))
    b3_recall = float((size**2 / of_series[cell % len(true)]).sum() / len(true))
    commonest = np.zeros(len(of_cluster), np.int64)
    np.maximum.at(commonest, cell // len(true), size)
    pair = (shared / put if put else 1.0, shared / belong if belong else 1.0)
    return {
        "pair_precision": pair[0], "pair_recall": pair[1], "pair_f1": f1(*pair),
        "b3_precision": b3_precision, "b3_recall": b3_recall, "b3_f1": f1(b3_precision, b3_recall),
        "largest": int(of_cluster.max()), "largest_false": int((of_cluster - commonest).max()),
    }  # fmt: skip


def ranking_measures(
    relevant: npt.ArrayLike, scores: npt.ArrayLike, total: int | None = None, at: Sequence[int] = (100,)
) -> dict[str, float]:
    """Average precision and precision at k of pairs ranked by `scores` (higher: rather linked); ties count as one step.

    Args:
        relevant: whether each scored pair is linked.
        scores: any scale.
        total: how many linked pairs there are, when not all were scored; the others are never found.
        at: the k of `precision_at_k`; among ties a pair counts by the share that is linked.

    >>> ranking_measures([True, False, True], [3, 2, 1], at=[1, 2])
    {'ap': 0.8333333333333333, 'precision_at_1': 1.0, 'precision_at_2': 0.5}
    """
    hit, score = np.asarray(relevant, bool), np.asarray(scores, float)
    order = np.argsort(-score, kind="stable")
    hit, score = hit[order], score[order]
    ends = np.flatnonzero(np.append(score[1:] != score[:-1], True)) if len(hit) else np.zeros(0, np.int64)
    ranked, hits = ends + 1.0, np.cumsum(hit)[ends].astype(float)
    n = int(hit.sum()) if total is None else total
    ap = float((np.diff(hits, prepend=0.0) * hits / ranked).sum() / n) if n else float("nan")
    steps = (np.append(0.0, ranked), np.append(0.0, hits))
    # Between two ends of ties hits rise evenly; beyond the last scored pair they no longer rise.
    return {"ap": ap} | {f"precision_at_{k}": float(np.interp(k, *steps) / k) for k in at}


def linked_pairs(truth: npt.ArrayLike) -> int:
    """How many pairs of records belong together.

    >>> linked_pairs([1, 1, 1, 2])
    3
    """
    return _pairs(np.bincount(_numbered(truth)))


def f1(precision: float, recall: float) -> float:
    """Harmonic mean; 0 when both are 0."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _pairs(sizes: Ints) -> int:
    return int((sizes.astype(np.int64) * (sizes.astype(np.int64) - 1) // 2).sum())


def _numbered(labels: npt.ArrayLike) -> Ints:
    return np.unique(np.asarray(labels), return_inverse=True)[1].astype(np.int64)
