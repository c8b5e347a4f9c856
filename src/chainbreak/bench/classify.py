"""Types of fraud: the trained recipe beside a plain SVM on public sets, and what the built-in cue words can read.

The recipe is the one `case classify --train` uses; what it chooses it chooses on inner folds, and its answers come from
the stored table read by numpy. Protocols and folds are those of the public sets' notes: near-duplicates never on both
sides. The floor is the notes' method (n-grams and machine) with classes balanced, run here on the same rows. City
narratives are made up by this project: a figure on them says that nothing is broken, and nothing about real reports.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainbreak.bench import BenchRow, Cost, watch
from chainbreak.text.fraud import classify
from chainbreak.text.fraud.extra import ml
from chainbreak.text.fraud.learn import learn, softmax
from chainbreak.text.fraud.measures import calibration_error
from chainbreak.text.fraud.peer import plain_svm

FOLDS = {"small": (0,), "full": (0, 1, 2, 3, 4)}
NARRATIVES = {"small": 600, "full": 6_000}
ONE_CLUSTER = "FR:Phishing(Other)"
"""290 of its 297 messages are one near-duplicate cluster, so seven others must teach what the cluster says."""
NATIONAL = {
    "客服诈骗": "fake_service", "邮件诈骗": "fake_service", "投资诈骗": "investment", "绑架诈骗": "acquaintance",
    "彩票诈骗": "other",
}  # fmt: skip
"""Types of the dialogues that have one national type; phishing, bank and identity calls belong to several."""
_DATA = Path(__file__).resolve().parents[4] / "shared" / "data"

Names = NDArray[Any]
Folds = NDArray[np.int64]


@dataclass(frozen=True)
class _Answers:
    """The tested rows: truth, answer and fold of each, what it cost, calibration error (None: it gives no shares)."""

    truth: Names
    best: Names
    fold: Folds
    cost: Cost
    ece: float | None = None

    def macro_f1(self, but: str = "", fold: int | None = None) -> float:
        """Mean F1 over the types that occur, in one fold or in all rows pooled, `but` one type left out."""
        rows = slice(None) if fold is None else self.fold == fold
        types = sorted({*self.truth[rows], *self.best[rows]} - {but})
        return float(
            ml("sklearn.metrics").f1_score(list(self.truth[rows]), list(self.best[rows]), labels=types, average="macro")
        )


def run(scale: str) -> list[BenchRow]:
    """The table; what is measured stands in `what`, `ratio` is our figure over the floor's."""
    rows = _cues_on_city(NARRATIVES[scale])
    for name, measure in (("fraud_dialogues", _dialogues), ("uci_sms", _spam), ("fbs_sms", _messages)):
        path = _DATA / name / f"{name}.parquet"
        if path.exists():
            rows += measure(_columns(path), FOLDS[scale])
        else:
            rows.append(BenchRow(f"{name}: skipped, shared/data/{name} is not beside the repository"))
    return rows


def _columns(path: Path) -> dict[str, Names]:
    import pyarrow.parquet as pq

    return {name: np.array(values, object) for name, values in pq.read_table(path).to_pydict().items()}


def _cross(texts: Names, labels: Names, fold: Folds, asked: Sequence[int], floor: Any = None) -> _Answers:
    """Answers on the folds `asked` from the other folds, by ours, or by `floor`."""
    truth, best, shares = [], [], []
    with watch() as cost:
        for at in asked:
            taught, tested = fold != at, fold == at
            given = (texts[taught].tolist(), labels[taught].tolist())
            truth.append(labels[tested])
            if floor:
                best.append(np.array(floor(*given, texts[tested].tolist()), object))
                continue
            # The inner folds of the recipe are the folds left: near-duplicates stay together there too.
            model = learn(*given, fold[taught])
            shares.append(softmax(model.scores(texts[tested].tolist())))
            best.append(np.array(model.types, object)[shares[-1].argmax(axis=1)])
    said, meant = np.concatenate(best), np.concatenate(truth)
    sure = np.concatenate([part.max(axis=1) for part in shares]) if shares else None
    ece = None if sure is None else calibration_error(sure, said == meant)
    return _Answers(
        meant, said, np.concatenate([np.full(len(t), at) for t, at in zip(truth, asked, strict=True)]), cost, ece
    )


def _messages(data: dict[str, Names], asked: Sequence[int]) -> list[BenchRow]:
    fold = data["fold"].astype(np.int64)
    ours = _cross(data["text"], data["label"], fold, asked)
    floor = _cross(data["text"], data["label"], fold, asked, plain_svm)
    highest = _Answers(
        ours.truth, np.where(_unteachable(data, fold, asked), "AD:Network_service", ours.truth), ours.fold, Cost()
    )
    what = "fbs_sms, 14 types, near-duplicates apart"
    return [
        *_pair(what, ours, floor, "char(1,3) TF-IDF + SVM", asked),
        *_pair(f"  its 13 types without {ONE_CLUSTER}", ours, floor, "char(1,3) TF-IDF + SVM", asked, ONE_CLUSTER),
        BenchRow(
            f"  the most that can be: its one cluster read as what it looks like, all else right: "
            f"macro-F1 {highest.macro_f1():.3f}, 13 types {highest.macro_f1(ONE_CLUSTER):.3f}", len(ours.truth),
        ),
    ]  # fmt: skip


def _unteachable(data: dict[str, Names], fold: Folds, asked: Sequence[int]) -> NDArray[np.bool_]:
    """Rows tested that lie in the largest near-duplicate cluster of the type that is all but one cluster."""
    of_type = data["cluster"][data["label"] == ONE_CLUSTER]
    names, counts = np.unique(of_type.astype(np.int64), return_counts=True)
    largest = names[counts.argmax()]
    found: NDArray[np.bool_] = np.concatenate([data["cluster"][fold == at] == largest for at in asked])
    return found


