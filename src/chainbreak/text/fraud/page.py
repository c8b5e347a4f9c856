"""The page in a trained reader's folder: what it is, how good, on what, and what it must not be used for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MUST_NOT = """- It sorts reports by the story they tell. It says nothing of a person; nothing is blocked on its word.
- A type never links two reports by itself.
- Reports from elsewhere, or of a new wave, read otherwise: measure again before relying on it there.
- Its labels are the labellers': where two of them disagree, it cannot be better than they are.
"""


def page_of(card: Mapping[str, Any]) -> str:
    """Markdown, the same bytes for the same card."""
    split, test, plain = card["split"], card["test"], card["plain_svm"]
    peer = {row["type"]: row for row in plain["types"]}
    types = "".join(
        f"| {row['type']} | {row['n']} | {row['precision']:.3f} | {row['recall']:.3f} | {row['f1']:.3f} |"
        f" {peer[row['type']]['f1']:.3f} |\n"
        for row in test["types"]
    )
    curve = "".join(
        f"| {row['answered']:.0%} | {row['from']:.3f} | {row['accuracy']:.3f} |\n" for row in test["abstention"]
    )
    who = card["labellers"]
    return "".join((
        f"# A reader of types of fraud\n\nLearnt from {card['rows']} reports of {len(card['types'])} types. ",
        f"The figures are of the same recipe, learnt from {split['train']} reports and asked about {split['test']} ",
        f"others; split by {split['by']}, {split['near_duplicate_groups']} groups of near-duplicates never on both ",
        f"sides, {split['set_aside_as_repeats']} later reports set aside because an earlier one reads the same.\n",
        f"\n## What it must not be used for\n\n{MUST_NOT}",
        "\n## How good on the test reports\n\n| measure | this | plain SVM |\n|---|---|---|\n",
        f"| macro-F1 | {test['macro_f1']:.3f} | {plain['macro_f1']:.3f} |\n| right | {test['accuracy']:.3f} | |\n",
        f"| right within the first two | {test['top_2']:.3f} | |\n| calibration error | {test['ece']:.3f} | |\n",
        f"| answered (probability ≥ {card['abstain_below']:.2f}) | {test['answered']:.3f} | |\n",
        f"| right where answered | {test['accuracy_answered']:.3f} | |\n",
        f"| two labellers | kappa {who['kappa']} on {who['rows']} reports | |\n" if who else "",
        f"\n| type | n | precision | recall | F1 | plain SVM F1 |\n|---|---|---|---|---|---|\n{types}",
        f"\n| answered | probability from | right |\n|---|---|---|\n{curve}",
        "\n## Read before believing\n\n" + ("".join(f"- {w}\n" for w in card["warnings"]) or "Nothing looked wrong.\n"),
    ))  # fmt: skip
