"""Likeness of texts: speed of signatures, recall of the near-duplicate search, and rewritten texts led to their source.

Speed and recall are measured on reports as the city's officers write them. Rewriting is measured on the public set
fraud_r1 by the protocol of its notes: per language each of 986 rewritten texts is asked for among 986 sources. A source
that stands there twice, word for word, may be found under either (rank = 1 + sources with strictly more evidence).
What is learned from pairs is learned on one half of them (by hash of the id) and measured on the other, both ways;
terms and the prior were chosen on half 0 alone, so half 1 is the figure untouched by any choice.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainbreak.bench import BenchRow, watch
from chainbreak.text.fraud.extra import ml
from chainbreak.text.likeness import Retold, Shelf, signatures
from chainbreak.text.likeness.minhash import shingles

REPORTS = {"small": 4_000, "full": 20_000}
ASKED = 200
FLOOR = {"zh": (2, 3), "en": (4, 5)}
NEIGHBOURS = 10
_PUBLIC = Path(__file__).resolve().parents[4] / "shared" / "data" / "fraud_r1" / "fraud_r1.parquet"

Scores = NDArray[np.float64]


def run(scale: str) -> list[BenchRow]:
    """Signatures and their peer, the shelf, and for each language the floor and ours."""
    texts = _reports(REPORTS[scale])
    rows = [*_signing(texts), *_searching(texts)]
    if not _PUBLIC.exists():
        return [*rows, BenchRow("rewritten to source: skipped, shared/data/fraud_r1 is not beside the repository")]
    return [*rows, *_retelling(_pairs("zh")), *_retelling(_pairs("en"))]


def _signing(texts: list[str]) -> list[BenchRow]:
    signatures(texts[:10])  # tables are built once a process
    few = texts[: max(200, len(texts) // 20)]
    with watch() as ours:
        signatures(texts)
    with watch() as peer:
        for text in few:
            _plain_min_hash(text)
    ratio = (ours.cpu_s / len(texts)) / (peer.cpu_s / len(few))
    note = "; rows/s are per CPU second"
    return [
        BenchRow("signatures, masking of wording included" + note, len(texts), ours.seconds, ours.cpu_s,
                 len(texts) / ours.cpu_s, peer="pure-Python min-hash", ratio=ratio),
        BenchRow("pure-Python min-hash, 32 permutations, 3-grams, no masking" + note, len(few), peer.seconds,
                 peer.cpu_s, len(few) / peer.cpu_s),
    ]  # fmt: skip


def _plain_min_hash(text: str) -> list[int]:
    """The textbook way: each shingle hashed once, 32 linear permutations modulo a Mersenne prime."""
    prime = (1 << 61) - 1
    grams = {
        int.from_bytes(hashlib.blake2b(text[i : i + 3].encode(), digest_size=8).digest()) for i in range(len(text) - 2)
    }
    return [min((gram * (2 * k + 3) * 0x9E3779B1 + k) % prime for gram in grams) for k in range(32)]


def _searching(texts: list[str]) -> list[BenchRow]:
    shelf, names = Shelf(), [str(i) for i in range(len(texts))]
    with watch() as adding:
        shelf.add(names, texts)
    asked = texts[:ASKED]
    rows = [BenchRow("shelf: added; rows/s are per CPU second", len(texts), adding.seconds, adding.cpu_s,
                     len(texts) / adding.cpu_s)]  # fmt: skip
    exact = _exact_likeness(asked, texts)
    np.fill_diagonal(exact, 0)  # each text asked about stands on the shelf itself: no pair
    for least in (0.7, 0.5):
        with watch() as cost:
            found = shelf.search(asked, least, len(texts))
        truth = int((exact >= least).sum())
        hits = sum(match.name != names[row] for row, some in enumerate(found) for match in some)
        what = f"shelf: search, likeness >= {least}: {hits} of {truth} pairs, recall {hits / max(truth, 1):.3f}"
        rows.append(BenchRow(what, len(asked), cost.seconds, cost.cpu_s, len(asked) / cost.cpu_s))
    return rows


def _exact_likeness(asked: list[str], texts: list[str]) -> Scores:
    """Shape (asked, texts): Jaccard of the shingles, every pair."""
    hashes, owner = shingles(texts)
    sets = [
        np.unique(part & np.uint64(0xFFFFFFFF))
        for part in np.split(hashes, np.searchsorted(owner, range(1, len(texts))))
    ]
    every, known = np.concatenate(sets), np.array([len(s) for s in sets])
    starts = np.concatenate(([0], np.cumsum(known)[:-1]))
    exact = np.zeros((len(asked), len(texts)))
    filled = known > 0
    for row in range(len(asked)):
        inside = np.isin(every, sets[row]).astype(np.int64)
        shared = np.zeros(len(texts))
        shared[filled] = np.add.reduceat(inside, starts[filled])
        exact[row] = shared / np.maximum(known[row] + known - shared, 1)
    return exact


@dataclass(frozen=True)
class _Pairs:
    """One language of fraud_r1: sources, retellings, the row of the source of each, and its half."""

    lang: str
    sources: list[str]
    retellings: list[str]
    of: NDArray[np.int64]
    half: NDArray[np.int64]


def _pairs(lang: str) -> _Pairs:
    import pyarrow.parquet as pq

    rows = [row for row in pq.read_table(_PUBLIC).to_pylist() if row["lang"] == lang]
    sources = [row for row in rows if row["role"] == "raw"]
    place = {row["id"]: i for i, row in enumerate(sources)}
    told = [row for row in rows if row["role"] == "rewrite" and row["source_id"] in place]
    half = [int(hashlib.sha256(row["id"].encode()).hexdigest(), 16) % 2 for row in told]
    return _Pairs(lang, [row["text"] for row in sources], [row["text"] for row in told],
                  np.array([place[row["source_id"]] for row in told]), np.array(half))  # fmt: skip


def _retelling(pairs: _Pairs) -> list[BenchRow]:
    floor, floor_cpu = _timed(lambda: _cosine(pairs, 800, known=False))
    whole, whole_cpu = _timed(lambda: _cosine(pairs, None, known=True))
    bits, cpu = _timed(lambda: _bits(pairs))
    spread = (bits - bits.mean(axis=1, keepdims=True)) / bits.std(axis=1, keepdims=True)
    first, copies = _figures(floor, pairs)[0], _near_copies(pairs)
    rows = []
    for what, scores, cost in (
        ("floor: cosine of char TF-IDF, first 800 characters", floor, floor_cpu),
        ("the same on whole texts, idf also of the other half's rewritings", whole, whole_cpu),
        ("bits of terms", bits, cpu),
        ("bits, hubness corrected (CSLS; sees all questions at once)", _csls(spread), cpu),
    ):
        every, half = _figures(scores, pairs), _figures(scores, pairs, pairs.half == 1)
        text = "R@1 {:.3f} R@10 {:.3f} MRR {:.3f}"
        near = _figures(scores, pairs, copies=copies)[0]
        line = f"{pairs.lang} {what}: {text.format(*every)}; half 1 {text.format(*half)}; or a near copy R@1 {near:.3f}"
        rows.append(BenchRow(line, len(pairs.of), cpu_s=cost, peer="R@1 of the floor", ratio=every[0] / first))
    return rows


def _timed(work: Callable[[], Scores]) -> tuple[Scores, float]:
    start = time.process_time()
    scores = work()
    return scores, time.process_time() - start


def _bits(pairs: _Pairs) -> Scores:
    """Each half asked of what the other taught."""
    scores = np.zeros((len(pairs.of), len(pairs.sources)))
    for half in (0, 1):
        taught = np.flatnonzero(pairs.half != half)
        finder = Retold(pairs.sources, [pairs.retellings[i] for i in taught], pairs.of[taught].tolist())
        for row in np.flatnonzero(pairs.half == half):
            scores[row] = finder.bits(pairs.retellings[row])
    return scores


def _cosine(pairs: _Pairs, length: int | None, known: bool) -> Scores:
    vectoriser = ml("sklearn.feature_extraction.text").TfidfVectorizer

    sources, told = ([text[:length] for text in texts] for texts in (pairs.sources, pairs.retellings))
    scores = np.zeros((len(told), len(sources)))
    for half in (0, 1):
        rows, others = np.flatnonzero(pairs.half == half), np.flatnonzero(pairs.half != half)
        reader: Any = vectoriser(analyzer="char", ngram_range=FLOOR[pairs.lang], sublinear_tf=True)
        reader.fit(sources + [told[i] for i in others] if known else sources)
        found = reader.transform([told[i] for i in rows]) @ reader.transform(sources).T
        scores[rows] = found.toarray()
    return scores


def _csls(scores: Scores) -> Scores:
    """Less the mean of each source's best scores (Conneau et al., ICLR 2018): a source near to all tells nothing."""
    best = -np.sort(-scores, axis=0)[:NEIGHBOURS]
    corrected: Scores = 2 * scores - best.mean(axis=0)
    return corrected