def _dialogues(data: dict[str, Names], asked: Sequence[int]) -> list[BenchRow]:
    labels = np.where(data["label"] == "fraud", data["type"], "normal")
    fold = data["fold"].astype(np.int64)
    ours = _cross(data["text"], labels, fold, asked)
    floor = _cross(data["text"], labels, fold, asked, partial(plain_svm, lengths=(1, 2)))
    what = "fraud_dialogues (model-written), 9 classes"
    return [*_pair(what, ours, floor, "char(1,2) TF-IDF + SVM", asked), *_cues_on_dialogues(data)]


def _spam(data: dict[str, Names], _: Sequence[int]) -> list[BenchRow]:
    metrics = ml("sklearn.metrics")
    once = ~data["duplicate"].astype(bool)
    texts, labels, fold = data["text"][once], data["label"][once], (data["part"][once] == "train").astype(np.int64)
    rows, spam = [], {}
    for name, floor in (
        ("ours", None),
        ("char_wb(2,5) TF-IDF + SVM", partial(plain_svm, analyzer="char_wb", lengths=(2, 5))),
    ):
        # Fold 0 is the test part; the part taught is one fold, so its inner folds come from near-duplicate groups.
        told = _cross(texts, labels, fold, (0,), floor) if floor else _taught_once(texts, labels, fold)
        truth, best = told.truth == "spam", told.best == "spam"
        spam[name] = metrics.f1_score(truth, best)
        mcc = metrics.matthews_corrcoef(truth, best)
        rows.append(_row(f"uci_sms without duplicates, {name}: spam-F1 {spam[name]:.3f}, MCC {mcc:.3f}", told))
    rows[0].peer, rows[0].ratio = "char_wb(2,5) TF-IDF + SVM", spam["ours"] / spam["char_wb(2,5) TF-IDF + SVM"]
    return rows


def _taught_once(texts: Names, labels: Names, fold: Folds) -> _Answers:
    from chainbreak.text.fraud.groups import groups_of

    taught, tested = texts[fold == 1].tolist(), fold == 0
    with watch() as cost:
        model = learn(taught, labels[fold == 1].tolist(), groups_of(taught))
        shares = softmax(model.scores(texts[tested].tolist()))
    best = np.array(model.types, object)[shares.argmax(axis=1)]
    ece = calibration_error(shares.max(axis=1), best == labels[tested])
    return _Answers(labels[tested], best, fold[tested], cost, ece)


def _pair(what: str, ours: _Answers, floor: _Answers, peer: str, asked: Sequence[int], but: str = "") -> list[BenchRow]:
    rows = []
    for name, told in (("ours", ours), (peer, floor)):
        by_fold = [told.macro_f1(but, at) for at in asked]
        spread = f", folds {np.mean(by_fold):.3f}±{np.std(by_fold):.3f}" if len(asked) > 1 else ", one fold"
        rows.append(_row(f"{what}, {name}: macro-F1 {told.macro_f1(but):.3f}{spread}", told))
    rows[0].peer, rows[0].ratio = peer, ours.macro_f1(but) / floor.macro_f1(but)
    return rows


def _row(what: str, told: _Answers) -> BenchRow:
    said = what if told.ece is None else f"{what}, calibration error {told.ece:.3f}"
    return BenchRow(said, len(told.truth), told.cost.seconds, told.cost.cpu_s)


def _cues_on_dialogues(data: dict[str, Names]) -> list[BenchRow]:
    """How the built-in words read calls whose type has one national type; a dozen were seen when they were written."""
    rows = []
    for kind, national in NATIONAL.items():
        texts = data["text"][(data["type"] == kind) & (data["label"] == "fraud")]
        rows.append(_cue_row(f"{kind} as {national}", texts.tolist(), [national] * len(texts)))
    honest = data["text"][data["label"] == "normal"]
    with watch() as cost:
        quiet = sum(classify(text).abstained for text in honest)
    what = f"cue words on fraud_dialogues, no fraud at all: {quiet / len(honest):.3f} without an answer, as should be"
    return [*rows, BenchRow(what, len(honest), cost.seconds, cost.cpu_s, len(honest) / cost.cpu_s)]


def _cue_row(what: str, texts: Sequence[str], truth: Sequence[str], where: str = "fraud_dialogues") -> BenchRow:
    with watch() as cost:
        read = [classify(text) for text in texts]
    answered = [(one.type, meant) for one, meant in zip(read, truth, strict=True) if not one.abstained]
    right = sum(one == meant for one, meant in answered)
    said = f"answers {len(answered) / len(texts):.3f}, right where answered {right / max(len(answered), 1):.3f}"
    return BenchRow(
        f"cue words on {where}, {what}: {said}", len(texts), cost.seconds, cost.cpu_s, len(texts) / cost.cpu_s
    )


def _cues_on_city(n: int) -> list[BenchRow]:
    from chainbreak.city.narratives import Told, fraud_names, narrative

    rng, kinds = np.random.default_rng(5), fraud_names()
    truth = [kinds[i % len(kinds)] for i in range(n)]
    texts = [
        narrative(rng, Told(kind, bool(rng.random() < 0.5), "11月2日", "15时", "江城", True, 34, "13800138000",
                            "微信abc123", "云讯", "jd-kf88.com", "6222021234567890123", "建设银行", 123_400, 3))
        for kind in truth
    ]  # fmt: skip
    return [_cue_row("12 types", texts, truth, "city narratives (made up by us)")]
