"""Measure a scorer on a labelled table: a kept model on rows it has not seen, or the recipe itself beside its peer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainbreak.base.progress import Advance, silent

if TYPE_CHECKING:
    import numpy as np

RATES = (0.01, 0.001)
FEW_SPLITS = 3


def evaluate_model(tables: Sequence[Path], label: str, model: Path, *, by: str = "") -> list[dict[str, Any]]:
    """Rows (method, of, n, hits, rate, low, high), rates with Wilson's interval: AUC, share of fraud found at 1 % and
    .1 % false alarms, alarms at the model's own cut, the same for the best single feature, and with `by` the share
    flagged in each class. The rows must not be those the model was trained on.

    Raises:
        InputError: the table or the model will not do (CB-MO-002, -004, -006, -007, -010, -011).
        UsageError: no such column (CB-MO-003).
    """
    import numpy as np

    from chainbreak.find.contract.calibration import expected_calibration_error, reliability
    from chainbreak.find.models.rules import naive_scores
    from chainbreak.find.models.score import load
    from chainbreak.find.models.table import column, labels_of, matrix, read_tables, rows_digest

    table, scorer = read_tables(tables), load(model)
    truth = labels_of(column(table, label))
    scored = scorer.score(table, explain=False)
    naive = scorer.card["naive"]
    alone = naive_scores(naive, matrix(table, [naive["feature"]])[:, 0])
    rows = [*_ranking("model", truth, scored.bits), *_ranking(f"{naive['feature']} alone", truth, alone)]
    rows += [
        _share("model", f"flagged {name}", scored.flagged[mask])
        for name, mask in (("fraud", truth), ("others", ~truth))
    ]
    error = expected_calibration_error(reliability(scored.probability.tolist(), truth.tolist()))
    rows.append({"method": "model", "of": "ece", "n": len(truth), "rate": error})
    if by:
        classes = np.array([str(c) for c in column(table, by).to_pylist()])
        rows += [_share("model", f"flagged {c}", scored.flagged[classes == c]) for c in sorted(set(classes.tolist()))]
    if rows_digest(matrix(table, scorer.columns), truth) == scorer.card["rows_digest"]:
        rows.append({"method": "model", "of": "look: these are the rows it was trained on; the figures flatter"})
    return rows + _trained_without(scorer.card)


def _ranking(method: str, truth: np.ndarray, scores: np.ndarray) -> list[dict[str, Any]]:
    from chainbreak.find.contract.evaluate import Share
    from chainbreak.find.models.measures import auc, tpr_at

    fraud = int(truth.sum())
    if not 0 < fraud < len(truth):
        return []
    rows: list[dict[str, Any]] = [
        {"method": method, "of": "auc", "n": len(truth), "rate": round(auc(truth, scores), 4)}
    ]
    for rate in RATES:
        found = Share(round(tpr_at(truth, scores, rate) * fraud), fraud)
        rows.append({"method": method, "of": f"found at {rate:g} false alarms", **found.as_dict()})
    return rows


def _share(method: str, of: str, flagged: np.ndarray) -> dict[str, Any]:
    from chainbreak.find.contract.evaluate import Share

    return {"method": method, "of": of, **Share(int(flagged.sum()), len(flagged)).as_dict()}


def _trained_without(card: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The ablation of the model's own test rows, so that no figure stands without it."""
    bare = card["test_without_lifetime"]
    if bare is None:
        return [{"method": "model", "of": "lifetime features: it has none"}]
    names = ("auc", "macro_f1", "tpr_at_1e-2")
    return [
        {"method": f"in training, {what}", "of": name, "rate": part[name]}
        for what, part in (("all features", card["test"]), ("without lifetime", bare)) for name in names
    ]  # fmt: skip


def evaluate_recipe(
    tables: Sequence[Path], label: str, *, ident: str = "", drop: Sequence[str] = (), ratios: Path | None = None,
    lifetime: Sequence[str] | None = None, protocol: bool = False, advance: Advance = silent,
) -> tuple[list[dict[str, Any]], list[str]]:  # fmt: skip
    """Our recipe and the reference, trained afresh on the same splits of the table: rows as `find.models.protocol`
    makes them, and what the leak check says. `protocol`: the ten splits at both sizes, else three splits at 60 %.

    Raises:
        InputError: the table or the label will not do (CB-MO-002 to -009, -012).
        UsageError: no such column (CB-MO-003).
        SetupError: the extra `ml` is not installed (CB-MO-001).
    """
    from chainbreak.find.models.leaks import alone, warnings_of
    from chainbreak.find.models.protocol import SEEDS, SHARES, run_protocol
    from chainbreak.find.models.ratios import read_ratios
    from chainbreak.find.models.table import LIFETIME, labelled, read_tables

    globs = LIFETIME if lifetime is None else tuple(lifetime)
    data = labelled(read_tables(tables), label, ident, drop)
    single = alone(data)
    said = warnings_of(data, single, globs)
    said.append("best alone: " + ", ".join(f"{name} {value}" for name, value in list(single.items())[:5]))
    seeds, shares = (SEEDS, SHARES) if protocol else (SEEDS[:FEW_SPLITS], SHARES[:1])
    rows = run_protocol(data, read_ratios(ratios), lifetime=globs, seeds=seeds, shares=shares, advance=advance)
    return rows, said