def _figures(
    scores: Scores, pairs: _Pairs, asked: NDArray[np.bool_] | None = None, copies: NDArray[np.bool_] | None = None
) -> tuple[float, float, float]:
    """R@1, R@10 and MRR; with `copies`, a near copy of the true source will do as well."""
    own = scores[np.arange(len(pairs.of)), pairs.of]
    if copies is not None:
        own = np.where(copies[pairs.of], scores, -np.inf).max(axis=1)
    rank = 1 + (scores > own[:, None] + 1e-9).sum(axis=1)
    if asked is not None:
        rank = rank[asked]
    return float((rank <= 1).mean()), float((rank <= 10).mean()), float((1 / rank).mean())


def _near_copies(pairs: _Pairs) -> NDArray[np.bool_]:
    """Shape (sources, sources): alike in half or more of their character 3-grams, exactly."""
    reader = ml("sklearn.feature_extraction.text").CountVectorizer(analyzer="char", ngram_range=(3, 3), binary=True)
    grams = reader.fit_transform([_squeezed(text) for text in pairs.sources]).astype(np.int64)
    shared, sizes = (grams @ grams.T).toarray(), np.asarray(grams.sum(axis=1)).ravel()
    copies: NDArray[np.bool_] = (2 * shared >= sizes[:, None] + sizes - shared) | np.eye(len(sizes), dtype=np.bool_)
    return copies


