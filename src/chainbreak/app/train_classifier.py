"""Train a reader of types on a centre's labelled reports, or measure one on them. A file stands by itself: no desk.

What is kept learnt from every row; the figures on its card are those of the same recipe that learnt from the earlier
(or other) reports and was asked about the rest, near-duplicates never on both sides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainbreak.base.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from chainbreak.text.fraud.labelled import Labelled

LEAST_OF_A_TYPE = 10
"""Types with fewer reports are left out: two in each inner fold and two to test is the least that says anything."""
ENOUGH_TO_TEST, ENOUGH_TWICE = 1_000, 300
"""Test reports, and reports with two labellers, below which figures are called uncertain (linkage spec 4)."""
TESTED_SHARE = 0.2


def train_classifier(
    files: Sequence[Path], out: Path, *, text: str = "", label: str = "", time: str = "", second: str = "",
    centre: Path | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Learn from `files` and write the model's folder `out`; returns its card.

    Raises:
        InputError: files, labels, times or the folder will not do (CB-FR-002, -004, -005, -008).
        UsageError: no such column (CB-FR-003).
        SetupError: the extra `ml` is not installed (CB-FR-006), or the centre's types cannot be used (CB-FR-001).
    """
    import numpy as np

    from chainbreak.text.fraud.extra import ml
    from chainbreak.text.fraud.groups import groups_of
    from chainbreak.text.fraud.labelled import read_labelled
    from chainbreak.text.fraud.learn import learn
    from chainbreak.text.fraud.page import page_of
    from chainbreak.text.fraud.types import types_of

    ml("sklearn")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(
            "CB-FR-008", "cannot write the model there", given=out.name, allowed="a new or an empty folder"
        )
    types = types_of(centre)
    data = _enough(read_labelled(files, types, text=text, label=label, time=time, second=second))
    groups = groups_of(data.texts)
    test, aside = _split(data, groups)
    train = ~test & ~aside
    figures = _figures(data, groups, train, test)
    model = learn(data.texts, data.labels, groups)
    card = {
        **model.card, **figures, "dropped": dict(data.dropped),
        "split": {
            "by": "time" if data.at is not None else "a hash of near-duplicate groups",
            "train": int(train.sum()), "test": int(test.sum()), "set_aside_as_repeats": int(aside.sum()),
            "near_duplicate_groups": len(np.unique(groups)),
        },
        "labellers": _labellers(data),
    }  # fmt: skip
    card["warnings"] = _warnings(data, card, set(types))
    return {"model": str(out), **replace(model, card=card).save(out, page_of(card))}


def evaluate_classifier(
    files: Sequence[Path], model: Path | None = None, *, text: str = "", label: str = "", centre: Path | None = None
) -> dict[str, Any]:
    """Figures of a trained or of the built-in reader on labelled files; rows of types it does not know count as wrong.

    Raises:
        InputError, UsageError, SetupError: as `train_classifier`; the folder is no model (CB-FR-007).
    """
    import numpy as np

    from chainbreak.text.fraud import model_of
    from chainbreak.text.fraud.labelled import read_labelled
    from chainbreak.text.fraud.measures import measured
    from chainbreak.text.fraud.types import types_of

    reader = model_of(centre, model)
    data = read_labelled(files, types_of(centre), text=text, label=label)
    readings = [reader.read(told) for told in data.texts]
    keys = sorted({key for key, _ in readings[0].ranked} | set(data.labels))
    shares = np.array([[dict(one.ranked).get(key, 0.0) for key in keys] for one in readings])
    truth = np.array([keys.index(told) for told in data.labels], np.int64)
    figures = measured(shares, truth, keys, 0.0)
    answered = np.array([not one.abstained for one in readings])
    right = shares.argmax(axis=1) == truth
    figures["answered"] = round(float(answered.mean()), 4)
    figures["accuracy_answered"] = round(float(right[answered].mean()), 4) if answered.any() else None
    return {"model": reader.name, **figures}


