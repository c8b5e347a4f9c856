"""Records of people without labels (febrl3: 5,000 records of 2,000 people, many misspelt) joined into people.

Comparisons and blocking rules are SQL on the store's DuckDB; bits come from expectation-maximisation, one fit a
blocking rule; clusters from correlation clustering, as those of reports. Nothing is learnt from the true clusters but,
where said so, the cut: on one half of the people, measured on the other.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from chainbreak.find.linkage.candidates import Pairs
from chainbreak.find.linkage.cluster import cluster
from chainbreak.find.linkage.fellegi_sunter import (
    MISSING,
    Bits,
    averaged,
    fit_em,
    fit_prior,
    shares,
)
from chainbreak.find.linkage.measures import linked_pairs, partition_measures, ranking_measures

Ints = npt.NDArray[np.int64]
Levels = npt.NDArray[np.uint8]

NAMES, OTHERS = ("given_name", "surname"), ("address_1", "address_2", "suburb")
NUMBERS, EXACT = ("date_of_birth", "soc_sec_id"), ("state",)
SHORT = ("postcode", "street_number")
COMPARISONS = (*NAMES, *OTHERS, *NUMBERS, *SHORT, *EXACT)
N_LEVELS = (4, 4, 3, 3, 3, 4, 4, 3, 3, 2)
RULES = (
    ("soc_sec_id",), ("date_of_birth",), ("given_name", "surname"), ("surname", "postcode"), ("given_name", "postcode"),
    ("address_1", "street_number"), ("given_name", "suburb"), ("surname", "suburb"),
)  # fmt: skip
"""Two records are compared when they agree on all columns of a rule."""
RANDOM_PAIRS = 250_000
APART_BITS = 1.0
"""What a pair inside a cluster that no rule brought together counts against it."""
CUTS = np.arange(-8.0, 24.0)
MILLI = 1000
MEMORY_MIB, THREADS = 2048, 2


def _swapped(column: str) -> str:
    other = NAMES[1 - NAMES.index(column)]
    return f"(a.{column} = b.{other} OR b.{column} = a.{other})"


def _level(column: str) -> str:
    """The SQL of one comparison: its level, 0 the least alike."""
    a, b = f"a.{column}", f"b.{column}"
    likeness, edits = f"jaro_winkler_similarity({a}, {b})", f"damerau_levenshtein({a}, {b})"
    if column in NAMES:
        ladder = (
            f"WHEN {a} = {b} THEN 3 WHEN {likeness} >= 0.88 THEN 2 WHEN {likeness} >= 0.75 OR {_swapped(column)} THEN 1"
        )
    elif column in OTHERS:
        ladder = f"WHEN {a} = {b} THEN 2 WHEN {likeness} >= 0.88 THEN 1"
    elif column in NUMBERS:
        ladder = f"WHEN {a} = {b} THEN 3 WHEN {edits} <= 1 THEN 2 WHEN {edits} <= 2 THEN 1"
    elif column in SHORT:
        ladder = f"WHEN {a} = {b} THEN 2 WHEN {edits} <= 1 THEN 1"
    else:
        ladder = f"WHEN {a} = {b} THEN 1"
    return f"CASE WHEN {a} IS NULL OR {b} IS NULL THEN {MISSING} {ladder} ELSE 0 END"


class Records:
    """Records of people in a database of their own; `cluster` (the truth) stays outside it."""

    def __init__(self, file: Path, scratch: Path) -> None:
        from chainbreak.store.duck import connect

        self._db = connect(scratch, MEMORY_MIB, THREADS)
        columns = ", ".join(f"nullif(trim({c}), '') AS {c}" for c in COMPARISONS)
        self._db.execute(
            f"CREATE TABLE r AS SELECT row_number() OVER (ORDER BY rec_id) - 1 AS i, {columns} FROM read_parquet(?)",  # noqa: S608 own column names
            [str(file)],
        )
        self.n = int(self._db.execute("SELECT count(*) FROM r").fetchall()[0][0])

    def compared(self, rule: tuple[str, ...]) -> tuple[Ints, Ints, Levels]:
        """Pairs (a < b) that agree on `rule`, in order, and their levels."""
        on = " AND ".join(f"a.{c} = b.{c}" for c in rule)
        return self._pairs(f"FROM r a JOIN r b ON a.i < b.i AND {on}")

    def random(self, pairs: int, seed: int) -> Levels:
        """Levels of pairs drawn at random."""
        rng = np.random.default_rng(seed)
        a, b = rng.integers(0, self.n, (2, pairs))
        import pyarrow as pa

        self._db.register("drawn", pa.table({"a": a[a != b], "b": b[a != b]}))
        return self._pairs("FROM drawn JOIN r a ON a.i = drawn.a JOIN r b ON b.i = drawn.b")[2]

    def _pairs(self, joined: str) -> tuple[Ints, Ints, Levels]:
        levels = ", ".join(f"({_level(c)})::UTINYINT AS {c}" for c in COMPARISONS)
        found = self._db.execute(f"SELECT a.i AS a, b.i AS b, {levels} {joined} ORDER BY a.i, b.i").fetchnumpy()
        columns: list[Any] = [np.asarray(found[c], np.uint8) for c in COMPARISONS]
        return found["a"].astype(np.int64), found["b"].astype(np.int64), np.stack(columns, axis=1)


def fitted(records: Records, by_rule: list[tuple[Ints, Ints, Levels]], levels: Levels) -> Bits:
    """Bits without labels: u of random pairs, m of each rule's pairs, the prior of all pairs."""
    u = shares(records.random(RANDOM_PAIRS, seed=1), N_LEVELS)
    parts = []
    for rule, (_, _, found) in zip(RULES, by_rule, strict=True):
        free = [c not in rule for c in COMPARISONS]
        parts.append((fit_em(found, N_LEVELS, u, free), free))
    return fit_prior(averaged(parts), levels, records.n * (records.n - 1) // 2)


def clusters(n: int, pairs: Pairs, bits: npt.NDArray[np.float64], cut: float) -> Ints:
    """People at a cut: pairs count what they have above it."""
    milli = np.round((bits - cut) * MILLI).astype(np.int64)
    return cluster(n, pairs, milli, int(APART_BITS * MILLI)).label


def truth_of(file: Path) -> Ints:
    """Number of the person of each record, in the order of `rec_id`."""
    import pyarrow.parquet as pq

    rows = pq.read_table(file, columns=["rec_id", "cluster"]).sort_by("rec_id")
    return np.unique(rows["cluster"].to_numpy(), return_inverse=True)[1].astype(np.int64)


def evaluate(file: Path) -> list[dict[str, Any]]:
    """Measures at even odds on all records (with what that cost), and at the cut that was best for the other half of
    the people."""
    person = truth_of(file)
    wall, cpu = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory(prefix="bench-people-") as scratch:
        records = Records(file, Path(scratch))
        by_rule = [records.compared(rule) for rule in RULES]
        a, b, levels = (np.concatenate(parts) for parts in zip(*by_rule, strict=True))
        _, first = np.unique(a * records.n + b, return_index=True)
        pairs, levels = (a[first], b[first]), levels[first]
        bits = fitted(records, by_rule, levels).score(levels)
    found = {0.0: clusters(records.n, pairs, bits, 0.0)}
    spent = {"cpu_s": time.process_time() - cpu, "seconds": time.perf_counter() - wall}
    ranked = ranking_measures(person[pairs[0]] == person[pairs[1]], bits, linked_pairs(person))
    told = partition_measures(person, found[0.0]) | ranked | spent
    rows: list[dict[str, Any]] = [{"method": "ours without labels, at even odds", "reports": records.n} | told]
    found |= {float(cut): clusters(records.n, pairs, bits, float(cut)) for cut in CUTS}
    dealt = np.random.default_rng(0).permutation(person.max() + 1)[person] % 2 == 0
    for half in (dealt, ~dealt):
        best = max(found, key=lambda cut: (partition_measures(person[~half], found[cut][~half])["pair_f1"], -abs(cut)))
        told = partition_measures(person[half], found[best][half])
        rows.append(
            {"method": f"ours, half of the people, cut of the others ({best:g} bits)", "reports": int(half.sum())}
            | told
        )
    return rows
