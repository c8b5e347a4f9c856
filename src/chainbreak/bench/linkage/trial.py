"""One method on one casebook, in a process of its own; what it reached is printed as lines of JSON.

A folder holds `casebook/`, the same as linkage takes it (`book.pickle`), and Splink's taught model (`splink.json`).
"""

from __future__ import annotations

import json
import pickle
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from chainbreak.bench import Cost, run_child
from chainbreak.bench.linkage import peers
from chainbreak.bench.linkage.book import Book, read_book
from chainbreak.find.linkage.measures import linked_pairs, partition_measures, ranking_measures
from chainbreak.find.linkage.model import Ints

TAUGHT_SEED, TAUGHT_REPORTS = 101, 10_000
"""The development book that Splink's m is taken from."""
DEFAULT_CUT = 0.95
"""The match probability at which Splink's examples join."""
CUTS = (0.05, 0.2, 0.5, 0.8, DEFAULT_CUT, *(1 - 2.0**-bits for bits in np.arange(5, 15.5, 0.5).tolist()))
AT = (100, 1_000)
Found = Iterator[tuple[str, Ints, dict[str, float]]]
"""Name of the method, label of each report, and measures of its ranking, if it ranks."""


def prepare(folder: str, reports: int, seed: int) -> None:
    """Write the casebook, and read it once for all methods."""
    from chainbreak.city.casebook import write_casebook

    here = Path(folder)
    write_casebook(here / "casebook", reports, seed)
    (here / "book.pickle").write_bytes(pickle.dumps(read_book(here / "casebook"), protocol=5))


def teach(folder: str) -> None:
    """Splink's model, taught by a development book that stands in `folder` as any other."""
    from chainbreak.bench.linkage.splink_peer import taught

    book = _book(folder)
    (Path(folder) / "splink.json").write_text(json.dumps(taught(book.reports, book.gang, Path(folder) / "scratch")))


def attempt(folder: str, method: str) -> None:
    """Run the method on the book in `folder`; a line of JSON a variant: measures, CPU seconds without reading."""
    book = _book(folder)
    wall, cpu = time.perf_counter(), time.process_time()
    for name, label, ranked in METHODS[method](Path(folder), book):
        spent = {"cpu_s": time.process_time() - cpu, "seconds": time.perf_counter() - wall}
        sub = partition_measures(book.sub_gang, label)
        told = partition_measures(book.gang, label) | ranked | {f"sub_{m}": sub[m] for m in ("pair_f1", "b3_f1")}
        sys.stdout.write(json.dumps({"method": name, "reports": book.reports.n} | told | spent) + "\n")


def arrive(folder: str) -> None:
    """Reports of the book in `folder` that arrive one by one on all others, and in any order; a line of JSON a row."""
    from chainbreak.bench.linkage.arrival import arrivals, orders

    book = _book(folder)
    for row in [*arrivals(book), *orders(book)]:
        sys.stdout.write(json.dumps(asdict(row)) + "\n")


def people(file: str) -> None:
    """Our linkage of febrl3; a line of JSON a cut."""
    from chainbreak.bench.linkage.people import evaluate

    for line in evaluate(Path(file)):
        sys.stdout.write(json.dumps(line) + "\n")


def people_by_splink(file: str) -> None:
    """Splink's linkage of febrl3, at its default cut and at the best by the truth."""
    from chainbreak.bench.linkage.people import truth_of
    from chainbreak.bench.linkage.splink_peer import people_scored
    from chainbreak.find.linkage.components import components

    person = truth_of(Path(file))
    wall, cpu = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory(prefix="bench-people-") as scratch:
        a, b, odds = people_scored(Path(file), Path(scratch))
    spent = {"cpu_s": time.process_time() - cpu, "seconds": time.perf_counter() - wall, "reports": len(person)}
    told = {cut: partition_measures(person, components(len(person), a[odds >= cut], b[odds >= cut])) for cut in CUTS}
    best = max(told, key=lambda cut: told[cut]["pair_f1"])
    for name, cut in ((f"at {DEFAULT_CUT}", DEFAULT_CUT), (f"at its best by the truth ({best:.5g})", best)):
        sys.stdout.write(json.dumps({"method": f"Splink {name}"} | told[cut] | spent) + "\n")


def crimes(folder: str) -> None:
    """Linkage of crimes, a line of JSON a method, ablation and split."""
    from chainbreak.bench.linkage.crimes import evaluate

    for line in evaluate(Path(folder)):
        sys.stdout.write(json.dumps(line) + "\n")


def tried(folder: Path, function: str, *arguments: object, **environment: str) -> tuple[Cost, list[dict[str, Any]]]:
    """A function of this module in a child: what it cost, and the JSON it printed."""
    given = ", ".join(repr(a) for a in (str(folder), *arguments))
    cost = run_child(
        [sys.executable, "-c", f"from chainbreak.bench.linkage.trial import {function}; {function}({given})"],
        **environment,
    )
    return cost, [json.loads(line) for line in cost.output.splitlines() if line.startswith("{")]


def _book(folder: str) -> Book:
    book: Book = pickle.loads((Path(folder) / "book.pickle").read_bytes())  # noqa: S301 written by `prepare` of this run
    return book


def _ours(folder: Path, book: Book) -> Found:
    from chainbreak.find.linkage.link import link

    linked = link(book.reports)
    yield "ours", linked.label, _ranking(book, *linked.evidence.pairs, linked.evidence.scores.total)


def _splink(folder: Path, book: Book) -> Found:
    from chainbreak.bench.linkage.splink_peer import reports_scored
    from chainbreak.find.linkage.components import components

    n, model = book.reports.n, json.loads((folder / "splink.json").read_text())
    share = linked_pairs(book.gang) / (n * (n - 1) / 2)
    a, b, odds = reports_scored(book.reports, share, model, folder / "scratch")
    ranking = _ranking(book, a, b, odds)

    def at(cut: float) -> Ints:
        return components(n, a[odds >= cut], b[odds >= cut])

    yield f"Splink at {DEFAULT_CUT}", at(DEFAULT_CUT), ranking
    best = max(CUTS, key=lambda cut: partition_measures(book.gang, at(cut))["pair_f1"])
    yield f"Splink at its best by the truth ({best:.5g})", at(best), ranking


def _components(folder: Path, book: Book) -> Found:
    yield "components of exact identifiers", peers.exact(book.reports), {}


def _capped(folder: Path, book: Book) -> Found:
    yield f"components, identifiers of {peers.CAP} reports at most", peers.exact(book.reports, peers.CAP), {}


def _same_type(folder: Path, book: Book) -> Found:
    yield "same type", peers.same_type(book.reports), {}


def _ranking(book: Book, a: Ints, b: Ints, scores: npt.NDArray[Any]) -> dict[str, float]:
    return ranking_measures(book.gang[a] == book.gang[b], np.asarray(scores, float), linked_pairs(book.gang), AT)


METHODS: dict[str, Callable[[Path, Book], Found]] = {
    "ours": _ours, "splink": _splink, "components": _components, "capped": _capped, "type": _same_type,
}  # fmt: skip