def _enough(data: Labelled) -> Labelled:
    """The rows whose type has enough of them.

    Raises:
        InputError: fewer than two types are left (CB-FR-004).
    """
    counts = Counter(data.labels)
    rare = sorted(key for key, n in counts.items() if n < LEAST_OF_A_TYPE)
    if len(counts) - len(rare) < 2:
        raise InputError(
            "CB-FR-004", "fewer than two types to tell apart", given=str(dict(counts.most_common(5))),
            allowed=f"at least two types with {LEAST_OF_A_TYPE} reports each",
        )  # fmt: skip
    if not rare:
        return data
    kept = [row for row, key in enumerate(data.labels) if key not in rare]
    gone = {f"too few of {key}": counts[key] for key in rare}
    return replace(
        data, texts=tuple(data.texts[i] for i in kept), labels=tuple(data.labels[i] for i in kept),
        at=None if data.at is None else data.at[kept],
        second=None if data.second is None else tuple(data.second[i] for i in kept),
        dropped={**data.dropped, **gone},
    )  # fmt: skip


def _split(data: Labelled, groups: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Rows to test on, and rows set aside because the other side tells them too."""
    import numpy as np

    from chainbreak.text.fraud.groups import a_fifth

    if data.at is None:
        return a_fifth(groups, data.texts), np.zeros(len(groups), np.bool_)
    order = np.argsort(data.at, kind="stable")
    cut = data.at[order[round(len(order) * (1 - TESTED_SHARE))]]
    later = data.at >= cut
    repeated = later & np.isin(groups, groups[~later])
    return later & ~repeated, repeated


def _figures(
    data: Labelled, groups: NDArray[np.int64], train: NDArray[np.bool_], test: NDArray[np.bool_]
) -> dict[str, Any]:
    """What the recipe and the plain peer, both learnt from `train`, say of `test`."""
    import numpy as np

    from chainbreak.text.fraud.learn import learn, softmax
    from chainbreak.text.fraud.measures import by_type, macro_f1, measured
    from chainbreak.text.fraud.peer import plain_svm

    texts, labels = np.array(data.texts, object), np.array(data.labels, object)
    if len(set(labels[train])) < 2 or not test.any():
        raise InputError(
            "CB-FR-004", "nothing is left to learn from or to test on", given=f"{train.sum()} and {test.sum()} reports",
            allowed="reports of two types on both sides of the split",
            next_step="without --time the split is by wording alone" if data.at is not None else "bring more reports",
        )  # fmt: skip
    model = learn(texts[train].tolist(), labels[train].tolist(), groups[train])
    keys = sorted(set(data.labels))
    shares = np.zeros((int(test.sum()), len(keys)))
    shares[:, [keys.index(key) for key in model.types]] = softmax(model.scores(texts[test].tolist()))
    truth = np.array([keys.index(told) for told in labels[test]], np.int64)
    peer = plain_svm(texts[train].tolist(), labels[train].tolist(), texts[test].tolist())
    best = np.array([keys.index(told) for told in peer], np.int64)
    plain = {"macro_f1": macro_f1(best, truth), "types": by_type(best, truth, keys)}
    return {"test": measured(shares, truth, keys, model.abstain_below), "plain_svm": plain}


def _labellers(data: Labelled) -> dict[str, Any] | None:
    from chainbreak.text.fraud.measures import kappa

    if data.second is None:
        return None
    both = [(a, b) for a, b in zip(data.labels, data.second, strict=True) if b]
    agreed = sum(a == b for a, b in both)
    return {
        "rows": len(both), "agreed": round(agreed / len(both), 4) if both else None,
        "kappa": kappa([a for a, _ in both], [b for _, b in both]) if both else None,
    }  # fmt: skip


def _warnings(data: Labelled, card: dict[str, Any], types: set[str]) -> list[str]:
    said = [f"{n} rows left out: {why}" for why, n in data.dropped.items()]
    if unknown := sorted(set(data.labels) - types):
        said.append(f"labels that are no type here, kept as they are: {', '.join(unknown[:8])}; see fraud/types.yaml")
    if data.at is None:
        said.append("no time column: the split is by wording alone, and tomorrow's reports may read otherwise")
    if card["split"]["test"] < ENOUGH_TO_TEST:
        said.append(f"{card['split']['test']} test reports: fewer than {ENOUGH_TO_TEST} leave the figures uncertain")
    if card["labellers"] is None or card["labellers"]["rows"] < ENOUGH_TWICE:
        said.append(
            f"fewer than {ENOUGH_TWICE} reports have a second labeller: how far labels can be believed is unknown"
        )
    ours, plain = ({row["type"]: row for row in card[of]["types"]} for of in ("test", "plain_svm"))
    said += [
        f"below the plain SVM on {key}: F1 {row['f1']} against {plain[key]['f1']} ({row['n']} reports)"
        for key, row in ours.items()
        if row["n"] >= 30 and row["f1"] < plain[key]["f1"]
    ]
    return said