def _squeezed(text: str) -> str:
    return re.sub(r"\W+", "", text.lower())


def _reports(count: int) -> list[str]:
    """Narratives as the city's officers write them, identifiers in the text."""
    from chainbreak.city.narratives import Told, fraud_names, narrative

    rng = np.random.default_rng(11)
    places, names = ("解放路", "人民街", "云锦苑小区", "幸福里", "学府路"), fraud_names()

    def digits(size: int) -> str:
        return "".join(map(str, rng.integers(0, 10, size)))

    def pick(values: Sequence[str]) -> str:
        return values[int(rng.integers(len(values)))]

    return [
        narrative(rng, Told(
            fraud=pick(names), by_phone=bool(rng.random() < 0.5), time=f"{rng.integers(24)}时", place=pick(places),
            day=f"2026年{rng.integers(1, 13)}月{rng.integers(1, 29)}日", woman=bool(rng.random() < 0.5),
            age=int(rng.integers(18, 80)), phone=f"13{digits(9)}", chat=f"微信wx_{digits(6)}",
            app=pick(("聚财宝", "众联通", "速办")), site=f"jd-kf{digits(3)}.com" if rng.random() < 0.7 else "",
            card=f"6222{digits(15)}", bank="工商银行",
            loss_fen=int(rng.integers(10_000, 100_000_000)), times=int(rng.integers(1, 9)),
        ))
        for _ in range(count)
    ]  # fmt: skip
