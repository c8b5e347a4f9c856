"""Linkage beside Splink and the rules of thumb: public record sets, and reports of simulated gangs.

Quality and cost in one table, every method in a process of its own on the same input. Reports are a casebook of a seed
that nothing was fitted on; `ratio` is our CPU seconds over the peer's, reading left out on both sides. Public sets are
read beside the repository, and their rows left out where they are not there.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainbreak.bench import BenchRow, Cost

SIZES = {"small": (10_000,), "full": (200_000, 1_000_000)}
SEED = 901
_PUBLIC = Path(__file__).resolve().parents[5] / "shared" / "data" / "linkage"


@dataclass
class LinkageRow(BenchRow):
    """A measured line with what it reached: pair precision, recall and F1, B³ F1, average precision, AUC (each from 0
    to 1), and most records that one cluster holds beside those of its commonest series."""

    precision: float | None = None
    recall: float | None = None
    pair_f1: float | None = None
    b3_f1: float | None = None
    ap: float | None = None
    auc: float | None = None
    largest_false: int | None = None


def run(scale: str) -> list[BenchRow]:
    """febrl3, crimelinkage, and casebooks of the scale's sizes."""
    rows: list[BenchRow] = [*_people(), *_crimes()]
    with tempfile.TemporaryDirectory(prefix="bench-linkage-") as name:
        taught = teach(Path(name))
        for reports in SIZES[scale]:
            rows += _reports(Path(name) / str(reports), reports, taught)
    return rows


def teach(folder: Path) -> Path:
    """Splink's model, taught by the development book; its file."""
    from chainbreak.bench.linkage.trial import TAUGHT_REPORTS, TAUGHT_SEED, tried

    (folder / "taught").mkdir()
    tried(folder / "taught", "prepare", TAUGHT_REPORTS, TAUGHT_SEED)
    tried(folder / "taught", "teach")
    return folder / "taught" / "splink.json"


def measured(folder: Path, reports: int, seed: int, taught: Path) -> Iterator[tuple[str, Cost, list[dict[str, Any]]]]:
    """Every method on one new casebook in `folder`: its key in `trial.METHODS`, its cost, its lines."""
    from chainbreak.bench.linkage.trial import METHODS, tried

    folder.mkdir()
    tried(folder, "prepare", reports, seed)
    shutil.copy(taught, folder / "splink.json")
    for method in METHODS:
        yield method, *tried(folder, "attempt", method)


def _reports(folder: Path, reports: int, taught: Path) -> list[BenchRow]:
    from chainbreak.bench.linkage.trial import tried

    found = list(measured(folder, reports, SEED, taught))
    cpu_s = {method: lines[0]["cpu_s"] for method, _, lines in found}
    rows: list[BenchRow] = []
    for method, cost, lines in found:
        for line in lines:
            row = _row(f"reports: {line['method']}", line, cost.peak_mib)
            if method == "ours":
                row.peer, row.ratio = "Splink 5", cpu_s["ours"] / cpu_s["splink"]
            rows.append(row)
    return rows + [BenchRow(**line) for line in tried(folder, "arrive")[1]]


def _row(what: str, line: dict[str, Any], peak_mib: float | None = None) -> LinkageRow:
    n, seconds = line["reports"], line.get("seconds")
    return LinkageRow(
        what, n, seconds, line.get("cpu_s"), n / seconds if seconds else None, peak_mib,
        precision=line["pair_precision"], recall=line["pair_recall"], pair_f1=line["pair_f1"], b3_f1=line["b3_f1"],
        ap=line.get("ap"), largest_false=line["largest_false"],
    )  # fmt: skip


def _people() -> list[BenchRow]:
    from chainbreak.bench.linkage.trial import tried

    file = _PUBLIC / "febrl3.parquet"
    if not file.is_file():
        return [BenchRow("febrl3: left out, shared/data/linkage is not beside the repository")]
    ours, told = tried(file, "people")
    peer, splink = tried(file, "people_by_splink")
    rows: list[BenchRow] = [
        *(_row(f"febrl3: {line['method']}", line, ours.peak_mib) for line in told),
        *(_row(f"febrl3: {line['method']}", line, peer.peak_mib) for line in splink),
    ]
    rows[0].peer, rows[0].ratio = "Splink 5", told[0]["cpu_s"] / splink[0]["cpu_s"]
    return rows


def _crimes() -> list[BenchRow]:
    from chainbreak.bench.linkage.crimes import BASELINE
    from chainbreak.bench.linkage.trial import tried

    if not (_PUBLIC / "crimelinkage_crimes.parquet").is_file():
        return [BenchRow("crimelinkage: left out, shared/data/linkage is not beside the repository")]
    # Small arrays: threads of the linear algebra would only wait for one another.
    cost, lines = tried(_PUBLIC, "crimes", OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    rows: list[BenchRow] = []
    kept = [line for line in lines if line["ablation"] == "all" or line["method"] in ("chosen", BASELINE)]
    for what in dict.fromkeys((line["ablation"], line["method"]) for line in kept):
        of = [line for line in lines if (line["ablation"], line["method"]) == what]
        ap, auc = (np.array([line[measure] for line in of]) for measure in ("ap", "auc"))
        spread = f"AP {ap.mean():.3f} ± {ap.std():.3f}, AUC {auc.mean():.3f} ± {auc.std():.3f} over {len(of)} splits"
        row = LinkageRow(f"crimelinkage, {what[0]}: {what[1]}; {spread}", int(sum(line["pairs"] for line in of)))
        row.ap, row.auc = float(ap.mean()), float(auc.mean())
        rows.append(row)
    rows.append(BenchRow("crimelinkage: all of the above", None, cost.seconds, cost.cpu_s, None, cost.peak_mib))
    return rows
